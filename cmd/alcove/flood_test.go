package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"alcove/sshserver"
	"alcove/store"
)

// TestFlood is a small flood that looks at no clock: no key is lost, everybody from elsewhere gets in, and nothing is left.
func TestFlood(t *testing.T) {
	plan := floodPlan{members: 4, halfOpen: 600, handshakes: 50, span: time.Second}
	a, dir := newApp(), t.TempDir()
	a.settings = settings{Data: dir, Host: "127.0.0.1", Listen: "127.0.0.1:0"}
	a.stderr = io.Discard
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg := a.storeConfig(dir)
	cfg.NoRecovery = true
	key, _, err := initPractice(ctx, dir, cfg)
	must(t, err)
	st, err := store.Open(ctx, dir, cfg)
	must(t, err)
	defer st.Close()
	members, err := seedFlood(ctx, st, plan.members)
	must(t, err)
	listener, err := listen(ctx, a.Listen)
	must(t, err)
	place, err := a.place(key)
	must(t, err)
	limits := sshserver.DefaultLimits()
	limits.Exempt = nil
	served := make(chan error, 1)
	practice := host{store: st, key: key, place: place, dir: dir, log: slog.New(slog.DiscardHandler), now: a.now, limits: &limits}
	go func() { served <- practice.run(ctx, listener) }()
	must(t, visit(ctx, members[0], listener.Addr().String(), silentAddress(0))) // now all that serves is there
	goroutines := 0
	must(t, waitFor(func() error {
		was := goroutines
		goroutines = runtime.NumGoroutine()
		if was != goroutines {
			return errors.New("the number of goroutines changes")
		}
		return nil
	}))

	figures, err := floodTarget{
		addr:   listener.Addr().String(),
		memory: func() (int64, int64, error) { return 0, 0, nil },
		attack: func(ctx context.Context) (func() (floodDone, error), error) {
			return plan.attackHere(ctx, listener.Addr().String()), nil
		},
	}.measure(ctx, plan, members)
	must(t, err)
	if len(figures.floor) == 0 || len(figures.flooded) == 0 {
		t.Errorf("%d letters in peace, %d flooded", len(figures.floor), len(figures.flooded))
	}
	if len(figures.visits) == 0 {
		t.Error("nobody came from elsewhere")
	}
	for _, v := range figures.visits {
		if v.err != nil {
			t.Errorf("refused from elsewhere, its network known %v: %v", v.known, v.err)
		}
	}
	if f := figures.done; f.MostHeld == 0 || f.Dialled == 0 || f.Begun == 0 {
		t.Errorf("the attack was none: %+v", f)
	}
	must(t, waitFor(func() error {
		if n := runtime.NumGoroutine(); n > goroutines {
			return fmt.Errorf("%d goroutines, and %d before", n, goroutines)
		}
		return nil
	}))
	var out bytes.Buffer
	figures.print(&out, plan)
	if !strings.Contains(out.String(), "none lost") {
		t.Errorf("printed\n%s", out.String())
	}
	cancel()
	must(t, <-served)
}

// attackHere is an attack from this process.
func (p *floodPlan) attackHere(ctx context.Context, addr string) (stop func() (floodDone, error)) {
	ctx, cancel := context.WithCancel(ctx)
	var done floodDone
	ended := make(chan error, 1)
	go func() {
		var err error
		done, err = p.attack(ctx, addr)
		ended <- err
	}()
	return func() (floodDone, error) {
		cancel()
		err := <-ended
		return done, err
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
