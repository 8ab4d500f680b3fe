package tui

import (
	"hash/maphash"
	"runtime"
	"sync"
	"weak"

	"alcove/themes"
)

// Shared is what the screens of one server have in common, so that none of it is made or held for each session: the looks
// of its themes, and the lines of entries that several people have before them. It is safe for use by many sessions.
type Shared struct {
	themes *themes.Set
	looks  map[themeLook]*Styles
	drawn  drawnTexts
}

// themeLook is a theme by its name, or what is left of it where no colour may be.
type themeLook struct {
	theme   string
	noColor bool
}

// NewShared makes what the screens that are given it share.
func NewShared(set *themes.Set) *Shared {
	s := &Shared{themes: set, looks: map[themeLook]*Styles{}}
	for _, name := range set.Names() {
		theme, _ := set.Named(name)
		for _, noColor := range []bool{false, true} {
			s.looks[themeLook{name, noColor}] = NewStyles(theme, noColor)
		}
	}
	s.drawn.seed, s.drawn.lines = maphash.MakeSeed(), map[drawing]weak.Pointer[drawnText]{}
	return s
}

// drawnTexts finds the lines of a text that are on some screen, so that an entry which a thousand people watch is drawn once
// and not a thousand times. It holds nothing itself: when the last page that shows a text has let go of it, the lines are
// garbage. And it tells nobody anything: only who has the whole text is given lines, and they are the lines of that text.
type drawnTexts struct {
	seed  maphash.Seed
	mu    sync.Mutex
	lines map[drawing]weak.Pointer[drawnText]
}

// drawing is what lines follow from; the text itself is compared too.
type drawing struct {
	text          uint64
	indent, width int
	styles        *Styles
	words         *Words
}

// drawnText is a text and its lines, neither of which is ever changed. Who keeps it keeps them for the others.
type drawnText struct {
	text  string
	lines []string
}

// of are the lines of a text, as RenderText draws them.
func (t *drawnTexts) of(text string, indent, width int, st *Styles, w *Words) *drawnText {
	key := drawing{maphash.String(t.seed, text), indent, width, st, w}
	if d := t.find(key); d != nil && d.text == text {
		return d
	}
	d := &drawnText{text, RenderText(text, indent, width, st, w)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if other := t.lines[key].Value(); other != nil && other.text == text { // drawn meanwhile
		return other
	}
	t.lines[key] = weak.Make(d)
	runtime.AddCleanup(d, t.forget, key)
	return d
}

func (t *drawnTexts) find(key drawing) *drawnText {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lines[key].Value()
}

// forget is called when lines are gone. Meanwhile others may have been drawn.
func (t *drawnTexts) forget(key drawing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p, ok := t.lines[key]; ok && p.Value() == nil {
		delete(t.lines, key)
	}
}
