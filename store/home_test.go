package store

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// modelHome sorts threads as Home has them, by what each says of itself.
func modelHome(threads []Thread, role Role, now time.Time) (numbers []int64) {
	part := func(t Thread) Part {
		shared := slices.ContainsFunc(t.Members, func(p Person) bool { return p.Role == RoleClient })
		switch {
		case role != RoleCoach || t.LastAt.IsZero() || !shared:
			return Others
		case t.LastAuthor.Role == RoleClient:
			return Waiting
		case now.Sub(t.LastAt) >= QuietAfter:
			return Quiet
		}
		return Others
	}
	life := func(t Thread) time.Time {
		if t.LastAt.After(t.CreatedAt) {
			return t.LastAt
		}
		return t.CreatedAt
	}
	slices.SortFunc(threads, func(a, b Thread) int {
		later := cmp.Or(life(a).Compare(life(b)), cmp.Compare(a.Number, b.Number))
		if part(a) == Others {
			later = -later
		}
		return cmp.Or(cmp.Compare(part(a), part(b)), later)
	})
	for _, t := range threads {
		numbers = append(numbers, t.Number)
	}
	return numbers
}

// stretchOf reads a span by either of the two ways.
func (h *house) stretchOf(a *Access, span HomeSpan, many bool) (numbers []int64, earlier int) {
	h.t.Helper()
	err := a.read(h.ctx(), "read Home", func(t *tx, me self) error {
		threads, err := t.memberships(h.ctx(), me)
		if err != nil {
			return err
		}
		order := homeOf(t, me, threads)
		order.many = many
		numbers, earlier, err = order.stretch(h.ctx(), span)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return numbers, earlier
}

// TestHomeIsInItsOrderAndReadInStretches does anything to threads, with days between, and reads stretches of all kinds.
func TestHomeIsInItsOrderAndReadInStretches(t *testing.T) {
	h := newHouse(t)
	h.store.demo = true
	jonas, carla := h.coach("jonas"), h.coach("carla")
	anna, piet := h.client("anna", "jonas", "carla"), h.client("piet", "jonas")
	everybody := map[string]*Access{"jonas": jonas, "carla": carla, "anna": anna, "piet": piet}
	var threads []int64
	for i, with := range [][]string{{}, {"anna"}, {"carla"}, {"anna", "carla"}, {"piet"}, {"anna", "piet"}, {"piet"}, {"anna"}, {"piet"}} {
		threads = append(threads, h.thread(jonas, fmt.Sprint("thread ", i), with...))
	}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			a := everybody[rapid.SampledFrom([]string{"jonas", "carla", "anna", "piet"}).Draw(rt, "who")]
			thread := rapid.SampledFrom(threads).Draw(rt, "thread")
			h.clock.pass(time.Duration(rapid.IntRange(0, 8).Draw(rt, "days")) * 24 * time.Hour)
			written, err := a.Write(h.ctx(), thread, "text", 0)
			if err != nil {
				continue // not a member
			}
			switch rapid.IntRange(0, 4).Draw(rt, "then") {
			case 0:
				must(a.Withdraw(h.ctx(), thread, written.Number))(t)
			case 1:
				must(a.TakeBack(h.ctx(), thread, written.Number))(t)
			}
		}
		for name, a := range everybody {
			all := must(a.Threads(h.ctx()))(t)
			want := modelHome(all, a.role(h), h.clock.Now())
			for _, many := range []bool{false, true} {
				checkStretches(rt, h, a, want, many, fmt.Sprint(name, " ", many))
			}
			limit := rapid.IntRange(1, 5).Draw(rt, "page")
			page := must(a.Home(h.ctx(), HomeSpan{Limit: limit}))(t)
			if got := min(limit, len(want)); len(page.Threads) != got || page.Earlier != 0 || page.Later != len(want)-got {
				rt.Errorf("%s: a page of %d: %+v", name, limit, page)
			}
		}
	})
}

func (a *Access) role(h *house) Role { return must(a.Me(h.ctx()))(h.t).Role }

func checkStretches(rt *rapid.T, h *house, a *Access, want []int64, many bool, who string) {
	limit := rapid.IntRange(1, len(want)+1).Draw(rt, "limit")
	at := rapid.IntRange(0, len(want)-1).Draw(rt, "at")
	from := min(max(0, at-limit/2), max(0, len(want)-limit))
	around := [2]int{from, min(from+limit, len(want))}
	for _, c := range []struct {
		of       string
		span     HomeSpan
		from, to int
	}{
		{"the first", HomeSpan{}, 0, min(limit, len(want))},
		{"the last", HomeSpan{End: true}, max(0, len(want)-limit), len(want)},
		{"behind", HomeSpan{After: want[at]}, at + 1, min(at+1+limit, len(want))},
		{"before", HomeSpan{Before: want[at]}, max(0, at-limit), at},
		{"around", HomeSpan{Around: []int64{1, want[at]}}, around[0], around[1]},
		{"around what is gone", HomeSpan{Around: []int64{1}}, 0, min(limit, len(want))},
	} {
		c.span.Limit = limit
		got, earlier := h.stretchOf(a, c.span, many)
		if diff := gocmp.Diff(want[c.from:c.to], got, gocmp.Transformer("", func(n []int64) string { return fmt.Sprint(n) })); diff != "" {
			rt.Errorf("%s: %s %d of %v, limit %d: %s", who, c.of, want[at], want, limit, diff)
		}
		if len(got) > 0 && earlier != c.from {
			rt.Errorf("%s: %s %d of %v, limit %d: %d earlier, want %d", who, c.of, want[at], want, limit, earlier, c.from)
		}
	}
}

func TestNewsSumsUpAllThreads(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	other := h.thread(jonas, "Another", "anna")
	for range 3 {
		h.write(jonas, thread, "text")
	}
	h.write(jonas, other, "text")
	h.mark(anna, thread, 1)
	must(anna.SaveDraft(t.Context(), Draft{Thread: thread, Text: "x"}))(t)
	must(anna.SaveDraft(t.Context(), Draft{Thread: other, Text: "y"}))(t)
	if news := must(anna.News(t.Context()))(t); news.Unread != 3 || news.Drafts != 2 || news.Draft.Number != other {
		t.Errorf("anna's news: %+v", news)
	}
	if err := anna.Leave(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if news := must(anna.News(t.Context()))(t); news.Unread != 2 || news.Drafts != 1 || news.Draft.Title != "The tax letter" {
		t.Errorf("anna's news after she left: %+v", news)
	}
	if news := must(jonas.News(t.Context()))(t); news.Unread+news.Drafts != 0 {
		t.Errorf("jonas' news: %+v", news)
	}
}

func TestTheNextUnreadThreadIsTheNextOnHome(t *testing.T) {
	h, jonas, anna, first := pair(t)
	second, third := h.thread(jonas, "second", "anna"), h.thread(jonas, "third", "anna")
	for _, thread := range []int64{third, second, first} { // the last is on top
		h.write(jonas, thread, "text")
	}
	next := func(after, want int64) {
		t.Helper()
		if got := must(anna.NextUnread(t.Context(), after))(t); got != want {
			t.Errorf("behind %d comes %d, want %d of %d %d %d", after, got, want, first, second, third)
		}
	}
	next(0, first)
	next(first, second)
	next(third, first)
	h.mark(anna, second, 1)
	next(first, third)
	h.mark(anna, third, 1)
	next(first, 0)
	next(1, first) // no such thread
	h.mark(anna, first, 1)
	next(0, 0)
}

func TestWhoIsHereIsWhoMayBeSeen(t *testing.T) {
	h, jonas, anna, _ := pair(t)
	piet, stan := h.client("piet", "jonas"), h.client("stan")
	for _, a := range []*Access{jonas, anna, piet, stan} {
		watch(t, a)
	}
	if err := piet.SaveSettings(t.Context(), Settings{HidePresence: true}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[*Access]string{jonas: "[anna]", anna: "[jonas]", piet: "[jonas]", stan: "[]"} {
		var got []string
		for _, p := range must(name.Here(t.Context()))(t) {
			got = append(got, p.Handle)
		}
		var listed []string
		for _, p := range must(name.People(t.Context()))(t) {
			if p.Here {
				listed = append(listed, p.Handle)
			}
		}
		if fmt.Sprint(got) != want || fmt.Sprint(listed) != want {
			t.Errorf("here are %v, listed %v, want %s", got, listed, want)
		}
	}
}
