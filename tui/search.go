package tui

import (
	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

type searchPage struct{ s *session }

// newSearchPage searches all the threads that the person can read.
func newSearchPage(s *session) Page { return &searchPage{s: s} }

func (p *searchPage) Init() tea.Cmd                  { return nil }
func (p *searchPage) Update(tea.Msg) (Page, tea.Cmd) { return p, nil }
func (p *searchPage) View(width, height int) Body    { return Body{} }
func (p *searchPage) Header() Header                 { return Header{} }
func (p *searchPage) Hints() []Hint                  { return nil }
func (p *searchPage) Typing() bool                   { return true }
func (p *searchPage) Unsaved() []store.Draft         { return nil }
