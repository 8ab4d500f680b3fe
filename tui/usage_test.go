package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

const (
	nearStored = "You keep 80 of the 100 MiB"
	nearPace   = "You have written 4 of the 5 entries"
)

func used(mib int64, written int) store.Usage {
	return store.Usage{Stored: mib << 20, Written: written, Caps: store.Caps{Stored: 100 << 20, PerMinute: 5}}
}

// set changes what somebody has used up.
func (p *practice) used(handle string, mib int64, written int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person(handle).usage = used(mib, written)
}

func TestWhoHasLittleRoomIsToldOnceWhereTheyWrite(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hides("MiB")
		x.p.used("anna", 79, 3)
		x.hand("first")
		x.send(keyPress("ctrl+s"))
		x.shows("Sent.")
		x.hides("MiB", nearPace)
		x.p.used("anna", 80, 3)
		x.hand("second")
		x.send(keyPress("ctrl+s"))
		x.shows("Sent.", nearStored)
		x.hand("third")
		x.send(keyPress("ctrl+s"))
		x.shows("Sent.")
		x.hides("MiB") // once
		x.p.used("anna", 80, 4)
		x.hand("fourth")
		x.send(keyPress("ctrl+s"))
		x.shows("Sent.", nearPace)
		x.hides("MiB")
		x.pass(time.Second)
	})
}

func TestWhoHasLittleRoomSeesItWhereTheyBeginToWrite(t *testing.T) {
	inThread(t, []string{"jonas: one"}, func(o *Options) { o.Journal.(*fakeJournal).me.usage = used(80, 0) }, func(x *threadTest) {
		x.shows(nearStored)
	})
}

func TestTheSettingsShowThatLittleRoomIsLeft(t *testing.T) {
	const line = "80 of 100 MiB kept: little room is left"
	for mib, shown := range map[int64]bool{79: false, 80: true} {
		drive(t, "anna", func(p *practice, o *Options) { o.Height = 40; p.used("anna", mib, 0) }, func(_ *practice, d *driver) {
			d.press("s")
			if shown {
				d.shows(line)
				d.press("esc s")
				d.shows(line) // each time
			} else {
				d.hides("MiB")
			}
		})
	}
}

// Who is there keeps the words, and is told why.
func TestWhatFindsNoRoomStaysInTheComposer(t *testing.T) {
	for kind, sentence := range map[error]string{
		store.ErrQuota: "not sent: That is more than one person may keep here",
		store.ErrPace:  "not sent: You write faster than one person may here",
	} {
		inThread(t, []string{"jonas: one"}, func(o *Options) { o.Width = 160 }, func(x *threadTest) {
			x.hand("My words")
			x.pass(2 * time.Second)
			x.j.breakVerb("Write", kind)
			x.send(keyPress("ctrl+s"))
			x.shows("My words", sentence)
			x.hides("Sent.")
			x.j.breakVerb("Write", nil)
			x.send(keyPress("ctrl+s"))
			x.shows("Sent.")
		})
	}
}

func TestADraftThatFindsNoRoomStaysInTheComposer(t *testing.T) {
	inThread(t, []string{"jonas: one"}, func(o *Options) { o.Width = 160 }, func(x *threadTest) {
		x.j.breakVerb("SaveDraft", store.ErrQuota)
		x.hand("My words")
		x.pass(3 * time.Second)
		x.shows("My words", "not saved: That is more than one person may keep here")
		x.j.breakVerb("SaveDraft", nil)
		x.pass(12 * time.Second)
		if got := x.draft(0); got != "My words" {
			t.Errorf("the draft is %q", got)
		}
	})
}

func TestAScreenBeginsWithItsNotices(t *testing.T) {
	drive(t, "anna", func(_ *practice, o *Options) { o.Notices = []string{"You have 13 of 16 connections open."} }, func(_ *practice, d *driver) {
		d.shows("13 of 16 connections")
		d.send(tea.KeyPressMsg{Code: 'x', Text: "x"})
		d.hides("13 of 16 connections")
	})
}

func TestLinearSaysHowNearThePersonIs(t *testing.T) {
	p := newPractice(t)
	p.thread("The tax letter", []string{"jonas", "anna"}, "jonas: one")
	o := p.options("anna")
	o.Notices = []string{"You have 13 of 16 connections open."}
	p.used("anna", 79, 3)
	said := speak(t, o, "1", "write", "words", ".", "quit")
	says(t, said, "13 of 16 connections")
	if strings.Contains(said, "MiB") || strings.Contains(said, nearPace) {
		t.Errorf("said too early:\n%s", said)
	}
	p.used("anna", 80, 4)
	said = speak(t, p.options("anna"), "1", "write", "words", ".", "back", "settings", "", "quit")
	says(t, said, nearStored, nearPace, "Sent.", "80 of 100 MiB kept")
}

func TestLinearKeepsWhatFindsNoRoom(t *testing.T) {
	p := newPractice(t)
	p.thread("The tax letter", []string{"jonas", "anna"}, "jonas: one")
	o := p.options("anna")
	o.Journal.(*fakeJournal).breakVerb("Write", store.ErrPace)
	says(t, speak(t, o, "1", "write", "My words", ".", "quit"), "You write faster than one person may here")
	if d, err := p.as("anna").Draft(t.Context(), 1, 0); err != nil || d.Text != "My words" {
		t.Errorf("the draft is %q, %v", d.Text, err)
	}
}
