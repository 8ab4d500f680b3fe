package tui

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A person asks here to be erased. The operator does it, so a request can be taken back until then. It is asked before a
// request is made: any key but yes means no.

const rowErasure = "erasure"

// erasure is whether a request stands, and whether the question before one does.
type erasure struct {
	at     time.Time // when it was made; zero if none stands
	loaded bool
	asking bool
	busy   bool // a change is under way
}

type erasureMsg struct {
	page *settings
	at   time.Time
	err  error
}

// loadErasure reads whether a request stands.
func (p *settings) loadErasure() tea.Cmd {
	s := p.s
	return func() tea.Msg {
		at, err := s.journal.ErasureAsked(s.ctx)
		return erasureMsg{p, at, err}
	}
}

func (p *settings) takeErasure(msg erasureMsg) tea.Cmd {
	p.erasure.busy = false
	if msg.err == nil {
		p.erasure.at, p.erasure.loaded = msg.at, true
		p.arrange()
	}
	return p.s.failed(msg.err)
}

func (p *settings) erasureRows() []settingRow {
	w := p.s.words.Chrome.Settings
	r := settingRow{id: rowErasure, label: w.Account}
	switch {
	case !p.erasure.loaded:
		return nil
	case p.erasure.asking:
		r.value = w.AskErasure
	case p.erasure.at.IsZero():
		r.value = w.NoErasure
	default:
		r.value = fmt.Sprintf(w.ErasureAsked, When(p.erasure.at, p.s.now(), p.s.zone, p.s.words))
	}
	return []settingRow{{}, r}
}

// pressErasure asks before a request, and takes one back that stands.
func (p *settings) pressErasure() tea.Cmd {
	if p.erasure.busy {
		return nil
	}
	if !p.erasure.at.IsZero() {
		return p.putErasure(p.s.journal.WithdrawErasureRequest)
	}
	p.erasure.asking = true
	p.arrange()
	return fail(p.s.words.Chrome.Settings.ErasureMeans)
}

// answerErasure ends the question.
func (p *settings) answerErasure(yes bool) tea.Cmd {
	p.erasure.asking = false
	p.arrange()
	if !yes {
		return nil
	}
	return p.putErasure(p.s.journal.AskErasure)
}

// putErasure makes a change, and reads what stands then.
func (p *settings) putErasure(change func(context.Context) error) tea.Cmd {
	p.erasure.busy = true
	s, load := p.s, p.loadErasure()
	return func() tea.Msg {
		if err := change(s.ctx); err != nil {
			return erasureMsg{page: p, at: p.erasure.at, err: err}
		}
		return load()
	}
}
