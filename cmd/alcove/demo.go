package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"alcove/store"
)

const demoListen = "127.0.0.1:2222"

func (a *app) demoCommand() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a throw-away practice on this machine, with a coach, two clients and their threads",
		Long: "Runs a practice with sample threads in a temporary folder and prints the ssh lines to enter it. Everybody on\n" +
			"this machine may enter as anybody, so it listens on loopback only. Ctrl-C ends it and deletes it all.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLoopback(address); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), demoSignals()...)
			defer stop() // not before the folder is gone: a second signal must not leave it behind
			return a.demo(ctx, address)
		},
	}
	cmd.Flags().StringVar(&address, "listen", demoListen, "the loopback address to listen on")
	return cmd
}

func demoSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // ignored under nohup, which is a wish to stay
		signals = append(signals, syscall.SIGHUP) // the terminal was closed
	}
	return signals
}

// checkLoopback refuses what others could reach: a demo asks nobody for a key.
func checkLoopback(address string) error {
	hostName, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("--listen %q is not an address like %s", address, demoListen)
	}
	if !onlyLoopback(hostName) {
		return usagef("--listen %q: a demo lets anybody in, so it listens on loopback only, as on %s", address, demoListen)
	}
	return nil
}

// demo makes the practice, serves it until ctx ends, and deletes it.
func (a *app) demo(ctx context.Context, address string) (err error) {
	listener, err := listen(ctx, address)
	if err != nil {
		return err
	}
	defer listener.Close()
	dir, err := os.MkdirTemp("", "alcove-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	a.settings = settings{Data: dir, Listen: listener.Addr().String()}
	if a.Host, _, err = net.SplitHostPort(a.Listen); err != nil {
		return fmt.Errorf("read back the address: %w", err)
	}
	cfg := a.storeConfig(dir)
	cfg.NoRecovery = true
	key, _, err := initPractice(ctx, dir, cfg)
	if err != nil {
		return err
	}
	if err := a.seedDemo(ctx, dir); err != nil {
		return fmt.Errorf("write the sample threads: %w", err)
	}
	place, err := a.place(key)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg.Log, cfg.Demo = log, true
	st, err := store.Open(ctx, dir, cfg)
	if err != nil {
		return fmt.Errorf("open the demo: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	printDemo(a.stdout, place.Host, place.Port)
	return host{store: st, key: key, place: place, dir: dir, log: log, now: a.now, demo: true}.run(ctx, listener)
}

// printDemo prints what to paste. Each demo has a new host key, so the lines keep ssh from remembering it.
func printDemo(w io.Writer, hostName string, port int) {
	const options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
	fmt.Fprintln(w, "A practice to try out. In another terminal, as the client, the coach, and a client who reads German:")
	fmt.Fprintln(w)
	for _, who := range []string{"anna", "coach", "piet"} {
		fmt.Fprintf(w, "  ssh %s -p %d %s@%s\n", options, port, who, hostName)
	}
	fmt.Fprintln(w, "\nOpen two of them side by side and write. Ctrl-C here ends the demo and deletes it.")
}
