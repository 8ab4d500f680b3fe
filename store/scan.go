package store

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// rare is how letters come one behind the other in German and English together, the rare ones first; but those that often have
// marks come last, whatever they are. What is not among them is rarer still.
const rare = "qxjyvzpkwfbgmcldhtrsniouae"

// sieve tells the texts that may hold all the words of a search from those that cannot, without folding them: it looks for
// the rarest byte of one of the words, and at what stands around it. folder.find then looks at what is left. It is not safe
// for concurrent use.
type sieve struct {
	folder *folder
	word   []byte // folded
	at     int    // where its rarest byte stands
	both   bool   // umlauts may be meant in it, so that these are to be folded in both ways
	parts  [0x800]part
}

// part says of a rune of two bytes whether the rarest byte is among what it folds to.
type part uint8

const (
	unknownPart part = iota
	noPart
	somePart
)

// seek has it look for the longest of the words; rather for one that is written in one way only.
func (s *sieve) seek(words [][]byte) {
	s.word, s.both, s.at = words[0], spellsUmlaut(words[0]), 0
	for _, word := range words[1:] {
		if both := spellsUmlaut(word); both == s.both && len(word) > len(s.word) || s.both && !both {
			s.word, s.both = word, both
		}
	}
	clear(s.parts[:])
	for i, c := range s.word {
		if bytes.IndexByte([]byte(rare), c) < bytes.IndexByte([]byte(rare), s.word[s.at]) {
			s.at = i
		}
	}
}

// may says whether a text may hold the word.
func (s *sieve) may(text []byte) bool {
	c := s.word[s.at]
	return c < utf8.RuneSelf && s.plain(text, c) || 'a' <= c && c <= 'z' && s.plain(text, c-'a'+'A') || s.marked(text)
}

// plain says whether the word may stand where its rarest byte is c: that is found by instructions that look at many bytes at
// once.
func (s *sieve) plain(text []byte, c byte) bool {
	for at := 0; ; at++ {
		next := bytes.IndexByte(text[at:], c)
		if next < 0 {
			return false
		}
		if at += next; s.stands(text, at) {
			return true
		}
	}
}

// stands says whether the word may stand with its rarest byte there: to both sides the text is as the word, up to a rune that
// is not ASCII, if there is one, and that one may be a part of it.
func (s *sieve) stands(text []byte, at int) bool {
	behind, ahead := text[at+1:], s.word[s.at+1:]
	for i, c := range ahead {
		if i == len(behind) {
			return false
		}
		if behind[i] >= utf8.RuneSelf {
			r, _ := utf8.DecodeRune(behind[i:])
			if !s.goesOn(r, string(ahead[i:]), strings.HasPrefix) {
				return false
			}
			break
		}
		if lower(behind[i]) != c {
			return false
		}
	}
	for i := s.at; i > 0; i-- {
		at--
		if at < 0 {
			return false
		}
		if text[at] >= utf8.RuneSelf {
			r, _ := utf8.DecodeLastRune(text[:at+1])
			return s.goesOn(r, string(s.word[:i]), strings.HasSuffix)
		}
		if lower(text[at]) != s.word[i-1] {
			return false
		}
	}
	return true
}

// goesOn says whether a rune may be the next part of the rest of the word, as far as is seen. A mark may stand anywhere.
func (s *sieve) goesOn(r rune, rest string, with func(s, part string) bool) bool {
	may := func(folded string) bool { return with(rest, folded) || with(folded, rest) }
	return may(s.folder.rune(r)) || s.both && may(s.folder.umlauts.rune(r))
}

// marked says whether the rarest byte may come of a rune that is not ASCII. It goes by eight bytes between them.
func (s *sieve) marked(text []byte) bool {
	for i := 0; i < len(text); {
		if i+8 <= len(text) {
			high := binary.LittleEndian.Uint64(text[i:]) & highBits
			if high == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(high) / 8
		} else if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if s.isPart(r) && (s.fits(s.folder.rune(r), text, i, i+size) || s.both && s.fits(s.folder.umlauts.rune(r), text, i, i+size)) {
			return true
		}
		i += size
	}
	return false
}

// isPart says no of most runes, which is remembered.
func (s *sieve) isPart(r rune) bool {
	if r >= rune(len(s.parts)) {
		return s.givesRarest(r)
	}
	if s.parts[r] == unknownPart {
		s.parts[r] = noPart
		if s.givesRarest(r) {
			s.parts[r] = somePart
		}
	}
	return s.parts[r] == somePart
}

func (s *sieve) givesRarest(r rune) bool {
	c := s.word[s.at]
	return strings.IndexByte(s.folder.rune(r), c) >= 0 || s.both && strings.IndexByte(s.folder.umlauts.rune(r), c) >= 0
}

// fits says whether what a rune folds to may be a part of the word there: it and its neighbours are the word's at one place
// at least, as far as is seen.
func (s *sieve) fits(folded string, text []byte, from, to int) bool {
	for at := 1 - len(folded); at < len(s.word); at++ {
		if at > 0 && from > 0 && text[from-1] < utf8.RuneSelf && lower(text[from-1]) != s.word[at-1] {
			continue
		}
		end := at + len(folded)
		if end < len(s.word) && to < len(text) && text[to] < utf8.RuneSelf && lower(text[to]) != s.word[end] {
			continue
		}
		if part := folded[max(0, -at):min(len(folded), len(s.word)-at)]; string(s.word[max(0, at):min(len(s.word), end)]) == part {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
