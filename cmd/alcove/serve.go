package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"alcove/sshserver"
	"alcove/store"
	"alcove/themes"
	"alcove/tui"
)

// stopWithin is how long a stop may take: drafts are saved and members told in it.
const stopWithin = 10 * time.Second

func (a *app) serveCommand() *cobra.Command {
	var recoveryOut, pprof string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server; on an empty data folder, make the practice first",
		Long: "Runs the server until SIGINT or SIGTERM; a second signal ends it at once. On an empty data folder it first\n" +
			"makes the practice and prints the first coach's invitation, this once. The words of its recovery key are shown\n" +
			"on a screen or written to --recovery-out; where there is neither, no recovery key is made.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			context.AfterFunc(ctx, stop) // from now on a signal has its usual effect
			return a.serve(ctx, recoveryOut, pprof)
		},
	}
	a.dataFlags(cmd)
	a.placeFlags(cmd)
	recoveryFlag(cmd, &recoveryOut)
	a.setting(cmd, "second-factor", "", "who must sign in with a second factor: coaches, or nobody if empty")
	cmd.Flags().StringVar(&pprof, "pprof", "", "serve profiles of the running program on this loopback address, for go tool pprof")
	a.setting(cmd, "coach-name", "Coach", "the name of the first coach, whose handle is coach")
	return cmd
}

// serve runs the practice of the data folder until ctx ends.
func (a *app) serve(ctx context.Context, recoveryOut, pprof string) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	factorFor, err := a.factorFor()
	if err != nil {
		return err
	}
	fresh, err := a.mayServe(ctx, dir)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, a.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() // again, where the server never came to it
	forProfiles, err := listenForProfiles(ctx, pprof)
	if err != nil {
		return err
	}
	defer forProfiles.close() // as above
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	caps, err := a.Limits.caps()
	if err != nil {
		return err
	}
	var st *store.Store
	err = a.withKey(ctx, dir, func(cfg store.Config) (err error) {
		cfg.Log, cfg.Caps, cfg.SecondFactor = log, caps, factorFor
		if err := a.Memory.into(&cfg); err != nil {
			return err
		}
		if fresh {
			if err := a.makeFirst(ctx, dir, cfg, recoveryOut); err != nil {
				return err
			}
		}
		st, err = openStore(ctx, dir, cfg)
		return err
	})
	if err != nil {
		return err
	}
	defer st.Close()
	key, err := hostKey(dir)
	if err != nil {
		return err
	}
	a.Listen = listener.Addr().String() // tells the port where port 0 asked for any
	place, err := a.place(key)
	if err != nil {
		return err
	}
	if err := a.welcomeCoach(ctx, st.Operator(), place, fresh, log); err != nil {
		return err
	}
	plan, err := a.Backup.plan()
	if err != nil {
		return err
	}
	limits, err := a.Limits.limits()
	if err != nil {
		return err
	}
	return host{
		store: st, key: key, place: place, dir: dir, log: log, now: a.now, backups: plan, limits: limits, profiles: forProfiles,
	}.run(ctx, listener)
}

// mayServe checks all that can be checked beforehand, and says whether the practice is still to be made: what cannot be
// served must not be made, for then its first invitation, which is shown once, would not be printed.
func (a *app) mayServe(ctx context.Context, dir string) (fresh bool, err error) {
	if _, _, err := a.publicAddress(); err != nil {
		return false, err
	}
	if err := checkName("--coach-name", a.CoachName); err != nil {
		return false, err
	}
	pid, err := call[int](ctx, dir, "pid", nothing{})
	switch {
	case err == nil:
		place, err := (&remote{dir: dir}).Place(ctx)
		if err != nil {
			return false, err
		}
		return false, fmt.Errorf("a server runs here already: process %d, which members reach by '%s'; --data names another folder", pid, place.SSH(""))
	case !errors.Is(err, errNoServer):
		return false, fmt.Errorf("ask the server that runs here already: %w", err)
	}
	if fresh, err = isFresh(dir); err == nil && !fresh {
		_, err = hostKey(dir) // its practice has one
	}
	return fresh, err
}

// makeFirst makes the practice at the first start. Its recovery words are for a person's eyes or a file, never for a log.
func (a *app) makeFirst(ctx context.Context, dir string, cfg store.Config, recoveryOut string) error {
	sheet, err := newSheet(recoveryOut)
	if err != nil {
		return err
	}
	cfg.NoRecovery = sheet.file == nil && !a.screen()
	_, recovery, err := initPractice(ctx, dir, cfg)
	switch {
	case err != nil:
		sheet.discard()
		return err
	case recovery == nil:
		_, err = fmt.Fprintln(a.stderr, "No recovery key was made, for this output is no screen and may be kept: run 'alcove key add-recovery' and print its words.")
		return err
	}
	_, err = a.handOut(sheet, recovery, false)
	return err
}

// welcomeCoach prints the first coach's invitation on a new practice, and on one without people says how to make one.
func (a *app) welcomeCoach(ctx context.Context, op operator, place tui.Place, fresh bool, log *slog.Logger) error {
	if fresh {
		inv, err := op.Invite(ctx, store.NewInvitation{Role: store.RoleCoach, Handle: "coach", Name: a.CoachName})
		if err != nil {
			return fmt.Errorf("invite the first coach: %w", err)
		}
		return a.printInvitation(inv, place, a.language(), false)
	}
	people, err := op.Persons(ctx)
	if err != nil {
		log.Error("it cannot be told who there is; who can sign in can work all the same", "error", err)
	} else if len(people) == 0 {
		fmt.Fprintln(a.stderr, "Nobody can sign in yet: alcove invite --role coach --handle HANDLE --name NAME")
	}
	return nil
}

// host is an open practice about to be served.
type host struct {
	store *store.Store
	key   ssh.Signer
	place tui.Place
	dir   string
	log   *slog.Logger
	now   func() time.Time
	demo  bool // anybody may enter as anybody

	backups store.BackupPlan  // without a folder, none
	limits  *sshserver.Limits // nil is the usual ones

	profiles profiles
}

// run serves members on the listener and commands on the control socket until ctx ends, and waits for both.
func (h host) run(ctx context.Context, listener net.Listener) error {
	set, err := themes.Load(filepath.Join(h.dir, themesName))
	if err != nil {
		return err
	}
	for _, refused := range set.Refused() {
		h.log.Warn("theme left out", "why", refused)
	}
	server, err := sshserver.New(sshserver.Config{
		Store: h.store, Themes: set, HostKey: h.key, Place: h.place, Log: h.log, Now: h.now, Demo: h.demo,
		Limits: h.limits,
	})
	if err != nil {
		return fmt.Errorf("make the server: %w", err)
	}
	control, err := listenControl(ctx, h.dir, h.store.Operator(), h.place, h.log)
	if err != nil {
		return err
	}
	control.verbs["files"] = verb(func(context.Context, nothing) (uint64, error) { return openFilesAtMost(), nil })
	control.verbs["panics"] = verb(func(context.Context, nothing) (int, error) { return server.Panics(), nil })
	h.log.Info("serving", "address", listener.Addr().String(), "host", h.place.Host, "fingerprint", h.place.Fingerprint, "data", h.dir)
	h.logAudit(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopped := make(chan error, 1)
	go func() {
		var beside sync.WaitGroup
		beside.Go(func() { control.serve(ctx) })
		beside.Go(func() { h.tend(ctx) })
		beside.Go(func() { h.profiles.serve(ctx, h.log) })
		err := server.Serve(ctx, listener)
		cancel() // where the server ended by itself
		beside.Wait()
		stopped <- err
	}()
	<-ctx.Done()
	h.log.Info("stopping")
	select {
	case err := <-stopped:
		h.logAudit(context.WithoutCancel(ctx))
		h.log.Info("stopped")
		return err
	case <-time.After(stopWithin):
		return fmt.Errorf("not everything stopped within %v", stopWithin)
	}
}

// listen opens the members' address.
func listen(ctx context.Context, address string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, usagef("--listen %q is not an address like %s", address, defaultListen)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use; is another alcove running? --listen names another address: %w", address, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s; ports from 1024 need no rights: %w", address, err)
	default:
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
}

// place is where members reach the server, as the settings say it.
func (a *app) place(key ssh.Signer) (tui.Place, error) {
	hostName, port, err := a.publicAddress()
	return tui.Place{Host: hostName, Port: port, Fingerprint: ssh.FingerprintSHA256(key.PublicKey())}, err
}

// storeConfig opens a practice with its key file.
func (a *app) storeConfig(dir string) store.Config {
	return store.Config{KeyFile: a.keyFile(dir), Now: a.now, Extras: func() (map[string][]byte, error) { return backupExtras(dir) }}
}
