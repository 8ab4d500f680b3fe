package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// loadFor is the variable that says how long TestBackupUnderLoad is to last; task harness-backup sets it.
const loadFor = "ALCOVE_TEST_BACKUP_LOAD"

// written is an entry that was acknowledged.
type written struct {
	thread, number int64
	took           time.Duration
	during         bool // it was answered while a backup was made
}

// load is eight members who write as fast as they are answered.
type load struct {
	mu      sync.Mutex
	during  bool
	written []written
	failed  error
	stop    chan struct{}
	members sync.WaitGroup
}

func (l *load) run(h *house, members int, fill int) {
	jonas := h.coach("jonas")
	for m := range members {
		handle := fmt.Sprint("member", m)
		who := h.client(handle, "jonas")
		thread := h.thread(jonas, "Thread "+handle, handle)
		for range fill {
			h.write(who, thread, strings.Repeat("a long entry from before ", 5000)) // 125 kB
		}
		l.members.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-l.stop:
					return
				default:
				}
				began := time.Now()
				entry, err := who.Write(h.ctx(), thread, fmt.Sprintf("entry %d of %s", n, handle), 0)
				l.add(written{thread: thread, number: entry.Number, took: time.Since(began)}, err)
				if err != nil {
					return
				}
			}
		})
	}
}

func (l *load) add(w written, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed = err
		return
	}
	w.during = l.during
	l.written = append(l.written, w)
}

// backup says whether a backup is made now, and answers what was acknowledged until then.
func (l *load) backup(now bool) []written {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.during = now
	return slices.Clone(l.written)
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.written)
}

// atLeast waits until so many entries more were acknowledged.
func (l *load) atLeast(t *testing.T, more int) {
	t.Helper()
	enough := l.count() + more
	for deadline := time.Now().Add(time.Minute); l.count() < enough; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the members do not get on", l.failed)
		}
	}
}

// TestBackupUnderLoad makes backups while eight members write as fast as they are answered: a restore holds every entry
// that was acknowledged before the backup began. It prints how long writes took.
func TestBackupUnderLoad(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv(loadFor))
	fill := 2
	if err == nil {
		fill = 120
	}
	h := newHouse(t)
	h.store.demo = true // as fast as they are answered, not as fast as they may
	l := &load{stop: make(chan struct{})}
	h.store.extras = func() (map[string][]byte, error) { // called in the middle of a backup
		l.atLeast(t, 8)
		return nil, nil
	}
	l.run(h, 8, fill)
	l.atLeast(t, 200)
	folder := closedFolder(t)
	var file string
	var before []written
	var info BackupInfo
	for began, n := time.Now(), 0; n == 0 || time.Since(began) < long; n++ {
		file = filepath.Join(folder, fmt.Sprint(n, ".backup"))
		before = l.backup(true)
		began := time.Now()
		info = h.backUp(file)
		took := time.Since(began)
		answered := len(l.backup(false)) - len(before)
		t.Logf("backup %d: %d entries, %.1f MB, took %v; %d writes were answered meanwhile", n, info.Rows["entry"], float64(info.Bytes)/1e6, took.Round(time.Millisecond), answered)
		l.atLeast(t, 200)
	}
	close(l.stop)
	l.members.Wait()
	if l.failed != nil {
		t.Fatal(l.failed)
	}
	l.print(t)
	r := h.restore(file)
	held := map[[2]int64]bool{}
	err = r.store.read(t.Context(), "look", func(x *tx) error {
		for _, w := range l.written {
			there, err := x.exists(t.Context(), `SELECT 1 FROM entry WHERE thread = ? AND number = ?`, w.thread, w.number)
			if err != nil {
				return err
			}
			held[[2]int64{w.thread, w.number}] = there
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range before {
		if !held[[2]int64{w.thread, w.number}] {
			t.Fatalf("entry %d of thread %d was acknowledged before the backup began, and is not in it", w.number, w.thread)
		}
	}
	if v := must(VerifyBackup(t.Context(), file, "", h.keyed(), nil))(t); v.Rows["entry"] != info.Rows["entry"] {
		t.Errorf("verified %d entries, the manifest says %d", v.Rows["entry"], info.Rows["entry"])
	}
}

// print says how long writes took, with and without a backup.
func (l *load) print(t *testing.T) {
	t.Helper()
	for _, during := range []bool{false, true} {
		var took []time.Duration
		for _, w := range l.written {
			if w.during == during {
				took = append(took, w.took)
			}
		}
		slices.Sort(took)
		if n := len(took); n > 0 {
			t.Logf("backup %-5v %6d writes: median %v, p99 %v, slowest %v", during, n,
				took[n/2].Round(10*time.Microsecond), took[n*99/100].Round(10*time.Microsecond), took[n-1].Round(10*time.Microsecond))
		}
	}
}
