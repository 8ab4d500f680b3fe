package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"alcove/store"
)

// flushLate flushes while a verb is held, and lets it answer a while later.
func (x *threadTest) flushLate(release func()) {
	x.t.Helper()
	time.AfterFunc(time.Second, release) // of the bubble's clock
	if err := x.app.Flush(context.Background()); err != nil {
		x.t.Fatal(err)
	}
}

// texts are the entries of the thread.
func (x *threadTest) texts() (texts []string) {
	for _, e := range x.p.threads[0].entries {
		texts = append(texts, e.Text)
	}
	return texts
}

func TestWhatWasSentIsNoDraftWhenTheLineDropsBeforeTheAnswer(t *testing.T) {
	t.Run("an entry", func(t *testing.T) {
		inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
			x.hand("sent once")
			release := x.j.hold("Write")
			x.keys("ctrl+s")
			x.flushLate(release)
			if len(x.texts()) != 2 || x.draft(0) != "" {
				t.Errorf("entries %q, draft %q", x.texts(), x.draft(0))
			}
		})
	})
	t.Run("an entry, and more behind it", func(t *testing.T) {
		inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
			x.hand("sent once")
			release := x.j.hold("Write")
			x.keys("ctrl+s")
			x.hand(" and more")
			x.flushLate(release)
			if len(x.texts()) != 2 || x.draft(0) != " and more" {
				t.Errorf("entries %q, draft %q", x.texts(), x.draft(0))
			}
		})
	})
	t.Run("an edit", func(t *testing.T) {
		inThread(t, []string{"anna: one"}, nil, func(x *threadTest) {
			x.keys("tab e")
			x.hand(", better")
			release := x.j.hold("Edit")
			x.keys("ctrl+s")
			x.flushLate(release)
			if x.texts()[0] != "one, better" || x.draft(1) != "" {
				t.Errorf("entries %q, draft %q", x.texts(), x.draft(1))
			}
		})
	})
	t.Run("a save, changed in the middle since", func(t *testing.T) {
		inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
			x.hand("Dear Jnas")
			release := x.j.hold("SaveDraft")
			x.pass(2 * time.Second)
			x.keys("left left left")
			x.hand("o")
			x.flushLate(release)
			if x.draft(0) != "Dear Jonas" {
				t.Errorf("the draft is %q", x.draft(0))
			}
		})
	})
}

func TestASendThatNobodyHasBegunIsADraftAtTheEnd(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("not on its way")
		send := x.page().write.send()
		if err := x.app.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		x.run(send)
		x.settle()
		if len(x.texts()) != 1 || x.draft(0) != "not on its way" {
			t.Errorf("entries %q, draft %q", x.texts(), x.draft(0))
		}
	})
}

func TestLeavingThePageWhileItSendsLeavesNoDraft(t *testing.T) {
	for verb, entry := range map[string]int64{"Write": 0, "Edit": 1} {
		t.Run(verb, func(t *testing.T) {
			inThread(t, []string{"anna: one"}, nil, func(x *threadTest) {
				if entry != 0 {
					x.keys("tab e")
				}
				x.hand("sent once")
				release := x.j.hold(verb)
				x.keys("ctrl+s esc esc esc")
				if len(x.app.stack) != 1 {
					t.Fatal("the page is open still")
				}
				release()
				x.settle()
				if d := x.draft(entry); d != "" || strings.Count(strings.Join(x.texts(), " "), "sent once") != 1 {
					t.Errorf("entries %q, draft %q", x.texts(), d)
				}
				if len(x.app.kept) > 0 {
					t.Error("the root holds what is stored")
				}
			})
		})
	}
}

func TestASendThatFailsAfterThePageWasLeftIsToldAndKept(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("precious")
		x.j.breakVerb("Write", errors.New("disk"))
		release := x.j.hold("Write")
		x.keys("ctrl+s esc esc")
		release()
		x.settle()
		x.shows("! That did not work")
		if x.draft(0) != "precious" {
			t.Errorf("the draft is %q", x.draft(0))
		}
	})
}

func TestAThreadOpenedAgainShowsTheDraftThatIsBeingSaved(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("old")
		x.pass(2 * time.Second)
		x.hand(" and new")
		release := x.j.hold("SaveDraft")
		x.keys("esc esc")
		x.send(openThreadMsg{thread: x.thread})
		if x.text() != "" {
			t.Errorf("it shows %q before the store has all of it", x.text())
		}
		release()
		x.settle()
		if x.text() != "old and new" {
			t.Errorf("it shows %q", x.text())
		}
	})
}

func TestADraftOnItsWayOutIsStoredWhenTheLineDrops(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("half a sen")
		drafts := x.page().Unsaved()
		keep := x.app.keep(drafts)
		x.app.stack = x.app.stack[:1]
		if err := x.app.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		x.run(keep)
		x.settle()
		if x.draft(0) != "half a sen" {
			t.Errorf("the draft is %q", x.draft(0))
		}
	})
}

func TestTwoTextsTooLongForOneDraftAreBothKept(t *testing.T) {
	p := newPractice(t)
	thread := p.thread("T", []string{"anna", "jonas"})
	j := p.as("anna")
	theirs, ours := strings.Repeat("t", store.MaxEntry-5), strings.Repeat("o", 1000)
	if _, err := j.SaveDraft(t.Context(), store.Draft{Thread: thread, Text: theirs}); err != nil {
		t.Fatal(err)
	}
	if _, err := saveDraft(t.Context(), j, store.Draft{Thread: thread, Text: ours}, "Unsent"); err != nil {
		t.Fatal(err)
	}
	d, _ := j.Draft(t.Context(), thread, 0)
	last := p.threads[len(p.threads)-1]
	if d.Text != theirs || last.Title != "Unsent" || len(last.Members) != 1 || last.entries[0].Text != ours {
		t.Errorf("the draft has %d bytes, and there is %q", len(d.Text), last.Title)
	}
}

func TestErrandsOfOneDraftKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &desk{last: map[draftKey]*errand{}}
		var way trail
		first, second := k.begin(store.Draft{Thread: 1}, &way), k.begin(store.Draft{Thread: 1}, &way)
		var done []string
		do := func(name string) func(store.Draft, bool) (leaves, error) {
			return func(store.Draft, bool) (leaves, error) { done = append(done, name); return nil, nil }
		}
		go func() { _ = second.run(t.Context(), store.Draft{}, do("second")) }()
		synctest.Wait()
		_ = first.run(t.Context(), store.Draft{}, do("first"))
		synctest.Wait()
		if strings.Join(done, " ") != "first second" {
			t.Errorf("done %q", done)
		}
	})
}
