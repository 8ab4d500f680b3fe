package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wantStored compares what is kept of how much everybody stores with what is there.
func (h *house) wantStored(t *testing.T) (total int64) {
	t.Helper()
	err := h.store.read(t.Context(), "add up", func(x *tx) error {
		var differ bool
		err := x.one(t.Context(), []any{&total, &differ}, `
			SELECT sum(stored), max(stored <> there) FROM (
				SELECT p.stored, coalesce((SELECT sum(length(body)) FROM entry WHERE author = p.id), 0)
					+ coalesce((SELECT sum(length(r.body)) FROM revision r JOIN entry e ON e.thread = r.thread AND e.number = r.number WHERE e.author = p.id), 0)
					+ coalesce((SELECT sum(length(body)) FROM draft WHERE person = p.id), 0)
					+ coalesce((SELECT sum(length(t.title)) FROM thread t WHERE (SELECT person FROM member m WHERE m.thread = t.number ORDER BY rowid LIMIT 1) = p.id), 0)
					AS there
				FROM person p)`)
		if differ {
			t.Error("the sum is not what is there")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}

func TestWhatAPersonStoresIsKnown(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	other := h.thread(anna, "Another", "jonas")
	empty := h.wantStored(t)
	long := strings.Repeat("x", 5000)
	one := h.write(jonas, thread, long)
	must(jonas.Edit(t.Context(), thread, one.Number, 1, "shorter", 0))(t)
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Entry: one.Number, Text: long}))(t)
	draft := must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: long}))(t)
	draft = must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "short", Version: draft.Version}))(t)
	must(anna.SaveDraft(t.Context(), Draft{Thread: other, Text: long}))(t)
	two := must(jonas.Write(t.Context(), thread, long, draft.Version))(t)
	h.wantStored(t)
	must(jonas.TakeBack(t.Context(), thread, two.Number))(t)
	h.wantStored(t)
	must(jonas.Withdraw(t.Context(), thread, one.Number))(t)
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Version: must(jonas.Draft(t.Context(), thread, 0))(t).Version}))(t)
	if err := anna.Leave(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if left := h.wantStored(t); left != empty {
		t.Errorf("%d bytes, and %d before anything was written", left, empty)
	}
}

func TestNobodyFillsTheDisk(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	long := strings.Repeat("x", 5000)
	entry := h.write(jonas, thread, long)
	h.store.caps.Stored = h.wantStored(t) + 2000
	before := h.rows()
	for name, err := range map[string]error{
		"write":      second(jonas.Write(t.Context(), thread, long, 0)),
		"edit":       second(jonas.Edit(t.Context(), thread, entry.Number, 1, long+"y", 0)),
		"draft":      second(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: long})),
		"new thread": second(jonas.NewThread(t.Context(), "A title", nil, long)),
	} {
		t.Log(name)
		wantErr(t, err, ErrQuota)
	}
	if diff := cmp.Diff(before, h.rows()); diff != "" {
		t.Error("wrote:", diff)
	}
	h.write(anna, thread, long) // each has their own
	must(jonas.TakeBack(t.Context(), thread, entry.Number))(t)
	h.wantStored(t)
}

func TestNobodyWritesTooFast(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	h.clock.pass(time.Minute)
	for range MaxPerMinute {
		h.write(jonas, thread, "x")
	}
	for name, err := range map[string]error{
		"write":      second(jonas.Write(t.Context(), thread, "x", 0)),
		"edit":       second(jonas.Edit(t.Context(), thread, 1, 1, "y", 0)),
		"new thread": second(jonas.NewThread(t.Context(), "A title", nil, "")),
		"invite":     second(jonas.Invite(t.Context(), "lena", "Lena")),
	} {
		t.Log(name)
		wantErr(t, err, ErrPace)
	}
	h.write(anna, thread, "x")
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "kept"}))(t)
	h.clock.pass(2 * time.Second)
	h.write(jonas, thread, "x")
}

func TestAPersonLearnsHowNearTheyAre(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	h.clock.pass(time.Minute)
	near := func(who *Access) [2]bool {
		t.Helper()
		u := must(who.Usage(t.Context()))(t)
		return [2]bool{u.NearStored(), u.NearPace()}
	}
	for range MaxPerMinute*4/5 - 1 {
		h.write(jonas, thread, "x")
	}
	if got := near(jonas); got != [2]bool{} {
		t.Fatalf("before four fifths: %v", got)
	}
	h.write(jonas, thread, "x")
	if got := near(jonas); got != [2]bool{false, true} {
		t.Fatalf("at four fifths of a minute's writing: %v", got)
	}
	u := must(jonas.Usage(t.Context()))(t)
	if u.Written != MaxPerMinute*4/5 || u.Caps != (Caps{MaxStored, MaxPerMinute}) || u.Stored == 0 {
		t.Errorf("used: %+v", u)
	}
	h.clock.pass(time.Minute)
	h.store.caps.Stored = u.Stored * 5 / 4
	if got := near(jonas); got != [2]bool{true, false} {
		t.Errorf("at four fifths of what may be kept, a minute later: %v", got)
	}
	h.store.caps.Stored += 5
	if got := near(jonas); got != [2]bool{} {
		t.Errorf("just below: %v", got)
	}
	if got := near(anna); got != [2]bool{} {
		t.Errorf("another person: %v", got)
	}
}

func TestTheOperatorSetsTheCaps(t *testing.T) {
	if got, want := (Caps{PerMinute: 3}).withDefaults(), (Caps{MaxStored, 3}); got != want {
		t.Errorf("caps %+v, want %+v", got, want)
	}
	h := newHouse(t)
	jonas := h.coach("jonas")
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	config := h.config()
	config.Caps = Caps{Stored: 3000, PerMinute: 3}
	h.store = must(Open(t.Context(), h.dir, config))(t)
	jonas = h.another(jonas)
	h.clock.pass(time.Minute)
	wantErr(t, second(jonas.NewThread(t.Context(), "A title", nil, strings.Repeat("x", 5000))), ErrQuota)
	thread := must(jonas.NewThread(t.Context(), "A title", nil, ""))(t).Number
	h.write(jonas, thread, "x")
	wantErr(t, second(jonas.Write(t.Context(), thread, "x", 0)), ErrPace)
}
