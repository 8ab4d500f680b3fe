package tui

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// marks is what of a thread has been read: an entry counts when the first line of its text has been on the screen, with
// no other page on top and the terminal in front.
//
// The store keeps one mark a person and thread, so moving it says that everything before it is read too. Who opens a
// thread at a find far below the first unread entry has not seen what lies between: then the mark waits until they have
// been at the first unread entry, or have asked for the end.
type marks struct {
	sent             int64 // the store's mark, as far as it is known or under way
	unread           int64 // the first unread entry that was skipped by opening further down; 0 if none was
	jumped           bool  // the person went to the end themselves
	covered, blurred bool
	failed           bool // the last move did not reach the store; the next key tries again
}

type markedMsg struct {
	p   *threadPage
	err error
}

func (m *marks) begin(mark, unread, at int64) {
	m.sent = mark
	if at > unread {
		m.unread = unread
	}
}

// markRead moves the mark to the newest entry on the screen, if that is newer.
func (p *threadPage) markRead() tea.Cmd {
	m := &p.marks
	if !p.known || m.covered || m.blurred || p.problem != nil {
		return nil
	}
	newest, skippedToo := p.reader.newestShown(m.unread)
	if skippedToo || m.jumped && p.reader.follow {
		m.unread = 0
	}
	if newest <= m.sent || m.unread != 0 {
		return nil
	}
	m.sent = newest
	j, ctx, number := p.s.journal, p.s.ctx, p.number
	return func() tea.Msg {
		_, err := j.MarkRead(ctx, number, newest)
		return markedMsg{p, err}
	}
}

func (p *threadPage) marked(msg markedMsg) tea.Cmd {
	if msg.p != p || errors.Is(msg.err, store.ErrNotFound) { // taken back before it was marked
		return nil
	}
	p.marks.failed = msg.err != nil
	if errors.Is(msg.err, store.ErrReadOnly) { // the line at the top says so, and the person can read on
		return nil
	}
	return p.s.failed(msg.err)
}
