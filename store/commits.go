package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// A commit waits for the disk, which takes as long for many verbs as for one. So those who write at the same time share a
// transaction: whoever is done with their verb hands it to the one who waits longest, and the last one commits for all. Each
// verb runs in its owner's goroutine, so that a panic is its owner's. Nobody waits for company: a verb that is alone when it
// is done commits at once, and has paid for nothing else.
//
// What holds for each verb of a batch:
//   - It is answered when the batch is committed and synced, or is not; a verb that failed too, for it may have failed by
//     what another one wrote before it.
//   - It sees what the verbs before it wrote, as if they had been committed. The watchers hear of all in that order.
//   - Its failure, its panic and the end of its context undo its own writes and no others: there is a savepoint before it
//     if there is anything to keep. Where SQLite takes back everything, as after a read that failed, all run a second time,
//     each alone. So a verb's function may run twice, and changes nothing but the database and its own results; what is
//     counted in memory (paces, wrong codes) is then counted twice, which errs on the safe side.
//   - If the commit fails, all of it fails.

const (
	maxBatch = 256                   // verbs
	maxHold  = 20 * time.Millisecond // after which a batch takes in no more: the first one has waited long enough
)

// errUndone is answered to the verbs of a batch that was taken back before its commit, to be run again.
var errUndone = errors.New("taken back together with another verb")

// commits are those who write, in the order they came; one of them has the turn. The zero value will do.
type commits struct {
	mu      sync.Mutex
	busy    bool // somebody has the turn
	waiting []*waiter
	hold    time.Duration // 0 is maxHold
}

type waiter struct {
	alone bool
	turn  chan *batch // has room for one: the turn, with the batch to join, or nil to begin one
}

// batch is a transaction under way that one verb after the other writes in.
type batch struct {
	conn    *conn
	begun   time.Time
	alone   bool
	verbs   int      // that had their turn
	kept    int      // whose writes stand in it
	notices []notice // of those
	over    bool     // it was taken back
	done    chan struct{}
	err     error // of the whole batch, when done is closed
}

// write runs do in a transaction on the one connection of p and answers when that is committed; then tell was called with
// what do answered. Alone means that no other verb is in the transaction, and nothing is kept to take do back by itself.
func (w *commits) write(ctx context.Context, p *pool, alone bool, do func(*conn) ([]notice, error), tell func([]notice)) error {
	err := w.once(ctx, p, alone, do, tell)
	if errors.Is(err, errUndone) {
		err = w.once(ctx, p, true, do, tell)
	}
	return err
}

func (w *commits) once(ctx context.Context, p *pool, alone bool, do func(*conn) ([]notice, error), tell func([]notice)) error {
	pass := func(b *batch) {
		if w.next(b) {
			return
		}
		b.end(p, tell)
		w.next(nil)
	}
	b, err := w.enter(ctx, alone, pass)
	if err != nil {
		return err
	}
	if b == nil {
		if b, err = begin(ctx, p, alone); err != nil {
			w.next(nil)
			return err
		}
	}
	err = func() error {
		defer pass(b) // whatever happens in it
		return b.verb(ctx, do)
	}()
	<-b.done
	if b.err != nil {
		return b.err
	}
	return err
}

// enter waits for the turn, which the caller has to pass on.
func (w *commits) enter(ctx context.Context, alone bool, pass func(*batch)) (*batch, error) {
	w.mu.Lock()
	if !w.busy {
		w.busy = true
		w.mu.Unlock()
		return nil, nil
	}
	me := &waiter{alone: alone, turn: make(chan *batch, 1)}
	w.waiting = append(w.waiting, me)
	w.mu.Unlock()
	select {
	case b := <-me.turn:
		return b, nil
	case <-ctx.Done():
		if !w.forget(me) {
			pass(<-me.turn) // it came in the same moment
		}
		return nil, ctx.Err()
	}
}

// forget takes somebody out who waits no longer; false if they have been given the turn.
func (w *commits) forget(me *waiter) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.waiting, me)
	if i >= 0 {
		w.waiting = slices.Delete(w.waiting, i, i+1)
	}
	return i >= 0
}

// next gives the turn to who waits longest, or to nobody. It answers false if there is a batch that is to end first.
func (w *commits) next(b *batch) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 {
		w.busy = b != nil
		return b == nil
	}
	if b != nil && (w.waiting[0].alone || b.full(cmp.Or(w.hold, maxHold))) {
		return false
	}
	w.waiting[0].turn <- b
	w.waiting[0] = nil
	w.waiting = w.waiting[1:]
	return true
}

// begin begins a batch, for who has the turn.
func begin(ctx context.Context, p *pool, alone bool) (*batch, error) {
	c, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.exec(context.WithoutCancel(ctx), `BEGIN IMMEDIATE`); err != nil {
		c.rollback()
		p.give(c)
		return nil, err
	}
	return &batch{conn: c, begun: time.Now(), alone: alone, done: make(chan struct{})}, nil
}

func (b *batch) full(hold time.Duration) bool {
	return b.over || b.alone || b.verbs >= maxBatch || time.Since(b.begun) > hold
}

// verb runs one verb in the batch.
func (b *batch) verb(ctx context.Context, do func(*conn) ([]notice, error)) (err error) {
	// SQLite is not to be interrupted: it would take back what others wrote. So a context is looked at between statements.
	whole := context.WithoutCancel(ctx)
	b.verbs++
	makeRoom()
	company := b.kept > 0
	if company {
		if err := b.conn.exec(whole, `SAVEPOINT verb`); err != nil {
			b.takeBack(errUndone)
			return err
		}
	}
	stands := false
	defer func() {
		if !stands {
			b.undo(company)
		}
	}()
	notices, err := do(b.conn)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && company {
		err = b.conn.exec(whole, `RELEASE verb`)
	}
	if err == nil {
		stands = true
		b.kept++
		b.notices = append(b.notices, notices...)
	}
	return err
}

// undo takes back what one verb wrote.
func (b *batch) undo(company bool) {
	if !company {
		b.takeBack(nil)
		return
	}
	for _, step := range []string{`ROLLBACK TO verb`, `RELEASE verb`} {
		if err := b.conn.exec(context.Background(), step); err != nil { // SQLite has taken back more
			b.takeBack(errUndone)
			return
		}
	}
}

func (b *batch) takeBack(err error) {
	b.conn.rollback()
	b.over, b.err = true, err
}

// end commits what stands in the batch, tells of it and gives the connection back.
func (b *batch) end(p *pool, tell func([]notice)) {
	if !b.over {
		if err := b.conn.exec(context.Background(), `COMMIT`); err != nil {
			b.takeBack(err)
		} else {
			tell(b.notices) // while the writer is ours, so that changes are told in the order of their commits
		}
	}
	p.give(b.conn)
	close(b.done)
}
