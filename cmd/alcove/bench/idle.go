package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"alcove/store"
)

// longThread is how many entries a thread has that somebody has open.
const longThread = 10000

// idle is what sessions cost at which nothing happens: on Home, on a large screen, and with a long thread open.
func idle(ctx context.Context, r *run) error {
	bare, err := r.idleFloor(ctx)
	if err != nil {
		return err
	}
	home, wide, err := r.idleHome(ctx)
	if err != nil {
		return err
	}
	r.addIdle("on Home", home, bare, budget{plus: 120})
	if r.Addr != "" {
		return nil
	}
	r.addIdle("at 200x50", wide, bare, budget{plus: 160})
	open, err := r.idleThread(ctx)
	if err != nil {
		return err
	}
	r.addIdle("a long thread open", open, bare, budget{plus: 150})
	return nil
}

// together is a practice with one thread that has as many members as one can have.
func together(entries int) content {
	c := content{members: store.MaxMembers - 1, threads: []threadContent{{title: markHome, entries: entries}}}
	for n := range c.members {
		c.threads[0].with = append(c.threads[0].with, n+1)
	}
	return c
}

// idled is what one session cost.
type idled struct {
	memory float64 // KB, over the server's own
	all    float64 // MB, with the server's own, of all sessions
	cpu    float64 // microseconds a second
	bytes  float64 // in the whole time, of all sessions
}

func (r *run) idleFloor(ctx context.Context) (i idled, err error) {
	bare, err := r.bare(ctx, r.Sessions)
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, bare.end()) }()
	base, err := r.arrive(ctx, bare, false)
	if err != nil {
		return i, err
	}
	return r.rest(ctx, bare, base)
}

// idleHome has all on Home, first in a window of the usual size, and then in a large one.
func (r *run) idleHome(ctx context.Context) (home, wide idled, err error) {
	ours, err := r.practice(ctx, "idle-home", content{members: r.Sessions, threads: ownThreads(r.Sessions, 3)})
	if err != nil {
		return home, wide, err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	base, err := r.arrive(ctx, ours, false)
	if err != nil {
		return home, wide, err
	}
	if home, err = r.rest(ctx, ours, base); err != nil || r.Addr != "" {
		return home, wide, err
	}
	if err := Each(ctx, ours.members, func(_ context.Context, m *Member) error { return m.widen() }); err != nil {
		return home, wide, fmt.Errorf("resize a window: %w", err)
	}
	wide, err = r.rest(ctx, ours, base)
	return home, wide, err
}

func (r *run) idleThread(ctx context.Context) (i idled, err error) {
	ours, err := r.practice(ctx, "idle-thread", together(min(r.Entries, longThread)))
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	base, err := r.arrive(ctx, ours, true)
	if err != nil {
		return i, err
	}
	return r.rest(ctx, ours, base)
}

// arrive lets the sessions come, and answers what the server used without them.
func (r *run) arrive(ctx context.Context, s *side, open bool) (base usage, err error) {
	guest := &side{addr: s.addr, process: s.process, floor: s.floor, members: s.members[:1]} // what is made for the first one is the server's own
	err = guest.enter(ctx, open)
	guest.members[0].Leave()
	if err != nil {
		return base, err
	}
	s.sessions(r.Sessions)
	if err := r.calm(ctx, s); err != nil {
		return base, err
	}
	base = s.usage()
	return base, s.enter(ctx, open)
}

// rest waits until the server is at rest, and looks what it does then.
func (r *run) rest(ctx context.Context, s *side, base usage) (i idled, err error) {
	if err := r.calm(ctx, s); err != nil {
		return i, err
	}
	before := s.usage()
	if err := pause(ctx, r.Span); err != nil {
		return i, err
	}
	after := s.usage()
	sessions := float64(len(s.members))
	return idled{
		memory: perKB(base, after, sessions), all: perKB(usage{known: true}, after, 1<<10), cpu: perCPU(before, after, sessions*after.at.Sub(before.at).Seconds()),
		bytes: float64(after.bytes - before.bytes),
	}, nil
}

// calm waits until a side is at rest, so long that a server that gives memory back then has begun to, and until it is done.
func (r *run) calm(ctx context.Context, s *side) error {
	const long = 5 * time.Second
	if err := s.settle(ctx); err != nil {
		return err
	}
	if err := pause(ctx, min(r.Span, long)); err != nil {
		return err
	}
	return s.settle(ctx)
}

// sessions has so many sessions: as many members, or each of the members more than once.
func (s *side) sessions(count int) {
	people := len(s.members)
	for n := people; n < count; n++ {
		s.members = append(s.members, &Member{Number: n + 1, Key: s.members[n%people].Key})
	}
	s.members = s.members[:count]
}

func (r *run) addIdle(where string, ours, bare idled, memory budget) {
	s := r.of("idle", r.Sessions, "sessions")
	s.add("memory a session, "+where, "KB", ours.memory, bare.memory, &memory)
	s.add("memory of the server, "+where, "MB", ours.all, bare.all, &budget{plus: 1536}) // which ten thousand may take
	s.add("processor a session, "+where, "us/s", ours.cpu, bare.cpu, &budget{plus: 5})
	s.add("sent to all, "+where, "bytes", ours.bytes, bare.bytes, &budget{})
}
