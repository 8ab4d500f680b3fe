package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"alcove/cmd/alcove/bench"
	"alcove/store"
)

// The flood measures on this machine what members notice of an attack. A practice in a folder of its own is served on
// loopback by the real server, in a process of its own; members type into the composer over real connections (this process),
// first in peace, which is the floor, and then while a third process attacks from a few addresses. Meanwhile others sign in
// from elsewhere. The attack takes its share of the same processors: where it has machines of its own, it hurts less.

// floodPlan is how many do what, and for how long.
type floodPlan struct {
	members    int
	halfOpen   int // connections that say nothing; each that is closed is dialled again
	handshakes int // a second
	span       time.Duration
}

func (a *app) floodCommand() *cobra.Command {
	var plan floodPlan
	cmd := &cobra.Command{
		Use:    "flood",
		Short:  "Measure what members notice of a flood of strangers, in a throw-away practice on this machine",
		Hidden: true,
		Args:   usageArgs(cobra.NoArgs),
		RunE:   func(cmd *cobra.Command, _ []string) error { return a.flood(cmd.Context(), plan) },
	}
	flags := cmd.Flags()
	flags.IntVar(&plan.members, "members", 100, "members who type")
	flags.DurationVar(&plan.span, "for", 20*time.Second, "how long they type, in peace and then flooded")
	plan.attackFlags(cmd)
	cmd.AddCommand(a.floodAttackCommand())
	return cmd
}

// floodTarget is a practice that is served, and how to attack it.
type floodTarget struct {
	addr   string
	memory func() (now, most int64, err error) // of the server's process, in bytes; most is since the call before
	attack func(context.Context) (stop func() (floodDone, error), err error)
}

// floodFigures are what was measured.
type floodFigures struct {
	floor, flooded []time.Duration // from a key to the screen
	visits         []floodVisit
	before, most   int64 // memory of the server's process
	done           floodDone
}

// flood makes the practice, measures, prints the figures, and deletes it all.
func (a *app) flood(ctx context.Context, plan floodPlan) (err error) {
	if err := plan.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "alcove-flood-")
	if err != nil {
		return fmt.Errorf("make a folder for the practice: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a.settings = settings{Data: filepath.Join(dir, "data")}
	cfg := a.storeConfig(a.Data)
	cfg.NoRecovery = true
	if _, _, err := initPractice(ctx, a.Data, cfg); err != nil {
		return err
	}
	st, err := store.Open(ctx, a.Data, cfg)
	if err != nil {
		return fmt.Errorf("open the practice: %w", err)
	}
	members, err := seedFlood(ctx, st, plan.members)
	if err := errors.Join(err, st.Close()); err != nil {
		return fmt.Errorf("fill the practice: %w", err)
	}
	server, err := startFloodServer(ctx, dir, a.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	figures, err := floodTarget{server.Addr, server.Memory, plan.attackFrom(server.Addr)}.measure(ctx, plan, members)
	if err != nil {
		return err
	}
	figures.print(a.stdout, plan)
	return nil
}

func (p floodPlan) check() error {
	if p.members < 1 || p.members > maxFloodMembers || p.halfOpen < 0 || p.handshakes < 0 || p.span < time.Second {
		return usagef("--members must be from 1 to %d, --for at least 1s, and no count less than 0", maxFloodMembers)
	}
	return nil
}

// measure lets the members type in peace and then flooded. It fails if a key is lost.
func (t floodTarget) measure(ctx context.Context, plan floodPlan, members []*bench.Member) (f floodFigures, err error) {
	defer func() {
		for _, m := range members {
			m.Leave()
		}
	}()
	if err := bench.Each(ctx, members, func(ctx context.Context, m *bench.Member) error { return enterFlood(ctx, m, t.addr) }); err != nil {
		return f, fmt.Errorf("members sign in: %w", err)
	}
	if f.floor, err = bench.TypeAll(ctx, members, floodPace, plan.span); err != nil {
		return f, fmt.Errorf("type in peace: %w", err)
	}
	if f.before, _, err = t.memory(); err != nil {
		return f, err
	}
	stop, err := t.attack(ctx)
	if err != nil {
		return f, err
	}
	var visiting sync.WaitGroup
	visiting.Go(func() { f.visits = visitFor(ctx, t.addr, members, plan.span) })
	f.flooded, err = bench.TypeAll(ctx, members, floodPace, plan.span)
	visiting.Wait()
	if _, f.most, err = t.memoryAfter(err); err != nil {
		_, stopped := stop()
		return f, fmt.Errorf("type under the flood: %w", errors.Join(err, stopped))
	}
	if f.done, err = stop(); err != nil {
		return f, err
	}
	return f, bench.Each(ctx, members, func(ctx context.Context, m *bench.Member) error { return m.Send(ctx) })
}

// memoryAfter asks for the memory unless something failed before.
func (t floodTarget) memoryAfter(err error) (now, most int64, _ error) {
	if err != nil {
		return 0, 0, err
	}
	return t.memory()
}

func (f *floodFigures) print(w io.Writer, plan floodPlan) {
	const mega = 1 << 20
	fmt.Fprintf(w, "%d members, from a key to the screen, in milliseconds\n", plan.members)
	for _, row := range []struct {
		name string
		took []time.Duration
	}{{"in peace", f.floor}, {"flooded", f.flooded}} {
		fmt.Fprintf(w, "  %-12s median %5.1f   p99 %5.1f   most %5.1f   of %d keys, none lost\n", row.name,
			bench.Millis(bench.Quantile(row.took, 0.5)), bench.Millis(bench.Quantile(row.took, 0.99)), bench.Millis(bench.Quantile(row.took, 1)), len(row.took))
	}
	fmt.Fprintf(w, "sign-ins from other addresses that got in under %v\n", promptly)
	for _, row := range []struct {
		name  string
		known bool
	}{{"known network", true}, {"new network", false}} {
		fmt.Fprintf(w, "  %-14s %s\n", row.name, tallyVisits(f.visits, row.known))
	}
	fmt.Fprintf(w, "memory of the server, in MB\n  before %d   at most %d   more %d\n", f.before/mega, f.most/mega, (f.most-f.before)/mega)
	fmt.Fprintf(w, "the flood\n  half-open: %d dialled, %d held at most, of %d wanted\n  handshakes: %d begun, %d finished, %d closed at once; %d a second wanted\n",
		f.done.Dialled, f.done.MostHeld, plan.halfOpen, f.done.Begun, f.done.Finished, f.done.Closed, plan.handshakes)
}
