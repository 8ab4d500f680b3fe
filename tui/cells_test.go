package tui

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestCellsAreThoseOfTheTerminal(t *testing.T) {
	for r := rune(0x20); r < 0x30000; r++ {
		if oneCell(r) && ansi.StringWidthWc(string(r)) != 1 {
			t.Fatalf("%+q is one cell for some terminals alone", r)
		}
		for _, s := range []string{string(r), "a" + string(r) + "b", string(r) + "\u0301", string(r) + "\uFE0F", string(r) + string(r)} {
			if got, want := cells(s), ansi.StringWidth(s); got != want {
				t.Fatalf("%+q: %d cells, want %d", s, got, want)
			}
		}
	}
	pieces := rapid.SampledFrom([]string{
		"a", "word ", "ä", "…", "─", "▌", "周", "👩‍👧", "e\u0301", "\u200d", "\ufe0f", "ﾀﾞ", "\x1b", "[", "m", "\x1b[1;38;2;9;9;9m", "\x1b[m", "\x1b[2K",
		"\x1b]0;t\a", "\x00", "\t", "\xff", "\u00ad", "\u0600", "ё", "λ",
	})
	rapid.Check(t, func(t *rapid.T) {
		s, width := "", rapid.IntRange(0, 20).Draw(t, "width")
		for _, p := range rapid.SliceOf(pieces).Draw(t, "pieces") {
			s += p
		}
		if got, want := cells(s), ansi.StringWidth(s); got != want {
			t.Fatalf("%+q: %d cells, want %d", s, got, want)
		}
		if got, want := clip(s, width), ansi.Truncate(s, width, "…"); got != want && width > 0 {
			t.Fatalf("%+q clipped to %d: %+q, want %+q", s, width, got, want)
		}
	})
}
