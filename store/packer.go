package store

import (
	"context"
	"sync"
	"sync/atomic"
)

// packAfter is how many entries are written before they are looked through for what can be packed, if the hour is not over
// before.
const packAfter = 1024

// packer packs loose entries: when the practice is opened, with each Tend, and when many were written. Its goroutine ends
// with the store. The zero value does nothing.
type packer struct {
	woken   chan struct{}
	written atomic.Int64
	stop    context.CancelFunc
	work    sync.WaitGroup
}

// start begins, once the store is open.
func (p *packer) start(s *Store) {
	ctx, stop := context.WithCancel(context.Background())
	p.woken, p.stop = make(chan struct{}, 1), stop
	p.wake()
	p.work.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-p.woken:
			}
			if err := s.packAll(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("entries could not be packed; it is tried again", "error", err)
			}
		}
	})
}

// wake has it look through all that is loose.
func (p *packer) wake() {
	p.written.Store(0)
	select {
	case p.woken <- struct{}{}:
	default: // it will, or there is none
	}
}

// wrote counts an entry.
func (p *packer) wrote() {
	if p.written.Add(1) >= packAfter {
		p.wake()
	}
}

// close ends it and waits for its end.
func (p *packer) close() {
	if p.stop != nil {
		p.stop()
	}
	p.work.Wait()
}
