package store

import (
	"fmt"
	mathbits "math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// traced makes the trace of some texts.
func traced(f *folder, texts ...string) trace {
	noted, size := &marks{}, 0
	for _, text := range texts {
		noted.add(f.fold([]byte(text)))
		size += len(text)
	}
	return noted.trace(size)
}

// TestATraceKeepsWhatIsFound draws texts of the runes that fold in all ways there are, and words that stand in them.
func TestATraceKeepsWhatIsFound(t *testing.T) {
	f := newFolder()
	rapid.Check(t, func(rt *rapid.T) {
		some := rapid.StringOfN(rapid.SampledFrom([]rune("aeosuAESßÄüöébnﬁfiİ\u0301\u0308жЖ語ſ ")), 4, 16, -1)
		for range 20 { // to draw takes longer than to look
			text := some.Draw(rt, "text")
			runes := []rune(text)
			from := rapid.IntRange(0, len(runes)-4).Draw(rt, "from")
			part := string(runes[from:rapid.IntRange(from+4, len(runes)).Draw(rt, "to")])
			for _, words := range [][][]byte{f.words(part), f.words(string(f.umlauts.fold([]byte(part)))), f.words("uebung" + text)} {
				if len(words) == 0 {
					continue
				}
				if _, _, found := f.find([]byte(text), words); found && !traced(f, text, "more").has(hashWords(words)) {
					rt.Errorf("%q is lost in %q", words, text)
				}
			}
		}
	})
}

func TestATraceKeepsUmlauts(t *testing.T) {
	f := newFolder()
	for word, text := range map[string]string{
		"Rueckmeldung": "die Rückmeldung", "uebungen": "Übungen", "maeusefalle": "Mäusefalle", "grosszuegig": "GROSSZÜGIG",
		"elbaumueb":         "ein Ölbaumübermaß",                          // it begins within an umlaut
		"blauaeugiga":       "blauäugigä",                                 // and ends within one
		"hausuebergabeu":    "Hausübergabeü",                              // the same
		"neueroeffnungsfei": "Neueröffnungs\ufb01 und Neueröffnungsfeier", // a ligature
	} {
		words := f.words(word)
		if _, _, found := f.find([]byte(text), words); !found || !traced(f, text).has(hashWords(words)) {
			t.Errorf("%q is lost in %q", word, text)
		}
	}
}

// TestATraceHasABitForEachMark compares them for all sizes.
func TestATraceHasABitForEachMark(t *testing.T) {
	for size := 1; size <= 1<<17; size *= 2 {
		var noted marks
		var want []uint16
		for range 5000 {
			hash := uint16(rand.IntN(letterHashes))
			noted[hash] = 1
			want = append(want, hash)
		}
		made, bits := noted.trace(size), 0
		if !made.has(want) || noted != (marks{}) {
			t.Errorf("size %d: a mark is lost, or left", size)
		}
		seen := map[int]bool{}
		for _, hash := range want {
			seen[int(hash)%(8*len(made))] = true
		}
		for _, eight := range made {
			bits += mathbits.OnesCount8(eight)
		}
		if bits != len(seen) || 16*len(made) < min(size, 2*letterHashes) || len(made) > max(64, size/8) {
			t.Errorf("size %d: %d bytes with %d bits, want %d", size, len(made), bits, len(seen))
		}
	}
}

// TestATraceTellsWordsApart asks the trace of a full segment for words that are not in it.
func TestATraceTellsWordsApart(t *testing.T) {
	f := newFolder()
	made := traced(f, strings.Repeat(german, segmentBytes/len(german)))
	for word, want := range map[string]bool{
		"Querschläger": false, "Xylophon": false, "Zwetschgenkuchen": false, "Steuererklärung": false,
		"Donnerstag": true, "früh": true, "frueh": true, "ich": true, "Tee": true, "bemerkt Vaters": true, "bemerkt Nachtigall": false,
	} {
		if got := made.has(hashWords(f.words(word))); got != want {
			t.Errorf("%q: %v", word, got)
		}
	}
}

// shelf is a thread with some packed entries, of which a search has made traces.
func shelf(t *testing.T) (h *house, jonas, anna *Access, thread int64, first Entry) {
	t.Helper()
	h, jonas, anna, thread = pair(t)
	first = h.write(jonas, thread, "a canary sings")
	h.pack(thread, fewestPacked, jonas, anna)
	h.found(jonas, "Nirgendwo", 0)
	return h, jonas, anna, thread, first
}

// found searches and compares how many entries there are.
func (h *house) found(who *Access, word string, want int) {
	h.t.Helper()
	got := 0
	err := who.Search(h.ctx(), word, func(hit Hit) error {
		if hit.Entry != 0 {
			got++
		}
		return nil
	})
	if err != nil || got != want {
		h.t.Errorf("%q: %d entries, want %d; %v", word, got, want, err)
	}
}

// held says how many traces there are.
func (t *traces) held() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.of)
}

// TestASearchPassesOverWhatHasNoTraceOfTheWord takes a segment away, which a search that looked for it would notice.
func TestASearchPassesOverWhatHasNoTraceOfTheWord(t *testing.T) {
	h, jonas, _, _, _ := shelf(t)
	hashes := hashWords(newFolder().words("Nirgendwo"))
	for segment := range int64(2) {
		if !h.store.traces.lacks(segment+1, hashes) {
			t.Errorf("segment %d is looked at again", segment+1)
		}
	}
	s := &search{access: jonas, hashes: hashes, pieces: pieces{{segment: 1}, {segment: 2}, {segment: 3}, {thread: 1}}}
	s.pieces.init()
	if l := s.next(mostPieces); len(l.pieces) != 2 {
		t.Errorf("%+v are looked at", l.pieces)
	}
	h.found(jonas, "canary", 1)
	h.found(jonas, "words", 2*fewestPacked)
}

func TestTracesGoWithWhatWasWithdrawnOrErased(t *testing.T) {
	h, jonas, anna, thread, first := shelf(t)
	since := h.store.traces.since()
	must(jonas.Withdraw(t.Context(), thread, first.Number))(t)
	if held := h.store.traces.held(); held != 1 {
		t.Errorf("%d traces are left", held)
	}
	h.store.traces.remember(since, 1, trace{0}) // by a search that began before
	if held := h.store.traces.held(); held != 1 {
		t.Errorf("%d traces are left", held)
	}
	h.found(jonas, "canary", 0)
	h.found(jonas, "words", 2*fewestPacked)
	must(h.store.Operator().ErasePerson(t.Context(), "anna"))(t)
	if held := h.store.traces.held(); held != 0 {
		t.Errorf("%d traces are left of who was erased", held)
	}
	h.found(jonas, "words", fewestPacked)
	_ = anna
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	h.store.traces.remember(h.store.traces.since(), 1, trace{0})
	if held := h.store.traces.held(); held != 0 {
		t.Errorf("%d traces after the end", held)
	}
}

// TestASegmentsNumberIsNotGivenTwice takes a segment apart that was there when the store was opened, and packs its entries anew,
// with others.
func TestASegmentsNumberIsNotGivenTwice(t *testing.T) {
	h, jonas, _, thread := pair(t)
	h.pack(thread, fewestPacked, jonas)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	h.open()
	jonas = h.store.As(jonas.who)
	h.found(jonas, "canary", 0)
	for range fewestPacked {
		h.write(jonas, thread, "canaries")
	}
	if err := h.store.packAll(h.ctx()); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`SELECT count(*) FROM segment`); n != 1 {
		t.Fatalf("%d segments", n)
	}
	h.found(jonas, "canaries", fewestPacked)
}

func TestTracesAreBounded(t *testing.T) {
	var all traces
	all.open(MinTraces)
	for i := range int64(100) {
		all.remember(0, i, make(trace, letterHashes/8))
	}
	all.remember(0, 100, make(trace, 1<<20))
	weight := 0
	for _, one := range all.of {
		weight += len(one) + traceCost
	}
	if weight > MinTraces || weight != all.size || len(all.of) < MinTraces/(letterHashes/8+traceCost) {
		t.Errorf("%d traces, %d bytes of %d", len(all.of), weight, all.size)
	}
	all.forgetAll()
	if fmt.Sprint(all.of, all.size) != "map[] 0" {
		t.Errorf("%d bytes are left", all.size)
	}
}
