// Package safetext is the one sanitiser: whatever one person wrote goes through it before it is stored, and again whenever
// it leaves for a terminal, a window title or a command's output. It promises that the text of one person cannot move the
// cursor, hide, reorder or fake anything on the screen of another, and that honest text in any language comes out as it
// went in.
//
// # What it does
//
// It is an allow-list. Kept are letters, marks, numbers, punctuation, symbols and spaces that Unicode has assigned, and
// line breaks. Everything else is shown by its code point, as in <U+001B>: nothing vanishes, nobody is deceived, and of an
// escape sequence only harmless letters remain. In particular:
//
//   - C0 and C1 controls, DEL, ESC, bidi embeddings, overrides and isolates, zero-width space and joiners out of place,
//     BOM, tags, line and paragraph separators, annotations, fillers, private use, unassigned: shown.
//   - CRLF and lone CR become a line break: CR alone would go back and write over the line.
//   - A tab becomes four spaces, as in Markdown. How wide a tab is depends on where it stands, and a terminal jumps over
//     cells that nobody has cleared.
//   - Bytes that are no UTF-8 become U+FFFD each.
//   - A soft hyphen is dropped: browsers copy it unseen, terminals disagree on its width, and no word loses by it. So is
//     a BOM before the first character, which editors on Windows write.
//   - Pictograph blocks are kept even where this Go does not know a character yet, for telephones are quicker.
//
// # What joins
//
// Characters that have no cell of their own are kept where a language needs them, so many that no honest word is touched,
// and so few that no cell of the screen can hold a heap of them:
//
//   - After one base up to 6 marks. Vietnamese and Thai need 2, pointed and accented Hebrew 5, Burmese 5 (as in the
//     everyday word for "secret"). The 7th and all further ones together become one U+FFFD. A mark without a base is shown:
//     it would sit on what the screen has drawn before it.
//   - Letters that share a cell (conjuncts after a virama, conjoining jamo): 6. Sanskrit has 5.
//   - ZWJ between pictographs, 3 in a chain, as in the family of four; ZWJ and ZWNJ, one at a time, between letters of the
//     Arabic and Indic scripts and their kin.
//   - LRM and RLM, one at a time, on a line where a letter written from right to left came before or comes next. They keep
//     the signs of "C++" in their place in a Hebrew sentence, and can turn nothing in a line that has no such letter.
//   - The variation selectors for text and emoji style (U+FE0E, U+FE0F) directly after a symbol, or one of the few digits
//     and signs that have an emoji style. Elsewhere they would carry hidden text or make two names look alike.
//
// Nothing else is changed: no normal form, no case, no width. Cleaning twice is cleaning once.
//
// Text that is drawn in pieces, one look behind the other, is cleaned by a Run, which lets no cell go over from one piece to
// the next: pieces that are each within these bounds would else make one cell that is not, or that is wider than both.
//
// # Where it stands
//
// At ingestion once, in store (ingest.go), before anything is sealed; bytes that are no UTF-8 are refused there. At output
// again, for an older or a damaged copy may hold what no ingestion has seen: every page, the preview, the clipboard and the
// connect card (tui), the numbered lines (tui/linear.go), the commands with a terminal and without, as text and as JSON,
// and both exports (sshserver), the operator's lists, cards, JSON and errors (cmd/alcove). Markdown is cleaned after its
// entities and escapes are decoded. The window's title and the log hold nothing that people wrote. The tests named
// HostileText in these packages list all of them and hold each to this: attacks (package hostile) and their neutral twins
// give the same set of escape sequences. Whoever adds an output adds it there.
//
// Links get no escape sequence at all: the address stands beside the words, always, and only http, https and mailto look
// like one.
//
// # What stays possible
//
// Letters that look alike, and, in terminals that reorder, honest right-to-left letters that turn the line they stand on.
// Neither can be told from honest text; where it matters who wrote, show the handle, which is ASCII. Of lines that imitate
// ours the outputs see to it that they are set in or quoted, so that they stand where no line of ours does.
//
// # Sources
//
//   - ECMA-48, 5th edition, 5.2 to 5.6: the control characters C0 and C1, and what they begin. xterm's ctlseqs: OSC ended by
//     BEL, OSC 8 and 52. A terminal takes C1 as one character in UTF-8, some also as one byte.
//   - UAX #9, Bidirectional Algorithm: embeddings, overrides, isolates and marks (2.1 to 2.6); UTS #55, Source Code
//     Handling, and CVE-2021-42574: how they deceive readers.
//   - UAX #29, Text Segmentation: what shares a cell (GB6 to GB13); UTS #51, Emoji: sequences with ZWJ and styles.
//   - UTR #36, Security Considerations, and UTS #39, Security Mechanisms: joiners only in the scripts that need them, no
//     default ignorables, bounds on marks, names that look alike.
//   - CVE-2021-25743, CVE-2024-52005, CVE-2025-64494: programs that passed escape sequences of one person to the terminal
//     of another.
package safetext

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Valid says whether s is text at all, that is, UTF-8. Ask it at ingestion; at output the functions here cope.
func Valid(s string) bool { return utf8.ValidString(s) }

// Text cleans text of several lines: entries, drafts, revisions. It does not allocate when there is nothing to clean.
func Text(s string) string { return clean(&cell{}, strings.TrimPrefix(s, byteOrderMark), false) }

// Line cleans text that must stay on one line: titles, names, comments of keys, window titles. Line breaks and tabs become
// a space each, and space at either end is cut off, so that what looks empty is empty.
func Line(s string) string {
	return strings.TrimFunc(clean(&cell{}, strings.TrimPrefix(s, byteOrderMark), true), blank)
}

// Run cleans text that comes in pieces and is shown without a gap, as are the words of a line in several looks. No cell goes
// over from one piece to the next: who lays out pieces measures each by itself. The zero value begins a line.
type Run struct{ cell cell }

// Text cleans the next piece. A joiner at its end is shown, and at its beginning what would go into the last cell before.
func (r *Run) Text(piece string) string {
	r.cell.seam = true
	return clean(&r.cell, piece, false)
}

func clean(c *cell, s string, line bool) string {
	var out []byte
	copied := 0 // s[:copied] stands in out
	for i := 0; i < len(s); {
		if n := plainASCII(s[i:]); n > 0 {
			i += n
			c.plain(rune(s[i-1]))
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if alone(r) {
			i += size
			c.plain(r)
			continue
		}
		instead, keep := replaced(c, r, size, s[i+size:], line)
		if !keep {
			out = append(append(out, s[copied:i]...), instead...)
			copied = i + size
		}
		i += size
	}
	if copied == 0 {
		return s
	}
	return string(append(out, s[copied:]...))
}

// plainASCII counts the bytes at the start of s that need no thought.
func plainASCII(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return i
		}
	}
	return len(s)
}

// replaced says what stands for r, of which rest follows; or that it is kept as it is.
func replaced(c *cell, r rune, size int, rest string, line bool) (instead string, keep bool) {
	switch {
	case r == '\r' && strings.HasPrefix(rest, "\n"), r == softHyphen:
		return "", false
	case r == '\n' && !line:
		c.endLine()
		return "", true
	case r == '\r' && !line:
		c.endLine()
		return "\n", false
	case r == '\t' && !line:
		c.end()
		return "    ", false
	case r == '\n', r == '\r', r == '\t':
		c.end()
		return " ", false
	case r == utf8.RuneError:
		c.plain(r)
		return string(utf8.RuneError), size > 1
	}
	next, _ := utf8.DecodeRuneInString(rest)
	switch c.take(r, next) {
	case keptAsIs:
		return "", true
	case droppedMark:
		return "", false
	case cutMarks:
		c.plain(utf8.RuneError)
		c.cut = true
		return string(utf8.RuneError), false
	default:
		c.plain('>')
		return fmt.Sprintf("<U+%04X>", r), false
	}
}
