package tui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// Nobody leaves without their drafts: whichever way a session ends, what the store does not hold yet is stored first, or
// the person is told that it could not be.

// ShutdownMsg tells the program that the server stops: drafts are saved, and the program quits. The server sends it.
type ShutdownMsg struct{}

// leaving is how far a person is on the way out.
type leaving uint8

const (
	stays    leaving = iota
	asked            // ctrl+c was pressed once
	unstored         // leaving failed because drafts could not be stored: the next ctrl+c leaves all the same
)

type (
	savedAllMsg struct {
		stored []store.Draft // what was to be stored
		err    error
		quit   bool // leave even if it failed: the server does not wait
	}
	keptMsg struct {
		left []store.Draft
		err  error
	}
)

// Flush stores the drafts that no save has reached yet. The server calls it after the program has ended, with a context
// of its own, since the connection's may be gone. Where another session stored something else meanwhile both texts are
// kept. The error is that of the store, and holds no text.
func (a *App) Flush(ctx context.Context) error {
	drafts := a.unsaved()
	if slices.Equal(drafts, a.flushed) {
		return nil
	}
	_, err := saveDrafts(ctx, a.s.journal, drafts)
	return err
}

// Farewell is the sentence for the normal screen when the program has ended, or "". The server prints it.
func (a *App) Farewell() string { return a.farewell }

func (a *App) unsaved() []store.Draft {
	drafts := slices.Clone(a.kept)
	for _, o := range a.stack {
		drafts = append(drafts, o.page.Unsaved()...)
	}
	return drafts
}

// keep stores the drafts of pages that are closed. What cannot be stored the root holds until it leaves.
func (a *App) keep(drafts []store.Draft) tea.Cmd {
	if len(drafts) == 0 {
		return nil
	}
	s := a.s
	return func() tea.Msg {
		left, err := saveDrafts(s.ctx, s.journal, drafts)
		return keptMsg{left, err}
	}
}

// interrupt is ctrl+c: the first one says how to leave, the second leaves.
func (a *App) interrupt() tea.Cmd {
	switch a.leaving {
	case asked:
		return a.leave()
	case unstored:
		return tea.Quit
	}
	a.leaving = asked
	return fail(a.s.words.Chrome.Frame.LeaveAgain)
}

func (a *App) leave() tea.Cmd { return a.saveAll(false) }

func (a *App) shutDown() tea.Cmd {
	a.farewell = a.s.words.Chrome.Frame.Stopped
	return a.saveAll(true)
}

func (a *App) signOut() tea.Cmd {
	a.farewell = a.s.words.Error.SignedOut
	return tea.Quit
}

func (a *App) saveAll(quit bool) tea.Cmd {
	s, drafts := a.s, a.unsaved()
	return func() tea.Msg {
		_, err := saveDrafts(s.ctx, s.journal, drafts)
		return savedAllMsg{drafts, err, quit}
	}
}

func (a *App) savedAll(msg savedAllMsg) tea.Cmd {
	frame := a.s.words.Chrome.Frame
	if msg.err == nil {
		a.flushed = msg.stored
		if msg.quit && len(msg.stored) > 0 {
			a.farewell = frame.StoppedSaved
		}
		return tea.Quit
	}
	if msg.quit {
		a.farewell = frame.StoppedUnsaved
		return tea.Quit
	}
	a.leaving = unstored
	return fail(frame.LeaveUnsaved + " " + a.s.explain(msg.err))
}
