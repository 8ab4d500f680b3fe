package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// typingPace is the time between two keys of a member.
const typingPace = 500 * time.Millisecond

// typing is how long a key takes to the screen while everybody types into the composer, and drafts are saved.
func typing(ctx context.Context, r *run) (err error) {
	p, err := r.pair(ctx, "typing", content{members: r.Sessions, threads: ownThreads(r.Sessions, 3), changes: true}, r.Sessions)
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
	mine, floor, err := r.byTurns(p, func(s *side) (values, error) { return s.typed(ctx, r.Span/time.Duration(r.Rounds)) })
	if err != nil {
		return err
	}
	keys := p.ours.keys()
	if err := watched.check(ctx); err != nil {
		return err
	}
	if err := Each(ctx, p.ours.members, func(ctx context.Context, m *Member) error { return m.Send(ctx) }); err != nil {
		return err
	}
	slow := budget{factor: 3.5}
	if r.Sessions > 1000 {
		slow = budget{plus: 40}
	}
	s := r.of("typing", r.Sessions, "sessions")
	s.add("key to screen, median", "ms", mine.get("p50"), floor.get("p50"), &budget{factor: 1.3})
	s.add("key to screen, p99", "ms", mine.get("p99"), floor.get("p99"), &slow)
	s.add("processor a key", "us", mine.get("cpu"), floor.get("cpu"), nil)
	s.add("on the wire a key", "bytes", mine.get("bytes"), floor.get("bytes"), &budget{plus: 64})
	s.add("keys lost", fmt.Sprintf("of %d", keys), 0, unknown(), &budget{})
	s.add("screens wrong", fmt.Sprintf("of %d", len(watched)), 0, unknown(), &budget{})
	return nil
}

// typed lets everybody type once.
func (s *side) typed(ctx context.Context, span time.Duration) (values, error) {
	before, keys := s.usage(), s.keys()
	took, err := TypeAll(ctx, s.members, typingPace, span)
	if err != nil {
		return nil, err
	}
	after := s.usage()
	pressed := float64(s.keys() - keys)
	return values{
		"p50": Millis(Quantile(took, 0.5)), "p99": Millis(Quantile(took, 0.99)),
		"cpu": perCPU(before, after, pressed), "bytes": float64(after.bytes-before.bytes) / pressed,
	}, nil
}

// keys is how many keys were pressed since something was sent.
func (s *side) keys() (n int) {
	for _, m := range s.members {
		n += len(m.typed)
	}
	return n
}
