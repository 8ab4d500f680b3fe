package seal

import (
	"crypto/rand"
	"errors"
	"strings"
	"unicode"
)

// ErrNotCode is the answer to what cannot be a code, whoever made it: too short, too long, or with other characters.
var ErrNotCode = errors.New("not a code")

// crockford is Crockford's base32 alphabet: no I, L, O or U, which are misread or make words.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeBits  = 80
	codeChars = codeBits / 5
	codeGroup = 4
)

// Code is the one-time secret of an invitation: 80 random bits, written as K7QM-2XWD-9RTA-P4HN. It prints as "[key]";
// Reveal is the only way to show it.
type Code struct {
	hidden
	bits [codeBits / 8]byte
}

// NewCode draws a code.
func NewCode() Code {
	var c Code
	_, _ = rand.Read(c.bits[:]) // never fails
	return c
}

// Reveal writes the code out for the person it is for. It is to be shown once and stored nowhere.
func (c Code) Reveal() string {
	var out strings.Builder
	for i := range codeChars {
		if i > 0 && i%codeGroup == 0 {
			out.WriteByte('-')
		}
		var value byte
		for bit := i * 5; bit < i*5+5; bit++ {
			value = value<<1 | c.bits[bit/8]>>(7-bit%8)&1
		}
		out.WriteByte(crockford[value])
	}
	return out.String()
}

// ParseCode reads a code as people type it: in any case, with spaces and dashes anywhere, O for 0, I or L for 1. What
// remains must be 16 characters of the alphabet, else ErrNotCode.
func ParseCode(typed string) (Code, error) {
	var c Code
	read := 0
	for _, r := range typed {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			continue
		}
		value := crockfordValue(r)
		if value < 0 || read == codeChars {
			return Code{}, ErrNotCode
		}
		for i := range 5 {
			bit := read*5 + i
			c.bits[bit/8] |= byte(value>>(4-i)&1) << (7 - bit%8)
		}
		read++
	}
	if read != codeChars {
		return Code{}, ErrNotCode
	}
	return c, nil
}

// crockfordValue is the value of a character, or -1.
func crockfordValue(r rune) int {
	switch {
	case r == 'o' || r == 'O':
		return 0
	case r == 'i' || r == 'I' || r == 'l' || r == 'L':
		return 1
	case 'a' <= r && r <= 'z':
		r -= 'a' - 'A'
	}
	return strings.IndexRune(crockford, r)
}
