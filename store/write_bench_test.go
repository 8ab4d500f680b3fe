package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// plainWriter is the floor of a durable write: a text in one table of a plain SQLite file, synced as ours are.
func plainWriter(b *testing.B) (write func(text string)) {
	b.Helper()
	db, err := sql.Open("sqlite", fileURI(filepath.Join(b.TempDir(), "plain.db"), url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)"}, "_txlock": {"immediate"},
	}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(b.Context(), `CREATE TABLE entry (number INTEGER PRIMARY KEY, body TEXT NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	insert := must(db.PrepareContext(b.Context(), `INSERT INTO entry (body) VALUES (?)`))(b)
	return func(text string) {
		if _, err := insert.ExecContext(b.Context(), text); err != nil {
			b.Error(err)
		}
	}
}

const members = 64

// BenchmarkDurable does what is answered when it is synced: one after the other, alternating with the floor, and by 64 members
// at once in threads of their own. The times are medians, of a write and of a round's writes. The budgets are, for entries, 0.85
// for one/plain and 5 for 64/one. A disk that syncs in no time leaves nothing to share: on Linux,
// strace -f --seccomp-bpf -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_exit=1000 makes one of a millisecond.
func BenchmarkDurable(b *testing.B) {
	h := newHouse(b)
	coach := h.coach("jonas")
	h.store.demo = true // the pace is not measured here
	var who []*Access
	var keys []PublicKey
	var drafts []Draft
	for i := range members {
		handle := fmt.Sprint("client", i)
		keys = append(keys, anyKey())
		who = append(who, h.joinAs(RoleClient, handle, "Name of "+handle, keys[i], "jonas"))
		drafts = append(drafts, Draft{Thread: h.thread(coach, "Thread with "+handle, handle), Text: benchText})
	}
	b.Run("entries", func(b *testing.B) {
		measureDurable(b, func(ctx context.Context, i int) error {
			_, err := who[i].Write(ctx, drafts[i].Thread, benchText, 0)
			return err
		})
	})
	b.Run("drafts", func(b *testing.B) {
		measureDurable(b, func(ctx context.Context, i int) (err error) {
			drafts[i], err = who[i].SaveDraft(ctx, drafts[i])
			return err
		})
	})
	b.Run("sign-ins", func(b *testing.B) {
		measureDurable(b, func(ctx context.Context, i int) error {
			_, err := h.store.SignInKey(ctx, keys[i].Blob)
			return err
		})
	})
}

var benchText = strings.Repeat("Ich habe heute lange über den Brief nachgedacht. ", 12)

// measureDurable measures what the member i does.
func measureDurable(b *testing.B, do func(ctx context.Context, i int) error) {
	b.Helper()
	floor := plainWriter(b)
	ctx, cancel := context.WithCancel(b.Context()) // as a session's is: one that can end
	defer cancel()
	write := func(i int) {
		if err := do(ctx, i); err != nil {
			b.Error(err)
		}
	}
	const each = 20 // of every member, in a round
	took := map[string][]time.Duration{}
	timed := func(name string, writes int, do func()) {
		begun := time.Now()
		do()
		took[name] = append(took[name], time.Since(begun)/time.Duration(writes))
	}
	for b.Loop() {
		for i := range 4 * members {
			timed("plain", 1, func() { floor(benchText) })
			timed("one", 1, func() { write(i % members) })
		}
		timed("64", members*each, func() {
			var all sync.WaitGroup
			for i := range members {
				all.Go(func() {
					for range each {
						write(i)
					}
				})
			}
			all.Wait()
		})
	}
	median := func(name string) float64 {
		slices.Sort(took[name])
		return took[name][len(took[name])/2].Seconds()
	}
	for name := range took {
		b.ReportMetric(1e6*median(name), name+"-us")
	}
	b.ReportMetric(median("plain")/median("one"), "one/plain")
	b.ReportMetric(median("one")/median("64"), "64/one")
}
