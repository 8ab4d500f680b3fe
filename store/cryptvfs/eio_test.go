package cryptvfs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
)

// TestIOErrors makes every call to the VFS below fail once: reads, writes
// (whole and torn), syncs, truncations, opens. A transaction that was
// acknowledged must be there afterwards, in the running process and after
// reopening, and one that was not must be there whole or not at all.
func TestIOErrors(t *testing.T) {
	for _, full := range []bool{false, true} {
		name := map[bool]string{false: "EIO", true: "disk full"}[full]
		t.Run(name, func(t *testing.T) {
			total := ioErrorRun(t, 0, full, false)
			stride := max(1, total/rounds(60, total))
			failed := 0
			for n := 1; n <= total; n += stride {
				ioErrorRun(t, n, full, false)
				failed++
			}
			// The disk stays broken from the n-th call on.
			for n := 1; n <= total; n += stride * 4 {
				ioErrorRun(t, n, full, true)
				failed++
			}
			t.Logf("%d calls, %d of them failed one after the other", total, failed)
		})
	}
}

const ioErrorSteps = 25

// ioErrorRun runs the workload with call n failing and returns the number of
// calls made. With n 0 nothing fails.
func ioErrorRun(t *testing.T, n int, full, stays bool) int {
	t.Helper()
	e := newEnv(t)
	w := newWorkload(t, e, 11)
	// The same steps every time, or n would mean another call.
	w.rnd = rand.New(rand.NewPCG(11, 1))
	faults, v := newFaultVFS(t, e.key)
	once := failOnce(n, full)
	faults.fail = func(call int, op string) (int32, bool) {
		if stays && n > 0 && call >= n && (!full || op == "write") {
			return faultCode(op, full), call%2 == 0
		}
		return once(call, op)
	}
	var calls int
	err := func() error {
		db := openDSN(t, v.DSN(e.path, append(workloadPragmas, "_pragma=synchronous(FULL)", "_pragma=temp_store(FILE)")...))
		defer db.Close()
		conn, err := db.Conn(t.Context())
		if err != nil {
			return err
		}
		defer conn.Close()
		for range ioErrorSteps {
			if err := w.step(t.Context(), conn); err != nil && n == 0 {
				return err
			}
		}
		calls = faults.repair()
		// The same process goes on, once the disk is well.
		if err := verifyWorkload(t.Context(), db, w.acked); err != nil {
			return fmt.Errorf("in the same process: %w", err)
		}
		return nil
	}()
	// A failure while the database opens is an honest error.
	if err != nil && (n == 0 || len(w.acked) > 0) {
		t.Fatalf("call %d: %v (%v)", n, err, v.LastFault())
	}
	if fault := v.LastFault(); errors.Is(fault, ErrShape) {
		t.Fatalf("call %d: %v", n, fault)
	}
	db := e.open()
	defer db.Close()
	if err := verifyWorkload(t.Context(), db, w.acked); err != nil {
		t.Fatalf("call %d, reopened: %v (%v)", n, err, e.vfs.LastFault())
	}
	if _, err := os.Stat(e.path + "-journal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("call %d: a journal: %v", n, err)
	}
	return calls
}
