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
	bare, err := r.bare(ctx, r.Sessions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.end()) }()
	ours, err := r.practice(ctx, "typing", content{members: r.Sessions, threads: ownThreads(r.Sessions, 3)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	for _, s := range []*side{bare, ours} {
		if err := s.signIn(ctx); err != nil {
			return err
		}
		if err := s.openFirst(ctx); err != nil {
			return err
		}
	}
	watched, err := watch(ours.members)
	if err != nil {
		return err
	}
	defer watched.end()
	floor, mine := &typed{}, &typed{}
	for n := range r.Rounds {
		r.say("  round %d of %d", n+1, r.Rounds)
		if err := floor.round(ctx, bare, r.Span/time.Duration(r.Rounds)); err != nil {
			return fmt.Errorf("the floor: %w", err)
		}
		if err := mine.round(ctx, ours, r.Span/time.Duration(r.Rounds)); err != nil {
			return err
		}
	}
	if err := watched.check(ctx); err != nil {
		return err
	}
	if err := Each(ctx, ours.members, func(ctx context.Context, m *Member) error { return m.Send(ctx) }); err != nil {
		return err
	}
	r.addTyped(mine, floor)
	return nil
}

// typed are the figures of one side, a value for each round.
type typed struct {
	p50, p99, cpu, bytes []float64
	keys                 int
}

func (t *typed) round(ctx context.Context, s *side, span time.Duration) error {
	before, keys := s.usage(), s.keys()
	took, err := TypeAll(ctx, s.members, typingPace, span)
	if err != nil {
		return err
	}
	after := s.usage()
	pressed := s.keys() - keys
	t.keys += pressed
	t.p50 = append(t.p50, Millis(Quantile(took, 0.5)))
	t.p99 = append(t.p99, Millis(Quantile(took, 0.99)))
	t.cpu = append(t.cpu, perCPU(before, after, float64(pressed)))
	t.bytes = append(t.bytes, float64(after.bytes-before.bytes)/float64(pressed))
	return nil
}

// keys is how many keys were pressed since something was sent.
func (s *side) keys() (n int) {
	for _, m := range s.members {
		n += len(m.typed)
	}
	return n
}

func (r *run) addTyped(mine, floor *typed) {
	name := fmt.Sprintf("typing %d", r.Sessions)
	slow := budget{factor: 3.5}
	if r.Sessions > 1000 {
		slow = budget{plus: 40}
	}
	r.add(name, "key to screen, median", "ms", median(mine.p50), median(floor.p50), &budget{factor: 1.3})
	r.add(name, "key to screen, p99", "ms", median(mine.p99), median(floor.p99), &slow)
	r.add(name, "processor a key", "us", median(mine.cpu), median(floor.cpu), nil)
	r.add(name, "on the wire a key", "bytes", median(mine.bytes), median(floor.bytes), &budget{plus: 64})
	r.add(name, fmt.Sprintf("keys lost, of %d", mine.keys), "keys", 0, 0, &budget{})
}
