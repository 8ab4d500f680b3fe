package bench

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// callers is how many sign in at a time in a storm.
const callers = 16

// storm is everybody signing in at once, and then one by one, in a practice with many threads: to Home, whole.
func storm(ctx context.Context, r *run) (err error) {
	p, err := r.pair(ctx, "storm", manyThreads(r.Sessions, r.Threads), r.Sessions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.end()) }()
	coach, err := seedKey(r.Seed, 0)
	if err != nil {
		return err
	}
	span := r.Span / time.Duration(2*r.Rounds)
	mine, floor, err := r.byTurns(p, func(s *side) (values, error) {
		rate, err := s.stormed(ctx, span)
		if err != nil {
			return nil, err
		}
		member, err := s.arrivals(ctx, span/2, s.members[0])
		if err != nil {
			return nil, err
		}
		head, err := s.arrivals(ctx, span/2, &Member{Number: s.members[0].Number, Key: coach})
		return values{"rate": rate, "member": member, "coach": head}, err
	})
	if err != nil {
		return err
	}
	s := r.of("storm", r.Sessions, "people")
	s.add("handshakes, key looked up", "a second", mine.get("rate"), floor.get("rate"), &budget{factor: 0.9, least: true})
	s = r.of("storm", r.Threads, "threads")
	s.add("sign-in to Home, a client", "ms", mine.get("member"), floor.get("member"), &budget{factor: 1.5, plus: 15})
	s.add("sign-in to Home, the coach of all", "ms", mine.get("coach"), floor.get("coach"), &budget{factor: 1.5, plus: 15})
	return nil
}

// manyThreads are threads of one entry, shared out among the members.
func manyThreads(members, count int) content {
	c := content{members: members}
	for n := range max(count, members) {
		c.threads = append(c.threads, threadContent{title: markHome, with: []int{n%members + 1}, entries: 1})
	}
	return c
}

// stormed is how many sign in each second, and leave.
func (s *side) stormed(ctx context.Context, span time.Duration) (float64, error) {
	var next atomic.Int64
	return repeat(ctx, span, callers, func(ctx context.Context, _ int) error {
		m := s.members[int(next.Add(1))%len(s.members)]
		client, err := Dial(ctx, s.addr, Source(m.Number), m.Key, Patience)
		if err == nil {
			_ = client.Close() // all that was asked for was there
		}
		return err
	})
}

// arrivals is the median time in milliseconds from dialling to the first screen, whole, with nobody else about.
func (s *side) arrivals(ctx context.Context, span time.Duration, who *Member) (float64, error) {
	var took []time.Duration
	for begin := time.Now(); time.Since(begin) < span || len(took) == 0; {
		m := &Member{Number: who.Number, Key: who.Key}
		dialled := time.Now()
		err := m.SignIn(ctx, s.addr, s.home())
		took = append(took, time.Since(dialled))
		m.Leave()
		if err != nil {
			return 0, err
		}
	}
	return Millis(Quantile(took, 0.5)), nil
}
