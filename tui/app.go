// Package tui is what a person sees: the screens of one connection, and the same as numbered lines.
//
// app.go is the root with its stack of pages, page.go what a page is; each page has a file of its name. keys.go has every
// key, words*.go and locales/ every sentence, text*.go turns an entry into lines. It reaches the practice by Journal alone,
// does no I/O outside of Cmds, and holds nothing global.
package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/themes"
)

// App is one connection's screen: the stack of pages with the lines around them. It is mutated only in Update; View
// reads it, and keeps what it has drawn. It does no I/O but in Cmds.
//
// app.go routes messages and keeps the stack, chrome.go draws the frame, live.go follows the practice and the person's
// settings, leave.go sees to it that nobody leaves without their drafts.
type App struct {
	s       *session
	lang    string         // of the client
	noColor bool           // NO_COLOR
	zone    *time.Location // the server's, where the person has none

	known    bool        // who the person is has been read
	problem  error       // why it could not be
	unheard  int         // how often in a row following the practice could not begin
	readOnly bool        // nothing can be saved at the moment
	home     *home       // the bottom of the stack
	stack    []opened    // never empty
	gate     *factor     // covers all others while a second factor is due; nil if none is
	deaf     bool        // the practice is not followed, because of that
	dawn     *time.Timer // the next midnight where the person is
	newForm  *newThread  // kept while it is not sent, so that esc loses nothing

	last          lastFrame
	width, height int
	told          tea.WindowSizeMsg // the room that the pages know of
	background    background
	notice        noticeMsg
	notices       int // counts them, so that an old one's end does not take away a new one

	leaving  leaving
	kept     []unsaved // of pages that are gone, until they are stored
	flushed  []unsaved // what leaving has stored
	farewell string
	first    string // what to tell the person first
}

// New makes the screen of one connection. ctx must end when the program has ended: it stops the one goroutine that waits
// for changes. New reads nothing; Init's Cmds do.
func New(ctx context.Context, o Options) *App {
	a := &App{s: newSession(ctx, o), lang: o.Lang, noColor: o.NoColor, width: o.Width, height: o.Height}
	a.zone, a.first = a.s.zone, strings.Join(o.Notices, " ")
	a.restyle()
	a.dawn = time.NewTimer(a.untilDawn())
	a.home = newHome(a.s)
	a.stack = []opened{{page: a.home, is: toHome}}
	return a
}

// Init starts reading who the person is, what changes, and what Home shows.
func (a *App) Init() tea.Cmd {
	cmds := []tea.Cmd{a.tellSize(), a.readMe(), a.watch(), tea.RequestBackgroundColor, a.home.Init()}
	if a.first != "" {
		cmds = append(cmds, fail(a.first))
	}
	return tea.Batch(cmds...)
}

// Update takes in one message, and goes where a page wants to go because of it.
func (a *App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmds := []tea.Cmd{a.route(msg)}
	for len(a.s.visits) > 0 {
		next := a.s.visits[0]
		a.s.visits = a.s.visits[1:]
		cmds = append(cmds, a.route(next))
	}
	return a, tea.Batch(cmds...)
}

func (a *App) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		return a.resize(msg)
	case tea.KeyPressMsg:
		return a.key(msg)
	case tea.PasteMsg:
		return a.toTop(msg)
	case tea.MouseMsg:
		return a.mouse(msg)
	case openMsg:
		return a.push(opened{page: msg.page})
	case replaceMsg:
		return tea.Sequence(a.pop(), open(msg.page))
	case backMsg:
		return a.pop()
	case openThreadMsg:
		return a.openThread(msg)
	case goMsg:
		return a.goTo(msg.to)
	case writeWithMsg:
		a.newPage(toNew)
		a.newForm.with(msg.handle)
		return a.goTo(toNew)
	case nextUnreadMsg:
		return a.findUnread(msg.after)
	case foundUnreadMsg:
		return a.showUnread(msg)
	case noticeMsg:
		return a.show(msg)
	case noticeEndMsg:
		return a.endNotice(msg)
	case factorChangedMsg:
		return a.factorChanged(msg)
	}
	return a.routeFacts(msg)
}

// routeFacts takes in what happens around the person.
func (a *App) routeFacts(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.BackgroundColorMsg:
		return a.backgroundIs(msg)
	case meMsg:
		return a.meIs(msg)
	case watchingMsg:
		return a.watching(msg)
	case watchAgainMsg:
		return a.watch()
	case changedMsg:
		return a.changed(msg)
	case applyMsg:
		return a.apply(msg)
	case signedOutMsg:
		return a.signOut()
	case ShutdownMsg:
		return a.shutDown()
	case savedAllMsg:
		return a.savedAll(msg)
	case keptMsg:
		return a.keptAre(msg)
	case usageMsg:
		return a.usageIs(msg)
	}
	return a.toAll(msg)
}

// key gives a key to the root first and then to the top page.
func (a *App) key(msg tea.KeyPressMsg) tea.Cmd {
	k := a.s.keys
	if k.Leave.Has(msg) {
		return a.interrupt()
	}
	a.leaving = stays
	cmd := a.clearNotice()
	if !a.known {
		return tea.Batch(cmd, a.keyUnknown(msg))
	}
	typing := a.top().Typing() && msg.String() != "f1"
	switch {
	case k.Repaint.Has(msg):
		return tea.Batch(cmd, tea.ClearScreen)
	case a.gate != nil:
		return tea.Batch(cmd, a.toTop(msg))
	case k.Palette.Has(msg):
		return tea.Batch(cmd, a.goTo(toPalette))
	case !typing && k.Help.Has(msg):
		return tea.Batch(cmd, a.goTo(toHelp))
	case !typing && k.Search.Has(msg):
		return tea.Batch(cmd, a.goTo(toSearch))
	case !typing && len(a.stack) == 1 && k.Quit.Has(msg):
		return tea.Batch(cmd, a.leave())
	}
	return tea.Batch(cmd, a.toTop(msg))
}

// keyUnknown is what can be done when the person could not be read: try again, or go.
func (a *App) keyUnknown(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case a.s.keys.Quit.Has(msg):
		return tea.Quit
	case a.problem != nil && msg.String() == "r":
		a.problem = nil
		return tea.Batch(a.readMe(), a.home.load())
	}
	return nil
}

// mouse gives clicks and the wheel to the top page, counted from its body's corner.
func (a *App) mouse(msg tea.MouseMsg) tea.Cmd {
	m := msg.Mouse()
	head, _ := a.frame()
	m.Y -= head
	size := a.bodySize()
	if m.Y < 0 || m.Y >= size.Height || !a.known {
		return nil
	}
	switch msg.(type) {
	case tea.MouseClickMsg:
		return a.toTop(tea.MouseClickMsg(m))
	case tea.MouseWheelMsg:
		return a.toTop(tea.MouseWheelMsg(m))
	}
	return nil
}

// top is the page that the person looks at.
func (a *App) top() Page {
	if a.gate != nil {
		return a.gate
	}
	return a.stack[len(a.stack)-1].page
}

func (a *App) toTop(msg tea.Msg) tea.Cmd {
	if a.gate != nil {
		return a.toGate(msg)
	}
	return a.toPage(len(a.stack)-1, msg)
}

func (a *App) toPage(i int, msg tea.Msg) (cmd tea.Cmd) {
	a.stack[i].page, cmd = a.stack[i].page.Update(msg)
	return cmd
}

func (a *App) toAll(msg tea.Msg) tea.Cmd {
	cmds := make([]tea.Cmd, 0, len(a.stack))
	for i := range a.stack {
		cmds = append(cmds, a.toPage(i, msg))
	}
	return tea.Batch(append(cmds, a.toGate(msg))...)
}

func (a *App) resize(msg tea.WindowSizeMsg) tea.Cmd {
	a.width, a.height = msg.Width, msg.Height
	return a.tellSize()
}

// restyle makes the looks of the theme that the person chose, else of the one that suits the terminal's background.
func (a *App) restyle() {
	set, settings := a.s.shared.themes, a.s.me.Settings
	name := settings.Theme
	switch _, ok := set.Named(name); {
	case ok:
	case a.background == backgroundUnknown:
		name = themes.Basic
	default:
		name = set.For(a.background == backgroundDark).Name
	}
	a.s.styles = a.s.shared.looks[themeLook{name, a.noColor || settings.NoColor}]
}
