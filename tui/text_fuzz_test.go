package tui

import (
	"os"
	"strings"
	"testing"

	"alcove/store/safetext/hostile"
)

// FuzzRenderText: whatever is read as Markdown, its lines fit, are set in, hold no control but the looks of ours, and no cell
// is crowded; there are not more of them than the text has bytes, or cells to wrap.
func FuzzRenderText(f *testing.F) {
	src, err := os.ReadFile("testdata/entry.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(src), uint8(17))
	f.Add("> - 1. # *a* `b` &#27;]52;", uint8(1))
	f.Add("|a|\n|-|\n|b|", uint8(21))
	f.Add("a\n|-|-|\n", uint8(3))                                                                                          // a column without a head
	f.Add("<b>\x1b]0;</b>\n\u202a[\u202e\x1b\u202e\u180e&\u009c*\ufe0fa\u200f`(\u3164\n- [x]  \u0301\u20e3\nx", uint8(41)) // a style parted from its sign
	for _, a := range hostile.Attacks() {
		f.Add(a.Text, uint8(40))
	}
	source := hostile.New(8)
	for range 200 {
		text, _ := source.Entry()
		f.Add(text, uint8(20))
	}
	st := &Styles{Text: "1", Quote: "2", Code: "4"}
	f.Fuzz(func(t *testing.T, src string, more uint8) {
		width := testIndent + minText + int(more)
		lines := RenderText(src, testIndent, width, st, WordsFor("en"))
		harmless(t, lines, width)
		if len(lines) > 10*len(src)+1 {
			t.Errorf("%d bytes became %d lines", len(src), len(lines))
		}
		bare := strings.Join(RenderText(src, testIndent, width, &Styles{}, WordsFor("en")), "\n") // only the line under headings is left
		bare = sgr.ReplaceAllString(bare, "")
		if kinds := hostile.Sequences(bare); len(kinds) > 0 || hostile.Crowded(bare) != "" {
			t.Errorf("%v, or a crowded cell, in %+q", kinds, bare)
		}
	})
}
