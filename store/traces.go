package store

import (
	"encoding/binary"
	"slices"
	"sync"
)

// A word is looked for in all texts, and is in few of them. So the store remembers of each segment that a search has opened
// which letters stand beside each other in it, four at a time, as they fold: its trace, a Bloom filter with one hash (Bloom,
// "Space/Time Trade-offs in Hash Coding with Allowable Errors", 1970). The next search passes over a segment whose trace
// lacks four letters of a word, for the word is not in it; all others it reads.
//
// Traces tell something of what was written, so they are in memory alone, as the keys are. A segment only loses texts, and
// its number is not given to another while the store is open: a trace may say too much and never too little. What is
// withdrawn, edited or erased takes the traces with it, once it is committed; a transaction that began before remembers none
// any more.

// letters is how many stand together in a trace; words that are shorter have none.
const letters = 4

// traceCost is about what a trace takes beside its bits.
const traceCost = 80

// MinTraces and DefaultTraces are how many bytes the traces take, at least and unless Config says otherwise. A full segment's
// is 4 KiB.
const (
	MinTraces     = 64 << 10
	DefaultTraces = 16 << 20
)

// letterHashes is how many there are, and marks is where the letters of one segment are noted: a byte for each hash, since that is
// quicker than a bit.
const letterHashes = 1 << 15

type marks [letterHashes]uint8

// add notes the letters of a folded text.
func (m *marks) add(folded []byte) {
	for ; len(folded) >= 8; folded = folded[5:] { // to read takes longer than to count
		eight := binary.LittleEndian.Uint64(folded)
		for range 5 {
			m[hashLetters(uint32(eight))] = 1
			eight >>= 8
		}
	}
	for ; len(folded) >= letters; folded = folded[1:] {
		m[hashLetters(binary.LittleEndian.Uint32(folded))] = 1
	}
}

// trace answers what was noted, and notes nothing any more. A segment of so many bytes has a bit for two of them; where there
// are fewer bits than hashes, some share one.
func (m *marks) trace(size int) trace {
	made := make(trace, letterHashes/8)
	for i := range made {
		const gather = 0x0102040810204080 // the lowest bits of eight bytes, into the highest byte
		made[i] = uint8(binary.LittleEndian.Uint64(m[8*i:]) * gather >> 56)
	}
	clear(m[:])
	for half := len(made) / 2; half >= 64 && 16*half >= size; half /= 2 {
		for i, more := range made[half:] {
			made[i] |= more
		}
		made = made[:half:half]
	}
	return slices.Clone(made)
}

// trace has a bit for each hash, by the number of the hash modulo that of the bits.
type trace []uint8

// has says whether all may stand in the text.
func (t trace) has(hashes []uint16) bool {
	for _, hash := range hashes {
		bit := int(hash) % (8 * len(t))
		if t[bit/8]>>(bit%8)&1 == 0 {
			return false
		}
	}
	return true
}

// hashLetters multiplies by the golden ratio (Knuth, "The Art of Computer Programming" 3, 6.4): the upper bits are the best.
func hashLetters(four uint32) uint16 { return uint16(four * 0x9E3779B1 >> 17) }

// hashWords answers what a trace has if its text holds all the words, which are folded. Where an umlaut may be meant, the
// text may have one letter in the place of two, of which one may be the end of another word: these letters do not count.
func hashWords(words [][]byte) (hashes []uint16) {
	for _, word := range words {
		first, end := 0, len(word)
		if spellsUmlaut(word) {
			first, end = 1, len(word)-1
		}
		for i := first; i+letters <= end; i++ {
			if !spellsUmlaut(word) || !touchesUmlaut(word, i, i+letters) {
				hashes = append(hashes, hashLetters(binary.LittleEndian.Uint32(word[i:])))
			}
		}
	}
	return hashes
}

// touchesUmlaut says whether one of the letters from one place to another may be a part of an umlaut.
func touchesUmlaut(word []byte, from, to int) bool { return spellsUmlaut(word[from-1 : to+1]) }

// traces are those of all segments that were opened. The zero value remembers none.
type traces struct {
	mu     sync.Mutex
	limit  int // bytes; 0 once the store is closed
	size   int
	of     map[int64]trace // by number of segment
	losses uint64          // counts whenever something is forgotten
}

// open lets them take so many bytes.
func (t *traces) open(limit int) {
	if limit == 0 {
		limit = DefaultTraces
	}
	t.limit, t.of = max(limit, MinTraces), map[int64]trace{}
}

// lacks says whether the words of these hashes are known not to be in a segment.
func (t *traces) lacks(segment int64, hashes []uint16) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.of[segment]
	return ok && !known.has(hashes)
}

// know says whether a segment has a trace.
func (t *traces) know(segment int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.of[segment]
	return known
}

// since is to be asked before a transaction begins that will remember traces.
func (t *traces) since() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.losses
}

// remember keeps the trace of a segment. When there is no room, some others go, whichever: a search goes through all, so that
// those asked for last are not asked for next.
func (t *traces) remember(since uint64, segment int64, one trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	weight := len(one) + traceCost
	if since != t.losses || weight > t.limit {
		return
	}
	t.drop(segment) // that of another search
	for other := range t.of {
		if t.size+weight <= t.limit {
			break
		}
		t.drop(other)
	}
	t.of[segment] = one
	t.size += weight
}

// drop is called with mu held.
func (t *traces) drop(segment int64) {
	if one, known := t.of[segment]; known {
		t.size -= len(one) + traceCost
		delete(t.of, segment)
	}
}

// forget drops the trace of a segment that has lost a text.
func (t *traces) forget(segment int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.losses++
	t.drop(segment)
}

// forgetAll drops all: after an erasure, for it need not be known what of.
func (t *traces) forgetAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.losses++
	clear(t.of)
	t.size = 0
}

// close forgets everything for good.
func (t *traces) close() {
	t.forgetAll()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limit = 0
}
