package tui

import (
	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// The stack of open pages: Home at the bottom, what the person looks at on top.

// place is where one can go from everywhere.
type place uint8

const (
	toHome place = iota
	toNew
	toSearch
	toPeople
	toSettings
	toHelp
	toPalette
	toUnread
	toRepaint
	toLeave
)

// goMsg asks the root to go to a place.
type goMsg struct{ to place }

// opened is a page on the stack and what it stands for, so that nothing is opened twice.
type opened struct {
	page Page
	is   any // a place, a threadNumber, or nil
}

type threadNumber int64

func (a *App) goTo(to place) tea.Cmd {
	switch to {
	case toHome:
		return a.popTo(1)
	case toUnread:
		return nextUnread(0)
	case toRepaint:
		return tea.ClearScreen
	case toLeave:
		return a.leave()
	case toPeople:
		if a.s.me.Role != store.RoleCoach {
			return fail(a.s.words.Error.BadRole)
		}
	}
	for i, open := range a.stack {
		if open.is == to {
			return a.popTo(i + 1)
		}
	}
	return a.push(opened{page: a.newPage(to), is: to})
}

func (a *App) newPage(to place) Page {
	under := a.top()
	switch to {
	case toNew:
		if a.newForm == nil || a.newForm.done {
			a.newForm = newNewThread(a.s)
		}
		return a.newForm
	case toSearch:
		return newSearchPage(a.s)
	case toPeople:
		return newPeople(a.s)
	case toSettings:
		return newSettings(a.s)
	case toHelp:
		title := under.Header().Title
		if len(a.stack) == 1 { // whose title greets
			title = a.s.words.Chrome.Home.Title
		}
		return newHelp(a.s, title, under.Hints())
	}
	return newPalette(a.s, under.Hints())
}

func (a *App) push(o opened) tea.Cmd {
	covered := a.toPage(len(a.stack)-1, coveredMsg{true})
	a.stack = append(a.stack, o)
	return tea.Batch(covered, a.toPage(len(a.stack)-1, a.bodySize()), o.page.Init())
}

// popTo closes pages until n are left. What they hold unsaved is stored.
func (a *App) popTo(n int) tea.Cmd {
	if n >= len(a.stack) {
		return nil
	}
	var drafts []unsaved
	for _, o := range a.stack[n:] {
		if p, is := o.page.(*threadPage); is {
			p.marks.errand.hurry()
		}
		drafts = append(drafts, o.page.Unsaved()...)
	}
	clear(a.stack[n:])
	a.stack = a.stack[:n]
	return tea.Sequence(a.keep(drafts), a.toPage(len(a.stack)-1, coveredMsg{false}))
}

func (a *App) pop() tea.Cmd { return a.popTo(max(1, len(a.stack)-1)) }

// openThread shows a thread. A page that shows it already comes off the stack first, so that no two composers hold one
// draft, and its draft is stored before the new page reads it.
func (a *App) openThread(msg openThreadMsg) tea.Cmd {
	for i, o := range a.stack {
		if o.is == threadNumber(msg.thread) {
			return tea.Sequence(a.popTo(i), openThread(msg.thread, msg.at))
		}
	}
	return a.push(opened{page: newThreadPage(a.s, msg.thread, msg.at), is: threadNumber(msg.thread)})
}
