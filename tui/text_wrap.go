package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// row is a line in the making: text, and how long each look lasts.
type row struct {
	text  []byte
	looks []look
	cells int
}

type look struct {
	style Style
	bytes int
}

// add puts text at the end. It measures, so it is for whole pieces.
func (r *row) add(text string, style Style) { r.put(text, cells(text), style) }

func (r *row) put(text string, cells int, style Style) {
	r.text = append(r.text, text...)
	r.cells += cells
	r.extend(style, len(text))
}

func (r *row) extend(style Style, bytes int) {
	if bytes == 0 {
		return
	}
	if n := len(r.looks); n > 0 && r.looks[n-1].style == style {
		r.looks[n-1].bytes += bytes
		return
	}
	r.looks = append(r.looks, look{style, bytes})
}

// join puts another row at the end.
func (r *row) join(o *row) {
	r.text = append(r.text, o.text...)
	r.cells += o.cells
	for _, l := range o.looks {
		r.extend(l.style, l.bytes)
	}
}

// trim takes the spaces off the end.
func (r *row) trim() {
	for n := len(r.text); n > 0 && r.text[n-1] == ' '; n-- {
		last := &r.looks[len(r.looks)-1]
		if last.bytes--; last.bytes == 0 {
			r.looks = r.looks[:len(r.looks)-1]
		}
		r.text = r.text[:n-1]
		r.cells--
	}
}

func (r *row) reset() { r.text, r.looks, r.cells = r.text[:0], r.looks[:0], 0 }

// String is the row with its looks.
func (r *row) String() string {
	var b strings.Builder
	from := 0
	for _, l := range r.looks {
		l.style.renderTo(&b, string(r.text[from:from+l.bytes]))
		from += l.bytes
	}
	return b.String()
}

// wrapWords breaks text into rows of at most width cells: at spaces, between wide characters, after the hyphen of a
// compound, and inside a word only when it is wider than a row.
func wrapWords(spans []span, width int) []*row {
	w := &wordWrapper{width: width, line: &row{}}
	for _, s := range spans {
		if s.text == lineBreak {
			w.endWord()
			w.endRow()
			continue
		}
		for rest := s.text; rest != ""; {
			cells := letters(rest, width-w.word.cells)
			c := rest[:cells]
			if cells == 0 {
				c, cells = nextCluster(rest, width)
			}
			rest = rest[len(c):]
			w.take(c, cells, s.style)
		}
	}
	w.endWord()
	if len(w.line.text) > 0 || len(w.rows) == 0 {
		w.endRow()
	}
	return w.rows
}

// wrapHard breaks text into rows wherever they are full, and keeps its spaces.
func wrapHard(s span, width int) []*row {
	rows := []*row{{}}
	for rest := s.text; rest != ""; {
		c, cells := nextCluster(rest, width)
		rest = rest[len(c):]
		if rows[len(rows)-1].cells+cells > width {
			rows = append(rows, &row{})
		}
		rows[len(rows)-1].put(c, cells, s.style)
	}
	return rows
}

// wordWrapper holds the row being filled, the spaces after it, and the word that is not yet complete.
type wordWrapper struct {
	width       int
	rows        []*row
	line        *row
	space, word row
	plain       bool // the word has letters only, so that a hyphen in it joins a compound
	mayBreak    bool // the word may end here, if what comes next may begin a row
}

// Characters that stay with what is before or after them.
const (
	clings = `.,:;!?)]}»“”’'"%…、。，．！？：；」』）】》〉］｝`
	leads  = `([{「『（【《〈［｛`
)

// take takes a cluster, or letters that fit into a row with the word so far: nothing breaks between letters.
func (w *wordWrapper) take(c string, cells int, style Style) {
	if c == " " {
		w.endWord()
		w.space.put(c, cells, style)
		return
	}
	first, _ := utf8.DecodeRuneInString(c)
	letter, wide := unicode.IsLetter(first), cells > 1 && first >= utf8.RuneSelf
	if (w.mayBreak || wide) && !strings.ContainsRune(clings, first) && !w.leading() {
		w.endWord()
	}
	if len(w.word.text) == 0 {
		w.plain = true
	}
	if w.word.cells+cells > w.width { // wider than a row
		w.breakWord()
	}
	w.mayBreak = wide || (c == "-" && w.plain && len(w.word.text) > 0)
	w.plain = w.plain && (letter || c == "-")
	w.word.put(c, cells, style)
}

// leading says whether the word so far ends in an opening bracket.
func (w *wordWrapper) leading() bool {
	last, _ := utf8.DecodeLastRune(w.word.text)
	return strings.ContainsRune(leads, last)
}

// endWord puts the word into the row, or into the next one where it does not fit.
func (w *wordWrapper) endWord() {
	w.mayBreak = false
	if len(w.word.text) == 0 {
		return
	}
	if w.line.cells+w.space.cells+w.word.cells > w.width {
		if w.line.cells > 0 {
			w.endRow()
		}
		w.space.reset()
	}
	w.line.join(&w.space)
	w.line.join(&w.word)
	w.space.reset()
	w.word.reset()
}

// breakWord gives a row of its own to the part of a word that fills one.
func (w *wordWrapper) breakWord() {
	plain := w.plain
	w.endWord()
	w.endRow()
	w.plain = plain
}

func (w *wordWrapper) endRow() {
	w.rows = append(w.rows, w.line)
	w.line = &row{}
	w.space.reset()
}

// letters counts the ASCII letters that s begins with and that surely are clusters of their own, up to most.
func letters(s string, most int) (n int) {
	for n < min(len(s), most) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z') {
		n++
	}
	if n > 0 && !standsAlone(s[n:]) {
		n--
	}
	return n
}

// standsAlone says that what s begins with does not join what stands before it.
func standsAlone(s string) bool {
	if s == "" || s[0] < utf8.RuneSelf {
		return true
	}
	r, _ := utf8.DecodeRuneInString(s)
	return oneCell(r)
}

// maxCluster is how many bytes are looked at for one cluster; it has no end of its own.
const maxCluster = 128

// nextCluster is the first thing of s that a terminal shows in one place, and its width in cells. Terminals disagree about
// some emoji, whether they are one picture or several, so it is the larger of the two; one that is wider than a row is
// taken apart.
func nextCluster(s string, width int) (string, int) {
	if r, n := utf8.DecodeRuneInString(s); (r < utf8.RuneSelf || oneCell(r)) && standsAlone(s[n:]) {
		return s[:n], 1
	}
	end := min(len(s), maxCluster)
	for end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	c, cells := ansi.FirstGraphemeCluster(s[:end], ansi.GraphemeWidth)
	if cells = max(cells, ansi.StringWidthWc(c)); cells <= width {
		return c, cells
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n], ansi.StringWidth(s[:n])
}
