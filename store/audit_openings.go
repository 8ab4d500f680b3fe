package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"sync"
	"time"
)

// That a person opened a thread is recorded before they are shown what stands in it: once an hour, so that reading costs a
// write once an hour. What was recorded in this hour is known to the running store; after a start the log itself says so.

// maxOpenings bounds what the store remembers. Beyond it, it forgets all, and asks the log again.
const maxOpenings = 1 << 16

// openings know what was recorded in one hour.
type openings struct {
	mu       sync.Mutex
	hour     time.Time
	recorded map[opening]struct{}
}

type opening struct {
	kind           AuditKind
	person, thread int64
}

// missing answers the threads whose opening is not known to be recorded in that hour.
func (o *openings) missing(hour time.Time, kind AuditKind, person int64, threads []int64) (missing []int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, thread := range threads {
		if _, known := o.recorded[opening{kind, person, thread}]; !known || !o.hour.Equal(hour) {
			missing = append(missing, thread)
		}
	}
	return missing
}

func (o *openings) add(hour time.Time, kind AuditKind, person int64, threads []int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.recorded == nil || !o.hour.Equal(hour) || len(o.recorded)+len(threads) > maxOpenings {
		o.hour, o.recorded = hour, map[opening]struct{}{}
	}
	for _, thread := range threads {
		o.recorded[opening{kind, person, thread}] = struct{}{}
	}
}

// readThread is read for verbs that answer what stands in a thread.
func (a *Access) readThread(ctx context.Context, doing string, thread int64, do func(*tx, self) error) error {
	if err := a.read(ctx, doing, do); err != nil {
		return err
	}
	return a.opened(ctx, AuditThreadRead, thread)
}

// opened records what the person is about to be shown. The caller has seen that they may.
func (a *Access) opened(ctx context.Context, kind AuditKind, threads ...int64) error {
	s, person := a.store, a.who.person
	hour := s.now().UTC().Truncate(time.Hour)
	threads = s.openings.missing(hour, kind, person, threads)
	if len(threads) == 0 {
		return nil
	}
	err := a.write(ctx, "record what is opened", func(t *tx, me self) error {
		for _, thread := range threads {
			known, err := t.exists(ctx, `SELECT 1 FROM audit WHERE thread = ? AND at >= ? AND actor = ? AND kind = ?`,
				thread, moment(hour), me.id, string(kind))
			if err == nil && !known {
				err = t.audit(ctx, act{kind: kind, actor: me.id, thread: thread})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.openings.add(hour, kind, person, threads)
	}
	return s.orUnrecorded(ctx, err)
}

// BeginExport records that the person takes a copy of all their threads. Call it before anything of an export is read.
func (a *Access) BeginExport(ctx context.Context) error {
	var threads []int64
	err := a.write(ctx, "record an export", func(t *tx, me self) (err error) {
		threads, err = t.ids(ctx, `SELECT thread FROM member WHERE person = ? AND left_at IS NULL ORDER BY thread`, me.id)
		if err != nil {
			return err
		}
		for _, thread := range threads {
			if err := t.audit(ctx, act{kind: AuditThreadExported, actor: me.id, thread: thread}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil { // which says more than that it was read
		a.store.openings.add(a.store.now().UTC().Truncate(time.Hour), AuditThreadRead, a.who.person, threads)
	}
	return a.store.orUnrecorded(ctx, err)
}

// Opening is that somebody else opened one of the person's threads.
type Opening struct {
	Seq    int64 // where it stands in the log; later ones have higher numbers
	Kind   AuditKind
	Who    Person // without a handle if their account was erased
	Thread int64
	Title  string // empty if it does not open
	At     time.Time
}

// MaxOpenings is how many Openings answers at most.
const MaxOpenings = 100

// Who is in few threads has the newest records of each looked up. For who is in many, the log is read from its end, where
// most of what was opened is for them to know.
const (
	isOpening   = `a.kind IN ('thread-read', 'thread-searched', 'thread-exported') AND a.actor <> ?1 AND a.seq < ?2`
	openingsFew = openingColumns + `FROM member m CROSS JOIN audit o LEFT JOIN person p ON p.id = o.actor
		WHERE m.person = ?1 AND m.left_at IS NULL AND o.seq IN (
			SELECT a.seq FROM audit a WHERE a.thread = m.thread AND ` + isOpening + ` ORDER BY a.seq DESC LIMIT 0 + ?3)
		ORDER BY o.seq DESC LIMIT 0 + ?3`
	openingsMany = openingColumns + `FROM (
			SELECT a.seq, a.kind, a.thread, a.at, a.actor FROM audit a CROSS JOIN member m
			WHERE ` + isOpening + ` AND m.thread = a.thread AND m.person = ?1 AND m.left_at IS NULL
			ORDER BY a.seq DESC LIMIT 0 + ?3) AS o LEFT JOIN person p ON p.id = o.actor
		ORDER BY o.seq DESC`
	openingColumns = `
		SELECT o.seq, o.kind, o.thread, o.at, coalesce(p.id, 0), coalesce(p.handle, ''), coalesce(p.role, ''), p.name, ` + keyOfPerson + `
		`
)

// Openings lists who else read, searched or exported the threads that the person is in, the newest first: those before the
// one with that Seq, or the newest of all for 0.
func (a *Access) Openings(ctx context.Context, before int64, limit int) (found []Opening, err error) {
	limit = max(min(limit, MaxOpenings), 1)
	if before == 0 {
		before = math.MaxInt64
	}
	err = a.read(ctx, "list who opened threads", func(t *tx, me self) error {
		threads, err := t.memberships(ctx, me)
		if err != nil {
			return err
		}
		query := openingsFew
		if threads > fewThreads {
			query = openingsMany
		}
		err = t.each(ctx, func(rows *sql.Rows) error {
			var o Opening
			var p somebody
			err := rows.Scan(append([]any{&o.Seq, &o.Kind, &o.Thread, (*moment)(&o.At)}, p.fields()...)...)
			if err == nil && p.id != 0 {
				o.Who = t.store.reveal(p)
			}
			found = append(found, o)
			return err
		}, query, me.id, before, limit)
		if err != nil {
			return err
		}
		return t.titles(ctx, me, found)
	})
	return found, err
}

// titles puts the titles of the threads into openings.
func (t *tx) titles(ctx context.Context, me self, of []Opening) error {
	titles := map[int64]string{}
	for i, o := range of {
		if _, known := titles[o.Thread]; !known {
			thread, err := t.thread(ctx, me, o.Thread)
			if err != nil && !errors.Is(err, ErrDamaged) {
				return err
			}
			titles[o.Thread] = thread.Title
		}
		of[i].Title = titles[o.Thread]
	}
	return nil
}
