package cryptvfs

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const loadWriters = 8

// load is eight writers, who write as fast as they are answered.
type load struct {
	acked [loadWriters]atomic.Int64 // rows each of them was told are there
	news  chan struct{}             // that this changed; holds one

	mu    sync.Mutex
	times []time.Duration // of the writes so far
}

func (l *load) write(ctx context.Context, db *sql.DB, w int) error {
	for n := int64(1); ctx.Err() == nil; n++ {
		start := time.Now()
		// Not with ctx: a write that is interrupted proves nothing.
		_, err := db.Exec("INSERT INTO entry (writer, n, body) VALUES (?, ?, ?)", w, n, text(int(n), 900))
		if err != nil {
			return fmt.Errorf("writer %d, row %d: %w", w, n, err)
		}
		l.acked[w].Store(n)
		l.mu.Lock()
		l.times = append(l.times, time.Since(start))
		l.mu.Unlock()
		select {
		case l.news <- struct{}{}:
		default:
		}
	}
	return nil
}

func (l *load) counts() (counts [loadWriters]int64) {
	for w := range counts {
		counts[w] = l.acked[w].Load()
	}
	return counts
}

// goOn waits until every writer has written since counts.
func (l *load) goOn(ctx context.Context, since [loadWriters]int64) error {
	for {
		now, waiting := l.counts(), 0
		for w := range now {
			if now[w] <= since[w] {
				waiting++
			}
		}
		if waiting == 0 {
			return nil
		}
		select {
		case <-l.news:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d writers are held up", waiting, loadWriters)
		}
	}
}

// TestCopyUnderLoad stops a copy again and again until each of eight writers was
// answered: they wait for no part of it. The copy has every row acknowledged
// before it began.
func TestCopyUnderLoad(t *testing.T) {
	e := newEnv(t)
	db := e.open("_pragma=synchronous(FULL)")
	db.SetMaxOpenConns(1) // they queue for it: SQLite's own waiting is not fair
	mustExec(t, db, "CREATE TABLE entry (id INTEGER PRIMARY KEY, writer INTEGER, n INTEGER, body TEXT)",
		"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<6000) INSERT INTO entry (writer, n, body) SELECT -1, i, printf('%0900d', i) FROM c")
	ctx, stop := context.WithCancel(deadline(t))
	l := &load{news: make(chan struct{}, 1)}
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop()
	for w := range loadWriters {
		writers.Go(func() {
			if err := l.write(ctx, db, w); err != nil {
				t.Error(err)
			}
		})
	}
	if err := l.goOn(ctx, [loadWriters]int64{}); err != nil {
		t.Fatal(err)
	}
	before, reports := l.counts(), 0
	l.mu.Lock()
	l.times = nil
	l.mu.Unlock()
	path := filepath.Join(t.TempDir(), "copy.db")
	source := e.open("_pragma=cache_size(200)") // small, so that the copy is written in steps
	err := CopyProgress(ctx, source, path, e.key, func(done, total int64) {
		if reports++; done < total {
			if err := l.goOn(ctx, l.counts()); err != nil {
				t.Errorf("after %d of %d bytes: %v", done, total, err)
			}
		}
	})
	after := l.counts()
	stop()
	writers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if reports < 4 {
		t.Errorf("%d reports", reports)
	}
	logWrites(t, l, before, after)
	if err := Check(t.Context(), path, e.key); err != nil {
		t.Fatal(err)
	}
	copied := openDSN(t, testVFS(t, e.key).DSN(path))
	for w, n := range before {
		if got := queryOne[int64](t, copied, "SELECT count(*) FROM entry WHERE writer = ? AND n <= ?", w, n); got != n {
			t.Errorf("writer %d: %d rows of %d", w, got, n)
		}
	}
}

func logWrites(t *testing.T, l *load, before, after [loadWriters]int64) {
	rows := int64(0)
	for w := range before {
		rows += after[w] - before[w]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.times)
	t.Logf("%d rows while the copy ran; of a write the median is %v, p99 %v, the longest %v",
		rows, l.times[len(l.times)/2], l.times[len(l.times)*99/100], l.times[len(l.times)-1])
}

// TestCopyProgress never goes back, and ends with all.
func TestCopyProgress(t *testing.T) {
	plain := openDSN(t, "file:"+filepath.Join(t.TempDir(), "plain.db"))
	fillNotes(t, plain, 3000)
	var last, all int64
	reports := 0
	err := CopyProgress(t.Context(), plain, filepath.Join(t.TempDir(), "copy.db"), NewKey(), func(done, total int64) {
		if done < last || done > total || all != 0 && total != all {
			t.Errorf("%d of %d after %d of %d", done, total, last, all)
		}
		last, all = done, total
		reports++
	})
	if err != nil || last != all || reports < 4 {
		t.Errorf("%d reports, the last of %d and %d bytes: %v", reports, last, all, err)
	}
}
