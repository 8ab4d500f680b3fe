package tui

import (
	"context"
	"errors"
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
		stored []unsaved // what was to be stored
		err    error
		quit   bool // leave even if it failed: the server does not wait
	}
	keptMsg struct {
		stored []unsaved
		err    error
	}
)

// Flush stores the drafts that no save has reached yet. The server calls it after the program has ended, with a context
// of its own, since the connection's may be gone. It waits for what is under way, and stores nothing that was sent or
// stored by it. Where another session stored something else meanwhile both texts are kept. The error is that of the store,
// and holds no text. Read marks that wait are stored too, as far as that works: nobody's writing is in them.
func (a *App) Flush(ctx context.Context) (err error) {
	a.flushMarks(ctx)
	drafts := a.unsaved()
	if slices.Equal(drafts, a.flushed) {
		return nil
	}
	for _, u := range drafts {
		for _, way := range u.trail.ways {
			way.settle(ctx)
		}
		if d, left := remains(u.trail.ways, u.Draft); left {
			_, e := saveDraft(ctx, a.s.journal, d, a.s.apart())
			err = errors.Join(err, e)
		}
	}
	return err
}

func (a *App) flushMarks(ctx context.Context) {
	for _, o := range a.stack {
		if p, is := o.page.(*threadPage); is {
			if entry, owes := p.marks.errand.owes(); owes {
				_ = a.s.journal.MarkRead(ctx, p.number, entry)
			}
		}
	}
}

// Farewell is the sentence for the normal screen when the program has ended, or "". The server prints it.
func (a *App) Farewell() string { return a.farewell }

func (a *App) unsaved() []unsaved {
	drafts := slices.Clone(a.kept)
	for _, o := range a.stack {
		drafts = append(drafts, o.page.Unsaved()...)
	}
	return drafts
}

// keep stores the drafts of pages that are closed. The root holds them until they are stored.
func (a *App) keep(drafts []unsaved) tea.Cmd {
	if len(drafts) == 0 {
		return nil
	}
	a.kept = append(a.kept, drafts...)
	var ways []*errand
	for _, u := range drafts {
		ways = append(ways, u.trail.ways...)
	}
	store := a.storing(drafts)
	return func() tea.Msg {
		stored, err := store()
		return keptMsg{stored, errors.Join(err, notSent(ways))} // the page that would have told of it is gone
	}
}

func (a *App) keptAre(msg keptMsg) tea.Cmd {
	a.kept = slices.DeleteFunc(a.kept, func(u unsaved) bool { return slices.Contains(msg.stored, u) })
	return a.s.unsaved(msg.err)
}

// storing is what stores drafts, each when what is under way with it has come to an end. It answers those that need no
// more care.
func (a *App) storing(drafts []unsaved) func() (stored []unsaved, err error) {
	s, apart := a.s, a.s.apart()
	ways := make([]*errand, len(drafts))
	for i, u := range drafts {
		ways[i] = s.desk.begin(u.Draft, u.trail)
	}
	return func() (stored []unsaved, err error) {
		for i, u := range drafts {
			e := ways[i].run(s.ctx, u.Draft, func(d store.Draft, left bool) (leaves, error) {
				if !left {
					return nil, nil
				}
				saved, err := saveDraft(s.ctx, s.journal, d, apart)
				return savedAs(d.Text, saved), err
			})
			if e == nil {
				stored = append(stored, u)
			}
			err = errors.Join(err, e)
		}
		return stored, err
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
	drafts := a.unsaved()
	store := a.storing(drafts)
	return func() tea.Msg {
		_, err := store()
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
