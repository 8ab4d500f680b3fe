package cryptvfs

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestPowerCut runs the workload, cuts the power at moments of its choice, and
// opens what the disk may hold then: any subset of the unsynced sectors. Under
// synchronous=FULL no acknowledged transaction may be missing; under NORMAL
// the newest may, but what is there must be whole.
func TestPowerCut(t *testing.T) {
	for _, synchronous := range []string{"FULL", "NORMAL"} {
		t.Run(synchronous, func(t *testing.T) {
			images := 0
			for seed := uint64(1); images < rounds(100, 1000); seed++ {
				images += powerCuts(t, synchronous, seed)
			}
			t.Logf("%d images, all sound", images)
		})
	}
}

// cut is the moment of a power cut.
type cut struct {
	disks map[string]disk
	acked int
}

const cutsPerRun = 20

// powerCuts runs one workload and returns how many images of it were opened.
func powerCuts(t *testing.T, synchronous string, seed uint64) int {
	e := newEnv(t)
	w := newWorkload(t, e, seed)
	faults, v := newFaultVFS(t, e.key)
	rnd := rand.New(rand.NewPCG(seed, 2))

	var cuts []cut
	next := 20 + rnd.IntN(100)
	faults.watch = func(call int, _, _ string) {
		if call < next || len(cuts) == cutsPerRun {
			return
		}
		next = call + 1 + rnd.IntN(400)
		cuts = append(cuts, cut{disks: faults.snapshot(), acked: int(w.safe.Load())})
	}
	db := openDSN(t, v.DSN(e.path, append(workloadPragmas, "_pragma=busy_timeout(60000)", "_pragma=synchronous("+synchronous+")")...))
	conn := oneConn(t, db)
	stop := make(chan struct{})
	var others sync.WaitGroup
	if seed%2 == 0 { // a checkpoint in the middle of a transaction syncs its frames
		others.Go(func() { checkpointUntil(t, db, stop) })
	}
	for w.tried < 300 {
		if err := w.step(t.Context(), conn); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	close(stop)
	others.Wait()
	conn.Close()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for i, c := range cuts {
		acked := w.acked[:c.acked]
		if synchronous != "FULL" {
			acked = nil
		}
		if err := openImage(t, e, c, rnd, acked); err != nil {
			t.Errorf("seed %d, cut %d: %v", seed, i, err)
		}
	}
	return len(cuts)
}

// TestRequiredFrames: before a checkpoint writes its first page, the WAL header
// on disk says that its frames must be there.
func TestRequiredFrames(t *testing.T) {
	for _, synchronous := range []string{"FULL", "NORMAL"} {
		e := newEnv(t)
		faults, v := newFaultVFS(t, e.key)
		conn := oneConn(t, openDSN(t, v.DSN(e.path, "_pragma=synchronous("+synchronous+")")))
		writes := 0
		faults.watch = func(_ int, op, path string) {
			if op != "write" || path != e.path {
				return
			}
			writes++
			header := slices.Clone(faults.disks[e.path+"-wal"].durable[:sealedHeaderSize])
			s, err := deriveSealer(e.key, [saltSize]byte(faults.disks[e.path].durable), walUse)
			if err != nil {
				t.Error(err)
			}
			if verdict, _, required := readWALHeader(s, header, true); verdict != walGood || required == 0 {
				t.Errorf("%s: write %d: the header is %d and requires %d frames", synchronous, writes, verdict, required)
			}
		}
		for range 3 {
			mustExec(t, conn, "CREATE TABLE IF NOT EXISTS t (a)", "INSERT INTO t VALUES (randomblob(9000))", "PRAGMA wal_checkpoint(PASSIVE)")
		}
		if writes == 0 {
			t.Error("no page was written")
		}
	}
}

// checkpointUntil runs checkpoints from a connection of its own.
func checkpointUntil(t *testing.T, db *sql.DB, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
			t.Errorf("checkpoint: %v", err)
			return
		}
	}
}

func openImage(t *testing.T, e *env, c cut, rnd *rand.Rand, acked []int) error {
	dir := t.TempDir()
	powerCut(t, c.disks, dir, rnd)
	path := filepath.Join(dir, filepath.Base(e.path))
	// Twice: the recovery itself writes, and closing checkpoints.
	for range 2 {
		if err := Probe(path, e.key); err != nil {
			return err
		}
		db := openDSN(t, e.vfs.DSN(path))
		if err := verifyWorkload(t.Context(), db, acked); err != nil {
			return fmt.Errorf("%w (%w)", err, e.vfs.LastFault())
		}
		if _, err := db.Exec("INSERT INTO ballast (data) VALUES (randomblob(9000))"); err != nil {
			return err
		}
		if err := db.Close(); err != nil {
			return err
		}
	}
	return nil
}
