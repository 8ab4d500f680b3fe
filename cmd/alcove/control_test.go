package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alcove/store"
	"alcove/tui"
)

// fakeOperator does what its functions do; what a test does not set panics, and so fails the test.
type fakeOperator struct {
	operator
	invite  func(store.NewInvitation) (store.Invitation, error)
	persons func() ([]store.Account, error)
	act     func(verb string, handles ...string) error
}

func (f fakeOperator) Invite(_ context.Context, in store.NewInvitation) (store.Invitation, error) {
	return f.invite(in)
}
func (f fakeOperator) Persons(context.Context) ([]store.Account, error) { return f.persons() }
func (f fakeOperator) Disable(_ context.Context, h string) error        { return f.act("disable", h) }
func (f fakeOperator) Enable(_ context.Context, h string) error         { return f.act("enable", h) }
func (f fakeOperator) Connect(_ context.Context, a, b string) error     { return f.act("connect", a, b) }
func (f fakeOperator) Disconnect(_ context.Context, a, b string) error {
	return f.act("disconnect", a, b)
}

// serveControl runs a control socket until the test ends and answers the client's side of it.
func serveControl(t *testing.T, dir string, op operator) *remote {
	t.Helper()
	c, err := listenControl(context.Background(), dir, op, tui.Place{Host: "coaching.example", Port: 22, Fingerprint: "SHA256:x"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if _, err := os.Lstat(filepath.Join(dir, controlName)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	return &remote{dir: dir}
}

func TestControlCarriesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	asked := store.NewInvitation{Role: store.RoleClient, Handle: "anna", Name: "Anna Klein", With: []string{"jonas"}, Expires: time.Hour}
	given := store.Invitation{Code: "ABCD-EFGH", Person: store.Person{Handle: "anna", Name: "Anna Klein"}, ExpiresAt: now}
	accounts := []store.Account{{Person: given.Person, AddedAt: now, Keys: []store.Key{{Fingerprint: "SHA256:y"}}, Threads: 3}}
	var acts []string
	r := serveControl(t, t.TempDir(), fakeOperator{
		invite: func(in store.NewInvitation) (store.Invitation, error) {
			if d := cmp.Diff(asked, in); d != "" {
				t.Errorf("asked (-want +got):\n%s", d)
			}
			return given, nil
		},
		persons: func() ([]store.Account, error) { return accounts, nil },
		act: func(verb string, handles ...string) error {
			acts = append(acts, verb+" "+strings.Join(handles, " "))
			return nil
		},
	})
	ctx := context.Background()

	place, err := r.Place(ctx)
	if err != nil || place.Host != "coaching.example" || place.Port != 22 || place.Fingerprint != "SHA256:x" {
		t.Errorf("Place: %+v, %v", place, err)
	}
	if inv, err := r.Invite(ctx, asked); err != nil || !cmp.Equal(given, inv) {
		t.Errorf("Invite: %v\n%s", err, cmp.Diff(given, inv))
	}
	if list, err := r.Persons(ctx); err != nil || !cmp.Equal(accounts, list) {
		t.Errorf("Persons: %v\n%s", err, cmp.Diff(accounts, list))
	}
	for _, do := range []func() error{
		func() error { return r.Disable(ctx, "anna") },
		func() error { return r.Enable(ctx, "anna") },
		func() error { return r.Connect(ctx, "anna", "jonas") },
		func() error { return r.Disconnect(ctx, "anna", "jonas") },
	} {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	want := []string{"disable anna", "enable anna", "connect anna jonas", "disconnect anna jonas"}
	if d := cmp.Diff(want, acts); d != "" {
		t.Errorf("acts (-want +got):\n%s", d)
	}
}

func TestControlErrorsKeepTheirKind(t *testing.T) {
	t.Parallel()
	var fail error
	r := serveControl(t, t.TempDir(), fakeOperator{act: func(string, ...string) error { return fail }})
	for name, kind := range errorKinds() {
		fail = fmt.Errorf("disable anna: %w", kind)
		if err := r.Disable(context.Background(), "anna"); !errors.Is(err, kind) || err.Error() != fail.Error() {
			t.Errorf("%s came over as %v", name, err)
		}
	}
	fail = errors.New("disk full")
	if err := r.Disable(context.Background(), "anna"); err == nil || err.Error() != "disk full" {
		t.Errorf("an error without a kind came over as %v", err)
	}
}

func TestControlSocketIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serveControl(t, dir, fakeOperator{})
	info, err := os.Lstat(filepath.Join(dir, controlName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := serveControl(t, dir, fakeOperator{})
	if _, err := call[nothing](context.Background(), r.dir, "erase", "anna"); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("unknown verb: %v", err)
	}
	for name, line := range map[string]string{
		"no JSON":         "hello\n",
		"older protocol":  `{"Protocol":0,"Verb":"place","Args":{}}` + "\n",
		"wrong arguments": `{"Protocol":1,"Verb":"disable","Args":{"a":1}}` + "\n",
	} {
		conn, err := dialControl(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 4096)
		n, err := conn.Read(answer)
		if err != nil || !strings.Contains(string(answer[:n]), `"Error"`) {
			t.Errorf("%s: %q, %v", name, answer[:n], err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestControlOverALongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long-", 40))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := serveControl(t, dir, fakeOperator{})
	if place, err := r.Place(context.Background()); err != nil || place.Port != 22 {
		t.Errorf("Place: %+v, %v", place, err)
	}
}

// Not parallel: a process that another test starts holds a copy of the closed socket for a moment, which is then not stale.
func TestControlStaleSocket(t *testing.T) {
	dir := t.TempDir()
	r := &remote{dir: dir}
	if _, err := r.Place(context.Background()); !errors.Is(err, errNoServer) {
		t.Errorf("without a socket: %v", err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, controlName))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as a kill does
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Place(context.Background()); !errors.Is(err, errNoServer) {
		t.Errorf("on a stale socket: %v", err)
	}
	serveControl(t, dir, fakeOperator{})
	if _, err := r.Place(context.Background()); err != nil {
		t.Errorf("on the one that replaced it: %v", err)
	}
}

func TestEveryStoreErrorHasAName(t *testing.T) {
	t.Parallel()
	seen := map[error]string{}
	for name, kind := range errorKinds() {
		if other, ok := seen[kind]; ok {
			t.Errorf("%s and %s are one error", name, other)
		}
		seen[kind] = name
	}
	if named := len(storeErrors()); named != countStoreErrors(t) {
		t.Errorf("%d errors have names, store/errors.go has %d", named, countStoreErrors(t))
	}
}

func countStoreErrors(t *testing.T) int {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "store", "errors.go"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(source), "= errors.New(")
}

func TestControlStopsBesideASilentCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := listenControl(context.Background(), dir, fakeOperator{}, tui.Place{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.serve(ctx) }()
	silent, err := dialControl(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := (&remote{dir: dir}).Place(ctx); err != nil { // the server has taken the silent one by now
		t.Fatal(err)
	}
	cancel()
	select {
	case <-done:
	case <-time.After(controlTimeout / 2):
		t.Error("a command that says nothing holds up the stop")
	}
}

func TestControlOutlivesAPanic(t *testing.T) {
	t.Parallel()
	r := serveControl(t, t.TempDir(), fakeOperator{act: func(string, ...string) error { panic("boom") }})
	if err := r.Disable(context.Background(), "anna"); err == nil || !strings.Contains(err.Error(), "its log") || strings.Contains(err.Error(), "boom") {
		t.Errorf("a panic came over as %v", err)
	}
	if _, err := r.Place(context.Background()); err != nil {
		t.Errorf("after it: %v", err)
	}
}
