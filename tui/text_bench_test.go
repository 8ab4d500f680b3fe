package tui

import (
	"strings"
	"testing"
)

// What it takes to draw an entry's Markdown, beside copying its bytes.
func BenchmarkRenderText(b *testing.B) {
	st, w := testStyles(b, "ink", false), WordsFor("en")
	for name, text := range map[string]string{
		"entry":   longEntry,
		"letters": strings.Repeat("no marks at all in these words ", 19),
		"German":  strings.Repeat("Übermäßig große Füße, für’s Erste ", 15),
		"Chinese": strings.Repeat("我明天再试一次，好吗？", 18),
		"table":   "| a | b |\n|---|---|\n" + strings.Repeat("| cell of one | and of two |\n", 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				RenderText(text, 3, 80, st, w)
			}
		})
	}
	b.Run("floor, a copy", func(b *testing.B) {
		b.SetBytes(int64(len(longEntry)))
		b.ReportAllocs()
		for b.Loop() {
			strings.Clone(longEntry)
		}
	})
}
