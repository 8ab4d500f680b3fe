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

// BenchmarkDurableEntries writes entries of 600 bytes, each answered when it is synced: one after the other, and by 64
// members at once in threads of their own. One and the floor, plain SQLite, are alternated, and so is 64; the metrics are medians
// of the rounds. The budgets are 0.85 for one/plain and 5 for 64/one.
func BenchmarkDurableEntries(b *testing.B) {
	h := newHouse(b)
	coach := h.coach("jonas")
	h.store.demo = true // the pace is not measured here
	var who []*Access
	var threads []int64
	for i := range members {
		handle := fmt.Sprint("client", i)
		who = append(who, h.client(handle, "jonas"))
		threads = append(threads, h.thread(coach, "Thread with "+handle, handle))
	}
	text := strings.Repeat("Ich habe heute lange über den Brief nachgedacht. ", 12)
	floor := plainWriter(b)
	ctx, cancel := context.WithCancel(b.Context()) // as a session's is: one that can end
	defer cancel()
	write := func(i int) {
		if _, err := who[i%members].Write(ctx, threads[i%members], text, 0); err != nil {
			b.Error(err)
		}
	}
	const each = 200
	perSecond := func(n int, do func()) float64 {
		begun := time.Now()
		do()
		return float64(n) / time.Since(begun).Seconds()
	}
	var plains, ones, manys, oneRatio, manyRatio []float64
	for b.Loop() {
		p := perSecond(each, func() {
			for range each {
				floor(text)
			}
		})
		one := perSecond(each, func() {
			for i := range each {
				write(i)
			}
		})
		many := perSecond(members*20, func() {
			var all sync.WaitGroup
			for i := range members {
				all.Go(func() {
					for range 20 {
						write(i)
					}
				})
			}
			all.Wait()
		})
		plains, ones, manys = append(plains, p), append(ones, one), append(manys, many)
		oneRatio, manyRatio = append(oneRatio, one/p), append(manyRatio, many/one)
	}
	for name, rounds := range map[string][]float64{
		"plain/s": plains, "one/s": ones, "64/s": manys, "one/plain": oneRatio, "64/one": manyRatio,
	} {
		slices.Sort(rounds)
		b.ReportMetric(rounds[len(rounds)/2], name)
	}
}
