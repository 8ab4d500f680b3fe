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

func TestTriage(t *testing.T) {
	coach := store.Person{Handle: "jonas", Role: store.RoleCoach}
	client := store.Person{Handle: "anna", Role: store.RoleClient}
	both, alone := []store.Person{coach, client}, []store.Person{coach}
	day := 24 * time.Hour
	ago := func(d time.Duration) time.Time { return testNow.Add(-d) }
	threads := []store.Thread{
		{Number: 1, Members: both, LastAt: ago(time.Hour), LastAuthor: client},
		{Number: 2, Members: both, LastAt: ago(20 * day), LastAuthor: client},
		{Number: 3, Members: both, LastAt: ago(14 * day), LastAuthor: coach},
		{Number: 4, Members: both, LastAt: ago(13 * day), LastAuthor: coach},
		{Number: 5, Members: both, LastAt: ago(30 * day), LastAuthor: coach},
		{Number: 6, Members: alone, LastAt: ago(40 * day), LastAuthor: coach},
		{Number: 7, Members: both, CreatedAt: ago(time.Minute)},
	}
	tests := map[store.Role][]int64{
		// Waiting longest first, then quiet longest first, then newest first.
		store.RoleCoach: {2, 1, 5, 3, 7, 4, 6},
		// A client sees what is newest.
		store.RoleClient: {7, 1, 4, 3, 2, 5, 6},
	}
	for role, want := range tests {
		var got []int64
		for _, thread := range homeOrder(threads, role, testNow) {
			got = append(got, thread.Number)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", role, diff)
		}
	}
}

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
	a.Update(a.home.load()())
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
		j.breakVerb("Threads", errors.New("disk"))
	}, func(_ *practice, d *driver) {
		d.shows("That did not work", "r try again")
		j.breakVerb("Threads", nil)
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
		reads := d.app.s.journal.(*fakeJournal).called("Threads")
		p.pass(14 * time.Hour)
		d.wait(14 * time.Hour)
		d.shows("Quiet for a fortnight")
		if n := d.app.s.journal.(*fakeJournal).called("Threads"); n != reads {
			t.Error("the day's end read the store")
		}
	})
}
