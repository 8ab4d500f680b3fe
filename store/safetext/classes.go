package safetext

import (
	"strings"
	"unicode"
)

const (
	softHyphen    = '\u00AD'
	zwnj          = '\u200C'
	zwj           = '\u200D'
	lrm           = '\u200E'
	rlm           = '\u200F'
	textStyle     = '\uFE0E'
	emojiStyle    = '\uFE0F'
	byteOrderMark = "\uFEFF"
	brailleBlank  = '\u2800'
)

// blank are the characters that are only space, line breaks aside.
func blank(r rune) bool { return unicode.Is(unicode.Zs, r) || r == brailleBlank }

// hidden are the letters and marks that nobody sees: fillers, selectors of variants, and what Unicode ignores by default.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// attaches are the characters that are no marks by their category, and yet go into the cell of the one before: the vowels
// am of Thai and Lao, voicing of half-width Katakana, skin tones.
func attaches(r rune) bool {
	switch r {
	case '\u0E33', '\u0EB3', '\uFF9E', '\uFF9F':
		return true
	}
	return skinTone(r)
}

func skinTone(r rune) bool { return '\U0001F3FB' <= r && r <= '\U0001F3FF' }

// pictograph are the characters of which emoji sequences are made: a little more than Unicode's Extended_Pictographic, for
// which Go has no table. The blocks above U+1F000 are set aside for pictographs for good.
func pictograph(r rune) bool {
	switch {
	case '\U0001F000' <= r && r <= '\U0001FAFF':
		flag := '\U0001F1E6' <= r && r <= '\U0001F1FF'
		return !flag && !skinTone(r)
	case '\u2190' <= r && r <= '\u23FF', '\u2600' <= r && r <= '\u27BF', '\u2B00' <= r && r <= '\u2BFF':
		return unicode.IsSymbol(r)
	}
	return false
}

// styled are the characters that come in a text and an emoji style.
func styled(r rune) bool {
	if r <= unicode.MaxASCII {
		return '0' <= r && r <= '9' || r == '#' || r == '*'
	}
	return strings.ContainsRune("‼⁉〰ℹ", r) || unicode.IsSymbol(r) || pictograph(r)
}

// joining are the letters and marks of scripts in which ZWJ and ZWNJ choose how neighbours join.
func joining(r rune) bool {
	return r > '\u0600' && (unicode.IsLetter(r) || unicode.IsMark(r)) && unicode.In(r,
		unicode.Arabic, unicode.Syriac, unicode.Nko, unicode.Mandaic, unicode.Mongolian,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu,
		unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Tibetan, unicode.Myanmar, unicode.Khmer,
		unicode.Balinese, unicode.Javanese, unicode.Sundanese, unicode.Meetei_Mayek)
}

// rightToLeft are the letters that are written from right to left: those of the blocks set aside for them.
func rightToLeft(r rune) bool {
	block := '\u0590' <= r && r <= '\u08FF' || '\uFB1D' <= r && r <= '\uFDFF' || '\uFE70' <= r && r <= '\uFEFF' ||
		'\U00010800' <= r && r <= '\U00010FFF' || '\U0001E800' <= r && r <= '\U0001EFFF'
	return block && unicode.IsLetter(r)
}

// alone are the characters of frequent scripts that are always kept and never share a cell with one before: a short way
// that other characters, of which much more must be asked, do not have.
func alone(r rune) bool {
	return '\u00A1' <= r && r <= '\u02FF' && r != softHyphen || // Latin
		'\u0400' <= r && r <= '\u0482' || // Cyrillic
		'\u3041' <= r && r <= '\u3096' || '\u30A1' <= r && r <= '\u30FF' || '\u4E00' <= r && r <= '\u9FFF' // Kana, Han
}

// virama are the marks after which a consonant joins the one before.
func virama(r rune) bool {
	switch r {
	case '\u094D', '\u09CD', '\u0ACD', '\u0B4D', '\u0C4D', '\u0CCD', '\u0D4D', '\u0DCA', // India, Sri Lanka
		'\u1039', '\u17D2', '\u1A60', '\u1B44', '\u1BAB', '\uA9C0', '\uAAF6', // South-East Asia
		'\U00010A3F', '\U00011133', '\U000113D0', '\U0001193E', '\U00011A47', '\U00011A99', '\U00011F42':
		return true
	}
	return false
}

// prepended are the letters that go into the cell of the one behind them.
func prepended(r rune) bool {
	switch r {
	case '\u0D4E', '\U000111C2', '\U000111C3', '\U0001193F', '\U00011941', '\U00011A3A', '\U00011F02':
		return true
	}
	return '\U00011A84' <= r && r <= '\U00011A89'
}

// conjoins says whether two Korean characters make one syllable: leading consonants, vowels and trailing consonants, in
// this order, each as often as one likes.
func conjoins(a, b rune) bool {
	_, end := jamo(a)
	start, _ := jamo(b)
	return end != 0 && start != 0 && end <= start
}

// jamo is the part of a syllable with which a Korean character starts and ends: 1 leading, 2 vowel, 3 trailing; 0 for all
// others.
func jamo(r rune) (start, end int) {
	switch {
	case '\u1100' <= r && r <= '\u115F', '\uA960' <= r && r <= '\uA97C':
		return 1, 1
	case '\u1160' <= r && r <= '\u11A7', '\uD7B0' <= r && r <= '\uD7C6':
		return 2, 2
	case '\u11A8' <= r && r <= '\u11FF', '\uD7CB' <= r && r <= '\uD7FB':
		return 3, 3
	case '\uAC00' <= r && r <= '\uD7A3': // whole syllables, every 28th without a trailing consonant
		if (r-'\uAC00')%28 == 0 {
			return 1, 2
		}
		return 1, 3
	}
	return 0, 0
}
