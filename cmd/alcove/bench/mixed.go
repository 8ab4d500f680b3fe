package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// mixed is a day in small: members write, send, read back, search, leave and come again, each at their own pace.
func mixed(ctx context.Context, r *run) (err error) {
	ours, err := r.practice(ctx, "mixed", content{members: r.Sessions, threads: ownThreads(r.Sessions, 20), changes: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	if err := ours.enter(ctx, true); err != nil {
		return err
	}
	d := &day{side: ours, took: map[string][]time.Duration{}}
	before := ours.usage()
	end := before.at.Add(r.Span)
	err = parallelBy(ctx, len(ours.members), len(ours.members), func(ctx context.Context, i int) error {
		rng := rand.New(rand.NewPCG(r.Seed, uint64(i))) //nolint:gosec // what they do next is no secret
		if err := d.live(ctx, ours.members[i], rng, end); err != nil {
			return fmt.Errorf("member %d: %w", i+1, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	after := ours.usage()
	s := r.of("mixed", r.Sessions, "sessions")
	for _, act := range acts {
		s.add(act.name+", median", "ms", d.quantile(act.name, 0.5), unknown(), nil)
		s.add(act.name+", p99", "ms", d.quantile(act.name, 0.99), unknown(), nil)
	}
	s.add("processor a session", "us/s", perCPU(before, after, float64(len(ours.members))*after.at.Sub(before.at).Seconds()), unknown(), nil)
	return nil
}

// day is what happened.
type day struct {
	side *side
	mu   sync.Mutex
	took map[string][]time.Duration
}

// acts are what members do, and how often among a hundred acts. Each begins and ends in the thread.
var acts = []struct {
	name string
	of   int
	do   func(*day, context.Context, *Member) (time.Duration, error)
}{
	{"a key", 60, (*day).key},
	{"send", 8, (*day).send},
	{"read back", 20, (*day).readBack},
	{"search", 4, (*day).search},
	{"come again", 8, (*day).comeAgain},
}

// live does one thing after another, about two a second.
func (d *day) live(ctx context.Context, m *Member, rng *rand.Rand, end time.Time) error {
	for {
		if err := pause(ctx, time.Duration(rng.Int64N(int64(time.Second)))); err != nil {
			return err
		}
		if time.Now().After(end) {
			return nil
		}
		drawn := rng.IntN(100)
		for _, act := range acts {
			if drawn -= act.of; drawn >= 0 {
				continue
			}
			took, err := act.do(d, ctx, m)
			if err != nil {
				return fmt.Errorf("%s: %w", act.name, err)
			}
			d.mu.Lock()
			d.took[act.name] = append(d.took[act.name], took)
			d.mu.Unlock()
			break
		}
	}
}

func (d *day) quantile(act string, share float64) float64 {
	if len(d.took[act]) == 0 {
		return unknown()
	}
	return Millis(Quantile(d.took[act], share))
}

func (d *day) key(ctx context.Context, m *Member) (time.Duration, error) {
	r := letter(len(m.typed) + len(m.typed)/7) // no space
	m.typed = append(m.typed, r)
	return m.Timed(ctx, string(r), string(r))
}

func (d *day) send(ctx context.Context, m *Member) (time.Duration, error) {
	if len(m.typed) == 0 {
		return d.key(ctx, m)
	}
	begin := time.Now()
	err := m.Send(ctx)
	return time.Since(begin), err
}

func (d *day) readBack(ctx context.Context, m *Member) (time.Duration, error) {
	took, err := m.Step(ctx, pageUp)
	if err == nil {
		_, err = m.Step(ctx, newest)
	}
	if errors.Is(err, errNothing) { // a late server may have drawn both at once, which changes nothing
		err = nil
	}
	return took, err
}

func (d *day) search(_ context.Context, m *Member) (time.Duration, error) {
	_, all, _, err := m.found("Spaziergang")
	return all, err
}

func (d *day) comeAgain(ctx context.Context, m *Member) (time.Duration, error) {
	m.Leave()
	begin := time.Now()
	if err := m.SignIn(ctx, d.side.addr, markHome); err != nil {
		return 0, err
	}
	took := time.Since(begin)
	return took, m.Press(ctx, "1", markOpen)
}
