package sshserver

import (
	"strings"
	"unicode"
)

// split cuts a command line into words as a POSIX shell does: blanks part them, quotes hold them together, a backslash
// takes what follows as it is. whole is false where a quote or a backslash is left open. The library's own takes a second
// for a word of 64 kB, and closes quotes by itself.
func split(line string) (words []string, whole bool) {
	var word strings.Builder
	var quote rune // the one that is open
	inWord, escaped := false, false
	for _, r := range line {
		switch {
		case escaped:
			if quote != 0 && r != quote && r != '\\' {
				word.WriteRune('\\') // between quotes it is one, unless it protects
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && unicode.IsSpace(r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, quote == 0 && !escaped
}
