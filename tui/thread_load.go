package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// Fetching: a page of a thread reads what it shows and a little more, whatever the thread's length.

// threadReadMsg is a thread with the stretch to show of it.
type threadReadMsg struct {
	p      *threadPage
	thread store.Thread
	page   store.Page
	unread int64 // the first unread entry, 0 if there is none
	again  bool  // it was open already
	err    error
}

// side is where a stretch belongs.
type side uint8

const (
	earlier side = iota
	later
	fromStart
	toEnd
)

// entriesReadMsg is a further stretch, for the window that asked for it.
type entriesReadMsg struct {
	p      *threadPage
	window int
	side   side
	edge   int64 // the entry that the stretch adjoins, where it does
	page   store.Page
	err    error
}

// loading is what is under way.
type loading struct {
	window         int // counts the stretches that replaced all that was held: results for an older one are dropped
	earlier, later bool
	more           bool // something was written while later entries were on their way
	failed         bool // the last one did not arrive; the next key tries again
}

// contextEntries is how many read entries are shown above the first unread one.
const contextEntries = 20

func (p *threadPage) open() tea.Cmd {
	j, ctx, number, at := p.s.journal, p.s.ctx, p.number, p.at
	return func() tea.Msg {
		msg := threadReadMsg{p: p}
		msg.thread, msg.err = j.Thread(ctx, number)
		if msg.err == nil {
			msg.page, msg.unread, msg.err = readOpening(ctx, j, msg.thread, at)
		}
		return msg
	}
}

// readOpening reads the stretch that a thread opens with: around an entry, or around the first unread one, or the end.
func readOpening(ctx context.Context, j Journal, t store.Thread, at int64) (page store.Page, unread int64, err error) {
	if t.Unread > 0 {
		page, err = j.Entries(ctx, t.Number, store.Span{After: above(t.ReadMark), Limit: stretch})
		if err != nil {
			return page, 0, fmt.Errorf("read unread entries: %w", err)
		}
		i := slices.IndexFunc(page.Entries, func(e store.Entry) bool { return !e.Mine && e.WithdrawnAt.IsZero() })
		if i >= 0 {
			unread = page.Entries[i].Number
		}
	}
	if at != 0 {
		page, err = j.Entries(ctx, t.Number, store.Span{After: above(at - 1), Limit: stretch})
	}
	if err == nil && len(page.Entries) == 0 {
		page, err = j.Entries(ctx, t.Number, store.Span{Limit: stretch})
		return page, unread, err
	}
	if err == nil && page.Earlier > 0 {
		var before store.Page
		before, err = j.Entries(ctx, t.Number, store.Span{Before: page.Entries[0].Number, Limit: contextEntries})
		page.Entries, page.Earlier = append(before.Entries, page.Entries...), before.Earlier
	}
	return page, unread, err
}

// above is the Span.After for what lies above an entry, 0 being before all of them.
func above(number int64) int64 {
	if number < 1 {
		return store.FromStart
	}
	return number
}

// reload reads again all that is shown.
func (p *threadPage) reload() tea.Cmd {
	if !p.known {
		return p.open()
	}
	p.loading = loading{window: p.loading.window + 1}
	j, ctx, number := p.s.journal, p.s.ctx, p.number
	span := store.Span{After: above(p.reader.first() - 1), Limit: min(len(p.reader.items)+stretch, 500)}
	return func() tea.Msg {
		msg := threadReadMsg{p: p, again: true}
		msg.thread, msg.err = j.Thread(ctx, number)
		if msg.err == nil {
			msg.page, msg.err = j.Entries(ctx, number, span)
		}
		return msg
	}
}

func (p *threadPage) threadIs(msg threadReadMsg) tea.Cmd {
	switch {
	case msg.p != p:
		return nil
	case (p.leaving || p.gone) && errors.Is(msg.err, store.ErrNotFound): // as the person wished
		return nil
	case msg.err != nil && (!p.known || errors.Is(msg.err, store.ErrNotFound)):
		return p.closed(msg.err)
	case msg.err != nil:
		return p.s.failed(msg.err)
	}
	p.thread, p.problem, p.known = msg.thread, nil, true
	p.nameReaders()
	if msg.again {
		p.reader.put(msg.page)
		return nil
	}
	p.marks.begin(msg.thread.ReadMark, msg.unread, p.at)
	p.reader.ruleAt = msg.unread
	p.reader.follow = p.at == 0 && msg.unread == 0
	p.layOut()
	p.reader.put(msg.page)
	switch {
	case p.at != 0:
		p.reader.show(p.at)
	case msg.unread != 0:
		p.reader.show(msg.unread)
	default:
		p.reader.toEnd()
	}
	if p.missed {
		p.missed = false
		return p.reload()
	}
	return nil
}

// fetch asks for what the screen will need next.
func (p *threadPage) fetch() tea.Cmd {
	if !p.known {
		return nil
	}
	var cmds []tea.Cmd
	if p.reader.wantsEarlier() && !p.loading.earlier {
		cmds = append(cmds, p.entries(earlier, store.Span{Before: p.reader.first(), Limit: stretch}))
	}
	if p.reader.wantsLater() && !p.loading.later {
		cmds = append(cmds, p.fetchLater())
	}
	return tea.Batch(cmds...)
}

// fetchLater reads what was written behind all that is held, if need be once more.
func (p *threadPage) fetchLater() tea.Cmd {
	if p.loading.later {
		p.loading.more = true
		return nil
	}
	return p.entries(later, store.Span{After: above(p.reader.last()), Limit: stretch})
}

// fetchNext reads the entry that was just written behind all that is held, which takes half as long as to read what there is:
// a thousand who watch do so at once. What was written meanwhile is told by changes of its own.
func (p *threadPage) fetchNext(number int64) tea.Cmd {
	read := p.fetchLater()
	j, ctx, thread, window, edge := p.s.journal, p.s.ctx, p.number, p.loading.window, p.reader.last()
	return func() tea.Msg {
		entry, err := j.Entry(ctx, thread, number)
		if err != nil { // taken back already, or damaged
			return read()
		}
		return entriesReadMsg{p, window, later, edge, store.Page{Entries: []store.Entry{entry}}, nil}
	}
}

// jump shows an end of the thread, which is fetched if it is not held.
func (p *threadPage) jump(to side) tea.Cmd {
	r := p.reader
	p.marks.jumped = p.marks.jumped || to == toEnd
	switch {
	case to == fromStart && r.earlier == 0:
		r.toStart()
	case to == toEnd && r.later == 0:
		r.toEnd()
	case to == fromStart:
		return p.entries(fromStart, store.Span{After: store.FromStart, Limit: stretch})
	default:
		return p.entries(toEnd, store.Span{Limit: stretch})
	}
	return nil
}

func (p *threadPage) entries(where side, span store.Span) tea.Cmd {
	var edge int64
	switch where {
	case earlier:
		p.loading.earlier, edge = true, p.reader.first()
	case later:
		p.loading.later, edge = true, p.reader.last()
	default:
		p.loading = loading{window: p.loading.window + 1}
	}
	j, ctx, number, window := p.s.journal, p.s.ctx, p.number, p.loading.window
	return func() tea.Msg {
		page, err := j.Entries(ctx, number, span)
		return entriesReadMsg{p, window, where, edge, page, err}
	}
}

func (p *threadPage) entriesAre(msg entriesReadMsg) tea.Cmd {
	if msg.p != p || msg.window != p.loading.window {
		return nil
	}
	if msg.err != nil {
		p.loading.failed = true
		return p.s.failed(msg.err)
	}
	switch msg.side { // the reader may have let go of what a stretch adjoins: then it would leave a gap, and is asked for again
	case earlier:
		p.loading.earlier = false
		if p.reader.first() <= msg.edge {
			p.reader.putEarlier(msg.page)
		}
	case later:
		more := p.loading.more
		p.loading.later, p.loading.more = false, false
		if p.reader.last() >= msg.edge {
			p.reader.putLater(msg.page)
		}
		if more {
			return p.fetchLater()
		}
	case fromStart:
		p.reader.put(msg.page)
		p.reader.toStart()
	case toEnd:
		p.reader.put(msg.page)
		p.reader.toEnd()
	}
	return nil
}
