package tui

import (
	"context"
	"errors"
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// someWeeks fills the practice with three weeks of threads: what Home and the goldens show.
func someWeeks(p *practice, _ *Options) {
	p.clock = testNow.Add(-20 * 24 * time.Hour)
	p.thread("Old matters", []string{"jonas", "piet"}, "piet: Hello", "jonas: Well then.")
	p.clock = testNow.Add(-3 * 24 * time.Hour)
	p.thread("My own pages", []string{"anna"}, "anna: Note to self.")
	p.clock = testNow.Add(-7 * 24 * time.Hour)
	p.thread("Saturday group", []string{"jonas", "anna", "piet"}, "jonas: Welcome to the group.", "jonas: Who begins?")
	p.clock = testNow.Add(-26 * time.Minute)
	p.thread("The tax letter", []string{"jonas", "anna"}, "jonas: How did the two-minute start feel?",
		"anna: It worked better than I thought:\n\n- took out the letter, set the timer\n- wrote the first line")
	p.clock = testNow
	p.arrive("jonas", true)
	p.arrive("anna", true)
}

func TestEscLeadsBackAndQuitLeavesFromHomeOnly(t *testing.T) {
	drive(t, "jonas", someWeeks, func(_ *practice, d *driver) {
		d.press("s")
		d.shows("< Home   Settings")
		d.press("q")
		if d.quit {
			t.Fatal("q left from Settings")
		}
		d.press("?")
		d.shows("< Settings   Help", "Keys here: Settings")
		d.press("esc esc")
		d.shows("Hello Jonas")
		d.press("esc q")
		if !d.quit {
			t.Fatal("q did not leave from Home")
		}
	})
}

func TestAPlaceIsNotOpenedTwice(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		d.press("s ctrl+p")
		d.write("settings")
		d.press("enter")
		d.shows("< Home   Settings")
		if len(d.app.stack) != 2 {
			t.Fatalf("%d pages are open, want Home and Settings", len(d.app.stack))
		}
	})
}

func TestQuestionMarkIsALetterInAField(t *testing.T) {
	drive(t, "anna", nil, func(_ *practice, d *driver) {
		d.press("n")
		d.write("Why?/q")
		d.shows("Why?/q", "F1 help")
		d.press("f1")
		d.shows("Keys here: New thread")
		d.press("esc")
		d.shows("Why?/q")
	})
}

func TestGoodNewsGoesAndFailuresStayUntilAKey(t *testing.T) {
	drive(t, "anna", nil, func(_ *practice, d *driver) {
		d.send(noticeMsg{text: "Saved."})
		d.shows("Saved.")
		d.wait(2 * time.Second)
		d.send(noticeMsg{text: "Saved again."})
		d.wait(3 * time.Second) // the first one's time is over, not the second's
		d.shows("Saved again.")
		d.wait(2 * time.Second)
		d.hides("Saved again.")

		d.send(noticeMsg{text: "It went wrong.", failed: true})
		d.wait(time.Hour)
		d.shows("! It went wrong.")
		d.press("down")
		d.hides("It went wrong.")
	})
}

func TestALongNoticeTakesRoomFromTheBody(t *testing.T) {
	drive(t, "anna", func(_ *practice, o *Options) { o.Width, o.Height = 40, 20 }, func(_ *practice, d *driver) {
		d.send(noticeMsg{text: d.app.s.words.Error.Other, failed: true})
		d.shows("! That did not work", "runs this", "server.")
		if lines := strings.Count(d.screen(), "\n") + 1; lines != 20 {
			t.Fatalf("the screen has %d lines, want 20", lines)
		}
	})
}

func TestCtrlCSaysHowToLeaveAndThenLeaves(t *testing.T) {
	drive(t, "anna", nil, func(_ *practice, d *driver) {
		d.press("ctrl+c")
		d.shows("ctrl+c once more leaves")
		d.press("down ctrl+c")
		if d.quit {
			t.Fatal("a ctrl+c after another key left at once")
		}
		d.press("ctrl+c")
		if !d.quit || d.app.Farewell() != "" {
			t.Fatalf("quit %v with %q", d.quit, d.app.Farewell())
		}
	})
}

// draftPage is a page with writing on it that no save has reached.
type draftPage struct {
	plain
	draft store.Draft
	trail trail
}

func (p *draftPage) Init() tea.Cmd                  { return nil }
func (p *draftPage) Update(tea.Msg) (Page, tea.Cmd) { return p, nil }
func (p *draftPage) View(int, int) Body             { return Body{} }
func (p *draftPage) Header() Header                 { return Header{Title: "Draft"} }
func (p *draftPage) Hints() []Hint                  { return nil }
func (p *draftPage) Unsaved() []unsaved             { return []unsaved{{p.draft, &p.trail}} }

func TestEveryWayOutSavesDrafts(t *testing.T) {
	ways := map[string]struct {
		out      func(d *driver)
		quits    bool
		farewell string
	}{
		"ctrl+c twice": {func(d *driver) { d.press("ctrl+c ctrl+c") }, true, ""},
		"shutdown":     {func(d *driver) { d.send(ShutdownMsg{}) }, true, "The server is being stopped. Your draft is saved."},
		"back":         {func(d *driver) { d.send(backMsg{}) }, false, ""},
		"flush":        {func(d *driver) { _ = d.app.Flush(context.Background()) }, false, ""},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			drive(t, "anna", someWeeks, func(p *practice, d *driver) {
				d.send(openMsg{&draftPage{draft: store.Draft{Thread: 1 + 1, Text: "half a sentence"}}})
				way.out(d)
				if err := d.app.Flush(context.Background()); err != nil {
					t.Fatal(err)
				}
				got, err := p.as("anna").Draft(t.Context(), 2, 0)
				if err != nil || got.Text != "half a sentence" {
					t.Fatalf("the draft is %q, %v", got.Text, err)
				}
				if d.quit != way.quits || d.app.Farewell() != way.farewell {
					t.Fatalf("quit %v with %q", d.quit, d.app.Farewell())
				}
			})
		})
	}
}

func TestLeavingWaitsWhenADraftCannotBeSaved(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(p *practice, o *Options) { someWeeks(p, o); j, _ = o.Journal.(*fakeJournal) }, func(_ *practice, d *driver) {
		d.send(openMsg{&draftPage{draft: store.Draft{Thread: 2, Text: "half"}}})
		j.breakVerb("SaveDraft", errors.New("disk full"))
		d.press("ctrl+c ctrl+c")
		d.shows("A draft could not be saved.")
		if d.quit {
			t.Fatal("left without the draft and without asking")
		}
		d.send(backMsg{}) // the page goes, its draft must not
		j.breakVerb("SaveDraft", nil)
		if err := d.app.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, _ := j.Draft(t.Context(), 2, 0); got.Text != "half" {
			t.Fatalf("the draft is %q", got.Text)
		}
	})
}

func TestFlushKeepsBothTexts(t *testing.T) {
	tests := map[string]struct{ theirs, ours, want string }{
		"both":            {"from the phone", "from the desk", "from the phone\n\nfrom the desk"},
		"theirs has ours": {"one two three", "one two", "one two three"},
		"ours has theirs": {"one two", "one two three", "one two three"},
		"ours is empty":   {"from the phone", "", "from the phone"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			thread := p.thread("T", []string{"anna"})
			j := p.as("anna")
			if _, err := j.SaveDraft(t.Context(), store.Draft{Thread: thread, Text: test.theirs}); err != nil {
				t.Fatal(err)
			}
			if _, err := saveDraft(t.Context(), j, store.Draft{Thread: thread, Text: test.ours}, "apart"); err != nil {
				t.Fatal(err)
			}
			if got, _ := j.Draft(t.Context(), thread, 0); got.Text != test.want {
				t.Fatalf("the draft is %q, want %q", got.Text, test.want)
			}
		})
	}
}

func TestOneWhoIsSignedOutIsToldAndSentAway(t *testing.T) {
	ways := map[string]func(p *practice, d *driver){
		"told by the store": func(p *practice, d *driver) { p.disable("anna"); d.settle() },
		"met by a verb":     func(p *practice, d *driver) { p.person("anna").disabled = true; d.press("s") },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			drive(t, "anna", someWeeks, func(p *practice, d *driver) {
				way(p, d)
				if !d.quit || !strings.Contains(d.app.Farewell(), "signed out") {
					t.Fatalf("quit %v with %q", d.quit, d.app.Farewell())
				}
			})
		})
	}
}

func TestThePersonCannotBeReadAtFirst(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(_ *practice, o *Options) {
		j, _ = o.Journal.(*fakeJournal)
		j.breakVerb("Me", errors.New("disk"))
	}, func(_ *practice, d *driver) {
		d.shows("r tries again, q leaves.")
		d.press("n r")
		d.shows("r tries again, q leaves.")
		j.breakVerb("Me", nil)
		d.press("r")
		d.shows("Hello Anna")
	})
}

func TestTooSmallSaysBothSizes(t *testing.T) {
	drive(t, "anna", nil, func(_ *practice, d *driver) {
		for _, size := range [][2]int{{19, 6}, {20, 5}, {1, 1}, {0, 0}, {19, 24}} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			for line := range strings.SplitSeq(d.screen(), "\n") {
				if len(line) > max(size[0], 1) {
					t.Fatalf("%v: line %q is too long", size, line)
				}
			}
		}
		d.send(tea.WindowSizeMsg{Width: 19, Height: 10})
		if got := strings.Join(strings.Fields(d.screen()), " "); got != "Too small: 19 x 10. Make it 20 x 6 or larger." {
			t.Fatalf("it says %q", got)
		}
	})
}

func TestThemeFollowsTheBackgroundUnlessOneIsChosen(t *testing.T) {
	drive(t, "anna", nil, func(p *practice, d *driver) {
		styles := func(name string) Styles {
			theme, _ := d.app.s.shared.themes.Named(name)
			return *NewStyles(theme, false)
		}
		is := func(name string) {
			t.Helper()
			if *d.app.s.styles != styles(name) {
				t.Fatalf("the theme is not %s", name)
			}
		}
		is("ansi")
		d.send(tea.BackgroundColorMsg{Color: color.White})
		is("paper")
		d.send(tea.BackgroundColorMsg{Color: color.Black})
		is("ink")
		d.send(applyMsg{settings: store.Settings{Theme: "paper"}})
		is("paper")
		d.send(tea.BackgroundColorMsg{Color: color.Black})
		is("paper")
		d.send(applyMsg{settings: store.Settings{NoColor: true}})
		if strings.Contains(d.app.View().Content, "\x1b[3") {
			t.Fatal("there is colour without colour")
		}
	})
}

func TestSettingsOfAnotherSessionApplyAtOnce(t *testing.T) {
	drive(t, "anna", someWeeks, func(p *practice, d *driver) {
		p.mu.Lock()
		p.person("anna").Settings = store.Settings{Language: "de", TimeZone: "Asia/Tokyo", Mouse: true}
		p.person("anna").tell(store.Change{Kind: store.SettingsChanged})
		p.mu.Unlock()
		d.settle()
		d.shows("Hallo Anna", "heute 19:15")
		if d.app.View().MouseMode != tea.MouseModeCellMotion {
			t.Fatal("the mouse is off")
		}
	})
}

func TestTheScreenNeverPaintsTheBackgroundAndTellsTheUnread(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		v := d.app.View()
		if v.BackgroundColor != nil || !v.AltScreen || v.MouseMode != tea.MouseModeNone {
			t.Fatalf("the view is %+v", v)
		}
		if v.WindowTitle != "Alcove (3)" {
			t.Fatalf("the window's title is %q", v.WindowTitle)
		}
		if v.Cursor == nil || v.Cursor.Y != 2 {
			t.Fatalf("the cursor is %v, want it on the first row", v.Cursor)
		}
	})
}

func TestReadingTellsInTheWindowTitle(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		d.press("3")
		d.wait(newsAfter)
		if title := d.app.View().WindowTitle; title != "Alcove (1)" {
			t.Fatalf("after two of three were read the window's title is %q", title)
		}
	})
}

func TestNextUnreadGoesRound(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		d.press("u")
		d.shows("< Home   The tax letter")
		d.send(nextUnreadMsg{after: 4})
		d.shows("< Home   Saturday group")
		if len(d.app.stack) != 2 {
			t.Fatalf("%d pages are open, want 2", len(d.app.stack))
		}
	})
	drive(t, "anna", nil, func(_ *practice, d *driver) {
		d.press("u")
		d.shows("Nothing is unread.")
	})
}

func TestAThreadIsOpenOnlyOnce(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		d.press("1")
		d.send(openThreadMsg{thread: 2})
		d.send(openThreadMsg{thread: 4})
		if len(d.app.stack) != 2 {
			t.Fatalf("%d pages are open, want Home and the thread", len(d.app.stack))
		}
	})
}

func TestTheEndOfTheSessionEndsTheWatch(t *testing.T) {
	p := newPractice(t)
	ctx, cancel := context.WithCancel(t.Context())
	a := New(ctx, p.options("anna"))
	msg, ok := a.watch()().(watchingMsg)
	if !ok || msg.err != nil {
		t.Fatalf("watch answers %v", msg.err)
	}
	ended := make(chan tea.Msg, 1)
	go func() { ended <- a.waitForChange(msg.changes)() }()
	cancel()
	select {
	case got := <-ended:
		if c, ok := got.(changedMsg); !ok || c.open {
			t.Fatalf("the wait ended with %#v", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the Cmd still waits after the session's end")
	}
}

func TestTryingAgainDoesNotWatchTwice(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(_ *practice, o *Options) {
		j, _ = o.Journal.(*fakeJournal)
		j.breakVerb("Me", errors.New("disk"))
	}, func(_ *practice, d *driver) {
		d.press("r r")
		j.breakVerb("Me", nil)
		d.press("r")
		if n := j.called("Watch"); n != 1 {
			t.Errorf("%d watches in one session", n)
		}
	})
}

func TestAWatchThatCannotBeginIsToldOnceAndTriedAgain(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(p *practice, o *Options) {
		someWeeks(p, o)
		j, _ = o.Journal.(*fakeJournal)
		j.breakVerb("Watch", errors.New("too many"))
	}, func(p *practice, d *driver) {
		d.shows("! What others write does not show by itself")
		d.press("down")
		for range 60 {
			d.wait(time.Second)
		}
		d.hides("does not show by itself")
		if n := j.called("Watch"); n < 4 || n > 6 {
			t.Errorf("tried %d times in a minute", n)
		}
		if _, err := p.as("jonas").Write(t.Context(), 4, "while nobody heard", 0); err != nil {
			t.Fatal(err)
		}
		d.settle()
		if title := d.app.View().WindowTitle; title != "Alcove (3)" {
			t.Fatalf("it follows although it cannot: %s", title)
		}
		j.breakVerb("Watch", nil)
		d.wait(10 * time.Minute)
		if title := d.app.View().WindowTitle; title != "Alcove (4)" {
			t.Errorf("what was missed is not read: %s", title)
		}
		n := j.called("Watch")
		d.wait(time.Hour)
		if j.called("Watch") != n {
			t.Error("a second watch began")
		}
	})
}
