package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFindFoldsCaseAndMarks(t *testing.T) {
	tests := []struct{ words, text, match string }{
		{"Uber", "es ging über den Berg", "über"},
		{"über", "UBER allem", "UBER"},
		{"strasse", "die Straße hinab", "Straße"},
		{"yilmaz", "mit Frau Yılmaz", "Yılmaz"},
		{"lodz", "nach Łódź", "Łódź"},
		{"oyvind", "Øyvind schreibt", "Øyvind"},
		{"straße", "STRASSE", "STRASSE"},
		{"ss", "weiß", "ß"},
		{"cafe", "ein Cafe\u0301 am Eck", "Cafe\u0301"},
		{"anh", "ánh sáng", "ánh"},
		{"fi", "ein ﬁnger", "ﬁ"},
		{"istanbul", "İstanbul", "İstanbul"},
		{"σοφος", "ΣΟΦΌΣ", "ΣΟΦΌΣ"},
		{"letter tax", "the tax letter", "tax"},
		{"tax", "a tax\ntax", "tax"},
		{"letter missing", "the tax letter", ""},
		{"x", "", ""},
		{"uebung", "die Übung", "Übung"},
		{"MAEUSE", "zwei Mäuse", "Mäuse"},
		{"hoeren über", "über das Hören", "über"},
		{"hoeren über", "hören, über allem", "hören"},
		{"uebung", "uebung", "uebung"},
		{"neue", "eine Minute", ""},
		{"neueroeffnung", "Neueröffnung", "Neueröffnung"},
		{"elbaum", "Ölbaum", ""},
		{"uebung hoeren", "die Übung", ""},
	}
	for _, test := range tests {
		f := newFolder()
		from, to, found := f.find([]byte(test.text), f.words(test.words))
		if got := test.text[from:to]; got != test.match || found != (test.match != "") {
			t.Errorf("%q in %q: got %q, want %q", test.words, test.text, got, test.match)
		}
	}
}

// TestAFindStandsWhereItWas cuts a piece out of a text and finds it again, whole runes only.
func TestAFindStandsWhereItWas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := []rune(rapid.StringOf(rapid.SampledFrom([]rune("aAäßﬁİé\u0301 \nxЖ語😀"))).Draw(rt, "text"))
		from := rapid.IntRange(0, len(text)).Draw(rt, "from")
		to := rapid.IntRange(from, len(text)).Draw(rt, "to")
		f := newFolder()
		words := f.words(string(text[from:to]))
		if len(words) != 1 {
			return // white space, or marks alone
		}
		start, end, found := f.find([]byte(string(text)), words)
		if !found || !utf8.ValidString(string(text)[start:end]) {
			rt.Fatalf("%q not found in %q", string(text[from:to]), string(text))
		}
		if got := string(f.fold([]byte(string(text)[start:end]))); !strings.Contains(got, string(words[0])) {
			rt.Errorf("found %q, which folds to %q, for %q", string(text)[start:end], got, words[0])
		}
	})
}

func TestSearch(t *testing.T) {
	h, jonas, anna, letter := pair(t)
	own := h.thread(anna, "My own letter pages")
	secret := h.thread(jonas, "A letter about a client")
	h.write(jonas, secret, "letter")
	var want []string
	for i := range 100 { // more than one batch, in two threads in turn
		thread := []int64{letter, own}[i%2]
		entry := h.write(anna, thread, fmt.Sprint("the Létter of day ", i))
		want = append(want, fmt.Sprint(thread, " ", entry.Number))
	}
	gone := h.write(anna, own, "a letter withdrawn")
	must(anna.Withdraw(t.Context(), own, gone.Number))(t)
	want = append(want, fmt.Sprint(letter, " 0"), fmt.Sprint(own, " 0"))
	slices.Reverse(want)

	var got []string
	err := anna.Search(t.Context(), "letter", func(hit Hit) error {
		got = append(got, fmt.Sprint(hit.Thread, " ", hit.Entry))
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got): %s", err, diff)
	}

	var hits []Hit
	stop := errors.New("enough")
	err = anna.Search(t.Context(), "day letter", func(hit Hit) error { hits = append(hits, hit); return stop })
	wantErr(t, err, stop)
	if len(hits) != 1 || hits[0].Before != "the " || hits[0].Match != "Létter" || hits[0].Behind != " of day 99" || hits[0].Author.Handle != "anna" {
		t.Errorf("hits: %+v", hits)
	}
	wantErr(t, anna.Search(t.Context(), " \u0301 ", nil), ErrEmpty)
	wantErr(t, anna.Search(t.Context(), "\xff", nil), ErrNotText)
	ctx, cancel := context.WithCancel(t.Context())
	wantErr(t, anna.Search(ctx, "letter", func(Hit) error { cancel(); return nil }), context.Canceled)
}

func TestSearchEndsWithTheMembership(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	for range 3 * firstLoose {
		h.write(jonas, thread, "letter")
	}
	seen := 0
	err := anna.Search(t.Context(), "letter", func(hit Hit) error {
		if seen++; seen == 2 {
			return anna.Leave(t.Context(), thread)
		}
		return nil
	})
	if err != nil || seen > firstLoose+1 { // the title and what had been read
		t.Errorf("%d hits, %v", seen, err)
	}
	err = jonas.Search(t.Context(), "letter", func(Hit) error {
		return h.store.Operator().Disable(t.Context(), "jonas")
	})
	wantErr(t, err, ErrSignedOut)
}

// TestASearchHoldsFewTexts looks what a search holds while it tells of 20 MB of long entries: what its two lookers read into,
// and of what waits for its turn, up to 32 entries of a look, the words around alone. It looks until the lookers rest.
func TestASearchHoldsFewTexts(t *testing.T) {
	const inOne, threads, most = 20, 59, 3 << 20
	h, jonas, _, thread := pair(t)
	long := strings.Repeat("x", MaxEntry-10)
	for range inOne {
		h.write(jonas, thread, long+" needle")
	}
	for i := range threads {
		must(jonas.NewThread(t.Context(), fmt.Sprint("Thread ", i), nil, long+" needle"))(t)
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, seen := heap(), 0
	err := jonas.Search(t.Context(), "needle", func(Hit) error {
		if seen++; seen%8 == 1 {
			held, end := heap(), time.Now().Add(soon)
			for held > before+most && time.Now().Before(end) {
				held = heap()
			}
			if held > before+most {
				return fmt.Errorf("hit %d: it holds %d bytes", seen, held-before)
			}
		}
		return nil
	})
	if err != nil || seen != inOne+threads {
		t.Errorf("%d hits, %v", seen, err)
	}
}

func TestAPersonsThirdSearchWaits(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	h.write(jonas, thread, "needle")
	goOn, under := make(chan struct{}), make(chan struct{})
	var both sync.WaitGroup
	for range atOnce {
		both.Go(func() {
			err := h.another(jonas).Search(context.Background(), "needle", func(Hit) error {
				under <- struct{}{}
				<-goOn
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-under
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	wantErr(t, jonas.Search(ctx, "needle", func(Hit) error { return nil }), context.DeadlineExceeded)
	if err := anna.Search(t.Context(), "needle", func(Hit) error { return nil }); err != nil {
		t.Error("somebody else's:", err)
	}
	close(goOn)
	both.Wait()
	if err := jonas.Search(t.Context(), "needle", func(Hit) error { return nil }); err != nil || len(h.store.searching.of) != 0 {
		t.Errorf("afterwards: %v, %d queues are left", err, len(h.store.searching.of))
	}
}

func TestTheContextOfAMatchIsOneLine(t *testing.T) {
	long, words := strings.Repeat("x", 100), strings.Repeat("word ", 20)
	tests := []struct{ text, before, behind string }{
		{"needle", "", ""},
		{" \n the  needle\n\n in \t hay \n", "the ", " in hay"},
		{"(needle)s", "(", ")s"},
		{words + "needle, " + words, "… word word word word word word word word ", ", word word word word word word word …"},
		{long + "needle" + long, "…" + long[:contextRunes], long[:contextRunes] + "…"},
		{long + " needle " + long, "…" + long[:contextRunes-1] + " ", " " + long[:contextRunes-1] + "…"},
		{long[:40] + "needle" + long[:40], long[:40], long[:40]},
		{strings.Repeat("ä\n", 100) + "needle" + strings.Repeat("\nö", 100), "… " + strings.Repeat("ä ", 20), strings.Repeat(" ö", 20) + " …"},
	}
	for _, test := range tests {
		f := newFolder()
		hit, _ := holds(f, f.words("needle"), []byte(test.text), Hit{Entry: 1})
		if hit.Before != test.before || hit.Match != "needle" || hit.Behind != test.behind {
			t.Errorf("%q:\n%q %q, want\n%q %q", test.text, hit.Before, hit.Behind, test.before, test.behind)
		}
	}
}

func TestATitleThatIsFoundIsWhole(t *testing.T) {
	h, jonas, _, _ := pair(t)
	title := strings.Repeat("many words ", 5) + "needle" + strings.Repeat(" are many", 5)
	h.thread(jonas, title)
	err := jonas.Search(t.Context(), "needle", func(hit Hit) error {
		if hit.Before+hit.Match+hit.Behind != title {
			t.Errorf("hit: %+v", hit)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
