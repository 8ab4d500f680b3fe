package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"alcove/store/safetext"
)

// readersPage says who can read a thread, by their full names, and how to read it without a screen. It follows the thread
// that it lies on, which keeps the members and who of them is there.
type readersPage struct {
	*textPage
	of *threadPage
}

func newReadersPage(of *threadPage) Page {
	p := &readersPage{of: of}
	p.textPage = &textPage{s: of.s, title: of.s.words.Thread.Members.Readers, right: of.Header().Title, draw: p.lines}
	return p
}

// Update leaves the thread, or does what every text to read does. Whatever it is told may change who is there.
func (p *readersPage) Update(msg tea.Msg) (Page, tea.Cmd) {
	k, isKey := msg.(tea.KeyPressMsg)
	if isKey && p.of.keys.leave.Has(k) {
		return p, tea.Sequence(back, func() tea.Msg { return k }) // the thread asks first
	}
	_, cmd := p.textPage.Update(msg)
	p.redraw()
	return p, cmd
}

// lines are one for each member, and the thread's number.
func (p *readersPage) lines(width int) (lines []string) {
	s, w := p.s, p.s.words.Thread.Members
	for _, m := range p.of.thread.Members {
		line := fmt.Sprintf("%s (%s), %s", fullName(m), safetext.Line(m.Handle), s.words.role(m.Role))
		switch {
		case m.Handle == s.me.Handle:
			line += ", " + w.You
		case p.of.people.here[m.Handle]:
			line += ", " + s.words.Chrome.People.Here
		}
		lines = append(lines, paragraph(line, width)...)
	}
	number := fmt.Sprintf(w.Number, p.of.number, s.place.SSH(""))
	return append(append(lines, ""), paragraph(number, width)...)
}

// Hints are those of a text, and how to leave the thread.
func (p *readersPage) Hints() []Hint {
	hints := p.textPage.Hints()
	if p.of.known && len(p.of.thread.Members) > 1 {
		hints = append(hints[:1:1], append([]Hint{p.of.keys.leave.Hint()}, hints[1:]...)...)
	}
	return hints
}
