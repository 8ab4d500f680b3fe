package tui

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/charmbracelet/x/ansi"

	"alcove/store"
)

// pieces is what the property tests type: letters, spaces, breaks, wide characters, clusters, and lone marks that grow
// together with what stands before them.
var pieces = []string{"a", "b", "word ", "x", " ", "-", "\n", "\n\n", "ä", "e\u0301", "\u0301", "日本", "👩‍👧", "🇩", "🇪", "क्ष", "longer-than-a-row-of-ten"}

// graphemes cuts a text into clusters the slow and obvious way. A newline always stands alone.
func graphemes(s string) (all []string) {
	for s != "" {
		g, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		all, s = append(all, g), s[len(g):]
	}
	return all
}

// model is an editor that is nothing but a list of characters before the caret and one behind it.
type model struct{ before, behind string }

func (m *model) settle() {
	// A caret inside of a character that has just grown together stands behind it.
	n := 0
	for _, g := range graphemes(m.before + m.behind) {
		if n >= len(m.before) {
			break
		}
		n += len(g)
	}
	all := m.before + m.behind
	m.before, m.behind = all[:n], all[n:]
}

func (m *model) do(key string) {
	gb, ga := graphemes(m.before), graphemes(m.behind)
	switch key {
	case "left":
		if len(gb) > 0 {
			m.before, m.behind = strings.Join(gb[:len(gb)-1], ""), gb[len(gb)-1]+m.behind
		}
	case "right":
		if len(ga) > 0 {
			m.before, m.behind = m.before+ga[0], strings.Join(ga[1:], "")
		}
	case "backspace":
		if len(gb) > 0 {
			m.before = strings.Join(gb[:len(gb)-1], "")
		}
	case "delete":
		if len(ga) > 0 {
			m.behind = strings.Join(ga[1:], "")
		}
	case "ctrl+a":
		i := strings.LastIndex(m.before, "\n") + 1
		m.before, m.behind = m.before[:i], m.before[i:]+m.behind
	case "ctrl+e":
		rest, _, _ := strings.Cut(m.behind, "\n")
		m.before, m.behind = m.before+rest, m.behind[len(rest):]
	case "ctrl+u":
		m.before = m.before[:strings.LastIndex(m.before, "\n")+1]
	case "ctrl+k":
		if strings.HasPrefix(m.behind, "\n") {
			m.behind = m.behind[1:]
		} else {
			rest, _, _ := strings.Cut(m.behind, "\n")
			m.behind = m.behind[len(rest):]
		}
	}
	m.settle()
}

// checkEditor holds what must always be true of an editor.
func checkEditor(t *rapid.T, e *editor) {
	text := e.Text()
	if e.size != len(text) {
		t.Fatalf("size %d, text has %d", e.size, len(text))
	}
	for i := range e.lines {
		l := e.cutLine(i)
		if want := rowBreaks(l.text, e.limit); !slices.Equal(l.breaks, want) {
			t.Fatalf("line %q cut at %v, a fresh cut is %v", l.text, l.breaks, want)
		}
	}
	rows, x, y := e.View(5)
	if len(rows) == 0 || y >= len(rows) || x > e.limit {
		t.Fatalf("caret at %d,%d in %d rows", x, y, len(rows))
	}
	for _, row := range rows {
		if w := ansi.StringWidth(row); w > e.limit {
			t.Fatalf("row %q is %d wide, limit %d", row, w, e.limit)
		}
	}
}

func TestEditorIsTheModel(t *testing.T) {
	keys := []string{"left", "right", "backspace", "delete", "ctrl+a", "ctrl+e", "ctrl+u", "ctrl+k"}
	others := []string{"up", "down", "home", "end", "pgup", "pgdown", "ctrl+left", "ctrl+right"}
	rapid.Check(t, func(t *rapid.T) {
		e, m := newEditor(), &model{}
		e.Resize(rapid.IntRange(3, 20).Draw(t, "width"))
		e.Follow(5)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				s := rapid.SampledFrom(pieces).Draw(t, "piece")
				e.Type(s, false)
				m.before += s
				m.settle()
			case 2:
				key := rapid.SampledFrom(keys).Draw(t, "key")
				e.Key(key, 5)
				m.do(key)
			case 3: // moves by rows and words, which the model does not know: they leave the text alone and the caret on a border
				before := e.Text()
				e.Key(rapid.SampledFrom(others).Draw(t, "move"), 5)
				if e.Text() != before {
					t.Fatal("a move changed the text")
				}
				at := e.offset(e.caret)
				m.before, m.behind = before[:at], before[at:]
				m.settle()
			}
			e.Follow(5)
			if got := e.Text(); got != m.before+m.behind {
				t.Fatalf("text %q, model %q", got, m.before+m.behind)
			}
			if got := e.offset(e.caret); got != len(m.before) {
				t.Fatalf("caret %d, model %d, in %q", got, len(m.before), e.Text())
			}
			checkEditor(t, e)
		}
	})
}

func TestEditorUndoGoesAllTheWayBackAndForth(t *testing.T) {
	keys := []string{"left", "backspace", "delete", "ctrl+w", "alt+d", "ctrl+u", "ctrl+k", "up", "ctrl+left"}
	rapid.Check(t, func(t *rapid.T) {
		e := newEditor()
		e.Resize(12)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "type") {
				e.Type(rapid.SampledFrom(pieces).Draw(t, "piece"), rapid.Bool().Draw(t, "joined"))
			} else {
				e.Key(rapid.SampledFrom(keys).Draw(t, "key"), 5)
			}
		}
		last := e.Text()
		for e.Undo() {
			checkEditor(t, e)
		}
		if e.Text() != "" {
			t.Fatalf("all undone leaves %q", e.Text())
		}
		for e.Redo() {
			checkEditor(t, e)
		}
		if e.Text() != last {
			t.Fatalf("all redone gives %q, was %q", e.Text(), last)
		}
	})
}

func TestEditorAdopt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, name), "")
		}
		e := newEditor()
		e.Type(text("ours"), false)
		e.MoveTo(rapid.IntRange(0, e.size).Draw(t, "caret"))
		was, theirs := e.Text(), text("theirs")
		e.Adopt(theirs)
		if e.Text() != theirs {
			t.Fatalf("adopted %q, wanted %q", e.Text(), theirs)
		}
		checkEditor(t, e)
		if e.Undo(); e.Text() != was && was != theirs {
			t.Fatalf("undo gives %q, was %q", e.Text(), was)
		}
	})
}

func TestEditorUndoSteps(t *testing.T) {
	e := newEditor()
	for _, r := range "two words" {
		e.Type(string(r), false)
	}
	e.Undo()
	if got := e.Text(); got != "two " {
		t.Errorf("undo takes one word back: %q", got)
	}
	e.Undo()
	for _, r := range "a\npaste\nby keys" {
		e.Type(string(r), true)
	}
	e.Undo()
	if got := e.Text(); got != "" {
		t.Errorf("a burst is one step: %q is left", got)
	}
}

func TestEditorKeepsWhatIsThereAtTheCap(t *testing.T) {
	e := newEditor()
	full := strings.Repeat("x", store.MaxEntry)
	if !e.Type(full, false) || e.Type("y", false) {
		t.Fatal("the cap is not store.MaxEntry")
	}
	if e.Text() != full {
		t.Fatal("the text changed at the cap")
	}
	e.Key("backspace", 5)
	if !e.Type("y", false) {
		t.Fatal("no room after a character went")
	}
}

func TestEditorMovesByRowsKeepingTheCell(t *testing.T) {
	e := newEditor()
	e.Resize(11)
	e.Type("one two three four\nab\n日本日本日本日本", false) // rows: "one two ", "three four", "ab", …
	e.MoveTo(6)                                       // o of "two"
	var at []string
	for range 4 {
		e.Key("down", 5)
		at = append(at, strings.Join(graphemes(e.between(e.caret, e.end()))[:min(2, len(e.between(e.caret, e.end())))], ""))
	}
	want := []string{"fo", "\n日", "本日", ""}
	if !slices.Equal(at, want) {
		t.Errorf("went down to %q, want %q", at, want)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, text string
		limit      int
		want       []string
	}{
		{"words", "one two three", 8, []string{"one two ", "three"}},
		{"a space hangs over the edge", "12345678 next", 8, []string{"12345678 ", "next"}},
		{"a long word is cut", "Donaudampfschiff", 10, []string{"Donaudampf", "schiff"}},
		{"a hyphen is a chance", "Coaching-Gespräch", 12, []string{"Coaching-", "Gespräch"}},
		{"wide characters", "日本語日本語", 5, []string{"日本", "語日", "本語"}},
		{"a family is one character", "ab👩‍👧‍👦c", 3, []string{"ab", "👩‍👧‍👦c"}},
		{"an empty line", "", 5, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			start := 0
			for _, b := range append(rowBreaks(c.text, c.limit), len(c.text)) {
				got, start = append(got, c.text[start:b]), b
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsRememberedHoldsNoOldLines(t *testing.T) {
	e := newEditor()
	e.Type(strings.Repeat("word ", 40_000), false)
	before := inUse().HeapAlloc
	for range maxSteps {
		e.Type("a", false)
		e.Key("left", 10)
		e.Key("delete", 10)
	}
	if held := int64(inUse().HeapAlloc - before); held > 10*int64(e.size) {
		t.Errorf("%d steps of one letter hold %d bytes, beside a line of %d", len(e.past.undo), held, e.size)
	}
	runtime.KeepAlive(e)
}

func BenchmarkEditorKeyInALongLine(b *testing.B) {
	e := newEditor()
	e.Type(strings.Repeat("some words of a long line ", store.MaxEntry/26-100), false)
	e.MoveTo(e.size / 2)
	e.View(10)
	for b.Loop() {
		e.Key("left", 10)
		e.Type("x", false)
		e.Key("backspace", 10)
		e.Follow(10)
		e.View(10)
	}
}
