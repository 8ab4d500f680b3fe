// The recovery key, version 1, is eleven words of the EFF list to be printed and locked away: ten that were drawn, 129 bits,
// and one to check them. The number of the check word, counted from 0, is the first 8 bytes of
//
//	SHA-256("alcove-recovery-1" | the numbers of the ten words, 2 bytes each)
//
// modulo 7776: of mistyped keys whose words are all on the list, one in 7776 goes unnoticed here, and opens nothing. Of words
// with the same letters ("yo-yo" and "yoyo") only the first is used. A later form has another text in the hash.

package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrNotRecovery is the answer to what cannot be a recovery key, whoever made it.
var ErrNotRecovery = errors.New("not a recovery key")

const (
	recoveryWords = 10
	recoveryTyped = 1 << 10 // bytes of typed words that are looked at
	recoveryCheck = "alcove-recovery-1"
	longestWord   = 9 // letters
)

// Recovery is a recovery key. It prints as "[key]"; Reveal is the only way to show it.
type Recovery struct {
	hidden
	words [recoveryWords]uint16
}

// NewRecovery draws a recovery key.
func NewRecovery() *Recovery {
	r := &Recovery{}
	for i := range r.words {
		r.words[i] = firstAlike(uint16(drawBelow(effCount)))
	}
	return r
}

// Reveal writes the words out, to be printed once and stored nowhere.
func (r *Recovery) Reveal() string {
	written := make([]string, 0, recoveryWords+1)
	for _, number := range append(r.words[:], r.check()) {
		written = append(written, wordList()[number])
	}
	return strings.Join(written, " ")
}

// Secret is what opens the slot of this key.
func (r *Recovery) Secret() *Secret {
	return &Secret{kind: KindRecovery, material: recoveryMaterial(r.words)}
}

// Wipe clears the key.
func (r *Recovery) Wipe() { clear(r.words[:]) }

func (r *Recovery) check() uint16 {
	numbers := recoveryMaterial(r.words)
	defer clear(numbers)
	sum := sha256.Sum256(append([]byte(recoveryCheck), numbers...))
	return firstAlike(uint16(binary.BigEndian.Uint64(sum[:8]) % effCount))
}

// wordList is the words of the EFF list by their numbers.
var wordList = sync.OnceValue(func() []string {
	list := make([]string, effCount)
	for i, field := range strings.Fields(effWords) { // roll, word, roll, word, …
		list[i/2] = field
	}
	return list
})

// wordNumbers finds a word of the list by its letters.
var wordNumbers = sync.OnceValue(func() map[string]uint16 {
	numbers := make(map[string]uint16, effCount)
	for i, word := range wordList() {
		letters := string(normalWords(word))
		if _, taken := numbers[letters]; !taken {
			numbers[letters] = uint16(i)
		}
	}
	return numbers
})

// firstAlike is the first word with the letters of this one.
func firstAlike(number uint16) uint16 { return wordNumbers()[string(normalWords(wordList()[number]))] }

// parseRecovery reads words in any case, apart or run together, with numbers and dashes between them. Its errors say which
// word is wrong, if that can be told, and never the word.
func parseRecovery(typed string) (*Recovery, error) {
	if len(typed) > recoveryTyped {
		return nil, fmt.Errorf("far too long: %w", ErrNotRecovery)
	}
	var read []uint16
	for _, field := range strings.Fields(typed) {
		for letters := normalWords(field); len(letters) > 0; {
			number, length := firstWord(letters)
			if length == 0 {
				return nil, fmt.Errorf("word %d is not on the list: %w", len(read)+1, ErrNotRecovery)
			}
			read = append(read, number)
			letters = letters[length:]
		}
	}
	if len(read) != recoveryWords+1 {
		return nil, fmt.Errorf("%d words instead of %d: %w", len(read), recoveryWords+1, ErrNotRecovery)
	}
	r := &Recovery{words: [recoveryWords]uint16(read)}
	if r.check() != read[recoveryWords] {
		return nil, fmt.Errorf("all words are on the list, but one is not the right one, or in another's place: %w", ErrNotRecovery)
	}
	return r, nil
}

// firstWord finds the word that letters begin with. There is at most one, for no word of the list begins with another.
func firstWord(letters []byte) (number uint16, length int) {
	for n := 1; n <= min(longestWord, len(letters)); n++ {
		if number, found := wordNumbers()[string(letters[:n])]; found {
			return number, n
		}
	}
	return 0, 0
}

// recoveryMaterial is the secret of a recovery key.
func recoveryMaterial(words [recoveryWords]uint16) []byte {
	material := make([]byte, 0, 2*recoveryWords)
	for _, word := range words {
		material = binary.BigEndian.AppendUint16(material, word)
	}
	return material
}
