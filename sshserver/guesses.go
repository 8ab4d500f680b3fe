package sshserver

import (
	"context"
	"math"
	"net/netip"
	"sync"
	"time"
)

// Wrong codes and words are forgotten by half in guessHalfLife; with maxWrong of them an address is refused for a while.
const (
	guessHalfLife = 5 * time.Minute
	maxWrong      = 20
	maxPlaces     = 10_000
	longestPause  = 3 * time.Second
)

// guesses remembers, in memory and for a while, how often a wrong code or wrong words came from a place.
type guesses struct {
	now   func() time.Time
	pause time.Duration // after the first wrong one; it grows with their number

	mu     sync.Mutex
	places map[netip.Prefix]tally
	turns  map[netip.Prefix]chan struct{} // closed when the turn under way ends
}

type tally struct {
	wrong float64
	at    time.Time
}

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, pause: 300 * time.Millisecond, places: map[netip.Prefix]tally{}, turns: map[netip.Prefix]chan struct{}{}}
}

// barred says that a place has guessed wrong too often lately.
func (g *guesses) barred(place netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return math.Round(g.weigh(place)) >= maxWrong
}

// turn waits for the place's turn at something dear, which is had by one at a time so that no place takes all there are.
// The turn is over when done is called; the error is that of ctx.
func (g *guesses) turn(ctx context.Context, place netip.Prefix) (done func(), err error) {
	for {
		g.mu.Lock()
		other, busy := g.turns[place]
		if !busy {
			over := make(chan struct{})
			g.turns[place] = over
			g.mu.Unlock()
			return func() {
				g.mu.Lock()
				delete(g.turns, place)
				g.mu.Unlock()
				close(over)
			}, nil
		}
		g.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// wrong counts a wrong guess and answers how long who made it is to wait, longer with each.
func (g *guesses) wrong(place netip.Prefix) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.places) >= maxPlaces {
		g.sweep()
	}
	count := g.weigh(place) + 1
	g.places[place] = tally{count, g.now()}
	return min(time.Duration(count*float64(g.pause)), longestPause)
}

// rest waits; it ends early with ctx.
func rest(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// weigh is what is left of a place's wrong guesses; the lock is held.
func (g *guesses) weigh(place netip.Prefix) float64 {
	t, ok := g.places[place]
	if !ok {
		return 0
	}
	return t.wrong * math.Exp2(-g.now().Sub(t.at).Seconds()/guessHalfLife.Seconds())
}

// sweep makes room: the places that count for little, and if that is not enough, any.
func (g *guesses) sweep() {
	for place := range g.places {
		if g.weigh(place) < 1 || len(g.places) >= maxPlaces {
			delete(g.places, place)
		}
	}
}

// companions are keys seen failing just before another key of the same agent signed in: their owner knows, and needs no
// telling the next time.
type companions struct {
	mu    sync.Mutex
	known map[string]struct{}
	order []string // oldest first
}

const maxCompanions = 4096

func newCompanions() *companions { return &companions{known: map[string]struct{}{}} }

func (c *companions) has(fingerprint string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.known[fingerprint]
	return ok
}

func (c *companions) add(fingerprints []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range fingerprints {
		if _, ok := c.known[f]; ok {
			continue
		}
		if len(c.order) >= maxCompanions {
			delete(c.known, c.order[0])
			c.order = c.order[1:]
		}
		c.known[f] = struct{}{}
		c.order = append(c.order, f)
	}
}
