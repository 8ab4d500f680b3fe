package tui

import (
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// typedAhead are the keys and pastes that came while what they are meant for was still being read: the thread, its draft, or
// the entry to edit. They are played in their order, each at the time at which it came, as soon as that is there.
type typedAhead struct {
	keys  []aheadKey
	size  int
	blind bool // they were typed before the person could see their draft
}

type aheadKey struct {
	msg tea.Msg
	at  time.Time
}

// aheadKeySize is what a key counts for against store.MaxEntry, so that some thousand keys are kept.
const aheadKeySize = 64

// waits says that keys have to wait.
func (p *threadPage) waits() bool {
	return p.problem == nil && (!p.known || !p.write.opened || p.write.opening != 0)
}

// keep keeps a key or a paste for later.
func (p *threadPage) keep(msg tea.Msg, now time.Time) tea.Cmd {
	size := aheadKeySize
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if !p.known && len(p.ahead.keys) == 0 && p.keys.back.Has(msg) {
			return back
		}
	case tea.PasteMsg:
		size += len(msg.Content)
	}
	if p.ahead.size+size > store.MaxEntry {
		return fail(p.s.words.Thread.Composer.TooEarly)
	}
	p.ahead.blind = p.ahead.blind || !p.known || !p.write.opened
	p.ahead.keys, p.ahead.size = append(p.ahead.keys, aheadKey{msg, now}), p.ahead.size+size
	return nil
}

// play plays what was kept, until a key makes the next ones wait again.
func (p *threadPage) play() tea.Cmd {
	var cmds []tea.Cmd
	for len(p.ahead.keys) > 0 && !p.waits() {
		k := p.ahead.keys[0]
		p.ahead.keys = p.ahead.keys[1:]
		switch msg := k.msg.(type) {
		case tea.KeyPressMsg:
			if msg.Text != "" {
				p.setApart()
			}
			cmds = append(cmds, p.keyAt(msg, k.at))
		case tea.PasteMsg:
			p.setApart()
			cmds = append(cmds, p.paste(msg.Content))
		}
		p.layOut() // keys that move need to know how the text before them is broken
	}
	if len(p.ahead.keys) == 0 {
		p.ahead = typedAhead{}
	}
	return tea.Batch(cmds...)
}

// setApart begins a paragraph behind a draft that was not on the screen yet when the person began to write.
func (p *threadPage) setApart() {
	ed := p.write.reply.ed
	if p.ahead.blind && !p.reading && ed.size > 0 {
		ed.Type("\n\n", false)
	}
	p.ahead.blind = false
}

// closed says why the thread could not be opened, and that what was typed meanwhile is gone.
func (p *threadPage) closed(err error) tea.Cmd {
	p.problem = err
	typed := len(p.ahead.keys) > 0
	p.ahead = typedAhead{}
	if typed && p.s.ctx.Err() == nil && !errors.Is(err, store.ErrSignedOut) {
		return fail(p.s.explain(err) + " " + p.s.words.Thread.Composer.NotKept)
	}
	return p.s.failed(err)
}
