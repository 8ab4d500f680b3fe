package tui

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"alcove/store"
)

// editor is a text of many lines with a caret, as the composer holds it. It knows nothing of drafts, pages or terminals.
//
// editor.go is the text and its one way of changing; editor_wrap.go cuts lines into rows and draws them; editor_move.go
// is the caret and the keys; editor_undo.go remembers. All of it counts in grapheme clusters, with the widths of the
// renderer: the caret never stands inside of one. Rows are cut when they are looked at, and after a change only around
// it, so that a key costs the same in 256 KiB of text as in none.
type editor struct {
	lines []editLine // never empty
	size  int        // bytes of the whole text, newlines counted
	caret pos
	goal  int    // the cell that the caret keeps to when it moves up and down; -1 is where it stands
	limit int    // cells of a row; the caret may stand behind the last one
	top   rowRef // the first row shown
	seq   uint64 // counts the changes of the text
	past  history
}

// pos is a place between two characters: a line of the text, and a byte in it.
type pos struct{ line, byte int }

func (p pos) before(q pos) bool { return p.line < q.line || p.line == q.line && p.byte < q.byte }

// editLine is what stands between two newlines. breaks are where its second and further rows begin, once it is cut.
type editLine struct {
	text   string
	breaks []int
	cut    bool
}

func newEditor() *editor { return &editor{lines: make([]editLine, 1), goal: -1, limit: 80} }

// Text is the whole text.
func (e *editor) Text() string {
	var b strings.Builder
	b.Grow(e.size)
	for i, l := range e.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}

// Blank says that there is nothing but spaces.
func (e *editor) Blank() bool {
	for _, l := range e.lines {
		if strings.TrimSpace(l.text) != "" {
			return false
		}
	}
	return true
}

// Type puts what was typed or pasted at the caret. joined makes it one undo step with what was typed before. It answers
// false, and changes nothing, when the text would be longer than an entry may be.
func (e *editor) Type(s string, joined bool) bool {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	if e.size+len(s) > store.MaxEntry {
		return false
	}
	if s != "" {
		e.change(e.caret, e.caret, s, typed, joined)
	}
	return true
}

// Adopt makes the text another one, as one undo step: only what differs is replaced, so that the caret stays with the
// words around it.
func (e *editor) Adopt(text string) {
	old := e.Text()
	if old == text {
		return
	}
	head := commonPrefix(old, text)
	tail := commonSuffix(old[head:], text[head:])
	caret := e.offset(e.caret)
	e.change(e.at(head), e.at(len(old)-tail), text[head:len(text)-tail], pasted, false)
	switch {
	case caret >= len(old)-tail: // also at the end of the text: who goes on with it goes on behind
		e.caret = e.at(caret + len(text) - len(old))
	case caret <= head:
		e.caret = e.at(caret)
	}
	e.snap()
}

// Reset makes the text another one, with the caret at its end and nothing to undo.
func (e *editor) Reset(text string) {
	e.Adopt(text)
	e.past = history{}
	e.caret = e.end()
}

// MoveTo puts the caret behind so many bytes of the text.
func (e *editor) MoveTo(offset int) {
	e.caret = e.at(max(0, min(offset, e.size)))
	e.snap()
}

// change is the one way in which a person changes the text: it can be undone.
func (e *editor) change(from, to pos, with string, how kind, joined bool) {
	before := e.caret
	removed := e.replace(from, to, with)
	e.past.add(edit{from: from, removed: removed, inserted: with, before: before, how: how}, joined)
}

// replace puts with in the place of what stands between from and to, and the caret behind it.
func (e *editor) replace(from, to pos, with string) (removed string) {
	removed = e.between(from, to)
	first, last := &e.lines[from.line], &e.lines[to.line]
	head, tail := first.text[:from.byte], last.text[to.byte:]
	if from.line == to.line && !strings.Contains(with, "\n") {
		first.text = head + with + tail
		first.recut(e.limit, from.byte, to.byte, len(with)-len(removed))
		e.caret = pos{from.line, from.byte + len(with)}
	} else {
		parts := strings.Split(with, "\n")
		end := len(parts) - 1
		e.caret = pos{from.line + end, len(parts[end])}
		if end == 0 {
			e.caret.byte += from.byte
		}
		parts[0] = head + parts[0]
		parts[end] += tail
		lines := make([]editLine, len(parts))
		for i, part := range parts {
			lines[i].text = part
		}
		e.lines = slices.Replace(e.lines, from.line, to.line+1, lines...)
	}
	e.size += len(with) - len(removed)
	e.seq++
	e.goal = -1
	e.snap()
	return removed
}

func (e *editor) between(from, to pos) string {
	if from.line == to.line {
		return e.lines[from.line].text[from.byte:to.byte]
	}
	var b strings.Builder
	b.WriteString(e.lines[from.line].text[from.byte:])
	for _, l := range e.lines[from.line+1 : to.line] {
		b.WriteByte('\n')
		b.WriteString(l.text)
	}
	b.WriteByte('\n')
	b.WriteString(e.lines[to.line].text[:to.byte])
	return b.String()
}

func (e *editor) end() pos {
	last := len(e.lines) - 1
	return pos{last, len(e.lines[last].text)}
}

// at is the place behind so many bytes of the whole text, offset the way back.
func (e *editor) at(offset int) pos {
	for i, l := range e.lines {
		if offset <= len(l.text) {
			return pos{i, offset}
		}
		offset -= len(l.text) + 1
	}
	return e.end()
}

func (e *editor) offset(p pos) int {
	n := p.byte
	for _, l := range e.lines[:p.line] {
		n += len(l.text) + 1
	}
	return n
}

// snap moves a caret that stands inside of a cluster behind it: two halves may have become one character.
func (e *editor) snap() {
	e.caret.byte = borderFrom(e.lines[e.caret.line].text, e.caret.byte)
}

// commonPrefix and commonSuffix count the bytes that two texts begin and end with alike, in whole runes.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && (n < len(a) && !utf8.RuneStart(a[n]) || n < len(b) && !utf8.RuneStart(b[n])) {
		n--
	}
	return n
}

func commonSuffix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	for n > 0 && !utf8.RuneStart(a[len(a)-n]) {
		n--
	}
	return n
}
