package tui

import (
	"testing"
	"time"

	"alcove/store"
)

func TestLeavingAThread(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("half a sen")
		for _, no := range []string{"enter", "esc", "n", "ctrl+t"} {
			x.keys("ctrl+t")
			x.shows("Leave this thread? y yes", "you can no longer read this thread")
			x.keys(no)
			x.hides("Leave this thread?")
		}
		if n := x.j.called("Leave"); n != 0 {
			t.Fatalf("left %d times without a yes", n)
		}
		x.keys("ctrl+t y")
		x.shows("Hello Anna", "You have left the thread.")
		x.hides("The tax letter", "no such thing")
		if x.draft(0) != "" {
			t.Logf("the fake keeps drafts: %q", x.draft(0))
		}
		x.keys("q")
		if !x.quit {
			t.Error("a draft of the thread that was left holds the person back")
		}
	})
}

func TestTheLastCannotLeave(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.keys("ctrl+t")
		x.j.breakVerb("Leave", store.ErrLast) // the other one left in between
		x.keys("y")
		x.shows("you cannot leave a thread that is yours alone", "The tax letter")
		alone := x.p.thread("Mine", []string{"anna"})
		x.send(openThreadMsg{thread: alone})
		x.keys("ctrl+t")
		x.shows("you cannot leave a thread that is yours alone")
		x.hides("Leave this thread?")
		x.hand("y")
		if x.text() != "y" {
			t.Errorf("y after no question wrote %q", x.text())
		}
	})
}

func TestLeavingIsInThePalette(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.keys("ctrl+p")
		x.hand("leave the thread")
		x.keys("enter")
		x.shows("Leave this thread? y yes")
	})
}

func TestDiscardingAnEdit(t *testing.T) {
	inThread(t, []string{"anna: first try"}, nil, func(x *threadTest) {
		x.hand("a reply")
		x.keys("tab e")
		x.hand(", worse")
		x.pass(2 * time.Second)
		x.keys("ctrl+x")
		x.shows("Drop this edit? y yes")
		x.keys("x")
		if x.text() != "first try, worse" {
			t.Fatalf("another key than yes left %q", x.text())
		}
		x.keys("ctrl+x y")
		if x.draft(1) != "" || x.text() != "a reply" || x.texts()[0] != "first try" {
			t.Errorf("draft %q, composer %q, entry %q", x.draft(1), x.text(), x.texts()[0])
		}
		x.keys("tab e")
		if x.text() != "first try" {
			t.Errorf("a new edit begins with %q", x.text())
		}
	})
}
