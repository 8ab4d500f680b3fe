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

// idle is what sessions cost at which nothing happens: on Home, with a long thread open, and on a large screen.
func idle(ctx context.Context, r *run) error {
	bare, err := r.idleFloor(ctx)
	if err != nil {
		return err
	}
	home, err := r.idleOn(ctx, "idle-home", content{members: r.Sessions, threads: ownThreads(r.Sessions, 3)}, idling{})
	if err != nil {
		return err
	}
	r.addIdle("on Home", home, bare, budget{plus: 120})
	if r.Addr != "" {
		return nil
	}
	wide, err := r.idleOn(ctx, "idle-home", content{members: r.Sessions, threads: ownThreads(r.Sessions, 3)}, idling{wide: true})
	if err != nil {
		return err
	}
	r.addIdle("at 200x50", wide, bare, budget{plus: 160})
	open, err := r.idleOn(ctx, "idle-thread", together(min(r.Entries, longThread)), idling{open: true})
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

// idling is how sessions idle.
type idling struct{ wide, open bool }

// idled is what one session cost.
type idled struct {
	memory float64 // KB, over the server's own
	cpu    float64 // microseconds a second
	bytes  float64 // in the whole time, of all sessions
}

func (r *run) idleOn(ctx context.Context, name string, c content, how idling) (i idled, err error) {
	ours, err := r.practice(ctx, name, c)
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	return r.idleAt(ctx, ours, how)
}

func (r *run) idleFloor(ctx context.Context) (i idled, err error) {
	bare, err := r.bare(ctx, r.Sessions)
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, bare.end()) }()
	return r.idleAt(ctx, bare, idling{})
}

// idleAt lets the sessions come, waits until the server is at rest, and looks what it does then.
func (r *run) idleAt(ctx context.Context, s *side, how idling) (i idled, err error) {
	guest := s.members[0]
	if err := guest.SignIn(ctx, s.addr, s.home()); err != nil { // what is made for the first one is the server's own
		return i, fmt.Errorf("sign in: %w", err)
	}
	if how.open {
		if err := (&side{members: s.members[:1]}).openFirst(ctx); err != nil {
			return i, err
		}
	}
	guest.Leave()
	s.sessions(r.Sessions)
	if err := r.calm(ctx, s); err != nil {
		return i, err
	}
	base := s.usage()
	for _, m := range s.members {
		m.Wide = how.wide
	}
	if err := s.signIn(ctx); err != nil {
		return i, err
	}
	if how.open {
		if err := s.openFirst(ctx); err != nil {
			return i, err
		}
	}
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
		memory: perKB(base, after, sessions), cpu: perCPU(before, after, sessions*after.at.Sub(before.at).Seconds()),
		bytes: float64(after.bytes - before.bytes),
	}, nil
}

// calm waits until a side is at rest, and so long that a server that gives memory back then has done so.
func (r *run) calm(ctx context.Context, s *side) error {
	const long = 5 * time.Second
	if err := s.settle(ctx); err != nil {
		return err
	}
	return pause(ctx, min(r.Span, long))
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
	s.add("processor a session, "+where, "us/s", ours.cpu, bare.cpu, &budget{plus: 5})
	s.add("sent to all, "+where, "bytes", ours.bytes, bare.bytes, &budget{})
}
