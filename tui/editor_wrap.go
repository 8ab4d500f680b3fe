package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// cluster measures the first grapheme cluster of a text: its bytes and cells.
func cluster(s string) (size, width int) {
	if s[0] < 0x80 && (len(s) == 1 || s[1] < 0x80) {
		return 1, 1
	}
	c, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(c), w
}

// borderFrom is the first border of clusters at or after byte i. Between two ASCII bytes there always is one, so it
// looks from the last such place on.
func borderFrom(s string, i int) int {
	if i >= len(s) {
		return len(s)
	}
	at := i
	for at > 0 && (s[at-1] >= 0x80 || s[at] >= 0x80) {
		at--
	}
	for at < i {
		n, _ := cluster(s[at:])
		at += n
	}
	return at
}

// nextBreak is where the row that begins at start ends: before the first word that does not fit, or inside of it when it
// alone is too long. Spaces hang over the edge. At the end of the text it answers len(s).
func nextBreak(s string, start, limit int) int {
	width, chance := 0, start // chance is the last place where a new row could begin
	for i := start; i < len(s); {
		n, w := cluster(s[i:])
		space := n == 1 && s[i] == ' '
		if w > 1 {
			chance = i
		}
		if width+w > limit && !space && i > start {
			if chance > start {
				return chance
			}
			return i
		}
		hyphen := n == 1 && s[i] == '-' && i > start && s[i-1] != ' ' && s[i-1] != '-'
		width, i = width+w, i+n
		if space || hyphen || w > 1 {
			chance = i
		}
	}
	return len(s)
}

// rowBreaks is where the second and further rows of a text begin.
func rowBreaks(s string, limit int) (breaks []int) {
	for at := nextBreak(s, 0, limit); at < len(s); at = nextBreak(s, at, limit) {
		breaks = append(breaks, at)
	}
	return breaks
}

// recut cuts a line again in which the bytes from..to grew by delta: from two rows before the change (a row ends where
// the first word of the next one says) until a row begins where one did before.
func (l *editLine) recut(limit, from, to, delta int) {
	if !l.cut {
		return
	}
	keep := 0
	for keep < len(l.breaks) && l.breaks[keep] <= from {
		keep++
	}
	keep = max(0, keep-2)
	start := 0
	if keep > 0 {
		start = l.breaks[keep-1]
	}
	old := l.breaks[keep:]
	breaks := append([]int(nil), l.breaks[:keep]...)
	for at := nextBreak(l.text, start, limit); at < len(l.text); at = nextBreak(l.text, at, limit) {
		for len(old) > 0 && (old[0] <= to || old[0]+delta < at) {
			old = old[1:]
		}
		if len(old) > 0 && old[0]+delta == at {
			for _, b := range old {
				breaks = append(breaks, b+delta)
			}
			break
		}
		breaks = append(breaks, at)
	}
	l.breaks = breaks
}

// rowRef is one row on the screen: a line of the text and which of its rows.
type rowRef struct{ line, row int }

func (r rowRef) before(q rowRef) bool { return r.line < q.line || r.line == q.line && r.row < q.row }

// Resize sets the room for the text. A row leaves one cell free for the caret.
func (e *editor) Resize(width int) {
	limit := max(2, width-1)
	if limit == e.limit {
		return
	}
	e.limit = limit
	for i := range e.lines {
		e.lines[i].cut = false
	}
}

// cutLine is a line with its rows known.
func (e *editor) cutLine(i int) *editLine {
	l := &e.lines[i]
	if !l.cut {
		l.breaks, l.cut = rowBreaks(l.text, e.limit), true
	}
	return l
}

// rowSpan is where a row begins and ends in its line.
func (e *editor) rowSpan(r rowRef) (start, end int) {
	l := e.cutLine(r.line)
	end = len(l.text)
	if r.row > 0 {
		start = l.breaks[r.row-1]
	}
	if r.row < len(l.breaks) {
		end = l.breaks[r.row]
	}
	return start, end
}

// rowOf is the row that a place is shown in. Between two rows of a line it is the later one.
func (e *editor) rowOf(p pos) rowRef {
	breaks := e.cutLine(p.line).breaks
	row := len(breaks)
	for row > 0 && breaks[row-1] > p.byte {
		row--
	}
	return rowRef{p.line, row}
}

func (e *editor) nextRow(r rowRef) (rowRef, bool) {
	switch {
	case r.row < len(e.cutLine(r.line).breaks):
		return rowRef{r.line, r.row + 1}, true
	case r.line+1 < len(e.lines):
		return rowRef{r.line + 1, 0}, true
	}
	return r, false
}

func (e *editor) prevRow(r rowRef) (rowRef, bool) {
	switch {
	case r.row > 0:
		return rowRef{r.line, r.row - 1}, true
	case r.line > 0:
		return rowRef{r.line - 1, len(e.cutLine(r.line - 1).breaks)}, true
	}
	return r, false
}

// Rows counts the rows of the text, up to most.
func (e *editor) Rows(most int) int {
	n := 1
	for r, ok := e.nextRow(rowRef{}); ok && n < most; r, ok = e.nextRow(r) {
		n++
	}
	return n
}

// Follow scrolls as little as it takes to have the caret among height rows.
func (e *editor) Follow(height int) { e.top = e.topFor(height) }

func (e *editor) topFor(height int) rowRef {
	top, caret := e.top, e.rowOf(e.caret)
	if top.line >= len(e.lines) || top.row > len(e.cutLine(top.line).breaks) || caret.before(top) {
		top = caret
	}
	if low := e.up(caret, height-1); top.before(low) {
		top = low
	}
	if last := e.up(e.rowOf(e.end()), height-1); last.before(top) {
		top = last
	}
	return top
}

func (e *editor) up(r rowRef, n int) rowRef {
	for ok := true; ok && n > 0; n-- {
		r, ok = e.prevRow(r)
	}
	return r
}

// View is the rows that fit into height, and where the caret is among them.
func (e *editor) View(height int) (rows []string, x, y int) {
	caret := e.rowOf(e.caret)
	r, ok := e.topFor(height), true
	for ; ok && len(rows) < height; r, ok = e.nextRow(r) {
		start, end := e.rowSpan(r)
		text := e.lines[r.line].text[start:end]
		if r == caret {
			y = len(rows)
			x = min(cells(e.lines[r.line].text[start:e.caret.byte]), e.limit)
		}
		if cells(text) > e.limit {
			text = strings.TrimRight(text, " ") // those that hang over the edge
		}
		rows = append(rows, text)
	}
	return rows, x, y
}
