package tui

import (
	"runtime"
	"testing"
	"time"

	"alcove/themes"
)

func newShared(t testing.TB) *Shared {
	set, err := themes.Load("")
	if err != nil {
		t.Fatal(err)
	}
	return NewShared(set)
}

func TestWhatManySeeIsDrawnOnceAndGoesWithTheLastOfThem(t *testing.T) {
	s := newShared(t)
	d := &s.drawn
	ink, paper, w := s.looks[themeLook{"ink", false}], s.looks[themeLook{"paper", false}], WordsFor("en")
	first, second := d.of("*so* it is", 3, 80, ink, w), d.of("*so* it is", 3, 80, ink, w)
	if first != second {
		t.Error("a text was drawn twice")
	}
	for name, other := range map[string]*drawnText{
		"text": d.of("so it is", 3, 80, ink, w), "indent": d.of("*so* it is", 1, 80, ink, w), "width": d.of("*so* it is", 3, 60, ink, w),
		"theme": d.of("*so* it is", 3, 80, paper, w), "language": d.of("*so* it is", 3, 80, ink, WordsFor("de")),
	} {
		if other == first {
			t.Errorf("another %s has the same lines", name)
		}
	}
	held := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.lines)
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
	for deadline := time.Now().Add(time.Minute); held() > 0; runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatalf("%d texts are known that nobody sees", held())
		}
	}
}

// Two texts of one hash must not be taken for each other: whoever asks is given the lines of their own text.
func TestLinesAreThoseOfTheWholeText(t *testing.T) {
	s := newShared(t)
	st, w := &Styles{}, WordsFor("en")
	mine := s.drawn.of("mine", 3, 80, st, w)
	for _, p := range s.drawn.lines {
		p.Value().text = "another's" // as a text of the same hash would be
	}
	if again := s.drawn.of("mine", 3, 80, st, w); again == mine || again.text != "mine" || again.lines[0] != "   mine" {
		t.Errorf("asked for one text, was given the lines of %q", again.text)
	}
}
