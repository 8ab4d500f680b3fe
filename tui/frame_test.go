package tui

import (
	"context"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// A frame's budget of allocations is twice what it takes, so that what makes a key dear again is seen, and not each change.
func TestAFrameHasItsBudgetOfAllocations(t *testing.T) {
	p := busyPractice(t)
	o := p.options("jonas")
	o.Journal = quietJournal{p.as("jonas"), ""}
	for _, f := range frames {
		t.Run(f.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			d := runAt(ctx, t, o, f.at)
			keys, i := [2]tea.KeyPressMsg{keyPress(f.keys[0]), keyPress(f.keys[1])}, 0
			got := testing.AllocsPerRun(100, func() {
				d.app.Update(keys[i%2])
				d.app.View()
				i++
			})
			if got > f.budget {
				t.Errorf("%.0f allocations, the budget is %.0f", got, f.budget)
			}
		})
	}
}
