package tui

import (
	"context"
	"errors"
	"sync"
	"time"

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
	live             bool  // an entry that was just written comes into sight by itself
	covered, blurred bool
	failed           bool // the last move did not reach the store; the next key tries again
	errand           markErrand
}

// markAfter is how long the mark of an entry that came by itself waits: a thousand who watch have it on their screens first,
// and the next entry is not behind a thousand marks. It does not wait for the end of the page, or of the session.
const markAfter = 500 * time.Millisecond

// markErrand is the one Cmd that moves the mark. Each move is a write that is synced: what comes into sight while one is under
// way, as when somebody holds a key, is taken along by the next, also when the page is closed meanwhile.
type markErrand struct {
	mu      sync.Mutex
	wanted  int64 // how far the mark is to go
	moved   int64 // how far it has gone
	running bool
	hurried chan struct{} // closed when the move is to wait no longer
}

// want answers false if the Cmd is under way, which sees to it.
func (e *markErrand) want(entry int64) (begin bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if begin = !e.running; begin {
		e.hurried = make(chan struct{})
	}
	e.wanted, e.running = entry, true
	return begin
}

// hurry ends the wait of a move, if one waits.
func (e *markErrand) hurry() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hurried != nil {
		close(e.hurried)
		e.hurried = nil
	}
}

// wait lets a move wait; not beyond ctx.
func (e *markErrand) wait(ctx context.Context, d time.Duration) {
	e.mu.Lock()
	hurried := e.hurried
	e.mu.Unlock()
	if hurried == nil {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hurried:
	case <-ctx.Done():
	}
}

// owes answers how far the mark is to go, if it is not known to be there.
func (e *markErrand) owes() (entry int64, owes bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wanted, e.wanted > e.moved
}

// next answers how far to go for a Cmd that has gone so far; false if that was all, and the Cmd ends.
func (e *markErrand) next(gone int64) (entry int64, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.moved = max(e.moved, gone)
	e.running = e.wanted != gone
	return e.wanted, e.running
}

// run moves the mark by move until it is where it is wanted, or that fails.
func (e *markErrand) run(move func(entry int64) error) error {
	for entry, more := e.next(0); more; entry, more = e.next(entry) {
		if err := move(entry); err != nil {
			e.fail()
			return err
		}
	}
	return nil
}

func (e *markErrand) fail() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = false
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
	live := m.live
	m.sent, m.live = newest, false
	begin := m.errand.want(newest)
	if !live {
		m.errand.hurry()
	}
	if !begin {
		return nil
	}
	j, ctx, number := p.s.journal, p.s.ctx, p.number
	return func() tea.Msg {
		m.errand.wait(ctx, markAfter)
		return markedMsg{p, m.errand.run(func(entry int64) error {
			return j.MarkRead(ctx, number, entry)
		})}
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
