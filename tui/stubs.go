package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// Stubs of pages that follow in the next commits; nothing else refers to this file.
type stub struct{ title string }

func (p *stub) Init() tea.Cmd                  { return nil }
func (p *stub) Update(tea.Msg) (Page, tea.Cmd) { return p, nil }
func (p *stub) View(int, int) Body             { return Body{} }
func (p *stub) Header() Header                 { return Header{Title: p.title} }
func (p *stub) Hints() []Hint                  { return nil }
func (p *stub) Typing() bool                   { return false }
func (p *stub) Unsaved() []store.Draft         { return nil }

type home struct{ stub }

func (h *home) unread() int  { return 0 }
func newHome(*session) *home { return &home{} }

type newThread struct {
	stub
	done bool
}

func newNewThread(*session) *newThread                                     { return &newThread{} }
func newPeople(*session) Page                                              { return &stub{} }
func newSettings(*session) Page                                            { return &stub{} }
func newHelp(*session, string, []Hint) Page                                { return &stub{} }
func newPalette(*session, []Hint) Page                                     { return &stub{} }
func homeOrder(t []store.Thread, _ store.Role, _ time.Time) []store.Thread { return t }

// ConnectCard is the text to pass on with an invitation.
func ConnectCard(_ *Words, _ Place, _ store.Invitation) string { return "" }

// Linear is the screen as numbered lines.
func Linear(context.Context, Options, io.Reader, io.Writer) error { return errors.New("not yet") }
