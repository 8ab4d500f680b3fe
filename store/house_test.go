package store

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// house is a practice on a real file, with a clock that the test moves.
type house struct {
	t     testing.TB
	dir   string
	store *Store
	clock *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond) // two things never happen at the same time
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), clock: &clock{now: time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)}}
	h.init()
	h.open()
	t.Cleanup(func() { _ = h.store.Close() })
	return h
}

func (h *house) config() Config {
	return Config{Now: h.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// init makes the practice.
func (h *house) init() {
	h.t.Helper()
	if _, err := Init(h.t.Context(), h.dir, h.config()); err != nil {
		h.t.Fatal("init:", err)
	}
}

func (h *house) open() {
	h.t.Helper()
	opened, err := Open(context.Background(), h.dir, h.config())
	if err != nil {
		h.t.Fatal("open:", err)
	}
	h.store = opened
}

// file writes a file into the data folder.
func (h *house) file(name string, content []byte) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), content, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// dbPath is the database's file.
func (h *house) dbPath() string { return filepath.Join(h.dir, dbFile) }

// coach and client let somebody join, connected with those named.
func (h *house) coach(handle string, with ...string) *Access {
	return h.join(RoleCoach, handle, with...)
}

func (h *house) client(handle string, with ...string) *Access {
	return h.join(RoleClient, handle, with...)
}

func (h *house) join(role Role, handle string, with ...string) *Access {
	h.t.Helper()
	return h.joinAs(role, handle, "Name of "+handle, anyKey(), with...)
}

func (h *house) joinAs(role Role, handle, name string, key PublicKey, with ...string) *Access {
	h.t.Helper()
	inv, err := h.store.Operator().Invite(h.ctx(), NewInvitation{Role: role, Handle: handle, Name: name, With: with})
	if err != nil {
		h.t.Fatalf("invite %s: %v", handle, err)
	}
	who, err := h.store.Redeem(h.ctx(), inv.Code, key)
	if err != nil {
		h.t.Fatalf("redeem for %s: %v", handle, err)
	}
	return h.store.As(who)
}

// another is a second session of the same person.
func (h *house) another(a *Access) *Access { return h.store.As(a.who) }

func (h *house) ctx() context.Context { return h.t.Context() }

func (h *house) thread(a *Access, title string, with ...string) int64 {
	h.t.Helper()
	return must(a.NewThread(h.ctx(), title, with, ""))(h.t).Number
}

func (h *house) write(a *Access, thread int64, text string) Entry {
	h.t.Helper()
	return must(a.Write(h.ctx(), thread, text, 0))(h.t)
}

func (h *house) mark(a *Access, thread, entry int64) {
	h.t.Helper()
	if err := a.MarkRead(h.ctx(), thread, entry); err != nil {
		h.t.Fatal(err)
	}
}

// sql does what no verb does: damage, and vast amounts.
func (h *house) sql(statement string) {
	h.t.Helper()
	if err := h.store.write(h.ctx(), "do", func(t *tx) error { return t.exec(h.ctx(), statement) }); err != nil {
		h.t.Fatal(err)
	}
}

func anyKey() PublicKey {
	blob := make([]byte, 51)
	_, _ = rand.Read(blob)
	return PublicKey{Type: "ssh-ed25519", Comment: "a key", Blob: blob}
}

// must lets a test use an answer that comes with an error: must(verb())(t).
func must[T any](value T, err error) func(failer) T {
	return func(t failer) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// failer is a test, or a step of rapid's.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// rows is every row of every table, for tests that want to see that nothing was written.
func (h *house) rows() []string {
	h.t.Helper()
	dumped := h.dump()
	return slices.DeleteFunc(dumped, func(line string) bool { return len(line) < 6 || line[:6] != "INSERT" })
}

// dump is the open practice's database as statements.
func (h *house) dump() []string {
	h.t.Helper()
	db := must(openDB(h.store.vfs, h.dbPath(), reading))(h.t)
	defer func() { _ = db.Close() }()
	return must(dump(h.ctx(), db))(h.t)
}

// canaries are texts that are to be found nowhere but with those who may read them.
var canaries = regexp.MustCompile(`(?i)canary`)
