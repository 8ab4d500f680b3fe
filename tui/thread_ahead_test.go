package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// early gives the thread's page keys before what it has asked for has been answered, and then lets it be answered.
func (x *threadTest) early(act func()) {
	page := newThreadPage(x.app.s, x.thread, 0)
	x.app.stack[len(x.app.stack)-1].page = page
	x.app.toTop(x.app.bodySize())
	act()
	x.run(page.Init())
	x.settle()
}

func (x *threadTest) types(text string) {
	for _, r := range text {
		x.p.pass(80 * time.Millisecond)
		x.take(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func TestWhatIsTypedBeforeTheThreadIsOpenIsKept(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.elsewhere(0, "A draft.")
		x.early(func() {
			x.types("I not")
			x.take(tea.PasteMsg{Content: "ic"})
			x.types("e")
			x.shows("Opening…")
		})
		if x.text() != "A draft.\n\nI notice" {
			t.Errorf("the composer has %q", x.text())
		}
		x.pass(2 * time.Second)
		if x.draft(0) != x.text() {
			t.Errorf("the store has %q", x.draft(0))
		}
	})
}

func TestKeysTypedEarlyKeepTheirTimes(t *testing.T) {
	inThread(t, []string{"jonas: one"}, func(o *Options) { o.Journal.(*fakeJournal).me.Settings.EnterSends = true }, func(x *threadTest) {
		x.early(func() {
			x.types("sent")
			x.p.pass(80 * time.Millisecond)
			x.take(keyPress("enter"))
			x.types("not")
			x.take(keyPress("enter")) // in a burst, as of a paste
		})
		if texts := x.texts(); len(texts) != 2 || texts[1] != "sent" || x.text() != "not\n" {
			t.Errorf("entries %q, composer %q", texts, x.text())
		}
	})
}

func TestEscLeavesAThreadThatIsNotOpenYet(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.early(func() { x.send(keyPress("esc")) })
		x.shows("Hello Anna")
	})
}

func TestWhatWasTypedIntoAThreadThatDoesNotOpen(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.j.breakVerb("Thread", errors.New("disk"))
		x.early(func() { x.types("I notice") })
		x.shows("What you typed meanwhile is not kept.", "That did not work")
		x.j.breakVerb("Thread", nil)
		x.keys("r")
		x.shows("Jonas, Thu")
		if x.text() != "" {
			t.Errorf("the composer has %q", x.text())
		}
	})
}

func TestWhatIsTypedEarlyIsBounded(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.early(func() {
			x.types("a")
			x.send(tea.PasteMsg{Content: strings.Repeat("x", store.MaxEntry)})
			x.shows("That was not added")
			x.types("b")
		})
		if x.text() != "ab" {
			t.Errorf("the composer has %d bytes", len(x.text()))
		}
	})
}

func TestKeysWaitForTheEntryThatIsToBeEdited(t *testing.T) {
	inThread(t, []string{"anna: first"}, nil, func(x *threadTest) {
		x.keys("tab")
		x.take(keyPress("e")) // the entry is on its way
		x.types(" try")
		x.settle()
		if x.page().write.edit == nil || x.text() != "first try" {
			t.Errorf("the composer has %q", x.text())
		}
	})
}

func TestWhatHappensWhileAThreadOpensIsNotMissed(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.early(func() {
			jonas := x.p.person("jonas").Person
			x.take(store.Change{Kind: store.Typing, Thread: x.thread, Who: jonas, On: true})
		})
		x.shows("Jonas is writing")
		x.early(func() {
			opening := x.page().open()() // read before the entry is there
			x.writes("jonas", "two")
			x.send(opening)
			x.shows("two")
		})
	})
}
