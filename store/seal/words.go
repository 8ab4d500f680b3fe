package seal

import (
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"strings"
)

// effWords is the EFF Large Wordlist for Passphrases, as published: 7776 lines of a dice roll, a tab and a word. By Joseph
// Bonneau for the Electronic Frontier Foundation, https://www.eff.org/dice, licensed CC BY 3.0 US
// (https://creativecommons.org/licenses/by/3.0/us/). Unchanged.
//
//go:embed eff_large_wordlist.txt
var effWords string

const (
	effCount   = 7776
	wordCount  = 6   // 6 x log2(7776) = 77.5 bits
	maxLetters = 128 // letters that are looked at; six words have at most 54
)

// newWords draws six words, separated by spaces.
func newWords() string {
	fields := strings.Fields(effWords) // roll, word, roll, word, …
	drawn := make([]string, wordCount)
	for i := range drawn {
		drawn[i] = fields[2*drawBelow(effCount)+1]
	}
	return strings.Join(drawn, " ")
}

// drawBelow draws a number from 0 to n-1, each equally likely.
func drawBelow(n uint16) int {
	const all = 1 << 16
	var b [2]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if v := int(binary.BigEndian.Uint16(b[:])); v < all-all%int(n) {
			return v % int(n)
		}
	}
}

// normalWords keeps of typed words what counts: the letters, in lower case. So it does not matter how they are separated,
// or that "drop-down" has a dash in the list. Hardly anything is lost by it: no word of the list begins with another, so six
// words run together still have one reading; only "yo-yo" and "yoyo" become the same, which costs 0.002 of the 77.5 bits.
func normalWords(typed string) []byte {
	letters := make([]byte, 0, maxLetters)
	for i := 0; i < len(typed) && len(letters) < maxLetters; i++ {
		if c := typed[i] | 0x20; 'a' <= c && c <= 'z' {
			letters = append(letters, c)
		}
	}
	return letters
}
