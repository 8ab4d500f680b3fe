package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cells is the width of a line, looks not counted: ansi.StringWidth, told at a glance where each character takes one cell.
// Nearly every line is so, and each is measured at each frame.
func cells(s string) int {
	if n, ok := narrow(s); ok {
		return n
	}
	return ansi.StringWidth(s)
}

// narrow counts the characters of a line, looks not counted, if each of them surely is one cell of its own.
func narrow(s string) (n int, ok bool) {
	for i := 0; i < len(s); n++ {
		switch c := s[i]; {
		case ' ' <= c && c <= '~':
			i++
		case c == '\x1b':
			end := sgrLen(s[i:])
			if end == 0 {
				return 0, false
			}
			i += end
			n--
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if !oneCell(r) {
				return 0, false
			}
			i += size
		}
	}
	return n, true
}

// oneCell says that a character is one cell wide whatever stands beside it, of the scripts and signs that most lines are of.
// What could join a neighbour, as marks and joiners do, is none of them.
func oneCell(r rune) bool {
	return '\u00A1' <= r && r <= '\u02FF' && r != '\u00AD' || // Latin, without the soft hyphen
		'\u0386' <= r && r <= '\u03CE' || '\u0400' <= r && r <= '\u0482' || // Greek, Cyrillic
		'\u2010' <= r && r <= '\u2027' || '\u2500' <= r && r <= '\u259F' // dashes and quotes, lines and blocks
}

// sgrLen is the length of the look that s begins with, a Style's or its end; 0 if it is none.
func sgrLen(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// clip cuts a line to a width, with a sign that something is missing.
func clip(s string, width int) string {
	switch {
	case width <= 0:
		return ""
	case len(s) <= width || cells(s) <= width: // no character is wider than its bytes are many
		return s
	}
	return ansi.Truncate(s, width, "…")
}
