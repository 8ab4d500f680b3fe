package store

import (
	"context"
	"sync"
)

// longReads are the backups and checks under way. Each reads a snapshot for as long as it takes, and while one is read the
// WAL cannot be emptied: emptyLog would keep the writers waiting for it. So it is done when the last of them has ended.
type longReads struct {
	mu   sync.Mutex
	now  int
	owed bool
}

// readLong begins a long read; call end when it is over. An emptying under way is waited for.
func (s *Store) readLong(ctx context.Context) (end func()) {
	s.long.mu.Lock()
	s.long.now++
	s.long.mu.Unlock()
	if c, err := s.writer.take(ctx); err == nil {
		s.writer.give(c)
	}
	return func() {
		if s.long.end() {
			s.emptyLog(ctx)
		}
	}
}

func (l *longReads) end() (owed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now--
	if owed = l.owed && l.now == 0; owed {
		l.owed = false
	}
	return owed
}

// putOff says whether the WAL is to be emptied later.
func (l *longReads) putOff() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed = l.owed || l.now > 0
	return l.now > 0
}
