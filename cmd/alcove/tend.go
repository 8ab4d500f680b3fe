package main

import (
	"context"
	"log/slog"
	"time"
)

// What the server does by itself: it tends the keys each hour, and makes backups when they are due.

const (
	lookEvery  = time.Minute      // whether something is due
	tendEvery  = time.Hour        // and at the latest after this it looks anew when a backup is due, whatever the clock does
	retryAfter = 10 * time.Minute // after a backup that failed
)

// chores are what is due now and then. The times are of a clock that is never set back, if now's has one.
type chores struct {
	tend   func(context.Context) error
	backUp func(context.Context) (next time.Time, err error) // nil where nobody asked for backups
	now    func() time.Time
	log    *slog.Logger
	tendAt time.Time
	lookAt time.Time
}

// tend does the chores until ctx ends.
func (h host) tend(ctx context.Context) {
	c := chores{tend: h.store.Tend, now: h.now, log: h.log}
	if op := h.store.Operator(); h.backups.Folder != "" {
		if err := op.KeepRingCopy(ctx, h.backups.Folder); err != nil && ctx.Err() == nil {
			h.log.Error("no copy of the key ring is kept beside the backups", "error", err)
		}
		c.backUp = func(ctx context.Context) (time.Time, error) { return op.BackUpIfDue(ctx, h.backups) }
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	c.run(ctx, ticker.C)
}

// run looks what is due, at once and then at each tick, until ctx ends.
func (c *chores) run(ctx context.Context, ticks <-chan time.Time) {
	for {
		c.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
	}
}

func (c *chores) look(ctx context.Context) {
	if now := c.now(); !now.Before(c.tendAt) {
		c.tendAt = now.Add(tendEvery)
		if err := c.tend(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("the key ring could not be tended; it is tried again", "error", err)
		}
	}
	if now := c.now(); c.backUp != nil && !now.Before(c.lookAt) {
		next, err := c.backUp(ctx)
		wait := min(next.Sub(now), tendEvery)
		if err != nil && ctx.Err() == nil {
			wait = max(wait, retryAfter)
			c.log.Error("the backup failed", "error", err)
		}
		c.lookAt = now.Add(wait)
	}
}
