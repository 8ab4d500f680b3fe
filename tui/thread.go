package tui

import (
	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

type threadPage struct {
	s      *session
	number int64
}

// newThreadPage shows a thread. at is the entry to show; 0 is the first unread one, or the end.
func newThreadPage(s *session, number, at int64) Page { return &threadPage{s: s, number: number} }

func (p *threadPage) Init() tea.Cmd                  { return nil }
func (p *threadPage) Update(tea.Msg) (Page, tea.Cmd) { return p, nil }
func (p *threadPage) View(width, height int) Body    { return Body{} }
func (p *threadPage) Header() Header                 { return Header{} }
func (p *threadPage) Hints() []Hint                  { return nil }
func (p *threadPage) Typing() bool                   { return false }
func (p *threadPage) Unsaved() []store.Draft         { return nil }
