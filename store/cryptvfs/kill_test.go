package cryptvfs

import (
	"bufio"
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// childEnv makes the test binary a writer that is to be killed:
// "path,key in hex,synchronous,first number".
const childEnv = "CRYPTVFS_TEST_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		if err := runChild(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childTimeoutEnv is how many milliseconds the child waits for a lock.
const childTimeoutEnv = "CRYPTVFS_TEST_CHILD_TIMEOUT"

const childWriters = 4

// runChild writes rows as fast as it can and says so, row by row, on standard
// output. A row is in two tables, and now and then many pages change with it.
func runChild(job string) error {
	parts := strings.Split(job, ",")
	raw, err := hex.DecodeString(parts[1])
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(parts[3])
	if err != nil {
		return err
	}
	v, err := Register("child", Key(raw), Options{OnFault: func(err error) { fmt.Fprintln(os.Stderr, err) }})
	if err != nil {
		return err
	}
	timeout := cmp.Or(os.Getenv(childTimeoutEnv), "60000")
	db, err := sql.Open("sqlite", v.DSN(parts[0], "_pragma=busy_timeout("+timeout+")", "_pragma=synchronous("+parts[2]+")",
		"_pragma=cache_size(10)", "_pragma=wal_autocheckpoint(60)", "_txlock=immediate"))
	if err != nil {
		return err
	}
	failed := make(chan error)
	var out sync.Mutex
	for w := range childWriters {
		go func() {
			for n := first + w; ; n += childWriters {
				if err := childRow(db, n); err != nil {
					failed <- fmt.Errorf("row %d: %w", n, err)
					return
				}
				out.Lock()
				fmt.Println(n)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

func childRow(db *sql.DB, n int) error {
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("INSERT INTO journal VALUES (?, ?)", n, workloadBody(n)); err != nil {
		return err
	}
	if n%7 == 0 { // spills, and overwrites what was spilled
		for range 2 {
			if _, err := tx.Exec("UPDATE ledger SET pad = printf('%0*d', ? % 700, id)", n); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Exec("INSERT INTO mirror VALUES (?, ?)", n, len(workloadBody(n))); err != nil {
		return err
	}
	if n%50 == 0 { // keep the file small: the test is about commits
		if _, err := tx.Exec("DELETE FROM ballast"); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// TestKill kills a process with four writers again and again, on one database.
// Every row it acknowledged must be there. The rows are checked after each
// round and then removed, or checking would take longer with every round.
func TestKill(t *testing.T) {
	for _, synchronous := range []string{"FULL", "NORMAL"} {
		t.Run(synchronous, func(t *testing.T) {
			e := newEnv(t)
			newWorkload(t, e, 1)
			rnd := rand.New(rand.NewPCG(4, 4))
			acked := 0
			kills := rounds(25, 500)
			for range kills {
				acked += killOnce(t, e, synchronous, 5+rnd.IntN(150))
			}
			t.Logf("%d kills, %d acknowledged rows, none lost", kills, acked)
		})
	}
}

// TestSecondProcess: while one process has the database, another is told so
// and does no harm.
func TestSecondProcess(t *testing.T) {
	e := newEnv(t)
	newWorkload(t, e, 1)
	db := e.open()
	mustExec(t, db, "DELETE FROM ballast") // takes the lock and makes a WAL
	before := mustRead(t, e.path+"-wal")
	cmd := exec.CommandContext(deadline(t), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s,%s,FULL,1", childEnv, e.path, hex.EncodeToString(e.key[:])), childTimeoutEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "database is locked") {
		t.Errorf("the second process: %v: %s", err, out)
	}
	if !slices.Equal(before, mustRead(t, e.path+"-wal")) {
		t.Error("the second process changed the WAL")
	}
	if err := verifyWorkload(t.Context(), db, nil); err != nil {
		t.Error(err)
	}
}

// killOnce lets a child acknowledge so many rows, kills it, and checks them.
func killOnce(t *testing.T, e *env, synchronous string, rows int) int {
	t.Helper()
	cmd := exec.CommandContext(deadline(t), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s,%s,%s,1", childEnv, e.path, hex.EncodeToString(e.key[:]), synchronous))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acked []int
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			break // a line that the kill cut
		}
		acked = append(acked, n)
		if len(acked) == rows {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); len(acked) < rows {
		t.Fatalf("the child ended by itself after %d rows: %v: %s", len(acked), err, &complaints)
	}
	if err := Probe(e.path, e.key); err != nil {
		t.Fatal(err)
	}
	db := e.open()
	defer db.Close()
	if err := verifyWorkload(t.Context(), db, acked); err != nil {
		t.Fatalf("%v (%v)", err, e.vfs.LastFault())
	}
	mustExec(t, db, "DELETE FROM journal", "DELETE FROM mirror")
	return len(acked)
}
