package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A storage that fails. A disk that is full, gone or taken away makes the practice read-only and nothing more: whoever
// writes is answered ErrReadOnly, whoever watches is told by StorageChanged, and all that was written can be read. Every
// write is tried all the same, for only the disk knows; and as long as it fails, a prober tries one of its own, so that the
// practice comes back with nobody doing anything.

// storageKind gives an error out of database/sql its kind: ErrDamaged for a page that is not what was written (explain has
// said so of those that do not open), and in a write ErrReadOnly for a storage that does not take it. Any other error, nil
// too, it answers as it is.
//
// Damage makes nothing read-only: it is in one place, and what stands elsewhere can be read and written.
func storageKind(err error, writing bool) error {
	var failure *sqlite.Error
	switch {
	case errors.Is(err, ErrDamaged), !errors.As(err, &failure):
		return err
	}
	switch failure.Code() & 0xff { // the rest says more of it
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		if writing {
			return fmt.Errorf("%w: %w", ErrReadOnly, err)
		}
	}
	return err
}

// storageFails is called with the ErrReadOnly of every write. The first one is told and starts the prober.
func (s *Store) storageFails(err error) {
	if !s.hub.storage(false) {
		return
	}
	var failure *sqlite.Error
	code := 0
	if errors.As(err, &failure) {
		code = failure.Code()
	}
	s.log.Error("nothing can be written: is the disk full or broken?", "code", code, "reason", sqlite.ErrorCodeString[code&0xff])
	s.prober.start(s.probe)
}

// probe writes as much as the largest entry takes and takes it away again. If that went to disk, all can be written: a
// few bytes find room long before an entry does.
func (s *Store) probe(ctx context.Context) (works bool) {
	err := s.writer.inTx(ctx, `BEGIN IMMEDIATE`, func(c *conn) error {
		if err := c.exec(ctx, `CREATE TABLE probe (room BLOB NOT NULL)`); err != nil {
			return err
		}
		if err := c.exec(ctx, `INSERT INTO probe (room) VALUES (?)`, make([]byte, MaxEntry)); err != nil {
			return err
		}
		return c.exec(ctx, `DROP TABLE probe`)
	}, func() { s.hub.storage(true) }) // while the writer is ours, so that no later failure is taken for an earlier one
	if err != nil {
		return false
	}
	s.log.Info("all can be written again")
	return true
}

// probeEvery is the time between two tries.
const probeEvery = 2 * time.Second

// prober tries now and then whether the storage works. It is used by one goroutine at most, which ends when it does, or
// with the store. The zero value will do.
type prober struct {
	every time.Duration // 0 is probeEvery

	mu     sync.Mutex
	closed bool
	stop   context.CancelFunc
	trying sync.WaitGroup
}

// start calls works until it says yes.
func (p *prober) start(works func(context.Context) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	every := p.every
	if every == 0 {
		every = probeEvery
	}
	if p.stop != nil {
		p.stop() // of the one before, which found that it works
	}
	var ctx context.Context
	ctx, p.stop = context.WithCancel(context.Background())
	p.trying.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if works(ctx) {
				return
			}
		}
	})
}

// close ends the trying and waits for its end.
func (p *prober) close() {
	p.mu.Lock()
	p.closed = true
	if p.stop != nil {
		p.stop()
	}
	p.mu.Unlock()
	p.trying.Wait()
}
