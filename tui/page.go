package tui

import tea "charm.land/bubbletea/v2"

// Page is one screen. The root (app.go) owns the stack of pages, the header and the footer, and gives a page the room
// between them. Keys, mouse and paste go to the top page; facts go to every open page, also to covered ones:
//
//	store.Change       something happened in the practice
//	tea.WindowSizeMsg  the room for the body is now this large (not the whole screen)
//	restyledMsg        words, styles, keys or settings in the session are new: drop what was rendered with the old ones
//	dayOverMsg         a day has begun where the person is: "today" is another, though nothing happened
//	coveredMsg         another page was put on top, or the cover is gone
//	any other          results of Cmds: they carry what they are for, and whoever it is not for lets it pass
//
// Mouse positions count from the body's top left. Pages do no I/O in Update or Init: a named method makes the Cmd. A Cmd
// runs beside Update, so of the session it touches ctx, journal and now alone; what else it needs is handed to it.
type Page interface {
	// Init makes the page's first Cmd; called once, when it is opened, after it has been told its size.
	Init() tea.Cmd
	// Update takes in one message and returns the page that stands in its place.
	Update(msg tea.Msg) (Page, tea.Cmd)
	// View draws the body in at most width x height cells. It has no side effects.
	View(width, height int) Body
	// Header is what the top line says.
	Header() Header
	// Hints are all the keys that work now, the one most worth telling first: the footer shows as many as fit, help and
	// the palette show them all. Nobody changes them.
	Hints() []Hint
	// Typing says that a text field has the caret, so that '?', '/' and other letters are text and not the root's keys.
	Typing() bool
	// Unsaved is the writing on the page that the store does not hold yet. It is saved when the page is taken off the
	// stack and when the session ends.
	Unsaved() []unsaved
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
	Shorter      [4]string // what stands for Right where there is less room, longest first; as many as there are
}

// Hint is a key and what it does, in the person's language. Binding.Hint makes one.
type Hint struct {
	Key, Does string
	press     tea.KeyPressMsg // what the palette sends to the page for it; the zero value keeps it out of the palette
}

// Messages by which a page asks the root.
type (
	openMsg       struct{ page Page }        // put page on the stack
	replaceMsg    struct{ page Page }        // put page in the place of the top one
	backMsg       struct{}                   // take the top page off the stack
	openThreadMsg struct{ thread, at int64 } // show the thread; one that is open already comes off the stack first
	nextUnreadMsg struct{ after int64 }      // show the next thread with something unread, in Home's order
	signedOutMsg  struct{}                   // the store says that the person is signed out: one sentence, and the end
	noticeMsg     struct {                   // say something in the line above the footer
		text   string
		failed bool // stays until a key; good news goes by itself
	}
)

// Messages by which the root tells pages; see Page.
type (
	restyledMsg struct{}
	dayOverMsg  struct{}
	coveredMsg  struct{ covered bool } // goes to the one page that was covered or uncovered
)

func open(p Page) tea.Cmd    { return func() tea.Msg { return openMsg{p} } }
func replace(p Page) tea.Cmd { return func() tea.Msg { return replaceMsg{p} } }
func back() tea.Msg          { return backMsg{} }

// openThread shows a thread at an entry, or with at 0 at the first unread entry or the end.
func openThread(thread, at int64) tea.Cmd {
	return func() tea.Msg { return openThreadMsg{thread, at} }
}

func nextUnread(after int64) tea.Cmd {
	return func() tea.Msg { return nextUnreadMsg{after} }
}

func say(text string) tea.Cmd {
	return func() tea.Msg { return noticeMsg{text: text} }
}

func fail(text string) tea.Cmd {
	return func() tea.Msg { return noticeMsg{text: text, failed: true} }
}
