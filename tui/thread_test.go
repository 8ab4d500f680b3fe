package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// threadTest is a thread on the screen of a person, with the clock in the test's hands.
type threadTest struct {
	*driver
	p      *practice
	j      *fakeJournal // of the one who looks
	thread int64
}

// inThread opens a thread of Jonas and Anna with these entries on Anna's screen.
func inThread(t *testing.T, entries []string, prepare func(o *Options), test func(x *threadTest)) {
	t.Helper()
	x := &threadTest{}
	drive(t, "anna", func(p *practice, o *Options) {
		x.thread = p.thread("The tax letter", []string{"jonas", "anna"}, entries...)
		if prepare != nil {
			prepare(o)
		}
		x.j = o.Journal.(*fakeJournal)
	}, func(p *practice, d *driver) {
		x.p, x.driver = p, d
		d.send(openThreadMsg{thread: x.thread})
		test(x)
	})
}

// pass lets time go by, for the screen and for the practice.
func (x *threadTest) pass(span time.Duration) {
	for ; span > 0; span -= 100 * time.Millisecond {
		x.p.pass(100 * time.Millisecond)
		x.wait(100 * time.Millisecond)
	}
}

// hand types as a hand does: the keys of a word have time between them.
func (x *threadTest) hand(text string) {
	for _, r := range text {
		x.p.pass(80 * time.Millisecond)
		if r == '\n' {
			x.send(keyPress("enter"))
			continue
		}
		x.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// keys presses keys by name, slowly.
func (x *threadTest) keys(names string) {
	for name := range strings.FieldsSeq(names) {
		x.p.pass(80 * time.Millisecond)
		x.send(keyPress(name))
	}
}

func (x *threadTest) page() *threadPage { return x.app.top().(*threadPage) }

func (x *threadTest) mark(handle string) int64 { return x.p.threads[0].marks[handle] }

func (x *threadTest) draft(entry int64) string {
	return x.p.person("anna").drafts[[2]int64{x.thread, entry}].Text
}

// writes lets another person write, and the screen hear of it.
func (x *threadTest) writes(handle, text string) store.Entry {
	x.t.Helper()
	e, err := x.p.as(handle).Write(x.t.Context(), x.thread, text, 0)
	if err != nil {
		x.t.Fatal(err)
	}
	x.settle()
	return e
}

func many(n int, author string) []string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = author + ": entry number " + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
	}
	return entries
}

func TestThreadShowsWhoAndWhatAndMarksIt(t *testing.T) {
	inThread(t, []string{"jonas: How did it feel?", "anna: Better."}, nil, func(x *threadTest) {
		x.shows("The tax letter", "Jonas W. and Anna K.", "Jonas, Thu 19 Nov 10:40", "How did it feel?", "new since Thu 19 Nov 10:40", "2 of 2, end of thread")
		if x.mark("anna") != 2 {
			t.Errorf("the mark is at %d, want 2", x.mark("anna"))
		}
	})
}
