package cryptvfs

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// rounds is short in an ordinary run, a fifth of that with -short, and much in
// the long run of the harnesses:
//
//	CRYPTVFS_LONG=1 go test -timeout 3h ./store/cryptvfs
func rounds(short, much int) int {
	switch {
	case os.Getenv("CRYPTVFS_LONG") != "":
		return much
	case testing.Short():
		return max(1, short/5)
	}
	return short
}

// deadline bounds what a test may wait for.
func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

var testNames atomic.Int64

// testVFS registers a VFS for key until the test ends.
func testVFS(t testing.TB, key Key) *VFS { return testVFSOn(t, key, belowName) }

func testVFSOn(t testing.TB, key Key, below string) *VFS {
	t.Helper()
	v, err := register(fmt.Sprintf("test-%d", testNames.Add(1)), key, Options{}, below)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// env is a database in a folder of its own.
type env struct {
	t    testing.TB
	path string
	key  Key
	vfs  *VFS
}

func newEnv(t testing.TB) *env {
	t.Helper()
	e := &env{t: t, path: filepath.Join(t.TempDir(), "test.db"), key: NewKey()}
	if err := Create(e.path, e.key); err != nil {
		t.Fatal(err)
	}
	e.vfs = testVFS(t, e.key)
	return e
}

// open opens the database with these DSN parameters until the test ends.
func (e *env) open(parameters ...string) *sql.DB {
	e.t.Helper()
	return openDSN(e.t, e.vfs.DSN(e.path, append([]string{"_pragma=busy_timeout(60000)"}, parameters...)...))
}

func openDSN(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func mustExec(t testing.TB, db execer, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%.80s: %v", s, err)
		}
	}
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func queryOne[T any](t testing.TB, db querier, query string, args ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%.80s: %v", query, err)
	}
	return v
}

func mustBeSound(t testing.TB, db querier) {
	t.Helper()
	if got := queryOne[string](t, db, "PRAGMA integrity_check"); got != "ok" {
		t.Fatalf("integrity_check: %s", got)
	}
}

// oneConn is a connection of its own, for statements that must share one.
func oneConn(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustWrite(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// text is reproducible prose-like text of n bytes.
func text(seed, n int) string {
	var b strings.Builder
	for i := seed; b.Len() < n; i++ {
		fmt.Fprintf(&b, "the %dth thing somebody told their coach, ", i*7919)
	}
	return b.String()[:n]
}
