package store

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// model is what a thread must look like, kept in the simplest way.
type model struct {
	entries []modelEntry // by number, from 1; taken back ones are gone but keep their place
	marks   map[string]int64
	drafts  map[string]string
}

type modelEntry struct {
	author          string
	text            string
	gone, withdrawn bool
}

func (m *model) unread(who string) (unread int) {
	for i, e := range m.entries {
		if e.author != who && !e.gone && !e.withdrawn && int64(i+1) > m.marks[who] {
			unread++
		}
	}
	return unread
}

func (m *model) texts() (texts []string) {
	for i, e := range m.entries {
		if !e.gone {
			texts = append(texts, fmt.Sprint(i+1, " ", e.author, " ", e.text))
		}
	}
	return texts
}

// TestUnreadAndDraftsAreExact lets two people with two sessions each do anything in any order, and compares what every
// session sees with the model after each step.
func TestUnreadAndDraftsAreExact(t *testing.T) {
	if checks := flag.Lookup("rapid.checks").Value; checks.String() == "100" { // the default; every step here is synced to disk
		if err := checks.Set("40"); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = checks.Set("100") }()
	}
	h := newHouse(t)
	ctx := t.Context()
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		coach, client := fmt.Sprint("jonas", round), fmt.Sprint("anna", round)
		jonas := h.coach(coach)
		anna := h.client(client, coach)
		sessions := map[string][]*Access{coach: {jonas, h.another(jonas)}, client: {anna, h.another(anna)}}
		thread := h.thread(jonas, "a thread", client)
		m := &model{marks: map[string]int64{}, drafts: map[string]string{}}
		pick := func() (string, *Access) {
			who := rapid.SampledFrom([]string{coach, client}).Draw(rt, "who")
			return who, rapid.SampledFrom(sessions[who]).Draw(rt, "session")
		}
		number := func() int64 { return rapid.Int64Range(0, int64(len(m.entries))+2).Draw(rt, "number") }
		mine := func(who string, n int64) *modelEntry {
			if n < 1 || n > int64(len(m.entries)) || m.entries[n-1].author != who || m.entries[n-1].gone {
				return nil
			}
			return &m.entries[n-1]
		}
		rt.Repeat(map[string]func(*rapid.T){
			"write": func(rt *rapid.T) {
				who, a := pick()
				text := rapid.StringMatching(`[a-z]{1,8}`).Draw(rt, "text")
				draft := must(a.Draft(ctx, thread, 0))(t)
				withDraft := rapid.Bool().Draw(rt, "as the draft")
				if withDraft {
					m.drafts[who] = ""
				} else {
					draft.Version = 0
				}
				must(a.Write(ctx, thread, text, draft.Version))(t)
				m.entries = append(m.entries, modelEntry{author: who, text: text})
			},
			"mark": func(rt *rapid.T) {
				who, a := pick()
				n := number()
				if err := a.MarkRead(ctx, thread, n); err != nil {
					rt.Fatal(err)
				}
				m.marks[who] = max(m.marks[who], min(n, int64(len(m.entries))))
				if unread := must(a.Thread(ctx, thread))(t).Unread; unread != m.unread(who) {
					rt.Errorf("%d are unread, want %d", unread, m.unread(who))
				}
			},
			"withdraw": func(rt *rapid.T) {
				who, a := pick()
				n := number()
				_, err := a.Withdraw(ctx, thread, n)
				if e := mine(who, n); e != nil {
					e.withdrawn, e.text = true, ""
				} else {
					wantErr(t, err, ErrNotFound)
				}
			},
			"take back": func(rt *rapid.T) {
				who, a := pick()
				n := number()
				_, err := a.TakeBack(ctx, thread, n)
				switch e := mine(who, n); {
				case e == nil:
					wantErr(t, err, ErrNotFound)
				case e.withdrawn:
					wantErr(t, err, ErrConflict)
				default:
					e.gone = true
					m.drafts[who] = strings.TrimSuffix(e.text+"\n\n"+m.drafts[who], "\n\n")
				}
			},
			"save a draft": func(rt *rapid.T) {
				who, a := pick()
				text := rapid.StringMatching(`[a-z]{0,5}`).Draw(rt, "text")
				stored := must(a.Draft(ctx, thread, 0))(t)
				must(a.SaveDraft(ctx, Draft{Thread: thread, Text: text, Version: stored.Version}))(t)
				m.drafts[who] = text
			},
			"": func(rt *rapid.T) {
				for _, who := range []string{coach, client} {
					compare(rt, rapid.SampledFrom(sessions[who]).Draw(rt, "session"), thread, who, m)
				}
			},
		})
	})
}

func compare(rt *rapid.T, a *Access, thread int64, who string, m *model) {
	one := must(a.Thread(rt.Context(), thread))(rt)
	all := must(a.Threads(rt.Context()))(rt)
	listed := all[slices.IndexFunc(all, func(t Thread) bool { return t.Number == thread })]
	if diff := cmp.Diff(one, listed); diff != "" {
		rt.Errorf("Thread and Threads differ: %s", diff)
	}
	if one.Unread != m.unread(who) || one.ReadMark != m.marks[who] || one.Entries != len(m.texts()) {
		rt.Errorf("%s sees %+v, want %d unread, mark %d, %d entries", who, one, m.unread(who), m.marks[who], len(m.texts()))
	}
	var texts []string
	for _, e := range must(a.Entries(rt.Context(), thread, Span{Limit: 500}))(rt).Entries {
		texts = append(texts, fmt.Sprint(e.Number, " ", e.Author.Handle, " ", e.Text))
	}
	if diff := cmp.Diff(m.texts(), texts); diff != "" {
		rt.Errorf("entries (-want +got): %s", diff)
	}
	if draft := must(a.Draft(rt.Context(), thread, 0))(rt); draft.Text != m.drafts[who] || (draft.Version == 0) != (draft.Text == "") {
		rt.Errorf("%s has the draft %+v, want %q", who, draft, m.drafts[who])
	}
}

// counted is unread counted entry by entry, as the person's own entries, gaps and withdrawn ones are skipped in a reading.
func (h *house) counted(a *Access, thread, mark int64) (unread, behind int) {
	h.t.Helper()
	for _, e := range must(a.Entries(h.ctx(), thread, Span{After: FromStart, Limit: 500}))(h.t).Entries {
		if e.Number > mark {
			behind++
		}
		if e.Number > mark && !e.Mine && e.WithdrawnAt.IsZero() {
			unread++
		}
	}
	return unread, behind
}

// TestCountsHoldAfterGapsAndAnErasure has three members, entries withdrawn and taken back from the midst, and one who is erased.
func TestCountsHoldAfterGapsAndAnErasure(t *testing.T) {
	h := newHouse(t)
	h.store.demo = true
	jonas := h.coach("jonas")
	anna, piet := h.client("anna", "jonas"), h.client("piet", "jonas")
	thread := h.thread(jonas, "a group", "anna", "piet")
	other := h.thread(jonas, "another", "piet")
	h.write(piet, other, "waits")
	write := func(from int) {
		for i := range 12 {
			a := []*Access{jonas, anna, piet, anna}[(from+i)%4]
			if from > 0 && a == piet {
				a = jonas
			}
			one, two := h.write(a, thread, "one").Number, h.write(a, thread, "two").Number
			switch i % 3 {
			case 0:
				must(a.TakeBack(t.Context(), thread, one))(t) // the one before the last
			case 1:
				must(a.Withdraw(t.Context(), thread, two))(t)
			}
		}
	}
	check := func(who ...*Access) {
		t.Helper()
		for _, a := range who {
			for mark := must(a.Thread(t.Context(), thread))(t).ReadMark; mark <= 50; mark += 3 {
				h.mark(a, thread, mark)
				marked := must(a.Thread(t.Context(), thread))(t)
				got, mark := marked.Unread, marked.ReadMark
				unread, behind := h.counted(a, thread, mark)
				span := Span{After: mark, Limit: 1}
				if mark == 0 {
					span.After = FromStart
				}
				page := must(a.Entries(t.Context(), thread, span))(t)
				if got != unread || len(page.Entries)+page.Later != behind {
					t.Errorf("behind %d: %d unread, want %d; %d entries, want %d", mark, got, unread, len(page.Entries)+page.Later, behind)
				}
			}
			h.sql(`UPDATE member SET read_mark = 0`)
		}
	}
	write(0)
	check(jonas, anna, piet)
	must(h.store.Operator().ErasePerson(t.Context(), "piet"))(t)
	check(jonas, anna)
	write(1)
	check(jonas)
	all := must(jonas.Threads(t.Context()))(t)
	if all[1].Number != other || all[1].Part != Others || !all[1].LastAt.IsZero() {
		t.Errorf("who waited is erased: %+v", all[1])
	}
}
