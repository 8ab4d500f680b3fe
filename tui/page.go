package tui

import (
	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// Page is one screen. The root (app.go) owns the stack of pages, the header and the footer, and gives a page the room
// between them. Keys, mouse and paste go to the top page; facts (changes, ticks, a new theme or size) go to every open
// page. Pages do no I/O in Update or Init: a named method makes the Cmd and its result comes back as a typed message
// that carries what it is for.
type Page interface {
	// Init makes the page's first Cmd; called once, when it is opened.
	Init() tea.Cmd
	// Update takes in one message and returns the page that stands in its place.
	Update(msg tea.Msg) (Page, tea.Cmd)
	// View draws the body in at most width x height cells. It has no side effects.
	View(width, height int) Body
	// Header is what the top line says.
	Header() Header
	// Hints are the keys worth telling now, the most important first; the footer shows as many as fit.
	Hints() []Hint
	// Unsaved is the writing on the page that the store does not hold yet. It is saved when the session ends.
	Unsaved() []store.Draft
}

// Body is what a page draws: lines without newlines, and where the hardware cursor stands in them (the selected row or
// the caret), for screen readers and input methods.
type Body struct {
	Lines  []string
	Cursor *tea.Cursor
}

// Header is a page's name and, at the right, who can read what is on it or who is here.
type Header struct {
	Title, Right string
}

// Hint is a key and what it does, in the person's language.
type Hint struct {
	Key, Does string
}

// Navigation: pages ask the root by these messages.
type (
	openMsg   struct{ page Page } // put page on the stack
	backMsg   struct{}            // take the top page off the stack
	noticeMsg struct {            // say something in the line above the footer
		text   string
		failed bool // stays until a key; good news goes by itself
	}
)

func open(p Page) tea.Cmd { return func() tea.Msg { return openMsg{p} } }
func back() tea.Msg       { return backMsg{} }
func say(text string) tea.Cmd {
	return func() tea.Msg { return noticeMsg{text: text} }
}
func fail(text string) tea.Cmd {
	return func() tea.Msg { return noticeMsg{text: text, failed: true} }
}
