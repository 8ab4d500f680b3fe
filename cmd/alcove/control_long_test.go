package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"alcove/store"
	"alcove/tui"
)

// longOperator does what takes long.
type longOperator struct {
	operator
	backup func(ctx context.Context, path string, tell func(store.Progress)) error
}

func (o longOperator) Backup(ctx context.Context, path string, tell func(store.Progress)) (store.BackupInfo, error) {
	return store.BackupInfo{Path: path}, o.backup(ctx, path, tell)
}

func serveLong(t *testing.T, do func(ctx context.Context, path string, tell func(store.Progress)) error) *remote {
	t.Helper()
	dir := t.TempDir()
	c, err := listenControl(context.Background(), dir, longOperator{backup: do}, tui.Place{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c.beat = time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return &remote{dir: dir}
}

func TestALongCommandHearsHowFarItIs(t *testing.T) {
	t.Parallel()
	heard := make(chan struct{})
	r := serveLong(t, func(_ context.Context, _ string, tell func(store.Progress)) error {
		tell(store.Progress{Doing: store.DoingCopy, Done: 3, Total: 4})
		select {
		case <-heard: // so it was told while it was at work
			return nil
		case <-time.After(patience):
			return errors.New("nobody hears")
		}
	})
	told := false
	info, err := r.Backup(context.Background(), "/a/path", func(p store.Progress) {
		if p.Done == 3 && !told {
			told = true
			close(heard)
		}
	})
	if err != nil || info.Path != "/a/path" {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestALongCommandThatGoesAwayEndsItsVerb(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := serveLong(t, func(ctx context.Context, _ string, _ func(store.Progress)) error {
		cancel()
		select {
		case <-ctx.Done():
			ended <- nil
		case <-time.After(patience):
			ended <- errors.New("the verb goes on for nobody")
		}
		return ctx.Err()
	})
	if _, err := r.Backup(ctx, "/a/path", func(store.Progress) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestALongCommandKeepsTheKindOfAnError(t *testing.T) {
	t.Parallel()
	r := serveLong(t, func(context.Context, string, func(store.Progress)) error { return store.ErrOldRing })
	if _, err := r.Backup(context.Background(), "/a/path", func(store.Progress) {}); !errors.Is(err, store.ErrOldRing) {
		t.Error(err)
	}
	r = serveLong(t, func(context.Context, string, func(store.Progress)) error { panic("boom") })
	if _, err := r.Backup(context.Background(), "/a/path", func(store.Progress) {}); err == nil {
		t.Error("a panic came over as success")
	}
}
