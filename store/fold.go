package store

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// folder makes texts comparable regardless of case, diacritics and compatibility forms: "Über" and "uber", "Straße" and
// "STRASSE" fold to the same bytes. Each rune folds for itself, so a find can be mapped back to where it stands. A folder
// remembers the runes it has met and is not safe for concurrent use.
type folder struct {
	known   map[rune]string
	near    [0x800]string // the same for runes of two bytes; empty if it was not met, or is a mark
	buf     []byte
	umlauts *folder // folds ä to ae, ö to oe, ü to ue, as they are written where there are none; nil in that one itself
}

func newFolder() *folder {
	umlauts := map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'Ä': "ae", 'Ö': "oe", 'Ü': "ue"}
	return &folder{known: map[rune]string{}, umlauts: &folder{known: umlauts}}
}

// mostRunes bounds what a folder remembers.
const mostRunes = 1 << 14

// fold answers the folded text; it is good until the next call.
func (f *folder) fold(text []byte) []byte {
	f.buf = f.add(f.buf[:0], text)
	return f.buf
}

const (
	eachByte = 0x0101010101010101
	highBits = 0x80 * eachByte
)

// add adds the folded text to what was folded before. It goes by eight bytes as long as they are ASCII.
func (f *folder) add(to, text []byte) []byte {
	i := 0
	for i < len(text) {
		to = slices.Grow(to, len(text)-i+8)
		n, out := len(to), to[:cap(to)]
		for i+8 <= len(text) && n+8 <= len(out) {
			eight := binary.LittleEndian.Uint64(text[i:])
			// In each byte the highest bit says: from A on, and beyond Z. Where only the first does, it is moved to the bit of lower case.
			low := eight &^ highBits
			upper := ((low + (0x80-'A')*eachByte) ^ (low + (0x80-'Z'-1)*eachByte)) & highBits &^ eight
			binary.LittleEndian.PutUint64(out[n:], eight|upper>>2)
			if high := eight & highBits; high != 0 {
				plain := bits.TrailingZeros64(high) / 8
				n, i = n+plain, i+plain
				break
			}
			n, i = n+8, i+8
		}
		to = to[:n]
		for once := true; i < len(text) && (once || len(text)-i < 8 || text[i] >= utf8.RuneSelf); once = false {
			r, size := utf8.DecodeRune(text[i:])
			i += size
			switch {
			case 'A' <= r && r <= 'Z':
				to = append(to, byte(r)+'a'-'A')
			case r < utf8.RuneSelf:
				to = append(to, byte(r))
			default:
				to = append(to, f.rune(r)...)
			}
		}
	}
	return to
}

// rune is what one rune folds to; nothing for a mark.
func (f *folder) rune(r rune) string {
	if r < rune(len(f.near)) && f.near[r] != "" {
		return f.near[r]
	}
	folded, ok := f.known[r]
	if !ok {
		folded = withoutMarks(cases.Fold().String(withoutMarks(string(r))))
		if len(f.known) < mostRunes {
			f.known[r] = folded
		}
	}
	if r < rune(len(f.near)) {
		f.near[r] = folded
	}
	return folded
}

func withoutMarks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) {
			return -1
		}
		if plain, ok := barred(r); ok {
			return plain
		}
		return r
	}, norm.NFKD.String(s))
}

// barred is the letter without its stroke, or the dotless i as one with a dot: Unicode does not decompose these.
func barred(r rune) (plain rune, ok bool) {
	switch r {
	case 'ı':
		return 'i', true
	case 'ł', 'Ł':
		return 'l', true
	case 'ø', 'Ø':
		return 'o', true
	case 'đ', 'Đ', 'ð', 'Ð':
		return 'd', true
	}
	return r, false
}

// words splits what somebody looks for into folded words.
func (f *folder) words(typed string) [][]byte {
	return bytes.Fields(bytes.Clone(f.fold([]byte(typed))))
}

// find says whether a text holds all the words, and where the first of them stands in it, in bytes. "uebung" is found in
// "Übung" too: the text is folded so for a word that may be meant so, and never the word, or "neue" would find "Minute".
func (f *folder) find(text []byte, words [][]byte) (from, to int, found bool) {
	folded := f.fold(text)
	first, length := len(folded), 0
	var others [][]byte
	for _, word := range words {
		at := bytes.Index(folded, word)
		if at < 0 {
			if f.umlauts == nil || !spellsUmlaut(word) {
				return 0, 0, false
			}
			others = append(others, word)
			continue
		}
		if at < first || at == first && len(word) > length {
			first, length = at, len(word)
		}
	}
	from, to = len(text), len(text)
	if len(others) < len(words) {
		from, to = f.unfold(string(text), first, first+length)
	}
	if len(others) > 0 {
		start, end, found := f.umlauts.find(text, others)
		if !found {
			return 0, 0, false
		}
		if start < from {
			from, to = start, end
		}
	}
	return from, to, true
}

// spellsUmlaut says whether an umlaut may be meant in a folded word.
func spellsUmlaut(word []byte) bool {
	return bytes.Contains(word, []byte("ae")) || bytes.Contains(word, []byte("oe")) || bytes.Contains(word, []byte("ue"))
}

// unfold maps a stretch of the folded text back to the runes of the text that it came from, with the marks behind them.
func (f *folder) unfold(text string, start, end int) (from, to int) {
	from, to = -1, len(text)
	folded := 0
	for i, r := range text {
		size := 1
		if r >= utf8.RuneSelf {
			size = len(f.rune(r))
		}
		if folded >= end && size > 0 {
			to = i
			break
		}
		if from < 0 && folded+size > start {
			from = i
		}
		folded += size
	}
	return max(from, 0), to
}
