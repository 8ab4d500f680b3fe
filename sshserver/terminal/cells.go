package terminal

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// cell is a column of a line. A wide character has two: itself, and one of width 0.
type cell struct {
	text  string // one grapheme cluster; a piece of the line it stands in
	pen   pen
	width uint8
	doubt bool // terminals do not agree on the width of such a cluster
}

var blank = cell{text: " ", width: 1}

// parse makes the cells of a line, into room, as many as the screen has columns. What does not fit, sequences other than
// SGR, and control characters are left out. A style ends with its line.
func (k *inks) parse(room []cell, line string, width int) []cell {
	var p pen
	cells, end := room[:0], 0 // end is where the last cell's text ends
	for i := 0; i < len(line) && len(cells) < width; {
		if b := line[i]; b >= 0x20 && b < 0x7f && (i+1 == len(line) || line[i+1] < 0x80) {
			cells = append(cells, cell{text: line[i : i+1], pen: p, width: 1})
			if b == ' ' {
				cells[len(cells)-1].pen = p.onBlank()
			}
			i++
			end = i
			continue
		}
		if n := control(line[i:]); n > 0 {
			if s := line[i : i+n]; n > 2 && s[1] == '[' && s[n-1] == 'm' && strings.Trim(s[2:n-1], "0123456789;:") == "" {
				k.apply(&p, s[2:n-1])
			}
			i += n
			continue
		}
		text, w := ansi.FirstGraphemeCluster(line[i:], ansi.GraphemeWidth)
		if w == 0 { // a mark whose letter is before a sequence, or nowhere
			if len(cells) > 0 && end == i && !strings.ContainsRune(text, utf8.RuneError) {
				cells = lengthen(cells, line[i-len(cells[head(cells)].text):i+len(text)])
				end = i + len(text)
			}
			i += len(text)
			continue
		}
		cells = appendCluster(cells, text, w, p, width)
		i += len(text)
		end = i
	}
	for len(cells) < width {
		cells = append(cells, blank)
	}
	return cells
}

// control answers how many bytes at the start of s are a control character or a sequence; of a text, none.
func control(s string) int {
	switch b := s[0]; {
	case b == ansi.ESC:
		_, _, n, _ := ansi.DecodeSequence(s, 0, nil)
		return max(n, 1)
	case b < 0x20 || b == 0x7f:
		return 1
	case b == 0xc2 && len(s) > 1 && s[1] < 0xa0: // U+0080 to U+009F
		return 2
	}
	return 0
}

// head is where the last character among the cells begins.
func head(cells []cell) int {
	i := len(cells) - 1
	for i > 0 && cells[i].width == 0 {
		i--
	}
	return i
}

func lengthen(cells []cell, text string) []cell {
	h := &cells[head(cells)]
	h.text, h.doubt = text, true
	return cells
}

func appendCluster(cells []cell, text string, w int, p pen, width int) []cell {
	if !utf8.ValidString(text) {
		text, w = "\ufffd", 1
	}
	if len(cells)+w > width { // half a character is a space
		text, w = " ", 1
	}
	c := cell{text: text, pen: p, width: uint8(w), doubt: doubtful(text, w)}
	if text == " " {
		c.pen = p.onBlank()
	}
	cells = append(cells, c)
	for range w - 1 {
		cells = append(cells, cell{pen: p, doubt: c.doubt})
	}
	return cells
}

// doubtful tells whether terminals may see a cluster otherwise than as w columns. The rest is one letter of an alphabet,
// a sign or line that every table of widths has as narrow, or one character of Chinese, Japanese or Korean.
func doubtful(text string, w int) bool {
	r, n := utf8.DecodeRuneInString(text)
	if n != len(text) {
		return true
	}
	if w == 2 {
		return !(r >= 0x3041 && r <= 0x30ff || r >= 0x3400 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 ||
			r >= 0xff01 && r <= 0xff60 || r >= 0x3001 && r <= 0x3011)
	}
	switch {
	case r < 0x7f, r >= 0xa0 && r < 0x300: // Latin
		return r == 0xad || r == 0xa9 || r == 0xae // the soft hyphen, and two that some draw as emoji
	case r >= 0x370 && r < 0x483, r >= 0x48a && r < 0x530: // Greek, Cyrillic
		return false
	case r >= 0x1e00 && r < 0x2000: // Latin and Greek with marks
		return false
	case r >= 0x2010 && r <= 0x2027, r >= 0x2030 && r <= 0x203a: // dashes, quotes, dots
		return false
	case r == 0x20ac, r >= 0x2190 && r <= 0x2193, r == 0x2713, r == 0x276f: // euro, arrows, a tick, a prompt
		return false
	case r >= 0x2500 && r < 0x25a2: // lines and blocks
		return false
	}
	return w != 1 || r < utf8.RuneSelf || !narrowSigns(r)
}

// narrowSigns are other signs that screens are drawn with.
func narrowSigns(r rune) bool {
	return strings.ContainsRune("◆◇○●◉▲△▼▽★☆✗✘≤≥≈≠→⇧⏎", r)
}

// trimmed is how many cells there are before the blanks at the end.
func trimmed(cells []cell) int {
	n := len(cells)
	for n > 0 && cells[n-1] == blank {
		n--
	}
	return n
}

// firstDoubt is the first doubtful column, or the width.
func firstDoubt(cells []cell) int {
	for i := range cells {
		if cells[i].doubt {
			return i
		}
	}
	return len(cells)
}
