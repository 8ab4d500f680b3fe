package tui

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// Key does what an editing key does, named as tea.KeyPressMsg.String names it, and says whether it was one. height is
// that of the room, for keys that move by a page.
func (e *editor) Key(key string, height int) bool {
	switch key {
	case "up":
		e.vertical(-1)
	case "down":
		e.vertical(1)
	case "pgup":
		e.vertical(min(-1, 1-height))
	case "pgdown":
		e.vertical(max(1, height-1))
	default:
		move := e.mover(key)
		if move == nil {
			return e.editKey(key)
		}
		e.goal = -1
		move()
	}
	e.past.closed = true
	return true
}

func (e *editor) mover(key string) func() {
	switch key {
	case "left":
		return e.left
	case "right":
		return e.right
	case "ctrl+left", "alt+left", "alt+b":
		return e.wordLeft
	case "ctrl+right", "alt+right", "alt+f":
		return e.wordRight
	case "home":
		return e.rowStart
	case "end":
		return e.rowEnd
	case "ctrl+a":
		return e.lineStart
	case "ctrl+e":
		return e.lineEnd
	case "ctrl+home":
		return func() { e.caret = pos{} }
	case "ctrl+end":
		return func() { e.caret = e.end() }
	}
	return nil
}

func (e *editor) editKey(key string) bool {
	switch key {
	case "backspace", "shift+backspace", "ctrl+h":
		e.erase(e.left)
	case "delete", "ctrl+d":
		e.erase(e.right)
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		e.erase(e.wordLeft)
	case "alt+d", "ctrl+delete":
		e.erase(e.wordRight)
	case "ctrl+u":
		e.erase(e.lineStart)
	case "ctrl+k":
		if e.caret.byte == len(e.lines[e.caret.line].text) {
			e.erase(e.right)
		} else {
			e.erase(e.lineEnd)
		}
	case "ctrl+z":
		e.Undo()
	case "ctrl+y", "alt+z":
		e.Redo()
	default:
		return false
	}
	return true
}

// erase removes what lies between the caret and where a move takes it.
func (e *editor) erase(move func()) {
	was := e.caret
	move()
	from, to := e.caret, was
	e.caret = was
	switch {
	case from.before(to):
		e.change(from, to, "", rubbed, false)
	case to.before(from):
		e.change(to, from, "", pasted, false)
	}
}

func (e *editor) left() {
	switch {
	case e.caret.byte > 0:
		e.caret.byte = e.borderBefore()
	case e.caret.line > 0:
		e.caret = pos{e.caret.line - 1, len(e.lines[e.caret.line-1].text)}
	}
}

func (e *editor) right() {
	switch {
	case e.caret.byte < len(e.lines[e.caret.line].text):
		e.caret.byte = e.borderBehind()
	case e.caret.line+1 < len(e.lines):
		e.caret = pos{e.caret.line + 1, 0}
	}
}

// borderBefore is where the cluster before the caret begins, borderBehind where the one behind it ends.
func (e *editor) borderBefore() int {
	text := e.lines[e.caret.line].text
	start, _ := e.rowSpan(e.rowOf(pos{e.caret.line, e.caret.byte - 1}))
	for {
		n, _ := cluster(text[start:])
		if start+n >= e.caret.byte {
			return start
		}
		start += n
	}
}

func (e *editor) borderBehind() int {
	n, _ := cluster(e.lines[e.caret.line].text[e.caret.byte:])
	return e.caret.byte + n
}

// wordLeft moves to the start of the word before the caret, within the line or to the end of the one above.
func (e *editor) wordLeft() {
	if e.caret.byte == 0 {
		e.left()
		return
	}
	text := e.lines[e.caret.line].text
	for _, word := range []bool{false, true} {
		for e.caret.byte > 0 {
			at := e.borderBefore()
			if inWord(text[at:]) != word {
				break
			}
			e.caret.byte = at
		}
	}
}

// wordRight moves to the end of the word behind the caret, within the line or to the start of the one below.
func (e *editor) wordRight() {
	text := e.lines[e.caret.line].text
	if e.caret.byte == len(text) {
		e.right()
		return
	}
	for _, word := range []bool{false, true} {
		for e.caret.byte < len(text) && inWord(text[e.caret.byte:]) == word {
			e.caret.byte = e.borderBehind()
		}
	}
}

// inWord says that a text begins with a character of a word.
func inWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_' || r == '\''
}

func (e *editor) lineStart() { e.caret.byte = 0 }
func (e *editor) lineEnd()   { e.caret.byte = len(e.lines[e.caret.line].text) }

func (e *editor) rowStart() { e.caret.byte, _ = e.rowSpan(e.rowOf(e.caret)) }
func (e *editor) rowEnd()   { e.caret.byte = e.placeIn(e.rowOf(e.caret), math.MaxInt) }

// vertical moves the caret by rows, keeping to its cell as well as the rows allow. From the first row up is the start of
// the text, from the last one down its end.
func (e *editor) vertical(n int) {
	r := e.rowOf(e.caret)
	if e.goal < 0 {
		start, _ := e.rowSpan(r)
		e.goal = cells(e.lines[r.line].text[start:e.caret.byte])
	}
	moved, down := false, n > 0
	for ok := true; ok && n != 0; {
		if n < 0 {
			r, ok = e.prevRow(r)
			n++
		} else {
			r, ok = e.nextRow(r)
			n--
		}
		moved = moved || ok
	}
	switch {
	case moved:
		e.caret = pos{r.line, e.placeIn(r, e.goal)}
	case down:
		e.caret = e.end()
	default:
		e.caret = pos{}
	}
}

// placeIn is the byte of a row's line at a cell, or the row's last place. Where a line goes on in the next row, that is
// before the row's last character: behind it the caret would show one row lower.
func (e *editor) placeIn(r rowRef, cell int) int {
	start, end := e.rowSpan(r)
	text := e.lines[r.line].text
	width, last := 0, end == len(text)
	for start < end {
		n, w := cluster(text[start:])
		if width+w > cell || !last && start+n >= end {
			return start
		}
		start, width = start+n, width+w
	}
	return start
}
