package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"alcove/store"
)

// deed carries out a verb that takes as long as it takes.
type deed func(ctx context.Context, args json.RawMessage, tell func(store.Progress)) (any, error)

// longVerbs are what a server answers to, however long it takes.
func longVerbs(op operator) map[string]deed {
	return map[string]deed{
		"backup": longVerb(op.Backup),
		"verify": longVerb(func(ctx context.Context, _ nothing, tell func(store.Progress)) (store.Verified, error) {
			return op.Verify(ctx, tell)
		}),
		"erase-person": longVerb(func(ctx context.Context, handle string, _ func(store.Progress)) (store.Receipt, error) {
			return op.ErasePerson(ctx, handle)
		}),
		"erase-thread": longVerb(func(ctx context.Context, number int64, _ func(store.Progress)) (store.Receipt, error) {
			return op.EraseThread(ctx, number)
		}),
	}
}

func longVerb[A, R any](do func(context.Context, A, func(store.Progress)) (R, error)) deed {
	return func(ctx context.Context, raw json.RawMessage, tell func(store.Progress)) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, fmt.Errorf("read arguments: %w", err)
		}
		return do(ctx, args, tell)
	}
}

// doLong carries out a verb, and sends how far it is. When the command has gone away, or takes nothing any more, the verb is
// ended.
func (c *control) doLong(ctx context.Context, conn net.Conn, do deed, req request) (any, error) {
	ctx, cancel := context.WithCancel(ctx)
	var beats sync.WaitGroup
	defer beats.Wait()
	defer cancel()
	var last atomic.Pointer[store.Progress]
	last.Store(&store.Progress{})
	beats.Go(func() {
		ticker := time.NewTicker(c.beat)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_ = conn.SetDeadline(time.Now().Add(controlTimeout))
				if json.NewEncoder(conn).Encode(reply{Progress: last.Load()}) != nil {
					cancel()
					return
				}
			}
		}
	})
	return do(ctx, req.Args, func(p store.Progress) { last.Store(&p) })
}
