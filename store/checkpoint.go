package store

import (
	"context"
	"errors"
)

// What is deleted is overwritten in the database's pages (secure_delete), but the WAL still has the pages as they were. It
// goes away when the store is closed. Until then it would keep a text that its author withdrew.

var errReaderInTheWay = errors.New("a reader was in the way")

// emptyLog puts all that is in the WAL into the database and cuts the WAL to nothing. What was deleted before is then in no
// file of the practice; of what the disk itself remembers nothing can be promised. Readers go on meanwhile, the next
// writer waits. If it fails, which the operator's log says, the deletion holds all the same, and the next call or Close
// makes up for it.
//
// It costs two synced writes, so only Withdraw, TakeBack and erasures call it. What else is deleted or replaced, such as drafts,
// stays in the WAL until then, or until SQLite writes over it.
func (s *Store) emptyLog(ctx context.Context) {
	ctx = context.WithoutCancel(ctx) // the deletion is done, and its text is to go even if the person does
	c, err := s.writer.take(ctx)
	if errors.Is(err, errClosed) {
		return // Close does it
	}
	if err == nil {
		defer s.writer.give(c)
		if s.long.putOff() {
			return
		}
		var busy bool
		var pages, moved int
		err = c.raw.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved)
		if err == nil && busy {
			err = errReaderInTheWay
		}
	}
	if err != nil {
		s.log.Warn("the WAL could not be emptied; it may still have what was deleted", "err", err)
	}
}
