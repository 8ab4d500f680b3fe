package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// elsewhere saves a draft on another device of Anna's, and lets the screen hear of it.
func (x *threadTest) elsewhere(entry int64, text string) store.Draft {
	x.t.Helper()
	j := x.p.as("anna")
	d, err := j.Draft(x.t.Context(), x.thread, entry)
	if err != nil {
		x.t.Fatal(err)
	}
	d.Text = text
	if d, err = j.SaveDraft(x.t.Context(), d); err != nil {
		x.t.Fatal(err)
	}
	return d
}

func (x *threadTest) hear(kind store.ChangeKind, entry int64) {
	x.send(store.Change{Kind: kind, Thread: x.thread, Entry: entry})
}

func (x *threadTest) text() string { return x.page().write.now().ed.Text() }

func TestDraftsAreSavedASecondAfterTheLastKey(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("Dear")
		x.shows("saving…")
		if x.draft(0) != "" {
			t.Fatal("saved while the person types")
		}
		x.pass(1100 * time.Millisecond)
		if x.draft(0) != "Dear" {
			t.Fatalf("a second later the store has %q", x.draft(0))
		}
		x.shows("draft saved 10:41, not sent")
		x.pass(time.Minute)
		if n := x.j.called("SaveDraft"); n != 1 {
			t.Errorf("%d saves of one text", n)
		}
		for range 100 { // eight seconds without a pause
			x.hand("x")
			x.wait(80 * time.Millisecond)
		}
		if n := x.j.called("SaveDraft"); n < 8 || n > 10 {
			t.Errorf("%d saves in all, want one every second of typing", n)
		}
		if strings.Count(x.draft(0), "x") < 60 {
			t.Errorf("the store is far behind: %q", x.draft(0))
		}
	})
}

// A line that says one thing and the other by turns would draw the eye, and cost each letter more than itself.
func TestTheLineIsCalmWhileOneTypes(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		for i := range 20 {
			x.hand("x")
			x.pass(300 * time.Millisecond)
			x.shows("saving…")
			if behind := i + 1 - len(x.draft(0)); behind > 4 {
				t.Fatalf("after %d letters the store lacks %d", i+1, behind)
			}
		}
		x.hides("not sent")
		x.pass(time.Second)
		x.shows("draft saved 10:41, not sent")
		x.hides("saving…")
		if x.draft(0) != strings.Repeat("x", 20) {
			t.Errorf("the store has %q", x.draft(0))
		}
	})
}

func TestDraftsAreSavedOnTheWayOut(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("first")
		x.keys("esc")
		if x.draft(0) != "first" {
			t.Errorf("esc saved %q", x.draft(0))
		}
		x.keys("tab")
		x.hand(" second")
		if d := x.page().Unsaved(); len(d) != 1 || d[0].Text != "first second" {
			t.Errorf("unsaved: %+v", d)
		}
		x.keys("esc esc")
		if x.draft(0) != "first second" {
			t.Errorf("leaving saved %q", x.draft(0))
		}
		x.send(openThreadMsg{thread: x.thread})
		x.shows("first second", "draft saved")
		if x.page().Unsaved() != nil {
			t.Error("a restored draft is unsaved")
		}
	})
}

func TestASaveThatFailsSaysSoAndGoesOnTrying(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.j.breakVerb("SaveDraft", context.DeadlineExceeded)
		x.hand("words")
		x.pass(2 * time.Second)
		x.shows("not saved: That did not work")
		x.hides("draft saved")
		x.j.breakVerb("SaveDraft", nil)
		x.pass(11 * time.Second)
		x.shows("draft saved 10:41, not sent")
		if x.draft(0) != "words" {
			t.Errorf("the store has %q", x.draft(0))
		}
	})
}

func TestAnUntouchedTextFollowsTheOtherDevice(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("hello world")
		x.pass(2 * time.Second)
		x.keys("left left left left left")
		x.elsewhere(0, "hello big world")
		x.hear(store.DraftChanged, 0)
		if x.text() != "hello big world" {
			t.Fatalf("the composer has %q", x.text())
		}
		x.hand("!")
		if x.text() != "hello big !world" {
			t.Errorf("the caret was lost: %q", x.text())
		}
		x.pass(2 * time.Second)
		if x.draft(0) != "hello big !world" {
			t.Errorf("the store has %q", x.draft(0))
		}
	})
}

func TestTwoDevicesAtOnceKeepBothTexts(t *testing.T) {
	for _, c := range []struct{ name, base, theirs, ours, want string }{
		{"both wrote", "", "from the phone", "from the desk", "from the phone\n\nfrom the desk"},
		{"ours goes on from theirs", "", "Dear", "Dear Jonas", "Dear Jonas"},
		{"theirs goes on from ours", "", "Dear Jonas, today", "Dear", "Dear Jonas, today"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
				x.hand(c.ours)
				x.elsewhere(0, c.theirs)
				x.pass(3 * time.Second)
				if x.text() != c.want || x.draft(0) != c.want {
					t.Errorf("composer %q, store %q, want %q", x.text(), x.draft(0), c.want)
				}
				if x.page().Unsaved() != nil {
					t.Error("still unsaved")
				}
			})
		})
	}
}

func TestADraftThatWasReadBeforeTheLastSaveIsOld(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		c := x.page().write
		x.hand("first")
		x.pass(2 * time.Second)
		old := c.read(0)()
		x.hand(" second")
		x.pass(2 * time.Second)
		x.send(old)
		if x.text() != "first second" || x.draft(0) != "first second" {
			t.Errorf("composer %q, store %q", x.text(), x.draft(0))
		}
	})
}

func TestWhatIsTypedBeforeTheDraftIsReadIsKept(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.keys("esc esc")
		x.elsewhere(0, "stored")
		page := newThreadPage(x.app.s, x.thread, 0)
		page.Update(tea.WindowSizeMsg{Width: 80, Height: 20})
		p := page.(*threadPage)
		p.known = true
		x.p.pass(time.Second)
		page.Update(tea.KeyPressMsg{Code: 'q', Text: "quick"})
		_, cmd := page.Update(p.write.open()())
		if got := p.write.reply.ed.Text(); got != "stored\n\nquick" || cmd == nil {
			t.Errorf("the composer has %q", got)
		}
	})
}

func TestSending(t *testing.T) {
	inThread(t, many(30, "jonas"), nil, func(x *threadTest) {
		x.hand("My answer\nin two lines")
		x.keys("ctrl+s")
		x.shows("My answer", "31 of 31, end of thread", "Sent. z takes it back for 10 s")
		if x.text() != "" || x.draft(0) != "" {
			t.Errorf("left behind: %q, draft %q", x.text(), x.draft(0))
		}
		if e := x.p.threads[0].entries[30]; e.Text != "My answer\nin two lines" {
			t.Errorf("sent %q", e.Text)
		}
		x.keys("ctrl+s")
		x.shows("There is nothing written yet")
		if n := len(x.p.threads[0].entries); n != 31 {
			t.Errorf("%d entries, want 31", n)
		}
	})
}

func TestASendThatFailsKeepsTheText(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("precious")
		x.j.breakVerb("Write", context.DeadlineExceeded)
		x.keys("ctrl+s")
		x.shows("not sent: That did not work", "precious")
		x.pass(2 * time.Second)
		if x.draft(0) != "precious" {
			t.Errorf("the draft is %q", x.draft(0))
		}
		x.shows("not sent:")
		x.keys("left")
		x.hides("not sent:")
		x.j.breakVerb("Write", nil)
		x.keys("ctrl+s")
		if n := len(x.p.threads[0].entries); n != 2 || x.text() != "" {
			t.Errorf("%d entries, %q left", n, x.text())
		}
	})
}

func TestASecondSendWhileOneIsUnderWayDoesNothing(t *testing.T) {
	s := newPractice(t).session("anna")
	c := newComposer(s, 1)
	c.paste("once")
	if first, second := c.send(), c.send(); first == nil || second != nil {
		t.Error("the second ctrl+s did something")
	}
	c.paste(" and more")
	c.sentIs(entrySentMsg{c: c, text: "once", entry: store.Entry{Thread: 1, Number: 5}})
	if got := c.reply.ed.Text(); got != " and more" {
		t.Errorf("what was typed meanwhile: %q", got)
	}
	if len(c.unsaved()) != 1 {
		t.Error("what was typed meanwhile counts as saved")
	}
}

func TestSendingWaitsForTheSaveUnderWay(t *testing.T) {
	s := newPractice(t).session("anna")
	c := newComposer(s, 1)
	c.paste("words")
	if c.save(c.reply) == nil {
		t.Fatal("nothing to save")
	}
	c.send()
	if c.reply.sending {
		t.Fatal("sent with a draft version that is about to be old")
	}
	c.saved(draftSavedMsg{w: c.reply, seq: c.reply.ed.seq, draft: store.Draft{Thread: 1, Text: "words", Version: 7}})
	if !c.reply.sending {
		t.Error("not sent after the save")
	}
}

func TestABurstIsAPasteAndNeverSends(t *testing.T) {
	enterSends := func(o *Options) { o.Journal.(*fakeJournal).me.Settings.EnterSends = true }
	inThread(t, []string{"jonas: one"}, enterSends, func(x *threadTest) {
		x.p.pass(time.Second)
		for _, r := range "first\rsecond\tline\rzweite" { // the practice's clock stands still: a burst
			switch r {
			case '\r':
				x.send(keyPress("enter"))
			case '\t':
				x.send(keyPress("tab"))
			default:
				x.send(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		}
		if want := "first\nsecond    line\nzweite"; x.text() != want {
			t.Fatalf("got %q, want %q", x.text(), want)
		}
		x.keys("ctrl+j")
		x.hand("by hand")
		x.keys("enter")
		if n := len(x.p.threads[0].entries); n != 2 {
			t.Fatalf("%d entries after enter by hand", n)
		}
		if got := x.p.threads[0].entries[1].Text; got != "first\nsecond    line\nzweite\nby hand" {
			t.Errorf("sent %q", got)
		}
	})
}

func TestPasteIsCleanedAndOneStep(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("a ")
		x.send(tea.PasteMsg{Content: "red\x1b[31m\r\nline\u202e\xff"})
		if got := x.text(); strings.ContainsAny(got, "\x1b\r\u202e") || !strings.Contains(got, "\nline") || !utf8.ValidString(got) {
			t.Errorf("pasted %q", got)
		}
		x.keys("ctrl+z")
		if x.text() != "a " {
			t.Errorf("undo left %q", x.text())
		}
		x.send(tea.PasteMsg{Content: strings.Repeat("x", store.MaxEntry)})
		x.shows("at most 256 KiB")
		if x.text() != "a " {
			t.Error("the text changed at the cap")
		}
	})
}

func TestTakeBack(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("too early")
		x.keys("ctrl+s z")
		x.shows("\n z")
		x.pass(700 * time.Millisecond)
		if x.text() != "too early" || len(x.p.threads[0].entries) != 1 {
			t.Fatalf("composer %q, %d entries", x.text(), len(x.p.threads[0].entries))
		}
		x.hides("Anna, Thu")
		x.shows("Taken back.", "1 of 1")
		x.hand(" now")
		x.keys("ctrl+s")
		x.hand("next thought") // z is a letter here, but not where one reads
		x.hand("z")
		x.keys("tab z")
		if want := "too early now\n\nnext thoughtz"; x.text() != want {
			t.Errorf("composer %q, want %q", x.text(), want)
		}
		x.hand("<")
		if want := "too early now<\n\nnext thoughtz"; x.text() != want {
			t.Errorf("the caret is not at the end of what came back: %q", x.text())
		}
	})
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("final")
		x.keys("ctrl+s")
		x.pass(10*time.Second + 100*time.Millisecond)
		x.hides("takes it back")
		x.hand("z")
		if x.text() != "z" || len(x.p.threads[0].entries) != 2 {
			t.Errorf("after ten seconds z is a letter: %q", x.text())
		}
	})
}

func TestAZThatBeginsAWordTakesNothingBack(t *testing.T) {
	for _, next := range []string{"um", "left", "tab"} {
		inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
			x.hand("sent")
			x.keys("ctrl+s")
			x.hand("z")
			x.pass(300 * time.Millisecond)
			if next == "um" {
				x.hand(next)
			} else {
				x.keys(next)
			}
			x.pass(2 * time.Second)
			if !strings.HasPrefix(x.text(), "z") || len(x.p.threads[0].entries) != 2 || x.draft(0) != x.text() {
				t.Errorf("%s: composer %q, draft %q, %d entries", next, x.text(), x.draft(0), len(x.p.threads[0].entries))
			}
		})
	}
}

func TestZActsAtOnceInTheReader(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("sent")
		x.keys("ctrl+s tab z")
		if x.text() != "sent" || len(x.p.threads[0].entries) != 1 {
			t.Errorf("composer %q, %d entries", x.text(), len(x.p.threads[0].entries))
		}
	})
}

func TestWhatWasSentAndEditedComesBackWithTheCaretAtItsEnd(t *testing.T) {
	inThread(t, nil, nil, func(x *threadTest) {
		x.hand("new")
		x.keys("ctrl+s tab e")
		x.hand(" and edited")
		x.keys("ctrl+s z")
		x.hand("!")
		if x.text() != "new and edited!" {
			t.Errorf("composer %q", x.text())
		}
	})
}

func TestEditing(t *testing.T) {
	inThread(t, []string{"anna: first try", "jonas: hm"}, nil, func(x *threadTest) {
		x.hand("a reply")
		x.keys("tab [ e")
		x.shows("Editing your entry of Thu 19 Nov 10:40", "esc keeps a draft, ctrl+x drops it")
		x.hand(", better")
		x.keys("esc")
		x.shows("Anna, Thu 19 Nov 10:40, draft of an edit kept")
		if x.draft(1) != "first try, better" || x.text() != "a reply" {
			t.Fatalf("draft %q, reply %q", x.draft(1), x.text())
		}
		x.shows("─ Reply ")
		x.keys("esc") // away, and back
		x.send(openThreadMsg{thread: x.thread})
		x.keys("tab [ e")
		if x.text() != "first try, better" {
			t.Fatalf("the draft of the edit came back as %q", x.text())
		}
		x.keys("ctrl+s")
		x.shows("first try, better", "10:40, edited", "a reply")
		if x.draft(1) != "" || x.draft(0) != "a reply" {
			t.Errorf("drafts: %q, %q", x.draft(1), x.draft(0))
		}
		x.keys("] e") // one reads on where one was
		x.shows("Only its author can change an entry")
	})
}

func TestAnEditThatMeetsAnotherKeepsTheText(t *testing.T) {
	inThread(t, []string{"anna: first try"}, nil, func(x *threadTest) {
		x.keys("tab e")
		x.hand(" here")
		if _, err := x.p.as("anna").Edit(t.Context(), x.thread, 1, 1, "first try there", 0); err != nil {
			t.Fatal(err)
		}
		x.settle()
		x.keys("ctrl+s")
		x.shows("changed elsewhere", "first try there")
		if x.text() != "first try here" {
			t.Fatalf("the text became %q", x.text())
		}
		x.keys("ctrl+s")
		if e := x.p.threads[0].entries[0]; e.Text != "first try here" || e.Revision != 3 {
			t.Errorf("revision %d is %q", e.Revision, e.Text)
		}
	})
}

func TestWithdrawingAsksAndTakesAnotherKey(t *testing.T) {
	inThread(t, []string{"anna: a secret", "jonas: hm"}, nil, func(x *threadTest) {
		for _, no := range []string{"w", "enter", "esc", "n"} {
			x.keys("tab [ w")
			x.shows("Withdraw for everyone?")
			x.keys(no)
			x.hides("Withdraw for everyone?")
			x.shows("a secret")
			x.keys("tab")
		}
		x.keys("tab [")
		x.p.pass(time.Second)
		x.send(keyPress("w"))
		x.send(keyPress("y")) // in a burst: somebody pasted into the reader
		x.shows("a secret")
		x.keys("w y")
		x.hides("a secret")
		x.shows("Anna withdrew this entry")
	})
}

func TestPreview(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand("some **bold** words")
		x.keys("ctrl+o")
		x.shows("─ Preview ", "some bold words")
		x.hand("!")
		x.shows("─ Reply ", "some **bold** words!")
	})
}

func TestTheComposerGrowsToHalfThePage(t *testing.T) {
	inThread(t, many(30, "jonas"), nil, func(x *threadTest) {
		for i := range 20 {
			x.hand(fmt.Sprintf("line %d\n", i))
			if body := x.app.bodySize().Height; x.page().write.height > body/2 {
				t.Fatalf("the composer has %d of %d lines", x.page().write.height, body)
			}
			if c := x.app.View().Cursor; c == nil || c.Y >= 24-footLines || c.X != 1 {
				t.Fatalf("the caret stands at %+v", c)
			}
		}
		x.shows("line 19", "entry number")
		x.hides("line 2\n")
	})
}
