package store

import (
	"fmt"
	"strings"
	"testing"
)

// held are the texts that are remembered.
func (r *readings) held() (texts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, half := range []map[readingKey]openedText{r.recent, r.older} {
		for _, what := range half {
			texts = append(texts, what.text)
		}
	}
	return texts
}

func TestReadingsHoldNothingOfWhoWasErased(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	hers := h.thread(anna, "canary title", "jonas")
	h.write(anna, hers, "text")
	lone := h.thread(anna, "canary alone")
	read := func() {
		t.Helper()
		must(jonas.Threads(t.Context()))(t)
		must(jonas.People(t.Context()))(t)
	}
	read()
	must(anna.Thread(t.Context(), lone))(t)
	if held := fmt.Sprint(h.store.readings.held()); !strings.Contains(held, "Name of anna") || strings.Count(held, "canary") != 2 {
		t.Fatalf("nothing is remembered: %s", held)
	}
	name := ofPerson(anna.who.person)
	must(h.store.Operator().ErasePerson(t.Context(), "anna"))(t)
	h.store.readings.remember(readingKey{name, "person"}, 1, "Name of anna") // by a reading that began before
	read()
	if held := fmt.Sprint(h.store.readings.held()); strings.Contains(held, "anna") || strings.Contains(held, "canary") {
		t.Errorf("it is remembered: %s", held)
	}
	must(h.store.Operator().EraseThread(t.Context(), thread))(t)
	if held := fmt.Sprint(h.store.readings.held()); strings.Contains(held, "The tax letter") {
		t.Errorf("the thread's title is remembered: %s", held)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if held := h.store.readings.held(); len(held) != 0 {
		t.Errorf("after the end: %q", held)
	}
}

func TestAReadingCountsForWhatWasOpenedAlone(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	must(anna.Thread(t.Context(), thread))(t)
	h.sql(`UPDATE thread SET title = x'00'`)
	_, err := anna.Thread(t.Context(), thread)
	wantErr(t, err, ErrDamaged)
	h.sql(`DELETE FROM data_key WHERE kind = 'person'`)
	for _, p := range must(jonas.People(t.Context()))(t) {
		if p.Name != p.Handle {
			t.Errorf("%q opens without a key", p.Name)
		}
	}
}

func TestReadingsAreBoundedAndKeepWhatIsAskedFor(t *testing.T) {
	r := newReadings(0)
	r.limit = 100 * (readingCost + 8)
	key := func(i int) readingKey { return readingKey{ofPerson(int64(i)), "person"} }
	r.remember(key(1), 1, "the first")
	for i := 2; i < 1000; i++ {
		r.remember(key(i), 1, fmt.Sprintf("%8d", i))
		if _, ok := r.find(key(1), 1); !ok {
			t.Fatalf("what is asked for was dropped after %d", i)
		}
		if held := r.held(); len(held) > 100 {
			t.Fatalf("%d are held", len(held))
		}
	}
	if _, ok := r.find(key(2), 1); ok {
		t.Error("what nobody asks for is kept")
	}
	r.remember(key(999), 2, "another")
	if text, ok := r.find(key(999), 2); !ok || text != "another" {
		t.Errorf("got %q", text)
	}
	if _, ok := r.find(key(999), 1); ok {
		t.Error("the older text is answered")
	}
}
