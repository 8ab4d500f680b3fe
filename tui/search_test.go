package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"alcove/store"
)

func TestSearchOpensTheThreadAtTheEntry(t *testing.T) {
	inThread(t, many(60, "anna"), nil, func(x *threadTest) {
		x.keys("tab /")
		x.shows("Type a few words")
		x.hand("number cx") // the 29th, and no other but the 55th, cxx
		x.pass(time.Second)
		x.shows("2 found")
		x.keys("down")
		x.shows("up/down")
		x.keys("2")
		x.shows("entry number cx\n", "of 60")
		if e, _ := x.page().reader.entry(); e.Number != 29 {
			t.Errorf("the chosen entry is %d, want 29", e.Number)
		}
		if x.page().Typing() {
			t.Error("the keys are the composer's, though the person came to read")
		}
	})
}

func TestSearchStatesAndBack(t *testing.T) {
	inThread(t, []string{"anna: something"}, nil, func(x *threadTest) {
		x.keys("tab /")
		x.hand("nowhere")
		x.shows("Type a few words") // it waits for the person to stop
		x.pass(time.Second)
		x.shows("holds all of these words")
		if n := x.j.called("Search"); n != 1 {
			t.Errorf("%d searches for one word typed quickly", n)
		}
		x.keys("ctrl+u")
		x.pass(time.Second)
		x.shows("Type a few words")
		x.j.breakVerb("Search", context.DeadlineExceeded)
		x.hand("x")
		x.pass(time.Second)
		x.shows("That did not work")
		x.keys("esc")
		x.shows("1 of 1, end of thread")
	})
}

func TestSearchShowsAtMostSoMany(t *testing.T) {
	inThread(t, many(300, "anna"), nil, func(x *threadTest) {
		x.keys("tab /")
		x.hand("entry")
		x.pass(time.Second)
		x.shows("the first 200; another word narrows it down")
	})
}

// slowSearch finds when the test says so.
type slowSearch struct {
	Journal
	hits  chan store.Hit
	ended chan error
}

func (j *slowSearch) Search(ctx context.Context, _ string, found func(store.Hit) error) error {
	for {
		select {
		case h := <-j.hits:
			if err := found(h); err != nil {
				return err
			}
		case <-ctx.Done():
			j.ended <- ctx.Err()
			return ctx.Err()
		}
	}
}

func TestSearchResultsArriveAsTheyAreFoundAndANewQueryEndsTheOld(t *testing.T) {
	slow := &slowSearch{hits: make(chan store.Hit), ended: make(chan error, 9)}
	inThread(t, []string{"anna: something"}, func(o *Options) {}, func(x *threadTest) {
		slow.Journal, x.app.s.journal = x.j, slow
		slow.hits = make(chan store.Hit) // made in the test's bubble
		slow.ended = make(chan error, 9)
		x.keys("tab /")
		x.hand("some")
		x.pass(time.Second)
		x.shows("searching…")
		for i := range 3 {
			slow.hits <- store.Hit{Thread: x.thread, Title: "The tax letter", Entry: 1, Match: fmt.Sprintf("some%d", i)}
			x.settle()
			x.shows(fmt.Sprintf("some%d", i), fmt.Sprintf("%d found, searching…", i+1))
		}
		late := hitsMsg{p: x.app.top().(*searchPage), query: x.app.top().(*searchPage).query, hits: []store.Hit{{Match: "too late"}}}
		x.hand("t")
		x.pass(time.Second)
		if err := <-slow.ended; err == nil {
			t.Error("the old query goes on")
		}
		x.send(late)
		x.hides("too late", "some2")
		x.keys("esc")
		if err := <-slow.ended; err == nil {
			t.Error("the query outlives its page")
		}
	})
}

func TestHitsOfOthersAreClean(t *testing.T) {
	p := newSearchPage(newPractice(t).session("anna")).(*searchPage)
	p.Update(tea.WindowSizeMsg{Width: 40, Height: 16})
	p.asked = "x"
	p.hits = []store.Hit{{Thread: 1, Entry: 2, Title: "t\x1b]0;pwned\a", Before: strings.Repeat("long ", 30), Match: "x\x1b[2J", Behind: " \u202egnol\n" + strings.Repeat("y", 90)}}
	p.list.set([]string{"1/2"})
	for _, line := range p.View(40, 16).Lines {
		if strings.ContainsAny(line, "\a\n\u202e") || strings.Contains(line, "\x1b]") || strings.Contains(line, "[2J") && strings.Contains(line, "\x1b[2J") {
			t.Errorf("%q", line)
		}
	}
}

func TestAHitShowsItsMatchAmongWholeWords(t *testing.T) {
	p := newSearchPage(newPractice(t).session("anna")).(*searchPage)
	long := "A title so long that it cannot stand on one line of the list whatever one does about it"
	tests := map[string]struct {
		hit   store.Hit
		width int
		want  string
	}{
		"all fits":         {store.Hit{Entry: 1, Before: "the ", Match: "letter", Behind: " of today"}, 60, "the letter of today"},
		"newlines":         {store.Hit{Entry: 1, Before: "Hello.  ", Match: "letter", Behind: ".  Bye   now"}, 60, "Hello. letter. Bye now"},
		"cut by the store": {store.Hit{Entry: 1, Before: "…see a picture of the shed. I bring a ", Match: "letter", Behind: " and some more words that are forty…"}, 99, "…see a picture of the shed. I bring a letter and some more words that are forty…"},
		"both ends go":     {store.Hit{Entry: 1, Before: "one two three four ", Match: "letter", Behind: " five six seven eight"}, 24, "…four letter five six…"},
		"the end goes":     {store.Hit{Entry: 1, Before: "a ", Match: "letter", Behind: " five six seven eight"}, 20, "a letter five six…"},
		"a word too long":  {store.Hit{Entry: 1, Before: "Vereinbarungsgespr\u00e4ch", Match: "sletter", Behind: ""}, 16, "…gespr\u00e4chsletter"},
		"wide characters":  {store.Hit{Entry: 1, Before: "\u5468\u672b\u600e\u4e48\u529e", Match: "x", Behind: "\u5468\u672b\u600e"}, 9, "\u2026\u529ex\u5468\u672b\u2026"},
		"no room":          {store.Hit{Entry: 1, Before: "one two ", Match: "letter", Behind: " five"}, 6, "letter"},
		"a title":          {store.Hit{Title: long, Before: long[:57], Match: long[57:65], Behind: long[65:]}, 99, long},
	}
	for name, test := range tests {
		got := ansi.Strip(p.drawMatch(test.hit, "", test.width))
		if got != test.want || ansi.StringWidth(got) > test.width {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
