package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one person may use up, so that no member can fill the disk. How much somebody stores is kept with the person and
// moved along in the transaction that stores or deletes, so no write counts anything. How fast they write is known to the
// running store alone.

// ErrQuota is answered to who writes faster than MaxPerMinute or stores more than MaxStored. It is not among the errors
// that the operator can meet (errors.go).
var ErrQuota = errors.New("more than one person may use")

// charge adds to what a person stores, or takes from it. What is taken is never refused.
func (t *tx) charge(ctx context.Context, person int64, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	changed, err := t.change(ctx, `UPDATE person SET stored = max(0, stored + ?2) WHERE id = ?1 AND (?2 < 0 OR stored + ?2 <= ?3)`,
		person, bytes, t.store.maxStored)
	if err == nil && changed == 0 {
		err = ErrQuota
	}
	return err
}

// release takes what rows held that were deleted with RETURNING length(body), and answers how many they were.
func (t *tx) release(ctx context.Context, person int64, deletion string, args ...any) (rows int, err error) {
	sizes, err := t.ids(ctx, deletion, args...)
	if err != nil {
		return 0, err
	}
	freed := int64(0)
	for _, size := range sizes {
		freed += size
	}
	return len(sizes), t.charge(ctx, person, -freed)
}

// pace lets a person write once more, or answers ErrQuota.
func (t *tx) pace(me self) error {
	if !t.store.demo && !t.store.paces.allow(me.id, t.now) { // a demo is filled at once, and thrown away
		return ErrQuota
	}
	return nil
}

// paces know how fast everybody writes.
type paces struct {
	mu sync.Mutex
	of map[int64]*rate.Limiter // by person
}

func (p *paces) allow(person int64, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[int64]*rate.Limiter{}
	}
	if p.of[person] == nil {
		p.of[person] = rate.NewLimiter(rate.Limit(MaxPerMinute)/60, MaxPerMinute)
	}
	return p.of[person].AllowN(now, 1)
}
