package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// How near the person is to what one may use up. It is asked after what uses it, told once where they write, and stands in
// the settings as long as it is so.

// usage is what is known of it.
type usage struct {
	store.Usage
	toldStored, toldPace bool
}

type usageMsg struct {
	usage store.Usage
	err   error
}

// readUsage asks; the root is told.
func (s *session) readUsage() tea.Cmd {
	j, ctx := s.journal, s.ctx
	return func() tea.Msg {
		u, err := j.Usage(ctx)
		return usageMsg{u, err}
	}
}

// news are the sentences that the person has not been told yet. What is over will be told again when it comes again.
func (u *usage) news(now store.Usage, w *Words) []string {
	stored, pace := now.NearStored(), now.NearPace()
	fresh := now
	if u.toldStored {
		fresh.Stored = 0
	}
	if u.toldPace {
		fresh.Written = 0
	}
	u.Usage, u.toldStored, u.toldPace = now, stored, pace
	return w.NearCaps(fresh)
}

// usageIs takes in how near the person is. That it could not be read is nobody's trouble: who is there meets an error.
func (a *App) usageIs(msg usageMsg) tea.Cmd {
	if msg.err != nil {
		return nil
	}
	news := a.s.usage.news(msg.usage, a.s.words)
	cmd := a.toAll(msg)
	if len(news) == 0 {
		return cmd
	}
	return tea.Batch(cmd, fail(strings.Join(news, " ")))
}

// usageRows stand in the settings while little more can be kept.
func (p *settings) usageRows() []settingRow {
	if !p.s.usage.NearStored() {
		return nil
	}
	return []settingRow{{label: ""}, {label: p.s.words.storage(p.s.words.Near.Storage, p.s.usage.Usage), value: " "}}
}

// sayUsage says in the linear mode what is new of it.
func (l *linear) sayUsage() {
	now, err := l.journal.Usage(l.ctx)
	if err != nil {
		return // who is there meets an error
	}
	for _, sentence := range l.usage.news(now, l.words) {
		l.sayf("%s", sentence)
	}
}
