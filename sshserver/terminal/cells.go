package terminal

import (
	"strings"
	"unicode"
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

// isBlank is c == blank, which is asked so often that it must not compare texts.
func (c *cell) isBlank() bool { return c.text == " " && c.pen == pen{} }

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
		if n := plainRune(line[i:]); n > 0 {
			cells = append(cells, cell{text: line[i : i+n], pen: p, width: 1})
			i += n
			end = i
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

// plainRune is how many bytes a letter or a line at the start of s takes, if that is narrow and nothing can join it. So the
// rules of clusters, which cost ten times as much, are asked only where they are needed.
func plainRune(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r < 0xc0 || !unicode.Is(narrow, r) {
		return 0
	}
	if n < len(s) && s[n] >= 0x80 {
		if strings.HasPrefix(s[n:], s[:n]) {
			return n
		}
		if next, _ := utf8.DecodeRuneInString(s[n:]); !unicode.Is(narrow, next) {
			return 0
		}
	}
	return n
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

// doubtful tells whether terminals may see a cluster otherwise than as w columns.
func doubtful(text string, w int) bool {
	r, n := utf8.DecodeRuneInString(text)
	switch {
	case n != len(text):
		return true
	case w == 2:
		return !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, fullwidth)
	}
	return w != 1 || !unicode.Is(narrow, r)
}

var (
	fullwidth = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x3001, Hi: 0x3011, Stride: 1}, {Lo: 0xff01, Hi: 0xff60, Stride: 1}}}
	// narrow are characters that every table of widths has as one column, and nobody draws as a picture: letters of Latin,
	// Greek and Cyrillic, what texts are set with, and what screens are drawn with.
	narrow = &unicode.RangeTable{LatinOffset: 4, R16: []unicode.Range16{
		{Lo: 0x20, Hi: 0x7e, Stride: 1}, {Lo: 0xa0, Hi: 0xa8, Stride: 1}, {Lo: 0xaa, Hi: 0xac, Stride: 1}, {Lo: 0xaf, Hi: 0xff, Stride: 1},
		{Lo: 0x100, Hi: 0x2ff, Stride: 1}, {Lo: 0x370, Hi: 0x482, Stride: 1}, {Lo: 0x48a, Hi: 0x52f, Stride: 1}, {Lo: 0x1e00, Hi: 0x1fff, Stride: 1},
		{Lo: 0x2010, Hi: 0x2027, Stride: 1}, {Lo: 0x2030, Hi: 0x203a, Stride: 1}, {Lo: 0x20ac, Hi: 0x20ac, Stride: 1}, // dashes, quotes, dots, euro
		{Lo: 0x2190, Hi: 0x2193, Stride: 1}, {Lo: 0x2248, Hi: 0x2265, Stride: 1}, // arrows, comparisons
		{Lo: 0x2500, Hi: 0x25a1, Stride: 1}, {Lo: 0x25ac, Hi: 0x25b5, Stride: 1}, {Lo: 0x25b7, Hi: 0x25bf, Stride: 1}, {Lo: 0x25c1, Hi: 0x25cf, Stride: 1}, // lines, blocks, shapes
		{Lo: 0x2605, Hi: 0x2606, Stride: 1}, {Lo: 0x2713, Hi: 0x2713, Stride: 1}, {Lo: 0x2717, Hi: 0x2718, Stride: 1}, {Lo: 0x276f, Hi: 0x276f, Stride: 1}, // stars, ticks, a prompt
	}}
)

// trimmed is how many cells there are before the blanks at the end.
func trimmed(cells []cell) int {
	n := len(cells)
	for n > 0 && cells[n-1].isBlank() {
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
