package tui

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// What happens in a thread while it is open.

// entryReadMsg is an entry as it is now.
type entryReadMsg struct {
	p      *threadPage
	number int64
	entry  store.Entry
	err    error
}

// changed takes in what happened in the practice.
func (p *threadPage) changed(c store.Change) tea.Cmd {
	switch c.Kind {
	case store.PresenceChanged:
		p.people.came(c.Who, c.On)
		p.nameReaders()
		return nil
	case store.PeopleChanged:
		return p.readPeople()
	case store.Reload:
		return tea.Batch(p.reload(), p.readPeople(), p.write.reread())
	}
	if c.Thread != p.number {
		return nil
	}
	switch c.Kind {
	case store.DraftChanged:
		return p.write.read(c.Entry)
	case store.Typing:
		return p.isWriting(c.Who, c.On)
	}
	if !p.known { // it may have been read before this happened
		p.missed = true
		return nil
	}
	switch c.Kind {
	case store.ThreadChanged:
		return p.reload()
	case store.EntryWritten:
		return p.written(c)
	case store.EntryChanged:
		return p.readEntry(c.Entry)
	}
	return nil
}

// written is a new entry. It is shown if the end is on the screen; else the reader is told that there is more.
func (p *threadPage) written(c store.Change) tea.Cmd {
	p.people.wrote(c.Who)
	r := p.reader
	switch {
	case c.Entry <= r.last():
		return nil // our own, put there when the store acknowledged it
	case r.follow || len(r.items) == 0:
		p.marks.live = !p.marks.covered && !p.marks.blurred
		if r.later == 0 && c.Entry == r.last()+1 && !p.loading.later {
			return p.fetchNext(c.Entry)
		}
		return p.fetchLater()
	}
	r.later++
	if c.Who.Handle != p.s.me.Handle {
		r.newBelow++
	}
	return nil
}

func (p *threadPage) readEntry(number int64) tea.Cmd {
	j, ctx, thread := p.s.journal, p.s.ctx, p.number
	return func() tea.Msg {
		e, err := j.Entry(ctx, thread, number)
		return entryReadMsg{p, number, e, err}
	}
}

func (p *threadPage) entryIs(msg entryReadMsg) tea.Cmd {
	switch {
	case msg.p != p:
	case errors.Is(msg.err, store.ErrNotFound): // taken back
		p.reader.remove(msg.number)
	case errors.Is(msg.err, store.ErrDamaged):
	case msg.err != nil:
		return p.s.failed(msg.err)
	default:
		p.reader.change(msg.entry)
	}
	return nil
}
