package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"
)

// The attack of a flood, from twelve addresses in three networks. It attacks loopback and nothing else.

const (
	floodAgain    = 5 * time.Second  // until a connection that was closed is dialled again
	floodInFlight = 1000             // handshakes under way at a time, at most
	floodGivesUp  = 10 * time.Second // on one handshake
)

// floodDone is what an attack came to.
type floodDone struct {
	Dialled, MostHeld       int64 // half-open connections
	Begun, Finished, Closed int64 // handshakes; finished are those that exchanged keys
}

func (p *floodPlan) attackFlags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&p.halfOpen, "half-open", 5000, "connections that say nothing")
	cmd.Flags().IntVar(&p.handshakes, "handshakes", 500, "handshakes a second")
}

// floodAttackCommand is what flood runs in a process of its own. It ends with its stdin, and then says what it did.
func (a *app) floodAttackCommand() *cobra.Command {
	var plan floodPlan
	cmd := &cobra.Command{
		Use:    "attack ADDRESS",
		Short:  "The attacking half of flood",
		Hidden: true,
		Args:   argsAsNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLoopback(args[0]); err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin) // how it ends does not matter
				cancel()
			}()
			done, err := plan.attack(ctx, args[0])
			if err != nil {
				return err
			}
			return json.NewEncoder(a.stdout).Encode(done)
		},
	}
	plan.attackFlags(cmd)
	return cmd
}

// attackFrom starts an attack in a process of its own.
func (p *floodPlan) attackFrom(addr string) func(context.Context) (func() (floodDone, error), error) {
	return func(ctx context.Context) (func() (floodDone, error), error) {
		cmd, err := ownCommand(ctx, "flood", "attack", addr, "--half-open", strconv.Itoa(p.halfOpen), "--handshakes", strconv.Itoa(p.handshakes))
		if err != nil {
			return nil, err
		}
		stdin, err := cmd.StdinPipe()
		if err != nil {
			return nil, fmt.Errorf("start the attack: %w", err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return nil, fmt.Errorf("start the attack: %w", err)
		}
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("start the attack: %w", err)
		}
		return func() (done floodDone, err error) {
			err = stdin.Close()
			err = errors.Join(err, json.NewDecoder(stdout).Decode(&done), cmd.Wait())
			if err != nil {
				err = fmt.Errorf("end the attack: %w", err)
			}
			return done, err
		}, nil
	}
}

// flooding is an attack under way.
type flooding struct {
	addr string
	key  ssh.Signer

	dialled, held, mostHeld atomic.Int64
	begun, finished, closed atomic.Int64
}

// attack attacks until ctx ends.
func (p *floodPlan) attack(ctx context.Context, addr string) (floodDone, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return floodDone{}, fmt.Errorf("make a key: %w", err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return floodDone{}, fmt.Errorf("make a key: %w", err)
	}
	f := &flooding{addr: addr, key: key}
	var all sync.WaitGroup
	for i := range p.halfOpen {
		begin := floodAgain * time.Duration(i) / time.Duration(p.halfOpen) // a stream: bursts would measure this process
		all.Go(func() { f.stay(ctx, i, begin) })
	}
	f.shake(ctx, &all, p.handshakes)
	all.Wait()
	return floodDone{f.dialled.Load(), f.mostHeld.Load(), f.begun.Load(), f.finished.Load(), f.closed.Load()}, nil
}

// silentAddress is where the n-th half-open connection comes from: eight addresses in two networks, as many as may hold all
// room there is for strangers of unknown networks.
func silentAddress(n int) net.IP { return net.IPv4(127, 0, byte(1+n%2), byte(1+n/2%4)) }

// busyAddress is where the n-th handshake comes from: four addresses in a network of their own.
func busyAddress(n int) net.IP { return net.IPv4(127, 0, 3, byte(1+n%4)) }

// stay keeps one half-open connection from then on, as far as it is let.
func (f *flooding) stay(ctx context.Context, n int, wait time.Duration) {
	for ; ; wait = floodAgain {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: silentAddress(n)}}).DialContext(ctx, "tcp", f.addr)
		if err == nil {
			f.dialled.Add(1)
			f.hold(ctx, c)
		}
	}
}

// hold says nothing until the server closes. A connection counts as held once it was greeted.
func (f *flooding) hold(ctx context.Context, c net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	defer c.Close()
	greeting := make([]byte, 64)
	if _, err := c.Read(greeting); err != nil {
		return
	}
	held := f.held.Add(1)
	defer f.held.Add(-1)
	for most := f.mostHeld.Load(); held > most && !f.mostHeld.CompareAndSwap(most, held); {
		most = f.mostHeld.Load()
	}
	_, _ = io.Copy(io.Discard, c) // how it ends does not matter
}

// shake begins so many handshakes a second, until ctx ends.
func (f *flooding) shake(ctx context.Context, all *sync.WaitGroup, rate int) {
	const beat = 10 * time.Millisecond
	room := make(chan struct{}, floodInFlight)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for begun, since := 0, time.Now(); ; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		for due := int(time.Since(since).Seconds() * float64(rate)); begun < due; begun++ {
			select {
			case room <- struct{}{}:
				n := begun
				all.Go(func() {
					defer func() { <-room }()
					f.handshake(ctx, n)
				})
			default: // all are under way
			}
		}
	}
}

// handshake tries to sign in with a key that nobody knows, which is the dearest thing a stranger can ask for.
func (f *flooding) handshake(ctx context.Context, n int) {
	f.begun.Add(1)
	ctx, cancel := context.WithTimeout(ctx, floodGivesUp)
	defer cancel()
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: busyAddress(n)}}).DialContext(ctx, "tcp", f.addr)
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	defer c.Close()
	keyed := false
	conn, _, _, err := ssh.NewClientConn(c, f.addr, &ssh.ClientConfig{
		User: "anybody", Auth: []ssh.AuthMethod{ssh.PublicKeys(f.key)},
		HostKeyCallback: func(string, net.Addr, ssh.PublicKey) error { keyed = true; return nil },
	})
	if err == nil {
		_ = conn.Close() // nobody should get here, and who does is of no use
	}
	if keyed {
		f.finished.Add(1)
	} else {
		f.closed.Add(1)
	}
}
