package tui

import (
	tea "charm.land/bubbletea/v2"

	"alcove/store/safetext"
)

// textPage shows a text to read and to mark with the mouse, under a sentence about it.
type textPage struct {
	plain
	s                  *session
	title, right, note string
	draw               func(width int) []string
	view               scroll
	width              int
}

func newTextPage(s *session, title, right, note string, draw func(width int) []string) Page {
	return &textPage{s: s, title: title, right: right, note: note, draw: draw}
}

// Init has nothing to read.
func (p *textPage) Init() tea.Cmd { return nil }

// Update scrolls, or goes back.
func (p *textPage) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.width, p.view.height = msg.Width, msg.Height
		p.redraw()
	case restyledMsg:
		p.redraw()
	case tea.MouseWheelMsg:
		p.view.wheel(msg)
	case tea.KeyPressMsg:
		if !p.view.key(p.s.keys, msg) && p.s.keys.Back.Has(msg) {
			return p, back
		}
	}
	return p, nil
}

func (p *textPage) redraw() {
	p.view.lines = nil
	if p.note != "" {
		p.view.lines = append(paragraph(p.note, p.width), "")
	}
	p.view.lines = append(p.view.lines, p.draw(p.width)...)
	p.view.move(0)
}

// View is the lines in the window.
func (p *textPage) View(int, int) Body { return p.view.view() }

// Header is what the text is, and who can read it.
func (p *textPage) Header() Header { return Header{Title: p.title, Right: p.right} }

// Hints are the keys of every page that is only read.
func (p *textPage) Hints() []Hint {
	k := p.s.keys
	return []Hint{k.Back.Hint(), k.Up.Hint(), k.PageDown.Hint(), k.Top.Hint()}
}

// plainRows are the rows of a text as its author typed it, without anything before them, so that they can be marked.
func plainRows(text string, width int) []string {
	e := newEditor()
	e.Resize(width)
	e.Type(safetext.Text(text), false)
	e.caret = pos{}
	rows, _, _ := e.View(e.size + 1)
	return rows
}
