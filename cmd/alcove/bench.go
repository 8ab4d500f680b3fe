package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"alcove/cmd/alcove/bench"
	"alcove/store"
)

// benchPlan is what the flags of bench say.
type benchPlan struct {
	bench.Config
	keyFiles     []string
	quick, json  bool
	serverBinary string // what serves, if not this program: to compare two of them
}

func (a *app) benchCommand() *cobra.Command {
	var plan benchPlan
	cmd := &cobra.Command{
		Use:   "bench [SCENARIO...]",
		Short: "Measure what this machine can hold, in a throw-away practice",
		Long: "Fills a practice in a scratch folder, serves it on loopback, lets members sign in, read and write, and prints what that cost,\n" +
			"beside what the barest SSH server costs here. Scenarios: " + strings.Join(bench.Names(), ", ") + "; without any, all but growth.\n" +
			"It needs a machine that does nothing else. It fails only if a key, an entry or a screen was lost; how quick is quick enough,\n" +
			"you say. With --addr it measures a server that runs already, on loopback, as the people whose keys --key names; what they\n" +
			"type is sent into the thread that stands first on their Home.",
		Args: usageArgs(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // from now on a signal has its usual effect
			plan.Scenarios = args
			return a.bench(ctx, plan)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&plan.Sessions, "sessions", 200, "how many sessions there are; with --addr, one for each key")
	flags.IntVar(&plan.Entries, "entries", 100000, "how many entries a large thread has")
	flags.IntVar(&plan.Threads, "threads", 10000, "how many threads a large practice has")
	flags.DurationVar(&plan.Span, "for", 20*time.Second, "how long each thing is measured")
	flags.Uint64Var(&plan.Seed, "seed", 1, "what the texts are drawn from; the same ones for the same number")
	flags.StringVar(&plan.Keep, "keep", "", "a folder to keep the practices in; a later run uses them again (default a scratch folder, deleted)")
	flags.StringVar(&plan.Addr, "addr", "", "a server on loopback to measure, rather than one of its own")
	flags.StringArrayVar(&plan.keyFiles, "key", nil, "with --addr: a private SSH key of somebody who signs in; give it once for each session")
	flags.BoolVar(&plan.quick, "quick", false, "small and short: whether it works, not how well")
	flags.StringVar(&plan.serverBinary, "server-binary", "", "an alcove to serve with, if not this one")
	_ = flags.MarkHidden("server-binary") // it is there
	jsonFlag(cmd, &plan.json)
	cmd.AddCommand(a.benchFloorCommand())
	return cmd
}

// benchFloorCommand is what bench runs in a process of its own.
func (a *app) benchFloorCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "floor",
		Short:  "The bare SSH server that bench compares with",
		Hidden: true,
		Args:   usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			listener, err := listen(ctx, "127.0.0.1:0")
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "msg=serving address=%s\n", listener.Addr()) // as serve says it
			return bench.ServeFloor(ctx, listener)
		},
	}
}

// bench measures and prints.
func (a *app) bench(ctx context.Context, plan benchPlan) error {
	if err := plan.complete(); err != nil {
		return err
	}
	plan.Progress = a.stderr
	plan.Create = a.createScratch
	plan.Serve = func(ctx context.Context, data, config string) (*exec.Cmd, error) {
		cmd, err := serveCommandLine(ctx, data, config)
		if err == nil && plan.serverBinary != "" {
			cmd.Path = plan.serverBinary
		}
		return gently(cmd), err
	}
	plan.Floor = func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := ownCommand(ctx, "bench", "floor")
		return gently(cmd), err
	}
	report, err := bench.Run(ctx, plan.Config)
	if errors.Is(err, bench.ErrPlan) {
		return usageError{err}
	}
	if report == nil || len(report.Figures)+len(report.Growth) == 0 {
		return err
	}
	if plan.json {
		return errors.Join(a.printJSON(report), err)
	}
	return errors.Join(report.Print(a.stdout), err)
}

// gently ends a command that is cut off as a signal would.
func gently(cmd *exec.Cmd) *exec.Cmd {
	if cmd != nil {
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = stopWithin
	}
	return cmd
}

// complete checks the flags, and reads the keys.
func (p *benchPlan) complete() error {
	p.Rounds = 3
	if p.quick {
		p.Sessions, p.Entries, p.Threads, p.Span, p.Rounds = 8, 200, 50, time.Second, 1
	}
	if p.Keep != "" {
		dir, err := filepath.Abs(p.Keep)
		if err != nil {
			return fmt.Errorf("find the folder to keep: %w", err)
		}
		p.Keep = dir
	}
	if (p.Addr == "") != (len(p.keyFiles) == 0) {
		return usagef("--addr and --key belong together: who signs in to that server?")
	}
	if p.Addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(p.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return usagef("--addr %q is not an address on loopback, like 127.0.0.1:2222: this loads a server as hard as it can", p.Addr)
	}
	for _, name := range p.keyFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read a key: %w", err)
		}
		key, err := ssh.ParsePrivateKey(text)
		if err != nil {
			return fmt.Errorf("read the key in %s: %w", filepath.Base(name), err)
		}
		p.Keys = append(p.Keys, key)
	}
	p.Sessions = len(p.Keys)
	return nil
}

// createScratch makes a practice with a key file beside it, in which one person may write as much as they like.
func (a *app) createScratch(ctx context.Context, data string) (*store.Store, error) {
	cfg := a.storeConfig(data)
	cfg.NoRecovery = true
	cfg.Caps = store.Caps{Stored: 1 << 40, PerMinute: 1 << 20}
	if _, _, err := initPractice(ctx, data, cfg); err != nil {
		return nil, err
	}
	return openStore(ctx, data, cfg)
}
