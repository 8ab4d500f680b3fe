package tui

import (
	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// While a second factor is due the store answers nothing else, so the page that sets one up lies over all others, and esc
// does not lead away from it. What was open below stays as it is.

// guard puts the page over all others, or takes it away when nothing is due any more, unless it still shows codes.
func (a *App) guard() tea.Cmd {
	due := a.s.me.Factor.Due
	switch {
	case due && a.gate == nil:
		a.gate = newFactor(a.s, true)
		return tea.Batch(a.toGate(a.bodySize()), a.gate.Init())
	case !due && a.gate != nil && a.gate.spare == nil:
		return a.lift()
	}
	return nil
}

// lift shows what is below, read anew.
func (a *App) lift() tea.Cmd {
	a.gate = nil
	cmds := []tea.Cmd{a.toAll(store.Change{Kind: store.Reload})}
	if a.deaf {
		a.deaf = false
		cmds = append(cmds, a.watch())
	}
	return tea.Batch(cmds...)
}

func (a *App) toGate(msg tea.Msg) tea.Cmd {
	if a.gate == nil {
		return nil
	}
	_, cmd := a.gate.Update(msg)
	return cmd
}

// factorChanged reads how it stands with the person, and closes the page that says that it is done with.
func (a *App) factorChanged(msg factorChangedMsg) tea.Cmd {
	if msg.page == a.gate {
		return tea.Batch(a.readMe(), a.lift())
	}
	return tea.Batch(a.readMe(), a.pop())
}
