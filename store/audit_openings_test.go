package store

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

func (h *house) reads(after int64) (n int) {
	for _, line := range h.log(after) {
		if strings.HasPrefix(line, string(AuditThreadRead)) {
			n++
		}
	}
	return n
}

func TestReadingIsRecordedOnceAnHour(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	other := h.thread(jonas, "Another", "anna")
	read := func(a *Access, thread int64) { must(a.Entries(t.Context(), thread, Span{}))(t) }
	step := func(name string, want int, do func()) {
		t.Helper()
		before := h.lastRecord()
		do()
		if got := h.reads(before); got != want {
			t.Errorf("%s: recorded %d times, want %d", name, got, want)
		}
	}
	h.write(jonas, thread, "Hello")
	step("once", 1, func() { read(anna, thread) })
	step("again, and in every way", 0, func() {
		read(anna, thread)
		must(anna.Entry(t.Context(), thread, 1))(t)
		must(anna.Revisions(t.Context(), thread, 1))(t)
		read(h.another(anna), thread)
	})
	step("another thread", 1, func() { read(anna, other) })
	step("another person", 1, func() { read(jonas, thread) })
	h.clock.pass(time.Hour)
	step("an entry, an hour later", 1, func() { must(anna.Entry(t.Context(), thread, 1))(t) })
	h.clock.pass(time.Hour)
	step("its history, an hour later", 1, func() { must(anna.Revisions(t.Context(), thread, 1))(t) })
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	who := anna.who
	h.open()
	anna = h.store.As(who)
	step("after a start in the same hour", 0, func() { read(anna, thread) })
	h.store.openings = openings{}
	step("when the store forgot", 0, func() { read(anna, thread) })
}

func TestWhoMayNotReadIsNotRecorded(t *testing.T) {
	s := newScene(t)
	before := s.lastRecord()
	for who, a := range s.who {
		if who != author && who != member {
			_, err := a.Entries(t.Context(), s.thread, Span{})
			if err == nil {
				t.Error(who, "may read")
			}
		}
	}
	if got := s.log(before); len(got) > 0 {
		t.Errorf("recorded %v", got)
	}
}

// TestOneReadsThoughNothingCanBeRecorded makes a disk that takes nothing.
func TestOneReadsThoughNothingCanBeRecorded(t *testing.T) {
	h := newHouse(t)
	log := &notes{}
	h.store.log = slog.New(slog.NewTextHandler(log, nil))
	key := anyKey()
	inv := h.invite(t, NewInvitation{Role: RoleClient, Handle: "anna", Name: "Anna"})
	anna := h.store.As(must(h.store.Redeem(t.Context(), inv.Code, key))(t))
	thread := must(anna.NewThread(t.Context(), "Title", nil, "Hello"))(t).Number
	h.fault(broken)
	anna = h.store.As(must(h.store.SignInKey(t.Context(), key.Blob))(t))
	if page := must(anna.Entries(t.Context(), thread, Span{}))(t); len(page.Entries) != 1 {
		t.Errorf("read %+v", page)
	}
	if err := anna.BeginExport(t.Context()); err != nil {
		t.Error(err)
	}
	if got := log.count("the audit log could not be written"); got != 3 { // signing in, reading and exporting
		t.Errorf("the log says: %s", log.text.String())
	}
	h.fault(mended)
	before := h.lastRecord()
	must(anna.Entries(t.Context(), thread, Span{}))(t)
	if got := h.reads(before); got != 1 {
		t.Errorf("recorded %d times once there was room", got)
	}
}

func TestWhoOpenedMyThreads(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	h.client("piet", "jonas")
	others := h.thread(jonas, "Of others", "piet")
	for range 3 {
		for _, number := range []int64{thread, others} {
			must(jonas.Entries(t.Context(), number, Span{}))(t)
		}
		must(anna.Entries(t.Context(), thread, Span{}))(t)
		h.clock.pass(time.Hour)
	}
	if err := jonas.Search(t.Context(), "letter", func(Hit) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := jonas.BeginExport(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.erased(thread)

	var got []string
	var before int64
	for { // page by page
		page := must(anna.Openings(t.Context(), before, 2))(t)
		if len(page) == 0 {
			break
		}
		for _, o := range page {
			got = append(got, fmt.Sprintf("%s %q in %q", o.Kind, o.Who.Name, o.Title))
			if o.Thread != thread || o.At.IsZero() || before != 0 && o.Seq >= before {
				t.Errorf("%+v before %d", o, before)
			}
		}
		before = page[len(page)-1].Seq
	}
	want := []string{`thread-read "" in "The tax letter"`, `thread-exported "Name of jonas" in "The tax letter"`, `thread-searched "Name of jonas" in "The tax letter"`}
	for range 3 {
		want = append(want, `thread-read "Name of jonas" in "The tax letter"`)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}

	h.sql(`UPDATE thread SET title = X'00'`)
	if page := must(anna.Openings(t.Context(), 0, 1))(t); len(page) != 1 || page[0].Title != "" {
		t.Errorf("with a damaged title: %+v", page)
	}
	if err := anna.Leave(t.Context(), thread); err != nil {
		t.Fatal(err)
	}
	if page := must(anna.Openings(t.Context(), 0, 0))(t); len(page) != 0 {
		t.Errorf("after leaving: %+v", page)
	}
}

// erased records what somebody did who is no more.
func (h *house) erased(thread int64) {
	h.t.Helper()
	err := h.store.write(h.ctx(), "erase", func(x *tx) error {
		return x.audit(h.ctx(), act{kind: AuditThreadRead, actor: newID(), subject: newID(), thread: thread})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestTheOperatorReadsTheLog(t *testing.T) {
	h, jonas, _, thread := pair(t)
	op := h.store.Operator()
	h.erased(thread)
	records := must(op.Audit(t.Context(), AuditQuery{}))(t)
	if last := records[len(records)-1]; last.Actor != Erased || last.Subject != Erased || last.Peer != "" || last.Thread != thread {
		t.Errorf("of the erased: %+v", last)
	}
	for _, r := range must(op.Audit(t.Context(), AuditQuery{Person: "Anna"}))(t) {
		if r.Actor != "anna" && r.Subject != "anna" && r.Peer != "anna" {
			t.Errorf("not anna's: %+v", r)
		}
	}
	if of := must(op.Audit(t.Context(), AuditQuery{Person: "jonas"}))(t); len(of) >= len(records) || !slices.ContainsFunc(of, func(r AuditRecord) bool { return r.Peer == "jonas" }) {
		t.Errorf("jonas': %+v", of)
	}
	wantErr(t, second(op.Audit(t.Context(), AuditQuery{Person: "ghost"})), ErrNotFound)
	h.clock.pass(time.Hour)
	since := h.clock.Now()
	must(jonas.Entries(t.Context(), thread, Span{}))(t)
	if of := must(op.Audit(t.Context(), AuditQuery{Since: since}))(t); len(of) != 1 || of[0].Kind != AuditThreadRead {
		t.Errorf("since then: %+v", of)
	}

	err := h.store.write(t.Context(), "fill", func(x *tx) error {
		for range MaxAudit + 1 {
			if err := x.audit(t.Context(), act{kind: AuditSignedIn}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var seen, after int64
	for page := must(op.Audit(t.Context(), AuditQuery{}))(t); len(page) > 0; page = must(op.Audit(t.Context(), AuditQuery{After: after}))(t) {
		for _, r := range page {
			if seen++; r.Seq != seen || len(page) > MaxAudit {
				t.Fatalf("record %d is number %d of a page of %d", r.Seq, seen, len(page))
			}
		}
		after = seen
	}
	if seen != h.lastRecord() {
		t.Errorf("read %d of %d", seen, h.lastRecord())
	}
}
