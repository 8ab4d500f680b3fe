package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"alcove/store/seal"
)

// pack writes so many entries for each author, and packs all there is.
func (h *house) pack(thread int64, each int, authors ...*Access) {
	h.t.Helper()
	for range each {
		for _, a := range authors {
			h.write(a, thread, "some words")
		}
	}
	if err := h.store.packAll(h.ctx()); err != nil {
		h.t.Fatal(err)
	}
}

// count answers one number.
func (h *house) count(query string) (n int) {
	h.t.Helper()
	err := h.store.read(h.ctx(), "count", func(t *tx) error { return t.one(h.ctx(), []any{&n}, query) })
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestASegmentReadsAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var texts []packed
		number := int64(0)
		for range rapid.IntRange(1, 5).Draw(rt, "texts") {
			number += rapid.Int64Range(1, 1<<40).Draw(rt, "step")
			texts = append(texts, packed{
				number: number, revision: rapid.Int64Range(1, 1<<30).Draw(rt, "revision"),
				at: rapid.Int64Range(-1<<50, 1<<50).Draw(rt, "at"), text: []byte(rapid.String().Draw(rt, "text")),
			})
		}
		plain := encodeSegment(texts)
		got, err := parseSegment(plain)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(texts) {
			rt.Fatalf("%v, %v", got, err)
		}
		cut := rapid.IntRange(0, len(plain)-1).Draw(rt, "cut")
		if _, err := parseSegment(plain[:cut]); !errors.Is(err, errSegment) {
			rt.Errorf("cut: %v", err)
		}
		if _, err := parseSegment(append(plain, 0)); !errors.Is(err, errSegment) {
			rt.Errorf("with something behind it: %v", err)
		}
	})
}

func FuzzParseSegment(f *testing.F) {
	f.Add(encodeSegment([]packed{{1, 1, 5, []byte("one")}, {3, 2, 7, nil}}))
	f.Fuzz(func(_ *testing.T, plain []byte) { _, _ = parseSegment(plain) })
}

// book is what a thread should hold: what a person may see of its entries, by number.
type book map[int64]string

// TestPackingChangesNothing does at random what members can do, packs and opens again in between, and reads and searches
// everything after each step.
func TestPackingChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t)
		defer func() { _ = h.store.Close() }()
		h.store.caps.PerMinute, h.store.demo = 1<<20, true
		jonas, anna := h.coach("jonas"), h.client("anna", "jonas")
		both, books := []*Access{jonas, anna}, map[int64]book{}
		var threads []int64
		for i := range 2 {
			threads = append(threads, h.thread(jonas, fmt.Sprint("Thread ", i), "anna"))
			books[threads[i]] = book{}
		}
		words := rapid.SampledFrom([]string{"Übung", "uebung", "Neue Wörter", "neue", "letter", strings.Repeat("long ", 2000) + "letter"})
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			thread := rapid.SampledFrom(threads).Draw(rt, "thread")
			h.step(rt, thread, books[thread], rapid.SampledFrom(both).Draw(rt, "who"), words)
			for _, a := range both { // who reopened has other sessions
				*a = *h.store.As(a.who)
			}
			h.same(rt, jonas, books)
		}
		var stored, counted int
		err := h.store.read(t.Context(), "count", func(t *tx) error {
			return t.one(context.Background(), []any{&stored, &counted}, `SELECT (SELECT sum(stored) FROM person),
				(SELECT coalesce(sum(counted), 0) FROM segment) + (SELECT coalesce(sum(length(body)), 0) FROM entry)
				+ (SELECT coalesce(sum(length(body)), 0) FROM revision) + (SELECT coalesce(sum(length(body)), 0) FROM draft)
				+ (SELECT coalesce(sum(length(title)), 0) FROM thread)`)
		})
		if stored != counted || err != nil {
			rt.Errorf("%d bytes are counted, %d are there", stored, counted)
		}
		must(h.store.Operator().Verify(t.Context(), nil))(rt)
	})
}

// step does one thing.
func (h *house) step(rt *rapid.T, thread int64, b book, who *Access, words *rapid.Generator[string]) {
	ctx := context.Background()
	var number int64
	if len(b) > 0 {
		number = rapid.SampledFrom(sortedKeys(b)).Draw(rt, "entry")
	}
	switch rapid.SampledFrom([]string{"write", "write", "edit", "withdraw", "take back", "pack", "pack", "reopen"}).Draw(rt, "do") {
	case "write":
		for range rapid.IntRange(1, 2*fewestPacked).Draw(rt, "entries") {
			e := must(who.Write(ctx, thread, words.Draw(rt, "words"), 0))(rt)
			b[e.Number] = e.Text
		}
	case "edit":
		text := words.Draw(rt, "words")
		now, err := who.Entry(ctx, thread, number)
		if err != nil {
			return
		}
		if _, err := who.Edit(ctx, thread, number, now.Revision, text, 0); err == nil {
			b[number] = text
		}
	case "withdraw":
		if _, err := who.Withdraw(ctx, thread, number); err == nil {
			b[number] = ""
		}
	case "take back":
		if _, err := who.TakeBack(ctx, thread, number); err == nil {
			delete(b, number)
		}
	case "pack":
		if err := h.store.packAll(ctx); err != nil {
			rt.Fatal(err)
		}
	case "reopen":
		if err := h.store.Close(); err != nil {
			rt.Fatal(err)
		}
		h.open()
		h.store.caps.PerMinute, h.store.demo = 1<<20, true
	}
}

// same compares what can be read and found with what should be.
func (h *house) same(rt *rapid.T, who *Access, books map[int64]book) {
	who = h.store.As(who.who)
	ctx := context.Background()
	f := newFolder()
	for thread, want := range books {
		got := book{}
		for _, e := range must(who.Entries(ctx, thread, Span{Limit: largestSpan}))(rt).Entries {
			got[e.Number] = e.Text
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("entries of %d (-want +got): %s", thread, diff)
		}
	}
	for _, query := range []string{"uebung", "ubung", "neue", "letter", "wörter neue", "e"} {
		var want, got []string
		for thread, b := range books {
			for number, text := range b {
				if _, _, found := f.find([]byte(text), f.words(query)); found {
					want = append(want, fmt.Sprint(thread, " ", number))
				}
			}
		}
		var last time.Time
		err := who.Search(ctx, query, func(hit Hit) error {
			if hit.Entry != 0 {
				got = append(got, fmt.Sprint(hit.Thread, " ", hit.Entry))
				if !last.IsZero() && hit.At.After(last) {
					rt.Errorf("%q: %v is told after %v", query, hit.At, last)
				}
				last = hit.At
			}
			return nil
		})
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			rt.Fatalf("%q: %v (-want +got): %s", query, err, diff)
		}
	}
}

func sortedKeys(b book) (keys []int64) {
	for number := range b {
		keys = append(keys, number)
	}
	slices.Sort(keys)
	return keys
}

// TestADamagedSegmentHidesItsTextsAlone flips a byte at random in one.
func TestADamagedSegmentHidesItsTextsAlone(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	other := h.thread(jonas, "Another", "anna")
	h.pack(thread, 2*fewestPacked, jonas, anna)
	h.pack(other, fewestPacked, jonas)
	at := 1 + rand.IntN(h.count(`SELECT min(length(body)) FROM segment`))
	h.sql(fmt.Sprintf(`UPDATE segment SET body = CAST(substr(body, 1, %d) || x'%02x' || substr(body, %d) AS BLOB)
		WHERE thread = %d AND author = (SELECT id FROM person WHERE handle = 'anna')`, at-1, rand.IntN(256), at+1, thread))
	if h.count(`SELECT count(*) FROM segment`) != 3 {
		t.Fatal("there are others than three segments")
	}
	good, damaged := 0, 0
	for _, e := range must(anna.Entries(t.Context(), thread, Span{}))(t).Entries {
		if e.Damaged != e.Mine {
			t.Errorf("entry %d: %+v", e.Number, e)
		}
		if e.Damaged {
			damaged++
			_, err := anna.Entry(t.Context(), thread, e.Number)
			wantErr(t, err, ErrDamaged)
			_, err = anna.Edit(t.Context(), thread, e.Number, e.Revision, "new words", 0)
			wantErr(t, err, ErrDamaged)
		} else {
			good++
		}
	}
	hits := 0
	if err := jonas.Search(t.Context(), "some words", func(Hit) error { hits++; return nil }); err != nil || good != damaged || hits != good+fewestPacked {
		t.Errorf("%d good, %d damaged, %d found, %v", good, damaged, hits, err)
	}
	_, err := h.store.Operator().Verify(t.Context(), nil)
	wantErr(t, err, ErrDamaged)
	h.pack(thread, fewestPacked, anna) // goes round it
	h.write(anna, thread, "goes on")
}

// TestWhatADamagedSegmentHidesCanBeWithdrawn withdraws one entry after the other.
func TestWhatADamagedSegmentHidesCanBeWithdrawn(t *testing.T) {
	h, jonas, _, thread := pair(t)
	charged := func() int { return h.count(`SELECT stored FROM person WHERE handle = 'jonas'`) }
	before := charged()
	h.pack(thread, fewestPacked, jonas)
	h.sql(`UPDATE segment SET body = CAST(body || x'00' AS BLOB)`)
	entries := must(jonas.Entries(t.Context(), thread, Span{}))(t).Entries
	for i, e := range entries {
		for range 2 {
			marker := must(jonas.Withdraw(t.Context(), thread, e.Number))(t)
			if marker.WithdrawnAt.IsZero() || marker.Damaged || marker.Text != "" {
				t.Errorf("entry %d: %+v", e.Number, marker)
			}
		}
		for j, other := range must(jonas.Entries(t.Context(), thread, Span{}))(t).Entries {
			if withdrawn := !other.WithdrawnAt.IsZero(); withdrawn != (j <= i) || other.Damaged != (j > i) {
				t.Errorf("after entry %d: %+v", e.Number, other)
			}
		}
		_, err := h.store.Operator().Verify(t.Context(), nil)
		if last := i == len(entries)-1; last != (err == nil) || !last && !errors.Is(err, ErrDamaged) {
			t.Errorf("after entry %d: %v", e.Number, err)
		}
	}
	if left := h.count(`SELECT count(*) FROM segment`); left != 0 || charged() != before {
		t.Errorf("%d segments are left, %d bytes are counted, want %d", left, charged(), before)
	}
}

// TestSegmentsThatWereExchangedDoNotOpen moves a segment to where another stands, and an old one back.
func TestSegmentsThatWereExchangedDoNotOpen(t *testing.T) {
	h, jonas, _, thread := pair(t)
	other := h.thread(jonas, "Another", "anna")
	h.pack(thread, fewestPacked, jonas)
	h.pack(other, fewestPacked, jonas)
	first := must(jonas.Entries(t.Context(), thread, Span{}))(t).Entries[0]
	h.sql(fmt.Sprintf(`CREATE TABLE kept AS SELECT body FROM segment WHERE thread = %d`, thread))
	h.sql(fmt.Sprintf(`UPDATE segment SET body = (SELECT body FROM segment WHERE thread = %d) WHERE thread = %d`, other, thread))
	_, err := jonas.Entry(t.Context(), thread, first.Number)
	wantErr(t, err, ErrDamaged)
	h.sql(fmt.Sprintf(`UPDATE segment SET body = (SELECT body FROM kept) WHERE thread = %d`, thread))
	must(jonas.Edit(t.Context(), thread, first.Number, 1, "new words", 0))(t)
	h.sql(fmt.Sprintf(`UPDATE segment SET body = (SELECT body FROM kept) WHERE thread = %d`, thread))
	if e := must(jonas.Entry(t.Context(), thread, first.Number))(t); e.Text != "new words" {
		t.Errorf("an old text came back: %q", e.Text)
	}
	_, err = h.store.Operator().Verify(t.Context(), nil)
	wantErr(t, err, ErrDamaged)
}

// TestAPackingThatIsCutOffChangesNothing ends the transaction before its commit, as a kill does.
func TestAPackingThatIsCutOffChangesNothing(t *testing.T) {
	h, jonas, _, thread := pair(t)
	h.pack(thread, fewestPacked, jonas)
	for range fewestPacked {
		h.write(jonas, thread, "more words")
	}
	before := h.rows()
	killed := errors.New("killed")
	err := h.store.write(t.Context(), "pack", func(x *tx) error {
		if taken, err := x.pack(t.Context(), seal.Owner{Kind: "member", A: thread, B: jonas.who.person}); taken != fewestPacked || err != nil {
			t.Errorf("%d were packed, %v", taken, err)
		}
		return killed
	})
	wantErr(t, err, killed)
	if diff := cmp.Diff(before, h.rows()); diff != "" {
		t.Error("(-before +after):", diff)
	}
}

// TestWhatIsWithdrawnStandsInNoSegment looks at what can be read with the keys.
func TestWhatIsWithdrawnStandsInNoSegment(t *testing.T) {
	h, jonas, _, thread := pair(t)
	canary := h.write(jonas, thread, "canary")
	h.pack(thread, fewestPacked, jonas)
	must(jonas.Withdraw(t.Context(), thread, canary.Number))(t)
	err := h.store.read(t.Context(), "look", func(x *tx) error {
		me, err := x.check(t.Context(), jonas.who)
		if err != nil {
			return err
		}
		r, err := x.room(t.Context(), me, thread)
		if err != nil {
			return err
		}
		w, err := x.segmentRow(t.Context(), thread, 1)
		if err != nil {
			return err
		}
		texts, plain, err := w.open(must(r.keys.of(t.Context(), me.id))(t), thread, nil)
		if len(texts) != fewestPacked || canaries.Match(plain) {
			t.Errorf("%d texts are left", len(texts))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestASearchWhilePackingMissesNothing packs at each hit, and writes more.
func TestASearchWhilePackingMissesNothing(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	h.store.demo = true
	other := h.thread(jonas, "Another", "anna")
	for i := range 200 {
		h.write([]*Access{jonas, anna}[i%2], []int64{thread, other}[i/2%2], fmt.Sprint("needle ", i))
		if i%30 == 29 && i < 120 {
			if err := h.store.packAll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []string
	err := jonas.Search(t.Context(), "needle", func(hit Hit) error {
		got = append(got, hit.Behind)
		if len(got)%20 == 1 {
			h.write(anna, thread, "hay")
			return h.store.packAll(t.Context())
		}
		return nil
	})
	for i := range got {
		if got[i] != fmt.Sprint(" ", 199-i) {
			t.Fatalf("hit %d is %q", i, got[i])
		}
	}
	if len(got) != 200 || err != nil {
		t.Errorf("%d hits, %v", len(got), err)
	}
}

// TestOldEntriesArePackedWhenThePracticeIsOpened, and when Tend is called, without anybody waiting for it.
func TestOldEntriesArePackedWhenThePracticeIsOpened(t *testing.T) {
	h, jonas, _, thread := pair(t)
	wait := func(packed int) {
		t.Helper()
		for deadline := time.Now().Add(soon); h.count(`SELECT count(*) FROM entry WHERE segment IS NOT NULL`) != packed; runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatal("nothing is packed")
			}
		}
	}
	for range fewestPacked {
		h.write(jonas, thread, "words")
	}
	if err := h.store.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	wait(fewestPacked)
	for range fewestPacked {
		h.write(jonas, thread, "words")
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	h.open()
	wait(2 * fewestPacked)
}
