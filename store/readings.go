package store

import (
	"hash/maphash"
	"sync"

	"alcove/store/seal"
)

// A list of threads shows the same names and titles to everybody and again and again, and to open one takes longer than to
// find it. So the store remembers what it has opened of these, bounded in total, and all sessions share the strings.
//
// Nothing is answered that the database does not hold at the moment: the caller has the sealed text and the wrapped key from
// a query that asked for the right to them, and a reading counts for these alone. What is erased is forgotten and not
// remembered again, even by a transaction that began before; the rest goes when the store is closed.

// readings are texts that were opened.
type readings struct {
	limit int // bytes, by weight
	seed  maphash.Seed

	mu     sync.Mutex
	closed bool
	weight int // of recent
	// A text that is asked for is in recent, from now on; those in older were not for some time, and go when recent is full.
	recent, older map[readingKey]openedText
	erased        map[int64]struct{} // persons and threads
}

// readingKey is a column of an owner's that holds one text.
type readingKey struct {
	owner seal.Owner
	table string
}

type openedText struct {
	sealed uint64 // what was opened
	text   string
}

// readingCost is about what a reading takes beside its text.
const readingCost = 160

// MinReadings and DefaultReadings are how many bytes the readings take, at least and unless Config says otherwise.
const (
	MinReadings     = 64 << 10
	DefaultReadings = 8 << 20
)

func newReadings(limit int) *readings {
	if limit == 0 {
		limit = DefaultReadings
	}
	return &readings{limit: max(limit, MinReadings), seed: maphash.MakeSeed(), erased: map[int64]struct{}{}}
}

// print tells a sealed text with its wrapped key from any other.
func (r *readings) print(wrapped, record []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	_, _ = h.Write(wrapped)
	_, _ = h.Write(record)
	return h.Sum64()
}

// find answers the text if it was opened before.
func (r *readings) find(key readingKey, sealed uint64) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.recent[key]
	if !ok {
		if found, ok = r.older[key]; ok {
			delete(r.older, key)
			r.put(key, found)
		}
	}
	return found.text, ok && found.sealed == sealed
}

// remember keeps a text that was opened.
func (r *readings) remember(key readingKey, sealed uint64, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, a := r.erased[key.owner.A]
	_, b := r.erased[key.owner.B]
	if a || b || r.closed {
		return
	}
	if old, ok := r.recent[key]; ok {
		r.weight -= len(old.text) + readingCost
	}
	delete(r.older, key)
	r.put(key, openedText{sealed, text})
}

// put adds to recent. It holds half of what there may be, so that both together are within the limit. The caller holds mu.
func (r *readings) put(key readingKey, what openedText) {
	weight := len(what.text) + readingCost
	if r.recent == nil || 2*(r.weight+weight) > r.limit {
		r.recent, r.older, r.weight = map[readingKey]openedText{}, r.recent, 0
	}
	r.recent[key] = what
	r.weight += weight
}

// forget drops all readings of a person or a thread that is being erased, for good: neither's number is ever given again.
func (r *readings) forget(subject int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.erased[subject] = struct{}{}
	for _, half := range []map[readingKey]openedText{r.recent, r.older} {
		for key := range half {
			if key.owner.A == subject || key.owner.B == subject {
				delete(half, key)
			}
		}
	}
}

// close forgets everything.
func (r *readings) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.recent, r.older = true, nil, nil
}

// openShared is openOf for a text that lists show, the only one of its table and owner.
func (s *Store) openShared(owner seal.Owner, wrapped []byte, where seal.Where, record []byte) (string, error) {
	key, sealed := readingKey{owner, where.Table}, s.readings.print(wrapped, record)
	if text, ok := s.readings.find(key, sealed); ok {
		return text, nil
	}
	text, err := s.openOf(owner, wrapped, where, record)
	if err == nil {
		s.readings.remember(key, sealed, text)
	}
	return text, err
}
