package tui

import (
	"cmp"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
	"alcove/store/safetext"
)

// The last section of the settings: who else opened the person's threads, the newest first. More is read as the choice
// comes near the end of what is there.

const (
	openingsPage  = 20 // read at a time
	openingsAhead = 5  // rows that are left below the choice when more is read
)

// openings are those read so far.
type openings struct {
	all      []store.Opening
	loaded   bool // the first page is there
	whole    bool // there are no more
	fetching bool
}

type openingsMsg struct {
	page  *settings
	found []store.Opening
	err   error
}

// loadOpenings reads those that follow.
func (p *settings) loadOpenings() tea.Cmd {
	if p.openings.fetching || p.openings.whole {
		return nil
	}
	p.openings.fetching = true
	var before int64
	if n := len(p.openings.all); n > 0 {
		before = p.openings.all[n-1].Seq
	}
	s := p.s
	return func() tea.Msg {
		found, err := s.journal.Openings(s.ctx, before, openingsPage)
		return openingsMsg{p, found, err}
	}
}

func (p *settings) takeOpenings(msg openingsMsg) tea.Cmd {
	p.openings.fetching = false
	if msg.err != nil {
		return p.s.failed(msg.err)
	}
	p.openings.all = append(p.openings.all, msg.found...)
	p.openings.loaded, p.openings.whole = true, len(msg.found) < openingsPage
	p.arrange()
	return p.moreOpenings()
}

// moreOpenings reads on if the choice is near the end.
func (p *settings) moreOpenings() tea.Cmd {
	if !p.openings.loaded || p.list.chosen < len(p.rows)-openingsAhead {
		return nil
	}
	return p.loadOpenings()
}

func (p *settings) openingRows() []settingRow {
	w := p.s.words.Chrome.Settings
	rows := []settingRow{{}, {label: w.Openings}}
	if p.openings.loaded && len(p.openings.all) == 0 {
		rows = append(rows, settingRow{value: w.Unopened})
	}
	for _, o := range p.openings.all {
		who, what := p.s.opened(o, Full)
		rows = append(rows, settingRow{id: fmt.Sprint("opening", o.Seq), label: who, value: what})
	}
	return rows
}

// opened says who opened a thread, and what and when.
func (s *session) opened(o store.Opening, when func(t, now time.Time, zone *time.Location, w *Words) string) (who, what string) {
	w := s.words.Chrome.Settings
	how := w.Read
	switch o.Kind {
	case store.AuditThreadSearched:
		how = w.Searched
	case store.AuditThreadExported:
		how = w.Exported
	}
	who = cmp.Or(safetext.Line(o.Who.Name), w.Erased)
	return who, fmt.Sprintf("%s, %s: %s", when(o.At, s.now(), s.zone, s.words), how, cmp.Or(safetext.Line(o.Title), fmt.Sprint(o.Thread)))
}
