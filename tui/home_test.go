package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"alcove/store"
)

func TestHomeOfAClient(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		d.shows("Hello Anna", "Jonas: here now   ? help", " > 1  The tax letter", "1 new", "today 10:15", "only you", "Jonas, Piet", "2 new")
		d.hides("Waiting for your reply", "p people")
	})
}

func TestHomeOfACoachIsTriage(t *testing.T) {
	drive(t, "jonas", someWeeks, func(_ *practice, d *driver) {
		var order []string
		for line := range strings.SplitSeq(d.screen(), "\n") {
			for _, want := range []string{"Waiting for your reply", "The tax letter  ", "Quiet for a fortnight", "Old matters", "All others", "Saturday group"} {
				if strings.Contains(line, want) {
					order = append(order, want)
				}
			}
		}
		want := []string{"Waiting for your reply", "The tax letter  ", "Quiet for a fortnight", "Old matters", "All others", "Saturday group"}
		if diff := cmp.Diff(want, order); diff != "" {
			t.Fatal(diff)
		}
		d.press("down down")
		d.shows(" > 3  Saturday group") // headings are passed over
	})
}

// Who the person is comes in beside their threads, sometimes after them: a coach's Home must not keep the order of a client.
func TestTheFirstRowIsChosenUntilThePersonMoves(t *testing.T) {
	p := newPractice(t)
	p.clock = testNow.Add(-time.Hour)
	p.thread("Waiting longest", []string{"jonas", "piet"}, "piet: Hello?")
	p.clock = testNow
	for i := range 30 {
		p.thread(fmt.Sprint("Answered ", i), []string{"jonas", "anna"}, "jonas: Well then.")
	}
	a := New(t.Context(), p.options("jonas"))
	a.tellSize()
	for _, read := range a.home.load()().(tea.BatchMsg) {
		a.Update(read())
	}
	a.Update(a.readMe()())
	if got := a.home.chosenThread(); got != 1 {
		t.Fatalf("thread %d is chosen, want the one who waits longest", got)
	}
	if screen := ansi.Strip(a.View().Content); !strings.Contains(screen, "Waiting for your reply") || !strings.Contains(screen, "↓ 2") {
		t.Fatalf("the top of the list is not shown:\n%s", screen)
	}
}

func TestPreviewingMarksNothing(t *testing.T) {
	drive(t, "anna", someWeeks, func(p *practice, d *driver) {
		d.shows("How did the two-minute start feel?", "- took out the letter")
		d.press("down")
		d.shows("── My own pages", "Note to self.")
		d.press("down")
		d.shows("── Saturday group", "Who begins?", "2 new")
		for _, thread := range []int64{3, 4} {
			if got, _ := p.as("anna").Thread(t.Context(), thread); got.ReadMark != 0 {
				t.Fatalf("thread %d was marked as read", thread)
			}
		}
	})
}

func TestTheChoiceFollowsItsThreadWhenAnEntryArrives(t *testing.T) {
	drive(t, "anna", someWeeks, func(p *practice, d *driver) {
		d.press("down up")
		d.shows(" > 1  The tax letter")
		p.pass(time.Minute)
		if _, err := p.as("piet").Write(t.Context(), 3, "I begin.", 0); err != nil {
			t.Fatal(err)
		}
		d.settle()
		d.shows("   1  Saturday group", "3 new", " > 2  The tax letter")
		if title := d.app.View().WindowTitle; title != "Alcove (4)" {
			t.Fatalf("the window's title is %q", title)
		}
	})
}

func TestPresenceIsLive(t *testing.T) {
	drive(t, "jonas", someWeeks, func(p *practice, d *driver) {
		d.shows("Anna: here now")
		p.arrive("piet", true)
		d.settle()
		d.shows("Anna, Piet: here now")
		p.arrive("anna", false)
		p.arrive("piet", false)
		d.settle()
		d.hides("here now")
	})
}

func TestAThreadThatIsLeftGoesFromHome(t *testing.T) {
	drive(t, "anna", someWeeks, func(p *practice, d *driver) {
		p.mu.Lock()
		p.threads[2].Members = p.threads[2].Members[:1] // Anna is out of the group
		p.person("anna").tell(store.Change{Kind: store.ThreadChanged, Thread: 3})
		p.mu.Unlock()
		d.settle()
		d.hides("Saturday group")
	})
}

func TestReloadReadsAllAnew(t *testing.T) {
	drive(t, "anna", someWeeks, func(p *practice, d *driver) {
		p.mu.Lock()
		p.threads[2].Title = "Sunday group"
		p.person("anna").tell(store.Change{Kind: store.Reload})
		p.mu.Unlock()
		d.settle()
		d.shows("Sunday group")
	})
}

func TestDraftsAreToldOnHome(t *testing.T) {
	drive(t, "anna", someWeeks, func(p *practice, d *driver) {
		if _, err := p.as("anna").SaveDraft(t.Context(), store.Draft{Thread: 2, Text: "x"}); err != nil {
			t.Fatal(err)
		}
		d.settle()
		d.shows("draft in My own pages, saved today 10:41")
		p.pass(time.Minute)
		if _, err := p.as("anna").SaveDraft(t.Context(), store.Draft{Thread: 4, Text: "y"}); err != nil {
			t.Fatal(err)
		}
		d.settle()
		d.shows("2 drafts, the newest in The tax letter, saved today 10:42")
	})
}

func TestADraftIsToldOnAPhoneWithItsTime(t *testing.T) {
	drive(t, "anna", func(p *practice, o *Options) {
		o.Width, o.Height, o.Lang = 40, 20, "de"
		p.thread("Übungsplan Straße und Garten", []string{"anna", "jonas"})
	}, func(p *practice, d *driver) {
		if _, err := p.as("anna").SaveDraft(t.Context(), store.Draft{Thread: 1, Text: "x"}); err != nil {
			t.Fatal(err)
		}
		d.settle()
		d.shows("   1 Entwurf, heute 10:41: Übungsplan …\n")
		d.send(tea.WindowSizeMsg{Width: 60, Height: 20})
		d.shows("   Entwurf in Übungsplan Straße und…, gesichert heute 10:41\n")
	})
}

func TestHomeKeepsAColumnFreeAndTellsTheNumber(t *testing.T) {
	drive(t, "anna", func(p *practice, _ *Options) {
		p.next = 40122
		p.thread("Long", []string{"jonas", "anna"}, "jonas: "+strings.Repeat("word ", 60))
		p.clock = p.clock.Add(24 * time.Hour)
	}, func(_ *practice, d *driver) {
		d.shows("── Long, number 40123 ───", "yesterday 10:41")
		for i, line := range strings.Split(d.screen(), "\n") {
			if ansi.StringWidth(strings.TrimRight(line, " ")) > 79 && !strings.HasPrefix(line, "──") {
				t.Errorf("line %d touches the edge: %q", i, line)
			}
		}
	})
}

// Keys come quicker than Cmds run: those behind the one that opens a page are for that page.
func TestKeysTypedAheadReachTheOpenedPage(t *testing.T) {
	for key, text := range map[string]string{"1": "quiet today", "n": "quarrel"} {
		drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
			for _, r := range key + text {
				_, cmd := d.app.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
				defer d.run(cmd)
			}
			if _, isHome := d.app.top().(*home); isHome {
				t.Errorf("%q did not leave Home before the next key", key)
			}
			if d.app.leaving != stays {
				t.Errorf("a letter behind %q was taken for a command", key)
			}
		})
	}
}

func TestDigitsAndClicksOpen(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		d.press("2")
		d.shows("< Home   My own pages")
		d.send(backMsg{})
		d.press("9") // no such row
		d.shows("Hello Anna")
		d.send(tea.MouseClickMsg{X: 5, Y: 4, Button: tea.MouseLeft})
		d.shows(" > 3  Saturday group") // the first click chooses, the second opens
		d.send(tea.MouseClickMsg{X: 5, Y: 4, Button: tea.MouseLeft})
		d.shows("< Home   Saturday group")
	})
}

func TestAnEmptyHomeSaysWhatToDo(t *testing.T) {
	drive(t, "anna", nil, func(_ *practice, d *driver) { d.shows("There is no thread yet. Press n") })
	drive(t, "jonas", nil, func(_ *practice, d *driver) { d.shows("Press p and then i") })
}

func TestHomeThatCouldNotBeReadSaysSoAndTriesAgain(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(p *practice, o *Options) {
		someWeeks(p, o)
		j, _ = o.Journal.(*fakeJournal)
		j.breakVerb("Home", errors.New("disk"))
	}, func(_ *practice, d *driver) {
		d.shows("That did not work", "r try again")
		j.breakVerb("Home", nil)
		d.press("r")
		d.shows("The tax letter")
		d.hides("That did not work")
	})
}

func TestAPreviewThatCannotBeReadIsToldOnce(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(p *practice, o *Options) {
		someWeeks(p, o)
		j, _ = o.Journal.(*fakeJournal)
		j.breakVerb("Entries", errors.New("disk"))
	}, func(_ *practice, d *driver) {
		d.shows("! That did not work", "The tax letter")
		d.wait(time.Minute)
		if n := j.called("Entries"); n != 1 {
			t.Fatalf("it was read %d times", n)
		}
	})
}

func TestWhatOthersCallThemselvesIsCleaned(t *testing.T) {
	drive(t, "anna", func(p *practice, _ *Options) {
		p.person("jonas").Name = "Jo\x1b]0;pwned\anas\u202e Weber"
		p.thread("Evil \x1b[2J title\r\nover", []string{"jonas", "anna"}, "jonas: x")
		p.arrive("jonas", true)
	}, func(_ *practice, d *driver) {
		content := d.app.View().Content
		for _, bad := range []string{"\x1b]", "\x1b[2J", "\u202e", "\a", "\r"} {
			if strings.Contains(content, bad) {
				t.Errorf("%q reached the screen", bad)
			}
		}
		d.shows("Evil")
	})
}

func TestANewDayShowsByItself(t *testing.T) {
	drive(t, "jonas", func(p *practice, o *Options) {
		p.clock = testNow.Add(-13*24*time.Hour - 12*time.Hour)
		p.thread("Slow matters", []string{"jonas", "piet"}, "piet: Hello", "jonas: Well then.")
		p.clock = testNow
	}, func(p *practice, d *driver) {
		d.hides("Quiet for a fortnight")
		p.pass(14 * time.Hour)
		d.wait(14 * time.Hour)
		d.shows("Quiet for a fortnight")
	})
}

// TestHomeHoldsAStretchOfManyThreads goes through three hundred threads, of which it holds some around the choice.
func TestHomeHoldsAStretchOfManyThreads(t *testing.T) {
	const all = 300
	drive(t, "anna", func(p *practice, _ *Options) {
		for i := range all { // the last is on top
			p.clock = testNow.Add(time.Duration(i-all) * time.Minute)
			p.thread(fmt.Sprintf("Matter %03d.", all-i), []string{"jonas", "anna"}, "jonas: Well then.")
		}
		p.clock = testNow
	}, func(p *practice, d *driver) {
		h := d.app.home
		title := func() string { return d.app.View().WindowTitle }
		chosen := func(want int) {
			t.Helper()
			if got := all + 1 - h.chosenThread(); got != int64(want) {
				t.Fatalf("matter %d is chosen, want %d", got, want)
			}
			if n := len(h.threads); n > 3*24 {
				t.Fatalf("%d threads are held", n)
			}
		}
		chosen(1)
		if title() != "Alcove (300)" {
			t.Fatalf("the window's title is %q", title())
		}
		for i := 2; i <= all; i++ {
			d.press("down")
			chosen(i)
		}
		d.press("down")
		chosen(all)
		d.shows("Matter 300.", "↑ 2")
		d.press("home")
		chosen(1)
		d.shows("Matter 001.", "↓ 2")
		d.press("end up up")
		chosen(all - 2)

		if _, err := p.as("jonas").Write(t.Context(), 150, "News.", 0); err != nil { // out of sight: it is on top now
			t.Fatal(err)
		}
		d.settle()
		chosen(all - 2)
		if title() != "Alcove (301)" {
			t.Fatalf("the window's title is %q", title())
		}
		if err := p.as("anna").Leave(t.Context(), h.chosenThread()); err != nil {
			t.Fatal(err)
		}
		d.send(store.Change{Kind: store.Reload})
		chosen(all - 1)
		d.press("home")
		d.shows("Matter 151.")
	})
}

func TestAHomeBelowOtherPagesHoldsNoTexts(t *testing.T) {
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		holds := func() int { return len(d.app.home.preview.Entries) + len(d.app.home.previewLines) }
		if holds() == 0 {
			t.Error("nothing is previewed")
		}
		d.press("enter")
		if got := holds(); got != 0 {
			t.Errorf("%d entries and lines are held below the thread", got)
		}
		d.press("esc esc")
		if holds() == 0 {
			t.Error("nothing is previewed again")
		}
	})
}
