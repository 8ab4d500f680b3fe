package cryptvfs

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

// workload is a writer whose every transaction can be checked later. It is
// made to visit the corners of the WAL: transactions that spill and overwrite
// their own frames, savepoints rolled back, pages freed and never written,
// checkpoints of each kind, shrinking files.
type workload struct {
	rnd   *rand.Rand
	acked []int        // transactions whose commit was answered with success
	safe  atomic.Int64 // len(acked), for others to read
	tried int          // the last transaction begun
}

// Each transaction puts its number into both tables; a journal of every
// transaction, and a ledger whose sum stays zero.
var workloadSchema = []string{
	"CREATE TABLE journal (n INTEGER PRIMARY KEY, body TEXT NOT NULL)",
	"CREATE TABLE mirror (n INTEGER PRIMARY KEY, size INTEGER NOT NULL)",
	"CREATE TABLE ledger (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, pad TEXT NOT NULL)",
	"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<40) INSERT INTO ledger SELECT i, 0, printf('%0400d', i) FROM c",
	"CREATE TABLE ballast (id INTEGER PRIMARY KEY, data BLOB)",
}

var workloadPragmas = []string{"_pragma=cache_size(8)", "_pragma=cache_spill(1)", "_pragma=wal_autocheckpoint(40)"}

func workloadBody(n int) string { return text(n, 100+n*37%900) }

// step runs one transaction or checkpoint. The error is of the transaction.
func (w *workload) step(ctx context.Context, conn *sql.Conn) error {
	if w.rnd.IntN(12) == 0 {
		kind := []string{"PASSIVE", "FULL", "RESTART", "TRUNCATE"}[w.rnd.IntN(4)]
		_, err := conn.ExecContext(ctx, "PRAGMA wal_checkpoint("+kind+")")
		return err
	}
	w.tried++
	n := w.tried
	if err := w.transaction(ctx, conn, n); err != nil {
		conn.ExecContext(ctx, "ROLLBACK") // "no transaction is active" is fine
		return err
	}
	w.acked = append(w.acked, n)
	w.safe.Store(int64(len(w.acked)))
	return nil
}

func (w *workload) transaction(ctx context.Context, conn *sql.Conn, n int) error {
	body := workloadBody(n)
	statements := []string{
		"BEGIN IMMEDIATE",
		fmt.Sprintf("INSERT INTO journal VALUES (%d, '%s')", n, body),
	}
	if w.rnd.IntN(3) == 0 { // spill, and overwrite what was spilled
		for range 3 {
			a, b := w.rnd.IntN(40)+1, w.rnd.IntN(40)+1
			statements = append(statements,
				fmt.Sprintf("UPDATE ledger SET pad = printf('%%0%dd', id)", 300+w.rnd.IntN(600)),
				fmt.Sprintf("UPDATE ledger SET amount = amount + 5 WHERE id = %d", a),
				fmt.Sprintf("UPDATE ledger SET amount = amount - 5 WHERE id = %d", b))
		}
	}
	if w.rnd.IntN(4) == 0 { // pages that are allocated, freed, never written
		statements = append(statements,
			"SAVEPOINT s",
			fmt.Sprintf("INSERT INTO ballast (data) VALUES (zeroblob(%d))", 4000+w.rnd.IntN(60000)),
			[]string{"ROLLBACK TO s", "DELETE FROM ballast", "DELETE FROM ballast WHERE id % 2 = 0"}[w.rnd.IntN(3)],
			"RELEASE s")
	}
	statements = append(statements, fmt.Sprintf("INSERT INTO mirror VALUES (%d, %d)", n, len(body)), "COMMIT")
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

// verifyWorkload checks a database the workload ran on: it is sound, every
// transaction of acked is there whole, and none is there in part. With gaps
// allowed only behind prefix, a lost tail is accepted but a hole is not.
func verifyWorkload(ctx context.Context, db *sql.DB, acked []int) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil {
		return fmt.Errorf("integrity_check: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("integrity_check: %s", verdict)
	}
	present, err := readJournal(ctx, db)
	if err != nil {
		return err
	}
	for _, n := range acked {
		if !present[n] {
			return fmt.Errorf("acknowledged transaction %d is lost, %d are there", n, len(present))
		}
	}
	var torn, sum int
	err = db.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM journal LEFT JOIN mirror USING (n) WHERE size IS NOT length(body)) +
		(SELECT count(*) FROM mirror WHERE n NOT IN (SELECT n FROM journal)),
		(SELECT sum(amount) FROM ledger)`).Scan(&torn, &sum)
	if err != nil {
		return err
	}
	if torn != 0 || sum != 0 {
		return fmt.Errorf("%d transactions in part, ledger off by %d", torn, sum)
	}
	// Every page must open, those on the free list too.
	var pages int
	return db.QueryRowContext(ctx, "SELECT count(data) FROM sqlite_dbpage").Scan(&pages)
}

func readJournal(ctx context.Context, db *sql.DB) (map[int]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT n, body FROM journal")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	present := make(map[int]bool)
	for rows.Next() {
		var n int
		var body string
		if err := rows.Scan(&n, &body); err != nil {
			return nil, err
		}
		if body != workloadBody(n) {
			return nil, fmt.Errorf("transaction %d reads wrong", n)
		}
		present[n] = true
	}
	return present, rows.Err()
}

// newWorkload makes the tables in a new database at path.
func newWorkload(t testing.TB, e *env, seed uint64) *workload {
	t.Helper()
	db := e.open()
	mustExec(t, db, workloadSchema...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return &workload{rnd: rand.New(rand.NewPCG(seed, 1))}
}
