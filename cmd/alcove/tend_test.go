package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestChores moves a clock and looks when what is done.
func TestChores(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	now := start
	var did []string
	var failure error
	var said strings.Builder
	next := start.Add(90 * time.Minute)
	c := &chores{
		now: func() time.Time { return now }, log: slog.New(slog.NewTextHandler(&said, nil)),
		tend: func(context.Context) error {
			did = append(did, "tend")
			return nil
		},
		backUp: func(context.Context) (time.Time, error) {
			did = append(did, "backup")
			return next, failure
		},
	}
	at := func(after time.Duration, want string) {
		t.Helper()
		now, did = start.Add(after), nil
		c.look(t.Context())
		if got := strings.Join(did, " "); got != want {
			t.Errorf("after %v: %q, want %q", after, got, want)
		}
	}
	at(0, "tend backup")
	at(time.Minute, "")
	at(time.Hour, "tend backup") // which answers that it is not due yet
	at(89*time.Minute, "")
	failure = errors.New("disk full")
	at(90*time.Minute, "backup")
	at(99*time.Minute, "")
	next, failure = start.Add(24*time.Hour), nil
	at(100*time.Minute, "backup")
	at(119*time.Minute, "")
	at(3*time.Hour, "tend backup")
	if got := strings.Count(said.String(), "disk full"); got != 1 {
		t.Errorf("logged %d times: %s", got, said.String())
	}
	c.backUp = nil
	at(9*time.Hour, "tend")
}

func TestChoresEndWithTheServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ticks := make(chan time.Time)
	looked := make(chan struct{}, 9)
	c := &chores{now: time.Now, log: slog.New(slog.DiscardHandler), tend: func(context.Context) error { looked <- struct{}{}; return nil }}
	done := make(chan struct{})
	go func() { defer close(done); c.run(ctx, ticks) }()
	<-looked
	ticks <- time.Now()
	cancel()
	select {
	case <-done:
	case <-time.After(patience):
		t.Error("it goes on")
	}
}
