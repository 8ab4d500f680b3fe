package tui

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

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
		x.pass(15 * time.Second) // nothing may be left waiting
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

func TestReadMarksFollowWhatWasOnTheScreen(t *testing.T) {
	inThread(t, many(60, "jonas"), nil, func(x *threadTest) {
		first := x.mark("anna")
		if first < 3 || first > 6 {
			t.Fatalf("opening marked up to %d, the screen shows five or so:\n%s", first, x.screen())
		}
		if last := lastShown(x); first != last {
			t.Errorf("mark %d, last on the screen %d", first, last)
		}
		for range 10 {
			x.keys("pgdown")
			if last := lastShown(x); x.mark("anna") != last {
				t.Errorf("mark %d, last on the screen %d", x.mark("anna"), last)
			}
		}
		x.keys("pgup pgup pgup")
		was := x.mark("anna")
		x.keys("tab G")
		if was == 60 || x.mark("anna") != 60 {
			t.Errorf("the mark went from %d to %d, want 60 at the end", was, x.mark("anna"))
		}
		x.shows("60 of 60, end of thread")
	})
}

// TestWhatIsReadWhileAMarkIsUnderWayIsOneMore scrolls on while the store is slow, and goes back before it has answered.
func TestWhatIsReadWhileAMarkIsUnderWayIsOneMore(t *testing.T) {
	inThread(t, many(60, "jonas"), nil, func(x *threadTest) {
		release := x.j.hold("MarkRead")
		before := x.j.calls["MarkRead"]
		x.keys("tab pgdown pgdown pgdown pgdown")
		last := lastShown(x)
		x.keys("pgup pgup esc")
		release()
		x.settle()
		if calls := x.j.calls["MarkRead"] - before; calls != 2 || x.mark("anna") != last {
			t.Errorf("the mark moved in %d writes to %d, want 2 to %d", calls, x.mark("anna"), last)
		}
	})
}

// lastShown is the number of the last entry whose text is on the screen, by reading the screen.
func lastShown(x *threadTest) int64 {
	last := int64(0)
	for _, line := range strings.Split(x.screen(), "\n") {
		text, found := strings.CutPrefix(line, "   entry number ")
		if found {
			last = int64(text[0]-'a') + 26*int64(strings.Count(text, "x")) + 1
			if text[0] == 'x' {
				last -= 26
			}
		}
	}
	return last
}

func TestNothingIsMarkedUnderAnotherPageOrInTheBackground(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.keys("f1")
		x.writes("jonas", "two")
		if x.mark("anna") != 1 {
			t.Error("marked while another page is on top")
		}
		x.keys("esc")
		if x.mark("anna") != 2 {
			t.Error("not marked when it came to the screen")
		}
		x.send(tea.BlurMsg{})
		x.writes("jonas", "three")
		if x.mark("anna") != 2 {
			t.Error("marked while the terminal is in the background")
		}
		x.send(tea.FocusMsg{})
		if x.mark("anna") != 3 {
			t.Error("not marked when the terminal came back")
		}
	})
}

func TestTheMarkOfWhatCameByItselfWaits(t *testing.T) {
	ends := map[string]func(x *threadTest){
		"its time":     func(x *threadTest) { x.pass(markAfter) },
		"another page": func(x *threadTest) { x.keys("esc esc") },
		"the session": func(x *threadTest) {
			if err := x.app.Flush(context.Background()); err != nil {
				x.t.Error(err)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
				before := x.j.calls["MarkRead"]
				x.writes("jonas", "two")
				x.writes("jonas", "three")
				x.shows("three")
				if x.mark("anna") != 1 {
					t.Errorf("the mark is at %d at once", x.mark("anna"))
				}
				end(x)
				if x.mark("anna") != 3 || x.j.calls["MarkRead"] != before+1 {
					t.Errorf("after %d moves the mark is at %d, want one move to 3", x.j.calls["MarkRead"]-before, x.mark("anna"))
				}
			})
		})
	}
}

func TestOpeningFurtherDownDoesNotMarkWhatWasSkipped(t *testing.T) {
	inThread(t, many(60, "jonas"), nil, func(x *threadTest) {
		before := x.mark("anna")
		x.send(openThreadMsg{thread: x.thread, at: 40})
		x.shows("entry number nx") // the fortieth
		if x.mark("anna") != before {
			t.Errorf("the mark moved to %d over entries nobody has seen", x.mark("anna"))
		}
		x.keys("g")
		x.pass(time.Second)
		if got := x.mark("anna"); got > 10 {
			t.Errorf("the mark is at %d after the start was shown", got)
		}
	})
	inThread(t, many(60, "jonas"), nil, func(x *threadTest) {
		x.send(openThreadMsg{thread: x.thread, at: 40})
		x.keys("G")
		if got := x.mark("anna"); got != 60 {
			t.Errorf("the mark is at %d after the person went to the end", got)
		}
	})
}

func TestScrollingBackSkipsNothing(t *testing.T) {
	inThread(t, many(300, "anna"), nil, func(x *threadTest) {
		x.keys("tab")
		last := lastShown(x)
		for range 80 {
			x.keys("pgup")
			next := lastShown(x)
			if next > last || last-next > 6 {
				t.Fatalf("a page up went from entry %d to %d:\n%s", last, next, x.screen())
			}
			last = next
		}
		x.shows("entry number a\n")
	})
}

// TestWhatComesLateLeavesNoGap: the reader lets go of what is far from the screen, also of what a stretch on its way adjoins.
func TestWhatComesLateLeavesNoGap(t *testing.T) {
	inThread(t, many(300, "anna"), nil, func(x *threadTest) {
		p := x.page()
		r := p.reader
		draw := rand.New(rand.NewPCG(1, 2))
		var underWay []tea.Msg
		settled := func(cmd tea.Cmd) {
			for _, msg := range messagesOf(cmd) {
				if _, ok := msg.(entriesReadMsg); ok {
					underWay = append(underWay, msg)
				}
			}
		}
		for step := range 3000 {
			r.scroll((draw.IntN(5) - 2) * r.height)
			settled(p.settle())
			if n := len(underWay); n > 0 && draw.IntN(3) == 0 {
				i := draw.IntN(n)
				_, cmd := p.Update(underWay[i])
				underWay = slices.Delete(underWay, i, i+1)
				settled(cmd)
			}
			for i, it := range r.items {
				if it.entry.Number != r.first()+int64(i) {
					t.Fatalf("step %d: entry %d stands behind %d", step, it.entry.Number, r.items[i-1].entry.Number)
				}
			}
			if int64(r.earlier) != r.first()-1 || int64(r.later) != 300-r.last() {
				t.Fatalf("step %d: entries %d to %d of 300, with %d before them and %d behind", step, r.first(), r.last(), r.earlier, r.later)
			}
		}
		if len(r.items) == 0 {
			t.Fatal("nothing is held")
		}
	})
}

// messagesOf runs a Cmd and those that it answers.
func messagesOf(cmd tea.Cmd) (msgs []tea.Msg) {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	batch, ok := msg.(tea.BatchMsg)
	if !ok {
		return []tea.Msg{msg}
	}
	for _, c := range batch {
		msgs = append(msgs, messagesOf(c)...)
	}
	return msgs
}

func TestWhatIsWrittenWhileEntriesAreOnTheirWayIsFetchedToo(t *testing.T) {
	inThread(t, many(3, "anna"), nil, func(x *threadTest) {
		p := x.page()
		written := store.Change{Kind: store.EntryWritten, Thread: x.thread, Entry: 4, Who: x.p.person("jonas").Person}
		if first, second := p.written(written), p.written(written); first == nil || second != nil {
			t.Fatal("not one fetch at a time")
		}
		if p.entriesAre(entriesReadMsg{p: p, window: p.loading.window, side: later}) == nil {
			t.Error("the second entry is never fetched")
		}
	})
}

func TestEverySizeHasItsRoom(t *testing.T) {
	inThread(t, conversation, nil, func(x *threadTest) {
		x.hand("some words that are being written here, enough for two rows\n\nand more")
		for _, keys := range []string{"ctrl+o", "ctrl+o", "tab", "w", "esc e", "/"} {
			x.keys(keys)
			for width := minWidth; width < 130; width += 7 {
				for height := minHeight; height < 45; height += 3 {
					x.send(tea.WindowSizeMsg{Width: width, Height: height})
					lines := strings.Split(x.screen(), "\n")
					if len(lines) != height {
						t.Fatalf("%dx%d has %d lines", width, height, len(lines))
					}
					room := x.app.bodySize().Height
					body := x.app.top().View(width, room)
					if len(body.Lines) > room {
						t.Fatalf("%dx%d: a body of %d lines", width, height, len(body.Lines))
					}
					for _, line := range body.Lines {
						if ansi.StringWidth(line) > width {
							t.Fatalf("%dx%d: %q is too wide", width, height, line)
						}
					}
					if c := body.Cursor; c == nil || c.X >= width || c.Y >= max(1, len(body.Lines)) {
						t.Fatalf("%dx%d after %s: the cursor stands at %+v of %d lines", width, height, keys, c, len(body.Lines))
					}
				}
			}
		}
	})
}

func TestLiveEntriesAtTheEndScrollIn(t *testing.T) {
	inThread(t, many(20, "anna"), nil, func(x *threadTest) {
		x.hand("half a sen")
		x.writes("jonas", "I am here now")
		x.shows("I am here now", "21 of 21, end of thread", "half a sen")
		x.pass(markAfter)
		if x.mark("anna") != 21 {
			t.Errorf("mark %d, want 21", x.mark("anna"))
		}
		x.writes("jonas", strings.Repeat("a very long entry\n", 40))
		x.shows("Jonas, Thu 19 Nov") // its head, not its end
		x.hides("end of thread")
	})
}

func TestAnEntryBehindAllThatIsHeldIsReadAlone(t *testing.T) {
	inThread(t, many(20, "anna"), nil, func(x *threadTest) {
		reads := func(text string, entry, entries int) {
			t.Helper()
			was := maps.Clone(x.j.calls)
			x.writes("jonas", text)
			x.shows(text, "end of thread")
			if one, all := x.j.calls["Entry"]-was["Entry"], x.j.calls["Entries"]-was["Entries"]; one != entry || all != entries {
				t.Errorf("%s: read %d times alone, and %d times with others", text, one, all)
			}
		}
		reads("one", 1, 0)
		x.j.breakVerb("Entry", store.ErrDamaged)
		reads("two", 1, 1)
		x.j.breakVerb("Entry", nil)
		in := x.p.threads[0]
		unheard := in.entries[len(in.entries)-1]
		unheard.Number, unheard.Text = unheard.Number+1, "nobody was told"
		in.entries = append(in.entries, unheard)
		reads("three", 0, 1)
		x.shows("nobody was told")
	})
}

func TestACoveredHomeReadsNoThreads(t *testing.T) {
	inThread(t, many(20, "anna"), nil, func(x *threadTest) {
		x.pass(newsAfter)
		was := maps.Clone(x.j.calls)
		x.writes("jonas", "one")
		x.writes("jonas", "two")
		x.send(tea.BlurMsg{})
		x.writes("jonas", "three")
		x.pass(newsAfter)
		for _, verb := range []string{"Thread", "Home", "Here"} {
			if n := x.j.calls[verb] - was[verb]; n != 0 {
				t.Errorf("%s was called %d times for three entries in the open thread", verb, n)
			}
		}
		if n := x.j.calls["News"] - was["News"]; n != 1 {
			t.Errorf("the news were read %d times, want once", n)
		}
		if title := x.app.View().WindowTitle; title != "Alcove (1)" {
			t.Errorf("with one entry behind the screen's back the window's title is %q", title)
		}
		x.send(tea.FocusMsg{})
		x.keys("esc esc")
		if title := x.app.View().WindowTitle; title != "Alcove" {
			t.Errorf("back on Home, with all read, the window's title is %q", title)
		}
	})
}

func TestLiveEntriesDoNotMoveWhoReadsFurtherUp(t *testing.T) {
	inThread(t, many(30, "anna"), nil, func(x *threadTest) {
		x.keys("tab pgup pgup")
		before := strings.Split(x.screen(), "\n")
		mark := x.mark("anna")
		x.writes("jonas", "not seen yet")
		after := strings.Split(x.screen(), "\n")
		for i := range 15 {
			if before[i] != after[i] {
				t.Fatalf("line %d moved: %q, was %q", i, after[i], before[i])
			}
		}
		x.shows("1 new below, ctrl+g shows it")
		if x.mark("anna") != mark {
			t.Error("marked what is not on the screen")
		}
		x.keys("ctrl+g")
		x.shows("not seen yet", "end of thread")
		x.hides("new below")
		if x.mark("anna") != 31 {
			t.Errorf("mark %d, want 31", x.mark("anna"))
		}
	})
}

func TestALongThreadIsAWindow(t *testing.T) {
	const n = 2000
	inThread(t, many(n, "anna"), nil, func(x *threadTest) {
		x.shows("2000 of 2000, end of thread")
		if held := len(x.page().reader.items); held > 60 {
			t.Errorf("opening holds %d entries", held)
		}
		x.keys("tab g")
		x.shows("entry number a\n") // the screen has no colours, and the first entry no x
		for range 150 {
			x.keys("pgdown")
			r := x.page().reader
			if rows := r.margin(r.items); rows > (2*kept+2)*r.height {
				t.Fatalf("%d entries held, of %d rows on a screen of %d", len(r.items), rows, r.height)
			}
		}
		r := x.page().reader
		at, of := r.position()
		if of != n || r.earlier+len(r.items)+r.later != n || at < 500 {
			t.Errorf("at %d of %d, want past 500 of %d", at, of, n)
		}
		if first := r.items[0].entry.Number; int(first) != r.earlier+1 {
			t.Errorf("the first held is %d with %d before it", first, r.earlier)
		}
		for range 200 {
			x.keys("pgup")
		}
		x.shows("entry number a\n")
		x.keys("G")
		x.shows("2000 of 2000, end of thread")
	})
}

func TestPresenceAndTyping(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.p.arrive("jonas", true)
		x.settle()
		x.shows("Jonas W. (here now) and Anna K.")
		j := x.p.as("jonas")
		if err := j.Type(t.Context(), x.thread, true); err != nil {
			t.Fatal(err)
		}
		x.settle()
		x.shows("Jonas is writing")
		x.pass(typingHolds - time.Second)
		x.shows("Jonas is writing")
		x.pass(2 * time.Second)
		x.hides("is writing")
		if err := j.Type(t.Context(), x.thread, true); err != nil {
			t.Fatal(err)
		}
		x.writes("jonas", "there it is")
		x.hides("is writing")
		if err := j.Type(t.Context(), x.thread, true); err != nil {
			t.Fatal(err)
		}
		x.p.arrive("jonas", false)
		x.settle()
		x.hides("here now", "is writing")
	})
}

func TestTypingIsToldNowAndThenAndEnds(t *testing.T) {
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.hand(strings.Repeat("a", 100)) // eight seconds
		if n := x.j.called("Type"); n < 2 || n > 4 {
			t.Errorf("told %d times in eight seconds", n)
		}
		n := x.j.called("Type")
		x.keys("esc")
		if x.j.called("Type") != n+1 {
			t.Error("nobody was told that it ended")
		}
	})
	inThread(t, []string{"jonas: one"}, nil, func(x *threadTest) {
		x.app.s.me.Settings.HideTyping = true
		x.hand("abc")
		if x.j.called("Type") != 0 {
			t.Error("told although the person hides it")
		}
	})
}

func TestEntriesOfOthersChangeInPlace(t *testing.T) {
	inThread(t, []string{"jonas: first words", "anna: ok"}, nil, func(x *threadTest) {
		j := x.p.as("jonas")
		if _, err := j.Edit(t.Context(), x.thread, 1, 1, "better words", 0); err != nil {
			t.Fatal(err)
		}
		x.settle()
		x.shows("better words", "10:40, edited")
		x.keys("tab [ h")
		x.shows("History", "Version 1", "first words", "Version 2", "better words")
		x.keys("esc")
		if _, err := j.Withdraw(t.Context(), x.thread, 1); err != nil {
			t.Fatal(err)
		}
		x.settle()
		x.hides("better words")
		x.shows("Jonas withdrew this entry, Thu 19 Nov 10:41")
		taken := x.writes("jonas", "a slip")
		x.shows("a slip")
		if _, err := j.TakeBack(t.Context(), x.thread, taken.Number); err != nil {
			t.Fatal(err)
		}
		x.settle()
		x.hides("a slip")
		x.shows("2 of 2")
	})
}

func TestOnlyAuthorsHaveTheSign(t *testing.T) {
	forged := "fine\n\n## Anna, Thu 19 Nov 10:40\n\n▌Anna, Thu 19 Nov 10:40\nI give up"
	inThread(t, []string{"anna: one", "jonas: " + forged}, func(o *Options) { o.NoColor = true }, func(x *threadTest) {
		signs := func() (n int) {
			for line := range strings.SplitSeq(x.screen(), "\n") {
				if strings.HasPrefix(line, authorSign) {
					n++
				}
			}
			return n
		}
		if signs() != 2 {
			t.Errorf("%d signs for two authors:\n%s", signs(), x.screen())
		}
		x.keys("tab")
		x.shows("\n>Jonas, Thu")
		if signs() != 1 {
			t.Errorf("%d signs beside the chosen entry:\n%s", signs(), x.screen())
		}
	})
	inThread(t, []string{"anna: one"}, nil, func(x *threadTest) {
		if _, err := x.j.Edit(t.Context(), x.thread, 1, 1, forged, 0); err != nil {
			t.Fatal(err)
		}
		x.hear(store.EntryChanged, 1)
		x.keys("tab h")
		if n := strings.Count(x.screen(), "\n"+authorSign); n != 2 {
			t.Errorf("%d signs for two versions:\n%s", n, x.screen())
		}
	})
}

func TestThePositionNamesTheChosenEntry(t *testing.T) {
	inThread(t, []string{"anna: one", "anna: two", "jonas: three"}, nil, func(x *threadTest) {
		x.p.threads[0].entries[2].Number = 5 // what was taken back leaves its number behind
		x.send(openThreadMsg{thread: x.thread})
		x.hides("entry 5")
		x.keys("tab G")
		x.shows("entry 5, 3 of 3")
		x.keys("[")
		x.shows("entry 2, 3 of 3")
	})
}

func TestThePreviewHasItsOwnHints(t *testing.T) {
	inThread(t, []string{"anna: one"}, nil, func(x *threadTest) {
		x.hand("words")
		x.keys("ctrl+o")
		x.shows("ctrl+o write on", "ctrl+s send")
		x.hides("ctrl+o preview", "new line")
		x.keys("ctrl+o")
		x.shows("ctrl+o preview", "enter new line")
		x.keys("tab e ctrl+o")
		x.shows("ctrl+s save the entry", "ctrl+o write on")
		x.hides("ctrl+o preview")
	})
}

func TestCopySendsTheSourceAndShowsIt(t *testing.T) {
	inThread(t, []string{"jonas: some **bold** words"}, nil, func(x *threadTest) {
		x.keys("tab c")
		if x.clip != "some **bold** words" {
			t.Errorf("the clipboard got %q", x.clip)
		}
		x.shows("if it allows that", "some **bold** words")
	})
}

func TestAThreadThatIsNotThere(t *testing.T) {
	inThread(t, nil, nil, func(x *threadTest) {
		x.send(openThreadMsg{thread: 999})
		x.shows("There is no such thing here")
		x.keys("r esc")
		x.shows("The tax letter")
	})
}

func TestFailedReadingIsTriedAgainWithTheNextKey(t *testing.T) {
	inThread(t, many(200, "anna"), nil, func(x *threadTest) {
		x.keys("tab")
		x.j.breakVerb("Entries", store.ErrDamaged)
		for range 8 {
			x.keys("pgup")
		}
		failed := x.j.called("Entries")
		x.pass(10 * time.Second)
		if x.j.called("Entries") != failed {
			t.Error("it goes on trying by itself")
		}
		x.j.breakVerb("Entries", nil)
		for range 80 {
			x.keys("pgup")
		}
		x.shows("entry number a\n")
	})
}
