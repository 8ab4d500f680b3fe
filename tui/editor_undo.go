package tui

import "strings"

// What an editor remembers, so that a person can take back what they did to the text.

const (
	maxSteps     = 200       // of undo
	maxRemember  = 512 << 10 // bytes of all steps together
	maxTypedStep = 4 << 10   // bytes that typing adds to one step
)

// kind is how an edit was made: typing letters and rubbing them out each make one step of many keys.
type kind uint8

const (
	typed kind = iota
	rubbed
	pasted
)

// edit is one change of the text, enough to go back and forth over it.
type edit struct {
	from              pos
	removed, inserted string
	before            pos // the caret
	how               kind
}

type history struct {
	undo, redo []edit
	size       int  // bytes in undo
	closed     bool // the caret moved: what comes is a new step
}

func (h *history) add(next edit, joined bool) {
	h.redo = nil
	if last := len(h.undo) - 1; last >= 0 && !h.closed && h.undo[last].joins(next, joined) {
		was := &h.undo[last]
		if next.how == rubbed {
			was.from, was.removed = next.from, next.removed+was.removed
		} else {
			was.inserted += next.inserted
		}
	} else {
		next.removed, next.inserted = strings.Clone(next.removed), strings.Clone(next.inserted) // else a letter holds its whole line
		h.undo = append(h.undo, next)
	}
	h.closed = false
	h.size += len(next.removed) + len(next.inserted)
	for len(h.undo) > maxSteps || h.size > maxRemember && len(h.undo) > 1 {
		h.size -= len(h.undo[0].removed) + len(h.undo[0].inserted)
		h.undo[0] = edit{}
		h.undo = h.undo[1:]
	}
}

// joins says that next goes on with what e began: typing up to the end of a word, rubbing out backwards.
func (e edit) joins(next edit, joined bool) bool {
	if e.how != next.how || len(e.inserted)+len(e.removed) > maxTypedStep {
		return false
	}
	switch next.how {
	case typed:
		if next.removed != "" || endOf(e.from, e.inserted) != next.from {
			return false
		}
		return joined || next.inserted != "\n" && (next.inserted == " " || !endsInSpace(e.inserted))
	case rubbed:
		return next.inserted == "" && endOf(next.from, next.removed) == e.from
	}
	return false
}

func endsInSpace(s string) bool {
	return s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\n')
}

// endOf is where a text ends that begins at from.
func endOf(from pos, text string) pos {
	for i := range len(text) {
		if text[i] == '\n' {
			from = pos{from.line + 1, 0}
		} else {
			from.byte++
		}
	}
	return from
}

// Undo takes the last step back and says whether there was one.
func (e *editor) Undo() bool {
	h := &e.past
	if len(h.undo) == 0 {
		return false
	}
	step := h.undo[len(h.undo)-1]
	h.undo = h.undo[:len(h.undo)-1]
	h.size -= len(step.removed) + len(step.inserted)
	e.replace(step.from, endOf(step.from, step.inserted), step.removed)
	e.caret = step.before
	h.redo = append(h.redo, step)
	h.closed = true
	return true
}

// Redo makes the last step that was taken back again.
func (e *editor) Redo() bool {
	h := &e.past
	if len(h.redo) == 0 {
		return false
	}
	step := h.redo[len(h.redo)-1]
	h.redo = h.redo[:len(h.redo)-1]
	e.replace(step.from, endOf(step.from, step.removed), step.inserted)
	h.undo = append(h.undo, step)
	h.size += len(step.removed) + len(step.inserted)
	h.closed = true
	return true
}
