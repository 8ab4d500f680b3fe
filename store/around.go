package store

import (
	"iter"
	"slices"
	"unicode"
	"unicode/utf8"
)

// contextRunes is how many characters are shown on either side of a match, at most.
const contextRunes = 40

const cutSign = '…'

// before is the end of the text before a match as one line, cut at a word where it is too long.
func before(text string) string {
	line := shorten(backwards(text))
	slices.Reverse(line)
	return string(line)
}

// behind is the same for the beginning of the text behind it.
func behind(text string) string { return string(shorten(forwards(text))) }

// shorten takes the characters next to a match, going away from it. All blanks in a row are one, and none at the text's
// end. Where it cuts, it does so between words and leaves the blank, or within a word that is too long; a sign says so.
func shorten(text iter.Seq[rune]) []rune {
	line := make([]rune, 0, contextRunes+2)
	blank := false // one is due, if anything follows
	for r := range text {
		if unicode.IsSpace(r) {
			blank = true
			continue
		}
		if blank {
			line, blank = append(line, ' '), false
		}
		if line = append(line, r); len(line) > contextRunes {
			return append(cutWord(line), cutSign)
		}
	}
	return line
}

// cutWord takes away the word at the end of a line, of which nobody knows where it ends, if the line has another.
func cutWord(line []rune) []rune {
	for end := len(line) - 1; end > 0; end-- {
		if line[end] == ' ' {
			return line[:end+1]
		}
	}
	return line[:contextRunes]
}

func forwards(text string) iter.Seq[rune] {
	return func(yield func(rune) bool) {
		for _, r := range text {
			if !yield(r) {
				return
			}
		}
	}
}

func backwards(text string) iter.Seq[rune] {
	return func(yield func(rune) bool) {
		for len(text) > 0 {
			r, size := utf8.DecodeLastRuneInString(text)
			text = text[:len(text)-size]
			if !yield(r) {
				return
			}
		}
	}
}
