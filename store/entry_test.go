package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair is a coach and a client with one thread.
func pair(t testing.TB) (h *house, jonas, anna *Access, thread int64) {
	h = newHouse(t)
	jonas = h.coach("jonas")
	anna = h.client("anna", "jonas")
	return h, jonas, anna, h.thread(jonas, "The tax letter", "anna")
}

func TestAThreadAsItsMembersSeeIt(t *testing.T) {
	h := newHouse(t)
	jonas := h.coach("jonas")
	anna := h.client("anna", "jonas")
	opened := must(jonas.NewThread(t.Context(), "  The tax\tletter ", []string{"anna", "ANNA", "jonas"}, "Hello"))(t)
	if opened.Number < 1000 || opened.Number > 9999 {
		t.Errorf("number %d", opened.Number)
	}
	hers := must(anna.Thread(t.Context(), opened.Number))(t)
	want := Thread{
		Number: opened.Number, Title: hers.Title, CreatedAt: opened.CreatedAt, Entries: 1, Unread: 1, LastAt: opened.LastAt,
		LastAuthor: Person{"jonas", "Name of jonas", RoleCoach}, Part: Others,
		Members: []Person{{"anna", "Name of anna", RoleClient}, {"jonas", "Name of jonas", RoleCoach}},
	}
	if diff := cmp.Diff(want, hers); diff != "" || strings.Join(strings.Fields(hers.Title), " ") != "The tax letter" {
		t.Errorf("title %q, (-want +got): %s", hers.Title, diff)
	}
	if opened.Unread != 0 {
		t.Error("one's own entry is unread")
	}
	later := h.thread(anna, "My own pages")
	list := must(anna.Threads(t.Context()))(t)
	if len(list) != 2 || list[0].Number != later || list[1].Number != opened.Number {
		t.Errorf("threads: %+v", list)
	}
	h.write(jonas, opened.Number, "news")
	if list := must(anna.Threads(t.Context()))(t); list[0].Number != opened.Number {
		t.Error("the thread with the newest entry is not first")
	}
	wantErr(t, anna.Leave(t.Context(), later), ErrLast)
}

// TestTheLastEntryIsOneThatStands withdraws and takes back from the end of a thread.
func TestTheLastEntryIsOneThatStands(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	first := h.write(jonas, thread, "how are you?")
	second := h.write(anna, thread, "not well")
	other := h.thread(jonas, "Another thread", "anna")
	between := h.write(jonas, other, "between them")
	last := h.write(anna, thread, "taken back")
	list := must(jonas.Threads(t.Context()))(t)
	if list[0].Number != thread || !list[0].LastAt.Equal(last.At) {
		t.Errorf("before: %+v", list[0])
	}
	must(anna.TakeBack(t.Context(), thread, last.Number))(t)
	must(anna.Withdraw(t.Context(), thread, second.Number))(t)
	list = must(jonas.Threads(t.Context()))(t)
	if list[0].Number != other || !list[0].LastAt.Equal(between.At) {
		t.Errorf("the thread with the newest entry that stands is not first: %+v", list)
	}
	if got := list[1]; got.LastAuthor.Handle != "jonas" || !got.LastAt.Equal(first.At) || got.Entries != 2 {
		t.Errorf("after: %+v", got)
	}
	must(jonas.Withdraw(t.Context(), thread, first.Number))(t)
	if got := must(jonas.Thread(t.Context(), thread))(t); got.LastAuthor != (Person{}) || !got.LastAt.IsZero() || got.Entries != 2 {
		t.Errorf("with none left: %+v", got)
	}
}

func TestWhatCannotBeStored(t *testing.T) {
	h, jonas, _, thread := pair(t)
	long := strings.Repeat("x", MaxEntry+1)
	written := h.write(jonas, thread, "a text")
	store := map[string]func(text string) error{
		"write": func(text string) error { _, err := jonas.Write(t.Context(), thread, text, 0); return err },
		"edit": func(text string) error {
			_, err := jonas.Edit(t.Context(), thread, written.Number, 1, text, 0)
			return err
		},
		"title": func(text string) error { _, err := jonas.NewThread(t.Context(), text, nil, ""); return err },
	}
	for name, call := range store {
		before := h.rows()
		for text, want := range map[string]error{"": ErrEmpty, " \n\t ": ErrEmpty, "a\xffb": ErrNotText, long: ErrTooLong} {
			wantErr(t, call(text), want)
		}
		if diff := cmp.Diff(before, h.rows()); diff != "" {
			t.Errorf("%s wrote: %s", name, diff)
		}
	}
	if _, err := jonas.Write(t.Context(), thread, long[1:], 0); err != nil {
		t.Error("the longest entry:", err)
	}
	if _, err := jonas.NewThread(t.Context(), strings.Repeat("ü", MaxTitle), nil, ""); err != nil {
		t.Error("the longest title:", err)
	}
	_, err := jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: long})
	wantErr(t, err, ErrTooLong)
	got := h.write(jonas, thread, "one\r\ntwo \x1b]52;c;x\x07")
	if strings.ContainsAny(got.Text, "\r\x1b\x07") || !strings.HasPrefix(got.Text, "one\ntwo ") {
		t.Errorf("not cleaned: %q", got.Text)
	}
	if read := must(jonas.Entry(t.Context(), thread, got.Number))(t); read.Text != got.Text {
		t.Errorf("answered %q, stored %q", got.Text, read.Text)
	}
}

func TestSpans(t *testing.T) {
	h, jonas, _, thread := pair(t)
	for i := range 10 {
		h.write(jonas, thread, fmt.Sprint("text ", i+1))
	}
	must(jonas.TakeBack(t.Context(), thread, 10))(t)
	must(jonas.TakeBack(t.Context(), thread, 5))(t) // entries now: 1 2 3 4 6 7 8 9
	tests := []struct {
		span           Span
		want           []int64
		earlier, later int
	}{
		{Span{}, []int64{1, 2, 3, 4, 6, 7, 8, 9}, 0, 0},
		{Span{Limit: 3}, []int64{7, 8, 9}, 5, 0},
		{Span{Before: 7, Limit: 2}, []int64{4, 6}, 3, 3},
		{Span{Before: 1}, nil, 0, 8},
		{Span{Before: 99, Limit: 1}, []int64{9}, 7, 0},
		{Span{After: FromStart, Limit: 2}, []int64{1, 2}, 0, 6},
		{Span{After: 4, Limit: 2}, []int64{6, 7}, 4, 2},
		{Span{After: 9}, nil, 8, 0},
		{Span{After: 99}, nil, 8, 0},
		{Span{Limit: 9999}, []int64{1, 2, 3, 4, 6, 7, 8, 9}, 0, 0},
	}
	for _, test := range tests {
		page := must(jonas.Entries(t.Context(), thread, test.span))(t)
		var got []int64
		for _, entry := range page.Entries {
			got = append(got, entry.Number)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || page.Earlier != test.earlier || page.Later != test.later {
			t.Errorf("%+v: %d earlier, %d later, %s", test.span, page.Earlier, page.Later, diff)
		}
	}
	empty := h.thread(jonas, "empty")
	if page := must(jonas.Entries(t.Context(), empty, Span{}))(t); page.Earlier != 0 || page.Later != 0 || page.Entries != nil {
		t.Errorf("an empty thread: %+v", page)
	}
}

func TestAPageIsBoundedInBytes(t *testing.T) {
	h, jonas, _, thread := pair(t)
	const many = 20
	long := strings.Repeat("x", MaxEntry)
	for range many {
		h.write(jonas, thread, long)
	}
	for _, span := range []Span{{}, {After: FromStart}, {Before: many}, {After: 2, Limit: 500}} {
		page := must(jonas.Entries(t.Context(), thread, span))(t)
		first, last := page.Entries[0].Number, page.Entries[len(page.Entries)-1].Number
		if size := len(page.Entries) * MaxEntry; size > spanBytes || size < spanBytes/2 {
			t.Errorf("%+v: %d entries", span, len(page.Entries))
		}
		if page.Earlier != int(first)-1 || page.Later != many-int(last) {
			t.Errorf("%+v: from %d to %d, %d earlier, %d later", span, first, last, page.Earlier, page.Later)
		}
		if next := must(jonas.Entries(t.Context(), thread, Span{After: last}))(t).Entries; last < many && next[0].Number != last+1 {
			t.Errorf("after %d comes %d", last, next[0].Number)
		}
	}
}

func TestEditing(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	entry := h.write(jonas, thread, "first")
	draft := must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Entry: entry.Number, Text: "second, half"}))(t)
	edited := must(jonas.Edit(t.Context(), thread, entry.Number, 1, "second", draft.Version))(t)
	must(jonas.Edit(t.Context(), thread, entry.Number, 2, "third", 0))(t)
	if edited.Revision != 2 || edited.EditedAt.IsZero() || edited.Text != "second" {
		t.Errorf("edited: %+v", edited)
	}
	if left := must(jonas.Draft(t.Context(), thread, entry.Number))(t); left.Version != 0 {
		t.Error("the edit's draft is still there")
	}
	_, err := jonas.Edit(t.Context(), thread, entry.Number, 1, "from an older screen", 0)
	wantErr(t, err, ErrConflict)
	want := []Revision{{Revision: 1, At: entry.At, Text: "first"}, {Revision: 2, At: edited.EditedAt, Text: "second"}}
	if diff := cmp.Diff(want, must(anna.Revisions(t.Context(), thread, entry.Number))(t)); diff != "" {
		t.Error("revisions (-want +got):", diff)
	}
}

func TestWithdrawing(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	entry := h.write(jonas, thread, "better not")
	must(jonas.Edit(t.Context(), thread, entry.Number, 1, "better not, really", 0))(t)
	if unread := must(anna.Thread(t.Context(), thread))(t).Unread; unread != 1 {
		t.Errorf("%d unread before", unread)
	}
	marker := must(jonas.Withdraw(t.Context(), thread, entry.Number))(t)
	if marker.Text != "" || marker.WithdrawnAt.IsZero() {
		t.Errorf("marker: %+v", marker)
	}
	if again := must(jonas.Withdraw(t.Context(), thread, entry.Number))(t); again != marker {
		t.Errorf("withdrawn twice: %+v", again)
	}
	hers := must(anna.Thread(t.Context(), thread))(t)
	if hers.Unread != 0 || hers.Entries != 1 {
		t.Errorf("after: %+v", hers)
	}
	if old := must(anna.Revisions(t.Context(), thread, entry.Number))(t); len(old) != 0 {
		t.Errorf("revisions left: %d", len(old))
	}
	_, err := jonas.Edit(t.Context(), thread, entry.Number, 2, "after all", 0)
	wantErr(t, err, ErrConflict)
	_, err = jonas.TakeBack(t.Context(), thread, entry.Number)
	wantErr(t, err, ErrConflict)
	_, err = jonas.SaveDraft(t.Context(), Draft{Thread: thread, Entry: entry.Number, Text: "x"})
	wantErr(t, err, ErrNotFound)
}

func TestTakingBack(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	entry := h.write(jonas, thread, "too early")
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "the next thought"}))(t)
	h.clock.pass(TakeBackFor)
	draft := must(jonas.TakeBack(t.Context(), thread, entry.Number))(t)
	if draft.Text != "too early\n\nthe next thought" {
		t.Errorf("draft %q", draft.Text)
	}
	if stored := must(jonas.Draft(t.Context(), thread, 0))(t); stored != draft {
		t.Errorf("stored %+v, answered %+v", stored, draft)
	}
	_, err := anna.Entry(t.Context(), thread, entry.Number)
	wantErr(t, err, ErrNotFound)
	if hers := must(anna.Thread(t.Context(), thread))(t); hers.Entries != 0 || hers.Unread != 0 || !hers.LastAt.IsZero() {
		t.Errorf("thread after: %+v", hers)
	}
	second := h.write(jonas, thread, "again")
	if second.Number != entry.Number+1 {
		t.Errorf("the number %d was given twice", second.Number)
	}
	h.clock.pass(TakeBackFor + takeBackGrace + time.Second)
	_, err = jonas.TakeBack(t.Context(), thread, second.Number)
	wantErr(t, err, ErrTooLate)
}

func TestAClockThatWasWrong(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	const tenYears = 10 * 365 * 24 * time.Hour
	h.clock.pass(tenYears)
	astray := h.write(jonas, thread, "the clock is wrong")
	h.clock.pass(-tenYears)
	other := h.thread(jonas, "Another", "anna")
	h.write(jonas, other, "right")
	right := h.write(jonas, thread, "right again")
	if now := h.clock.Now(); right.At.After(now) || now.Sub(right.At) > time.Minute {
		t.Errorf("written at %v, and it is %v", right.At, now)
	}
	var texts []string
	for _, entry := range must(anna.Entries(t.Context(), thread, Span{}))(t).Entries {
		texts = append(texts, entry.Text)
	}
	if diff := cmp.Diff([]string{"the clock is wrong", "right again"}, texts); diff != "" {
		t.Error("entries (-want +got):", diff)
	}
	_, err := jonas.TakeBack(t.Context(), thread, astray.Number)
	wantErr(t, err, ErrTooLate)
	h.clock.pass(time.Hour)
	_, err = jonas.TakeBack(t.Context(), thread, right.Number)
	wantErr(t, err, ErrTooLate)
	h.write(jonas, other, "the newest")
	if list := must(anna.Threads(t.Context()))(t); list[0].Number != other {
		t.Error("the thread with the newest entry is not first")
	}
}

func TestDraftsOfSeveralDevices(t *testing.T) {
	h, jonas, _, thread := pair(t)
	phone := h.another(jonas)
	v1 := must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "one"}))(t)
	if got := must(phone.Draft(t.Context(), thread, 0))(t); got != v1 {
		t.Errorf("the phone reads %+v", got)
	}
	v2 := must(phone.SaveDraft(t.Context(), Draft{Thread: thread, Text: "one, two", Version: v1.Version}))(t)
	got, err := jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "one, three", Version: v1.Version})
	wantErr(t, err, ErrConflict)
	if got != v2 {
		t.Errorf("the conflict answers %+v", got)
	}
	// A send with the older version leaves the newer draft alone.
	must(jonas.Write(t.Context(), thread, "one", v1.Version))(t)
	if got := must(jonas.Draft(t.Context(), thread, 0))(t); got != v2 {
		t.Errorf("after the send: %+v", got)
	}
	must(phone.Write(t.Context(), thread, "one, two", v2.Version))(t)
	if got := must(jonas.Draft(t.Context(), thread, 0))(t); got.Version != 0 || got.Text != "" {
		t.Errorf("the sent draft is still there: %+v", got)
	}
	// Words typed meanwhile over a draft that was sent are not lost.
	v3 := must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "more", Version: v2.Version}))(t)
	if list := must(jonas.Drafts(t.Context()))(t); len(list) != 1 || list[0] != v3 {
		t.Errorf("drafts: %+v", list)
	}
	if gone := must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Version: v3.Version}))(t); gone.Version != 0 {
		t.Errorf("an emptied draft has version %d", gone.Version)
	}
	if list := must(jonas.Drafts(t.Context()))(t); len(list) != 0 {
		t.Errorf("drafts left: %+v", list)
	}
}

func TestThreadNumbersGrowWhenHalfAreUsed(t *testing.T) {
	h, jonas, _, _ := pair(t)
	h.sql(`
		WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 5500)
		INSERT INTO thread (number, title, created_at) SELECT i, x'00', 0 FROM n WHERE true ON CONFLICT DO NOTHING`)
	if number := h.thread(jonas, "one more"); number < 10000 || number > 99999 {
		t.Errorf("got %d", number)
	}
}

func TestACancelledVerbWritesNothing(t *testing.T) {
	h, jonas, _, thread := pair(t)
	before := h.rows()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := jonas.Write(ctx, thread, "never", 0)
	wantErr(t, err, context.Canceled)
	if diff := cmp.Diff(before, h.rows()); diff != "" {
		t.Error("wrote:", diff)
	}
	h.write(jonas, thread, "the writer is free again")
}

func TestADamagedRowHidesNothingElse(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	h.write(jonas, thread, "one")
	h.write(jonas, thread, "two")
	other := h.thread(jonas, "Another", "anna")
	must(anna.SaveDraft(t.Context(), Draft{Thread: thread, Text: "half"}))(t)
	for _, damage := range []string{
		`UPDATE entry SET body = (SELECT body FROM entry WHERE number = 1) WHERE number = 2`, // moved, not changed
		`UPDATE thread SET title = x'01'`,
		`UPDATE person SET name = x'00' WHERE handle = 'jonas'`,
		`UPDATE draft SET body = x'00'`,
	} {
		h.sql(damage)
	}
	page := must(anna.Entries(t.Context(), thread, Span{}))(t)
	if page.Entries[0].Text != "one" || page.Entries[0].Damaged || page.Entries[1].Text != "" || !page.Entries[1].Damaged {
		t.Errorf("entries: %+v", page.Entries)
	}
	_, err := anna.Entry(t.Context(), thread, 2)
	wantErr(t, err, ErrDamaged)
	list := must(anna.Threads(t.Context()))(t)
	if len(list) != 2 || !list[0].Damaged || !list[1].Damaged || list[0].Number == list[1].Number {
		t.Errorf("threads: %+v", list)
	}
	_, err = anna.Thread(t.Context(), other)
	wantErr(t, err, ErrDamaged)
	if got := page.Entries[0].Author; got.Name != "jonas" {
		t.Errorf("a damaged name shows as %q", got.Name)
	}
	_, err = anna.Draft(t.Context(), thread, 0)
	wantErr(t, err, ErrDamaged)
	saved := must(anna.SaveDraft(t.Context(), Draft{Thread: thread, Text: "anew"}))(t)
	if got := must(anna.Draft(t.Context(), thread, 0))(t); got != saved {
		t.Errorf("a damaged draft could not be replaced: %+v", got)
	}
}
