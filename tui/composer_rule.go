package tui

import (
	"fmt"
	"strings"
	"time"
)

// ruleline is what the line above the composer is made of.
type ruleline struct {
	width   int
	name    string // what is written here
	editing bool
	state   string    // what has become of it
	saved   time.Time // of a draft that the store holds, in the place of a state
	dirty   bool      // it does not hold all of it, or will not for long
	style   Style     // of the state
	advice  string    // in the place of a state, where there is none
	styles  *Styles
	words   *Words
}

func (r ruleline) same(other ruleline) bool { return r == other }

func (r ruleline) line() string {
	st, name, state, style, tail := r.styles, r.name, r.state, r.style, 0
	if !r.saved.IsZero() {
		state, tail = r.savedAt()
	}
	room := r.width - 7 - tail // the pieces of the line around and between the two
	if state == "" && cells(name)+cells(r.advice) <= room {
		state, style = r.advice, st.Muted
	}
	if cells(name)+cells(state) > room && !r.editing {
		name, room = "", r.width-4-tail
	}
	name = clip(name, max(room/2, room-cells(state)))
	state = clip(state, room-cells(name))
	left, right := st.Rule.Render("─"), ""
	used := 1
	if name != "" {
		left += " " + st.Heading.Render(name) + " "
		used += 2 + cells(name)
	}
	if state != "" {
		right = " " + style.Render(state) + st.Rule.Render(strings.Repeat(" ", tail+1)+"─")
		used += 3 + cells(state) + tail
	}
	return left + st.Rule.Render(dashes(r.width-used)) + right
}

// savedAt says when the draft was saved, and whether that is all of it, and how much further left than at the end it stands.
// Both sentences begin in the same column and take the same room: on the way to the screen only their ends differ.
func (r ruleline) savedAt() (text string, tail int) {
	words, clock := &r.words.Thread.Composer, r.saved.Format(r.words.Date.Clock)
	text, other := fmt.Sprintf(words.Saved, clock), fmt.Sprintf(words.SavedBefore, clock)
	if r.dirty {
		text, other = other, text
	}
	return text, max(0, cells(other)-cells(text))
}
