package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"alcove/cmd/alcove/bench"
)

// Visits are sign-ins from other addresses than the attackers': every second one from the network of a member who is there,
// the others from networks that were never here.

const (
	promptly   = 3 * time.Second
	visitPace  = 100 * time.Millisecond
	visitGives = 10 * time.Second // up
)

type floodVisit struct {
	known bool // its network
	took  time.Duration
	err   error
}

// visitFor has somebody sign in at each beat, and waits for the last of them.
func visitFor(ctx context.Context, addr string, members []*bench.Member, span time.Duration) []floodVisit {
	var wait sync.WaitGroup
	visits := make([]floodVisit, int(span/visitPace))
	ticker := time.NewTicker(visitPace)
	defer ticker.Stop()
	for i := range visits {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			wait.Wait()
			return visits[:i]
		}
		m := members[i/2%len(members)]
		from, known := net.IPv4(127, 1, byte(m.Number), 2), i%2 == 0
		if !known {
			from = net.IPv4(127, byte(2+i/2/250%200), byte(1+i/2%250), 1)
		}
		wait.Go(func() {
			begun := time.Now()
			err := visit(ctx, m, addr, from)
			visits[i] = floodVisit{known, time.Since(begun), err}
		})
	}
	wait.Wait()
	return visits
}

// visit signs in, asks who one is, and leaves.
func visit(ctx context.Context, m *bench.Member, addr string, from net.IP) error {
	client, err := bench.Dial(ctx, addr, from, m.Key, visitGives)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	_, err = session.Output("whoami")
	return err
}

// tallyVisits tells how many of one kind got in in time, and what became of one that did not.
func tallyVisits(visits []floodVisit, known bool) string {
	var all, in int
	var most time.Duration
	problem := ""
	for _, v := range visits {
		if v.known != known {
			continue
		}
		all++
		switch {
		case v.err != nil:
			problem = "; one that did not: " + v.err.Error()
		case v.took < promptly:
			in++
		}
		most = max(most, v.took)
	}
	return fmt.Sprintf("%d of %d, the slowest took %.2f s%s", in, all, most.Seconds(), problem)
}
