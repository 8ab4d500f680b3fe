package tui

import (
	"cmp"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// What the root learns while it runs: who the person is, what changes in the practice, which background the terminal has.

type (
	meMsg struct {
		me   store.Me
		zone *time.Location
		err  error
	}
	watchingMsg struct {
		changes <-chan store.Change
		err     error
	}
	watchAgainMsg struct{}
	changedMsg    struct {
		change  store.Change
		dawn    bool // a day has begun, that is all
		open    bool // false when nothing more will come
		changes <-chan store.Change
	}
	applyMsg struct { // show these settings from now on; who sends it stores them
		settings store.Settings
		zone     *time.Location
	}
)

// background is what the terminal answered about its background colour.
type background uint8

const (
	backgroundUnknown background = iota
	backgroundDark
	backgroundLight
)

func (a *App) readMe() tea.Cmd {
	s := a.s
	return func() tea.Msg {
		me, err := s.journal.Me(s.ctx)
		return meMsg{me, zoneOf(me.Settings), err}
	}
}

func (a *App) meIs(msg meMsg) tea.Cmd {
	if errors.Is(msg.err, store.ErrSignedOut) {
		return a.signOut()
	}
	if msg.err != nil {
		a.problem = msg.err
		return nil
	}
	a.known, a.s.me = true, msg.me
	return tea.Batch(a.apply(applyMsg{msg.me.Settings, msg.zone}), a.guard())
}

// apply asks the root to show settings from now on.
func apply(settings store.Settings) tea.Cmd {
	return func() tea.Msg { return applyMsg{settings, zoneOf(settings)} }
}

// zoneOf reads the time zone that a person chose; it is nil where there is none. It reads a file, so it is for Cmds.
func zoneOf(settings store.Settings) *time.Location {
	if settings.TimeZone == "" || settings.TimeZone == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(settings.TimeZone)
	if err != nil {
		return nil
	}
	return zone
}

// There is one watch in a session's life. While it cannot begin it is tried again, by one tick at a time: so long after the
// first failure, and at most.
const (
	watchAgainAfter  = 5 * time.Second
	watchAgainAtMost = 5 * time.Minute
)

func (a *App) watch() tea.Cmd {
	s := a.s
	return func() tea.Msg {
		changes, err := s.journal.Watch(s.ctx)
		return watchingMsg{changes, err}
	}
}

func (a *App) watching(msg watchingMsg) tea.Cmd {
	failed := a.unheard
	switch {
	case msg.err == nil:
		a.unheard = 0
		listen := a.waitForChange(msg.changes)
		if failed > 0 { // what happened meanwhile was missed
			return tea.Batch(listen, a.toAll(store.Change{Kind: store.Reload}))
		}
		return listen
	case a.s.ctx.Err() != nil:
		return nil
	case errors.Is(msg.err, store.ErrSignedOut):
		return a.s.failed(msg.err)
	case errors.Is(msg.err, store.ErrFactorDue):
		a.deaf = true
		return nil
	}
	a.unheard++
	again := a.s.after(min(watchAgainAfter<<min(failed, 16), watchAgainAtMost), watchAgainMsg{})
	if failed > 0 {
		return again
	}
	a.s.log.Error("a screen cannot follow the practice", "person", a.s.me.Handle, "err", msg.err)
	return tea.Batch(again, fail(a.s.words.Chrome.Frame.NotLive))
}

// waitForChange is the one Cmd that waits while nothing happens, for the end of the day too; it ends when the channel is
// closed, at the end of the session's context.
func (a *App) waitForChange(changes <-chan store.Change) tea.Cmd {
	dawn := a.dawn.C
	return func() tea.Msg {
		select {
		case change, open := <-changes:
			return changedMsg{change: change, open: open, changes: changes}
		case <-dawn:
			return changedMsg{dawn: true, open: true, changes: changes}
		}
	}
}

// untilDawn is how long this day lasts where the person is, and a second.
func (a *App) untilDawn() time.Duration {
	now := a.s.now().In(a.s.zone)
	y, m, d := now.Date()
	return time.Date(y, m, d+1, 0, 0, 1, 0, a.s.zone).Sub(now)
}

func (a *App) changed(msg changedMsg) tea.Cmd {
	switch {
	case !msg.open:
		return nil
	case msg.dawn:
		a.dawn.Reset(a.untilDawn())
		return tea.Batch(a.waitForChange(msg.changes), a.toAll(dayOverMsg{}))
	}
	if msg.change.Kind == store.SignedOut {
		return a.signOut()
	}
	if msg.change.Kind == store.StorageChanged {
		return tea.Batch(a.waitForChange(msg.changes), a.storageIs(msg.change.On))
	}
	cmds := []tea.Cmd{a.waitForChange(msg.changes), a.toAll(msg.change)}
	if msg.change.Kind == store.SettingsChanged || msg.change.Kind == store.Reload {
		cmds = append(cmds, a.readMe())
	}
	return tea.Batch(cmds...)
}

// storageIs says whether anything can be saved. What closed pages have left is stored as soon as it can be.
func (a *App) storageIs(works bool) tea.Cmd {
	a.readOnly = !works
	var left []unsaved
	if works {
		left, a.kept = a.kept, nil
	}
	return tea.Batch(a.tellSize(), a.keep(left))
}

// apply shows settings from now on.
func (a *App) apply(msg applyMsg) tea.Cmd {
	a.s.me.Settings = msg.settings
	a.s.words = WordsFor(cmp.Or(msg.settings.Language, a.lang))
	a.s.keys = a.s.words.keys
	a.s.zone = cmp.Or(msg.zone, a.zone)
	a.dawn.Reset(a.untilDawn())
	a.restyle()
	return a.toAll(restyledMsg{})
}

func (a *App) backgroundIs(msg tea.BackgroundColorMsg) tea.Cmd {
	if msg.Color == nil {
		return nil
	}
	a.background = backgroundLight
	if msg.IsDark() {
		a.background = backgroundDark
	}
	a.s.paper = a.background
	a.restyle()
	return a.toAll(restyledMsg{})
}

// findUnread looks for the next thread with something unread, in the order of Home, behind the one given.
func (a *App) findUnread(after int64) tea.Cmd {
	s := a.s
	return func() tea.Msg {
		thread, err := s.journal.NextUnread(s.ctx, after)
		return foundUnreadMsg{thread, err}
	}
}

type foundUnreadMsg struct {
	thread int64 // 0 for none
	err    error
}

func (a *App) showUnread(msg foundUnreadMsg) tea.Cmd {
	if msg.err != nil {
		return a.s.failed(msg.err)
	}
	if msg.thread == 0 {
		return say(a.s.words.Chrome.Frame.NothingUnread)
	}
	// From one unread thread to the next the stack does not grow: esc leads to where the person came from.
	if _, isThread := a.stack[len(a.stack)-1].is.(threadNumber); isThread {
		return tea.Sequence(a.pop(), openThread(msg.thread, 0))
	}
	return openThread(msg.thread, 0)
}
