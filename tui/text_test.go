package tui

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"alcove/store"
)

const testIndent = 3

// testStyles are the looks of a built-in theme.
func testStyles(t testing.TB, theme string, noColor bool) *Styles {
	t.Helper()
	found, ok := newShared(t).looks[themeLook{theme, noColor}]
	if !ok {
		t.Fatalf("no theme %s", theme)
	}
	return found
}

// bare draws an entry and takes off the looks and the indent, which it checks.
func bare(t testing.TB, src string, width int) []string {
	t.Helper()
	lines := RenderText(src, testIndent, width+testIndent, &Styles{}, WordsFor("en"))
	for i, l := range lines {
		text, ok := strings.CutPrefix(l, strings.Repeat(" ", testIndent))
		if !ok && l != "" {
			t.Errorf("line %d is not indented: %q", i, l)
		}
		lines[i] = sgr.ReplaceAllString(text, "")
	}
	return lines
}

func TestRenderTextGolden(t *testing.T) {
	src, err := os.ReadFile("testdata/entry.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, look := range []struct {
		name  string
		style *Styles
	}{
		{"paper", testStyles(t, "paper", false)},
		{"ink", testStyles(t, "ink", false)},
		{"ansi", testStyles(t, "ansi", false)},
		{"nocolor", testStyles(t, "ink", true)},
	} {
		for _, width := range []int{36, 76, 116} {
			t.Run(fmt.Sprintf("%s-%d", look.name, width), func(t *testing.T) {
				lines := RenderText(string(src), testIndent, width, look.style, WordsFor("en"))
				golden.RequireEqual(t, strings.Join(lines, "\n"))
			})
		}
	}
}

func TestRenderText(t *testing.T) {
	for _, c := range []struct {
		name, src string
		width     int
		want      []string
	}{
		{"nothing", "", 40, nil},
		{"line breaks stay", "one\ntwo\n\n\nthree", 40, []string{"one", "two", "", "three"}},
		{"a list right below a line", "one\n- two\n- three", 40, []string{"one", "  - two", "  - three"}},
		{"long items hang", "- one two three four five", 16, []string{"  - one two", "    three four", "    five"}},
		{"numbers stand below each other", "9. nine\n10. ten\n\n11. eleven", 40, []string{"   9. nine", "  10. ten", "", "  11. eleven"}},
		{"empty items", "-\n- a", 40, []string{"  -", "  - a"}},
		{"quotes in quotes", "> a\n> > b\n>\n> c", 40, []string{"| a", "| | b", "|", "| c"}},
		{"headings", "# one\n## two #\n###", 40, []string{"one", "two", "###"}},
		{"a rule, not a heading", "one\n---\ntwo", 40, []string{"one", "* * *", "two"}},
		{"words that are too long", "a " + strings.Repeat("x", 40), 16, []string{"a", strings.Repeat("x", 16), strings.Repeat("x", 16), strings.Repeat("x", 8)}},
		{"compounds", "Aufmerksamkeits-Defizit", 16, []string{"Aufmerksamkeits-", "Defizit"}},
		{"no break in a date", "am Tag 2026-11-18", 16, []string{"am Tag", "2026-11-18"}},
		{"wide characters", "我今天写了第一行，然后", 16, []string{"我今天写了第一", "行，然后"}},
		{"wide characters after others", "abc 我今天写了第一", 16, []string{"abc 我今天写了第", "一"}},
		{"a family is one picture", "👩‍👩‍👧‍👦" + strings.Repeat("a", 9), 16, []string{"👩‍👩‍👧‍👦", "aaaaaaaaa"}},
		{"tags are letters", "<b>a</b> <script>\n<div>\n\nb", 40, []string{"<b>a</b> <script>", "<div>", "", "b"}},
		{"entities", "&lt;b&gt; &amp;amp; &nope; & &#x41;; AT&T;", 40, []string{"<b> &amp; &nope; & A; AT&T;"}},
		{"escapes of Markdown", `\*a\* \\ \a`, 40, []string{`*a* \ \a`}},
		{"code keeps its spaces", "```\na  b\n\n  c\n```\nd", 40, []string{"  a  b", "", "    c", "d"}},
		{"blank lines around code", "a\n```\nb\n```\n\nc", 40, []string{"a", "  b", "", "c"}},
		{"code with a name", "```go\na\n```", 40, []string{"  go", "  a"}},
		{"code decodes nothing", "`&lt;`", 40, []string{"`&lt;`"}},
		{"a link tells its address", "[bank](https://evil.example)", 40, []string{"bank <https://evil.example>"}},
		{"a link of another kind", "[x](javascript:a&#27;)", 40, []string{"x <javascript:a" + escapeShown(t) + ">"}},
		{"an address alone", "<https://example.org> <a@example.org>", 60, []string{"<https://example.org> <a@example.org>"}},
		{"a picture", "![desk](https://example.org/d.jpg)", 60, []string{"[Image: desk] <https://example.org/d.jpg>"}},
		{"references are not followed", "[a]\n\n[a]: https://example.org", 60, []string{"[a]", "", "[a]: https://example.org"}},
		{"stars", "****a**** *******b*******", 40, []string{"a *******b*******"}},
		{"struck out", "~~no~~ yes", 40, []string{"~~no~~ yes"}},
		{"tasks", "- [x] a\n- [ ] b", 40, []string{"  - [x] a", "  - [ ] b"}},
		{"a table", "|a|b|\n|-|-:|\n|1|22|\n|333|4|", 40, []string{"a     b", "---  --", "1    22", "333   4"}},
		{"a table that is too wide", "|name|b|\n|-|-|\n|one two three|four five six|", 16,
			[]string{"- name", "  b", "- name: one two", "  three", "  b: four five", "  six"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, bare(t, c.src, c.width)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// escapeShown is what safetext shows in the place of an escape character.
func escapeShown(t testing.TB) string { return strings.TrimSuffix(bare(t, "&#27;x", 40)[0], "x") }

func TestRenderTextInGerman(t *testing.T) {
	got := RenderText("![Schreibtisch](https://example.org/s.jpg)", 0, 80, &Styles{}, WordsFor("de"))
	if want := []string{"[Bild: Schreibtisch] <https://example.org/s.jpg>"}; !cmp.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// harmless fails unless every line is indented, fits, and holds no control but the looks of our own.
func harmless(t interface{ Errorf(string, ...any) }, lines []string, width int) {
	for i, l := range lines {
		text := sgr.ReplaceAllString(l, "")
		if cells := max(ansi.StringWidth(text), ansi.StringWidthWc(text)); cells > width {
			t.Errorf("line %d of %d cells is wider than %d: %q", i, cells, width, l)
		}
		if text != "" && !strings.HasPrefix(text, strings.Repeat(" ", testIndent)) {
			t.Errorf("line %d begins before the indent: %q", i, l)
		}
		if at := strings.IndexFunc(text, unicode.IsControl); at >= 0 {
			t.Errorf("line %d holds a control character: %q", i, l)
		}
	}
}

// Hostile text gives no escapes but those that neutral text gives, the looks of the theme.
func TestHostileTextIsNeutral(t *testing.T) {
	st := testStyles(t, "ink", false)
	attacks := []string{
		"\x1b]52;c;aGVsbG8=\x07", "\x1b[2J\x1b[H", "\x1b[31mred", "\x1b[8mhidden", "&#27;[7mbold", "\u009b31m", "\x1bP+q544e\x1b\\", "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\", "\x1b[6n", "\r overwritten",
		"&#27;]52;c;aGVsbG8=&#7;", "&#x1b;[2J", "&#155;31m", "&#x9b;31m", "&#13;over", "&NewLine;x", "&Tab;y", "&#0;", "&#x202e;", "&#8238;", "&zwj;", "&lrm;",
		"\u202eevil", "\u2066x", "\U000e0041", "a" + strings.Repeat("\u0301", 10_000),
	}
	wraps := []string{"%s", "# %s", "> %s", "- %s", "1. %s", "`%s`", "```\n%s\n```", "```%s\nx\n```", "    %s", "[%s](https://a)", "[a](https://%s)", "[a](<%s>)",
		"[a](b \"%s\")", "![%s](c)", "<https://%s>", "|%s|\n|-|\n|%[1]s|", "**%s**", "~~%s~~", "- [x] %s", "\\%s"}
	for _, attack := range attacks {
		for _, wrap := range wraps {
			lines := RenderText(fmt.Sprintf(wrap, attack), testIndent, 60, st, WordsFor("en"))
			harmless(t, lines, 60)
			all := strings.Join(lines, "\n")
			for _, s := range sgr.FindAllString(all, -1) {
				if !ownLook(st, s) {
					t.Errorf("%q in %q gives the sequence %q", attack, wrap, s)
				}
			}
			for _, r := range all {
				if unicode.Is(unicode.Bidi_Control, r) || r >= 0xe0000 && r <= 0xe007f {
					t.Errorf("%q in %q lets %U through", attack, wrap, r)
				}
			}
		}
	}
}

// ownLook tells whether a sequence is put together from the looks of the theme, or is their end.
func ownLook(st *Styles, sequence string) bool {
	rest := strings.TrimSuffix(strings.TrimPrefix(sequence, "\x1b["), "m")
	for rest != "" {
		before := rest
		for _, own := range []Style{st.Heading, st.Text, st.Code, st.Quote, st.Link, st.Muted, attrBold, attrItalic, attrUnderline} {
			if after, ok := strings.CutPrefix(rest+";", string(own)+";"); ok {
				rest = strings.TrimSuffix(after, ";")
			}
		}
		if rest == before {
			return false
		}
	}
	return true
}

// Whatever is nested or repeated, the work and the answer stay in proportion. The deadline is a hundred times what it
// takes; the sizes are what is tested.
func TestHostileTextIsBounded(t *testing.T) {
	fill := func(s string) string { return strings.Repeat(s, (store.MaxEntry-100)/len(s)) } // an entry, with a little to spare
	for name, src := range map[string]string{
		"quotes in a line":       fill(">"),
		"quotes with lazy lines": strings.Repeat(">", 90) + fill("a\n"),
		"lists in a line":        fill("- ") + "a",
		"numbers in a line":      fill("1. "),
		"ever deeper":            stairs(500),
		"headings":               fill("#\n"),
		"10^6 headings":          strings.Repeat("# a\n", 1_000_000),
		"emphasis opened":        fill("*a "),
		"emphasis nested":        fill("*a**a"),
		"emphasis mixed":         fill("*a_ "),
		"emphasis runs":          strings.Repeat("*", 100_000) + "a" + strings.Repeat("*", 100_000),
		"emphasis of much":       strings.Repeat("**a ", 240) + strings.Repeat("a\n", 100_000) + strings.Repeat("a** ", 240),
		"struck":                 fill("~~a "),
		"brackets":               fill("["),
		"brackets closed":        fill("[]"),
		"images":                 fill("!["),
		"links unfinished":       fill("[a]("),
		"links in angles":        fill("[a](<b"),
		"links with titles":      fill("[a](b \""),
		"links in parentheses":   "[a](" + fill("("),
		"autolinks":              fill("<http:"),
		"backticks":              backticks(store.MaxEntry - 100),
		"backslashes":            fill("\\"),
		"ampersands":             fill("&"),
		"entities":               fill("&amp"),
		"fences":                 fill("```\n~~~\n"),
		"rules":                  fill("---\n"),
		"a table of columns":     strings.Repeat("|a", 10_000) + "\n" + strings.Repeat("|-", 10_000) + "\n" + strings.Repeat("|b", 10_000) + "\n",
		"a table of rows":        strings.Repeat("|a", 1_000) + "\n" + strings.Repeat("|-", 1_000) + "\n" + strings.Repeat("|\n", 100_000),
		"a table of one wide":    "|" + strings.Repeat("x", 100_000) + "|b|\n|-|-|\n" + strings.Repeat("|\n", 2_000),
		"references":             "[a]: http://" + strings.Repeat("x", 100_000) + "\n\n" + strings.Repeat("[a]", 40_000),
		"spaces":                 fill(" ") + "a",
		"blank lines":            fill("\n"),
		"one word":               fill("x"),
		"words":                  fill("word "),
		"combining marks":        "a" + fill("\u0301"),
		"joiners":                fill("👩\u200d"),
		"empty items":            fill("-\n"),
		"tabs":                   fill("\t"),
	} {
		t.Run(name, func(t *testing.T) {
			if len(src) > store.MaxEntry && name != "10^6 headings" {
				t.Fatalf("%d bytes are no entry", len(src))
			}
			st := testStyles(t, "ink", false)
			start, done := time.Now(), make(chan []string, 1)
			go func() { done <- RenderText(src, testIndent, 36, st, WordsFor("en")) }()
			select {
			case lines := <-done:
				bytes := 0
				for _, l := range lines {
					bytes += len(l)
				}
				if len(lines) > len(src)+1 {
					t.Errorf("%d bytes became %d lines", len(src), len(lines))
				}
				if bytes > 25*len(src)+10_000 {
					t.Errorf("%d bytes became %d", len(src), bytes)
				}
				t.Logf("%d bytes, %d lines, %d bytes of them, %v", len(src), len(lines), bytes, time.Since(start))
			case <-time.After(time.Minute):
				t.Fatal("not done in a minute")
			}
		})
	}
}

// stairs are list items, each inside the one before.
func stairs(steps int) string {
	var b strings.Builder
	for i := range steps {
		b.WriteString(strings.Repeat("  ", i) + "- a\n")
	}
	return b.String()
}

// backticks are runs of every length, so that none closes another.
func backticks(size int) string {
	var b strings.Builder
	for n := 1; b.Len()+n < size; n++ {
		b.WriteString(strings.Repeat("`", n) + " ")
	}
	return b.String()
}

// Words without a mark come out as they went in, in order, at any width.
func TestEveryWordAppears(t *testing.T) {
	word := rapid.StringMatching(`[a-zäöüß]{1,60}|[\x{4e00}-\x{4e20}]{1,20}`)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(word, 1, 80).Draw(t, "words")
		src := ""
		for _, w := range words {
			src += w + rapid.SampledFrom([]string{" ", "  ", "\n", "\n\n"}).Draw(t, "gap")
		}
		width := rapid.IntRange(testIndent+minText, 130).Draw(t, "width")
		lines := RenderText(src, testIndent, width, &Styles{}, WordsFor("en"))
		harmless(t, lines, width)
		got := strings.ReplaceAll(strings.Join(lines, ""), " ", "")
		if want := strings.Join(words, ""); got != want {
			t.Errorf("words %q came out as %q", want, got)
		}
	})
}

func TestAnyTextIsHarmless(t *testing.T) {
	st := testStyles(t, "ink", false)
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"> ", "- ", "1. ", "\n", "\n\n", "# ", "*", "**", "_", "`", "```\n", "[", "](", ")", "![", "<http://", ">", "|", "|-|-|\n", "~~", "&#27;", "\x1b[31m",
		"\t", "    ", "👩‍👩‍👧‍👦", "我", "[x] ", "---\n", "\\", "a", "word ", "❤️", "é",
	}))
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOfN(piece, 0, 60).Draw(t, "pieces"), "")
		width := rapid.IntRange(testIndent+minText, 130).Draw(t, "width")
		harmless(t, RenderText(src, testIndent, width, st, WordsFor("en")), width)
	})
}
