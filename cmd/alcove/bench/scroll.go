package bench

import (
	"context"
	"errors"
	"time"
)

const (
	keyUp   = "\x1b[A"
	pageUp  = "\x1b[5~"
	keyTab  = "\t"
	keyEsc  = "\x1b"
	newest  = "\x07" // ctrl+g
	scrolls = 40     // steps of one member in a round
)

// scroll is what it takes to read back in a long thread line by line, a member at a time.
func scroll(ctx context.Context, r *run) (err error) {
	entries := min(r.Entries, longThread)
	c := content{members: 1, threads: []threadContent{{title: markHome, with: []int{1}, entries: entries}}}
	p, err := r.pair(ctx, "scroll", c, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.end()) }()
	if err := p.enter(ctx); err != nil {
		return err
	}
	watched, err := watch(p.ours.members)
	if err != nil {
		return err
	}
	defer watched.end()
	mine, floor, err := r.byTurns(p, func(s *side) (values, error) { return s.scrolled(ctx) })
	if err != nil {
		return err
	}
	if err := watched.check(ctx); err != nil {
		return err
	}
	s := r.of("scroll", entries, "entries")
	s.add("a step back, median", "ms", mine.get("p50"), floor.get("p50"), nil)
	s.add("a step back, p99", "ms", mine.get("p99"), floor.get("p99"), nil)
	s.add("on the wire a step", "bytes", mine.get("bytes"), floor.get("bytes"), &budget{plus: 250})
	return nil
}

func (s *side) scrolled(ctx context.Context) (values, error) {
	m := s.members[0]
	before := s.usage()
	var took []time.Duration
	for range scrolls {
		step, err := m.Step(ctx, keyUp)
		if err != nil {
			return nil, err
		}
		took = append(took, step)
	}
	return values{
		"p50": Millis(Quantile(took, 0.5)), "p99": Millis(Quantile(took, 0.99)),
		"bytes": float64(s.usage().bytes-before.bytes) / scrolls,
	}, nil
}
