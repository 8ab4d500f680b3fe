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

// They are not among the errors that the operator can meet (errors.go).
var (
	ErrQuota = errors.New("more than one person may keep")         // Caps.Stored
	ErrPace  = errors.New("faster than one person may write here") // Caps.PerMinute
)

// Caps is what one person may use up. A field of 0 stands for the usual one: MaxStored, MaxPerMinute.
type Caps struct {
	Stored    int64 // bytes of sealed texts
	PerMinute int   // entries, edits, threads and invitations
}

func (c Caps) withDefaults() Caps {
	if c.Stored == 0 {
		c.Stored = MaxStored
	}
	if c.PerMinute == 0 {
		c.PerMinute = MaxPerMinute
	}
	return c
}

// Usage is how much of their Caps a person has used up.
type Usage struct {
	Stored  int64 // bytes
	Written int   // of PerMinute, not yet made up for by waiting
	Caps    Caps
}

// NearStored says that little more can be kept: four fifths are used up.
func (u Usage) NearStored() bool {
	return u.Caps.Stored > 0 && float64(u.Stored) >= 0.8*float64(u.Caps.Stored)
}

// NearPace says that the person will soon be too fast.
func (u Usage) NearPace() bool { return u.Caps.PerMinute > 0 && u.Written*5 >= u.Caps.PerMinute*4 }

// Usage is how much the person has used up of what they may. It answers no other person's.
func (a *Access) Usage(ctx context.Context) (u Usage, err error) {
	err = a.read(ctx, "read what a person keeps", func(t *tx, me self) error {
		u.Caps, u.Written = t.store.caps, t.store.paces.used(me.id, t.now)
		return t.one(ctx, []any{&u.Stored}, `SELECT stored FROM person WHERE id = ?`, me.id)
	})
	return u, err
}

// charge adds to what a person stores, or takes from it. What is taken is never refused.
func (t *tx) charge(ctx context.Context, person int64, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	changed, err := t.change(ctx, `UPDATE person SET stored = max(0, stored + ?2) WHERE id = ?1 AND (?2 < 0 OR stored + ?2 <= ?3)`,
		person, bytes, t.store.caps.Stored)
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

// pace lets a person write once more, or answers ErrPace.
func (t *tx) pace(me self) error {
	if !t.store.demo && !t.store.paces.allow(me.id, t.now) { // a demo is filled at once, and thrown away
		return ErrPace
	}
	return nil
}

// paces know how fast everybody writes.
type paces struct {
	mu        sync.Mutex
	perMinute int
	of        map[int64]*rate.Limiter // by person
}

func (p *paces) allow(person int64, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[int64]*rate.Limiter{}
	}
	if p.of[person] == nil {
		p.of[person] = rate.NewLimiter(rate.Limit(p.perMinute)/60, p.perMinute)
	}
	return p.of[person].AllowN(now, 1)
}

// used is how much of a minute's writing a person has had.
func (p *paces) used(person int64, now time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of[person] == nil {
		return 0
	}
	return p.perMinute - int(p.of[person].TokensAt(now))
}
