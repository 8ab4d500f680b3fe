package store

import (
	"bytes"
	"slices"
)

// rare is how letters come one behind the other in German and English together, the rare ones first. What is not among
// them is rarer still.
const rare = "qxjyvzpkwfbgomculdharstnie \n"

// needle is a folded word that is looked for in much text: its rarest byte is, by instructions that look at many at once,
// and the others where that one stands.
type needle struct {
	word []byte
	at   int // of the rarest
}

func newNeedle(word []byte) needle {
	n := needle{word: word}
	for i, c := range word {
		if bytes.IndexByte([]byte(rare), c) < bytes.IndexByte([]byte(rare), word[n.at]) {
			n.at = i
		}
	}
	return n
}

// in answers where the word stands first in a text, from a place on, or -1.
func (n needle) in(text []byte, from int) int {
	for at := from + n.at; at < len(text); at++ {
		next := bytes.IndexByte(text[at:], n.word[n.at])
		if next < 0 {
			return -1
		}
		at += next
		if bytes.HasPrefix(text[at-n.at:], n.word) {
			return at - n.at
		}
	}
	return -1
}

// sieve finds the texts among many that may hold all the words of a search: those that hold one of them, which folder.find
// then looks at. Its buffers are used again; it is not safe for concurrent use.
type sieve struct {
	folder *folder
	ends   []int // of each text among the folded ones
	may    []int
}

// sift answers which texts may hold all the words, by their places, upwards; it is good until the next call.
func (s *sieve) sift(texts []packed, words [][]byte) []int {
	key, both := keyWord(words)
	s.may = s.through(s.folder, texts, key, s.may[:0])
	if both {
		s.may = s.through(s.folder.umlauts, texts, key, s.may)
		slices.Sort(s.may)
		s.may = slices.Compact(s.may)
	}
	return s.may
}

// keyWord is the longest of the words that are written in one way only, or where there is none, of those that may be meant
// with umlauts: then both ways are to be looked at.
func keyWord(words [][]byte) (key needle, both bool) {
	longest := slices.MaxFunc(words, func(a, b []byte) int {
		if x, y := spellsUmlaut(a), spellsUmlaut(b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return len(a) - len(b)
	})
	return newNeedle(longest), spellsUmlaut(longest)
}

func (s *sieve) through(f *folder, texts []packed, key needle, may []int) []int {
	f.buf, s.ends = f.buf[:0], s.ends[:0]
	for _, p := range texts {
		f.buf = f.add(f.buf, p.text)
		s.ends = append(s.ends, len(f.buf))
	}
	i := 0
	for at := key.in(f.buf, 0); at >= 0; at = key.in(f.buf, s.ends[i]) {
		for s.ends[i] <= at {
			i++
		}
		may = append(may, i) // or it stands across two texts, which find will see
	}
	return may
}
