//go:build linux

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// fill writes entries into a thread in few transactions, by its authors in turn.
func (h *house) fill(thread int64, entries int, text func(i int) string, authors ...*Access) {
	h.t.Helper()
	ctx := h.ctx()
	for i := 0; i < entries; {
		err := h.store.write(ctx, "fill", func(t *tx) error {
			for until := min(entries, i+1000); i < until; i++ {
				me, err := t.check(ctx, authors[i%len(authors)].who)
				if err != nil {
					return err
				}
				r, err := t.room(ctx, me, thread)
				if err != nil {
					return err
				}
				t.now = h.clock.Now().UTC().Truncate(time.Microsecond)
				if _, err := t.addEntry(ctx, me, r, text(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// BenchmarkSearch looks for a word that is nowhere, the first time and later ones, for all entries with one that stands in
// each thousandth, and for the newest of these. It says how large the database is beside the texts.
//
//	go test -run '^$' -bench Search/ -benchtime 20x ./store
func BenchmarkSearch(b *testing.B) {
	for _, entries := range []int{1_000, 10_000, 100_000} {
		for _, threads := range []int{1, 1_000} {
			b.Run(fmt.Sprintf("entries=%d/threads=%d", entries, threads), func(b *testing.B) {
				h := newHouse(b)
				h.store.caps.Stored, h.store.demo = 1<<40, true
				coach, client, text := h.coach("jonas"), h.client("anna", "jonas"), 0
				var numbers []int64
				for i := range threads {
					numbers = append(numbers, h.thread(coach, fmt.Sprint("Thread ", i), "anna"))
				}
				write := func(i int) string {
					s := german
					if text++; text%1000 == 17 {
						s += "Nachtigall"
					}
					return s
				}
				for round := 0; round < entries/threads; round += max(1, 10_000/threads) { // as they come, in turn
					for _, number := range numbers {
						h.fill(number, min(max(1, 10_000/threads), entries/threads), write, coach, client)
					}
				}
				before := size(b, h)
				begun := time.Now()
				if err := h.store.packAll(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.Logf("packed in %v; the file before and after is %.2f and %.2f of the texts", time.Since(begun),
					before/float64(entries*len(german)), size(b, h)/float64(entries*len(german)))
				enough, nothing := errors.New("enough"), func() {}
				benchSearch(b, coach, "once", "Querschläger", nil, h.store.traces.forgetAll)
				benchSearch(b, coach, "all", "Querschläger", nil, nothing)
				benchSearch(b, coach, "rare", "nachtigall", nil, nothing)
				benchSearch(b, coach, "first", "nachtigall", enough, nothing)
			})
		}
	}
}

func benchSearch(b *testing.B, a *Access, name, word string, answer error, before func()) {
	b.Run(name, func(b *testing.B) {
		begun := spent()
		defer func() { b.ReportMetric(float64((spent()-begun).Microseconds())/1000/float64(b.N), "cpu-ms/op") }()
		for b.Loop() {
			before()
			if err := a.Search(b.Context(), word, func(Hit) error { return answer }); !errors.Is(err, answer) {
				b.Fatal(err)
			}
		}
	})
}

// spent is the processor time of this process so far, which a busy machine does not change much.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func size(b *testing.B, h *house) float64 {
	h.store.emptyLog(context.Background())
	info, err := os.Stat(h.dbPath())
	if err != nil {
		b.Fatal(err)
	}
	return float64(info.Size())
}
