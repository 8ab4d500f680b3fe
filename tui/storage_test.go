package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"alcove/store"
)

// writes are the verbs that write.
var writes = map[string]bool{
	"SaveSettings": true, "NewThread": true, "Leave": true, "MarkRead": true, "Write": true, "Edit": true, "Withdraw": true,
	"TakeBack": true, "SaveDraft": true, "Invite": true, "BeginSecondFactor": true, "ConfirmSecondFactor": true, "EndSecondFactor": true,
}

// storage makes the storage of the practice fail, or work again, and tells everybody.
func (p *practice) storage(works bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readOnly = !works
	for _, q := range p.people {
		q.tell(store.Change{Kind: store.StorageChanged, On: works})
	}
}

const banner = "! Saving fails just now, reading works"

func TestReadOnlyLooksAsItShould(t *testing.T) {
	for _, l := range []pageLook{{80, 24, "en", "ink", false}, {40, 20, "de", "", true}, {20, 6, "en", "paper", false}} {
		t.Run(l.String(), func(t *testing.T) {
			shootPage(t, pageShot{who: "anna"}, l, func(d *driver) {
				d.app.s.journal.(*fakeJournal).p.storage(false)
				d.settle()
				golden.RequireEqual(t, d.app.View().Content+"\n")
			})
		})
	}
}

// Every page says that nothing can be saved, whatever its size, and stops saying it by itself.
func TestEveryPageSaysThatNothingCanBeSaved(t *testing.T) {
	for _, s := range pageShots {
		t.Run(s.name, func(t *testing.T) {
			shootPage(t, s, pageLooks[0], func(d *driver) {
				p := d.app.s.journal.(*fakeJournal).p
				for _, size := range []tea.WindowSizeMsg{{Width: 80, Height: 24}, {Width: 40, Height: 20}, {Width: 40, Height: 11}, {Width: 20, Height: 6}} {
					d.send(size)
					d.hides(banner[:16])
					p.storage(false)
					d.settle()
					lines := strings.Split(d.screen(), "\n")
					if want := banner[:min(len(banner), size.Width-2)]; !strings.HasPrefix(lines[1], " "+want) {
						t.Fatalf("%v: below the header stands %q", size, lines[1])
					}
					if len(lines) != size.Height {
						t.Fatalf("%v: %d lines", size, len(lines))
					}
					p.storage(true)
					d.settle()
					d.hides(banner[:16])
				}
			})
		})
	}
}

func TestWhoComesWhileNothingCanBeSavedSeesIt(t *testing.T) {
	drive(t, "anna", func(p *practice, _ *Options) { p.readOnly = true }, func(p *practice, d *driver) {
		d.shows(banner)
		p.storage(true)
		d.settle()
		d.hides(banner)
	})
}

// What is written while nothing can be saved stays in the composer, is never called saved or sent, and is saved when it can be.
func TestTheComposerKeepsWhatCannotBeSaved(t *testing.T) {
	const kept = "Your words are kept on this screen"
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.p.storage(false)
		x.hand("My words")
		x.pass(3 * time.Second)
		x.shows("My words", "not saved: The server cannot save", kept, banner)
		x.hides("draft saved")
		x.send(keyPress("ctrl+s"))
		x.shows("My words", "not sent: The server cannot save", kept)
		x.hides("Sent.", "draft saved")
		if got := x.j.called("Write"); got != 1 {
			t.Errorf("it was sent %d times", got)
		}
		x.p.storage(true)
		x.settle()
		x.hides(banner)
		x.pass(12 * time.Second)
		if d, err := x.p.as("anna").Draft(t.Context(), x.thread, 0); err != nil || d.Text != "My words" {
			t.Errorf("the draft is %q, %v", d.Text, err)
		}
		x.send(keyPress("ctrl+s"))
		x.shows("Sent.")
	})
}

// Reading goes on: the mark that cannot be moved is nobody's trouble, and is moved by a later key.
func TestReadingGoesOnWhereNothingCanBeSaved(t *testing.T) {
	drive(t, "anna", func(p *practice, _ *Options) {
		p.thread("The tax letter", []string{"jonas", "anna"}, "jonas: one")
		p.readOnly = true
	}, func(p *practice, d *driver) {
		d.press("enter")
		d.shows("one", banner)
		d.hides("The server cannot save", "That did not work")
		p.storage(true)
		d.settle()
		d.press("esc")
		if got, _ := p.as("anna").Thread(t.Context(), 1); got.Unread != 0 {
			t.Errorf("%d are unread", got.Unread)
		}
	})
}

// A draft that a closed page could not store is stored when it can be.
func TestAClosedPagesDraftIsStoredLater(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.p.storage(false)
		x.hand("My words")
		x.press("esc esc")
		x.shows("Hello Anna", "Your words are kept")
		x.p.storage(true)
		x.settle()
		if d, err := x.p.as("anna").Draft(t.Context(), x.thread, 0); err != nil || d.Text != "My words" {
			t.Errorf("the draft is %q, %v", d.Text, err)
		}
		if len(x.app.kept) > 0 {
			t.Errorf("%d are kept", len(x.app.kept))
		}
	})
}

func TestADamagedThreadIsSaidOnItsPage(t *testing.T) {
	drive(t, "anna", func(p *practice, o *Options) {
		p.thread("Whole", []string{"anna"}, "anna: to be read")
		p.pass(time.Minute)
		p.thread("Damaged", []string{"anna"}, "anna: gone")
		o.Journal = damaged{o.Journal.(*fakeJournal), 2}
	}, func(_ *practice, d *driver) {
		d.press("enter")
		d.shows("A stored record is damaged")
		d.press("esc down enter")
		d.shows("Whole", "to be read")
	})
}

// damaged is a journal whose entries in one thread cannot be read.
type damaged struct {
	*fakeJournal
	thread int64
}

func (j damaged) Entries(ctx context.Context, thread int64, span store.Span) (store.Page, error) {
	if thread == j.thread {
		return store.Page{}, fmt.Errorf("read entries: %w", store.ErrDamaged)
	}
	return j.fakeJournal.Entries(ctx, thread, span)
}

// talk leads a linear session: line types one and answers all that was said since the one before.
func talk(t *testing.T, prepare func(p *practice), test func(p *practice, line func(string) string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t)
		prepare(p)
		in, hand := io.Pipe()
		var out bytes.Buffer
		ended := make(chan error, 1)
		go func() { ended <- Linear(t.Context(), p.options("anna"), in, &out) }()
		test(p, func(text string) string {
			if text != "" {
				if _, err := io.WriteString(hand, text+"\n"); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			defer out.Reset()
			return out.String()
		})
		if err := hand.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
}

const (
	cannotSave = "The server cannot save at the moment. You can read all the same.\n"
	canSave    = "The server can save again.\n"
)

func TestLinearSaysOnceThatNothingCanBeSaved(t *testing.T) {
	begin := func(p *practice) {
		p.thread("T", []string{"jonas", "anna"}, "jonas: one")
		p.readOnly = true
	}
	talk(t, begin, func(p *practice, line func(string) string) {
		if said := line(""); strings.Count(said, cannotSave) != 1 || !strings.HasSuffix(said, "quit): ") {
			t.Errorf("at the beginning: %q", said)
		}
		said := line("1")
		says(t, said, "| one")
		if strings.Contains(said, "cannot save") {
			t.Errorf("it is said again, of the mark perhaps: %q", said)
		}
		p.storage(true)
		line("")
		if said := line("back"); !strings.Contains(said, canSave) {
			t.Errorf("that it can is not said: %q", said)
		}
		if said := line("people"); strings.Contains(said, canSave) || strings.Contains(said, cannotSave) {
			t.Errorf("it is said again: %q", said)
		}
	})
}

func TestLinearKeepsWhatCannotBeSaved(t *testing.T) {
	talk(t, func(p *practice) { p.thread("T", []string{"anna", "jonas"}) }, func(p *practice, line func(string) string) {
		line("1")
		line("write")
		line("saved")
		p.storage(false)
		line("")
		says(t, line("not saved"), "Your words are kept on this screen")
		if said := line("nor this"); said != "" {
			t.Errorf("it is said at each line: %q", said)
		}
		said := line(".")
		says(t, said, "Your words are kept on this screen")
		more := line(".q")
		says(t, more, "dot q once more leaves and loses it")
		if said += more; strings.Contains(said, "Kept as a draft") || strings.Contains(said, "kept as a draft") || strings.Contains(said, "Sent.") {
			t.Errorf("what was not saved is called so: %q", said)
		}
		p.storage(true)
		line("")
		says(t, line("."), "Sent.")
		if e, err := p.as("anna").Entry(t.Context(), 1, 1); err != nil || e.Text != "saved\nnot saved\nnor this" {
			t.Errorf("the entry is %q, %v", e.Text, err)
		}
		line("write")
		p.storage(false)
		line("")
		line("again")
		line(".q")
		if said := line(".q"); strings.Contains(said, "Kept as a draft") {
			t.Errorf("a lost draft is called kept: %q", said)
		}
		line("write")
		line("late")
		p.storage(true)
		line("")
		says(t, line(".q"), "Kept as a draft")
		if d, err := p.as("anna").Draft(t.Context(), 1, 0); err != nil || d.Text != "late" {
			t.Errorf("the draft is %q, %v", d.Text, err)
		}
	})
}
