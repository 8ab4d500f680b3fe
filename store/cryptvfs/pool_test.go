package cryptvfs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

const accounts = 200

// TestPooledReaders has readers of one pool sum up accounts while a writer
// moves money between them and checkpoints run: every sum must come out right,
// and no read may fail.
func TestPooledReaders(t *testing.T) {
	for _, synchronous := range []string{"FULL", "NORMAL"} {
		t.Run(synchronous, func(t *testing.T) { pooledReaders(t, synchronous, 1, rounds(100, 3000)) })
	}
}

// TestSixteenConnections has all of them write.
func TestSixteenConnections(t *testing.T) { pooledReaders(t, "NORMAL", 8, rounds(15, 300)) }

func pooledReaders(t *testing.T, synchronous string, writers, transfers int) {
	e := newEnv(t)
	db := e.open("_pragma=synchronous("+synchronous+")", "_pragma=wal_autocheckpoint(50)", "_pragma=cache_size(20)")
	db.SetMaxOpenConns(16)
	mustExec(t, db,
		"CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, note TEXT NOT NULL)",
		fmt.Sprintf("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<%d) INSERT INTO account SELECT i, 1000, printf('%%0300d', i) FROM c", accounts))

	ctx, stop := context.WithCancel(deadline(t))
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 3))
			for range transfers {
				if err := transfer(deadline(t), db, rnd); err != nil {
					t.Errorf("transfer: %v", err)
					return
				}
			}
		})
	}
	var reads atomic.Int64
	for range 16 - writers {
		reading.Go(func() {
			for ctx.Err() == nil {
				if err := sumUp(ctx, db); err != nil && ctx.Err() == nil {
					t.Errorf("read %d: %v (%v)", reads.Load(), err, e.vfs.LastFault())
					return
				}
				reads.Add(1)
			}
		})
	}
	writing.Wait()
	stop()
	reading.Wait()
	if n := db.Stats().MaxOpenConnections; n != 16 {
		t.Errorf("%d connections", n)
	}
	mustBeSound(t, db)
	t.Logf("%d transfers by %d writers, %d reads", transfers*writers, writers, reads.Load())
}

func transfer(ctx context.Context, db *sql.DB, rnd *rand.Rand) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	from, to, sum := rnd.IntN(accounts)+1, rnd.IntN(accounts)+1, rnd.IntN(100)
	for _, s := range []string{
		"BEGIN IMMEDIATE",
		fmt.Sprintf("UPDATE account SET amount = amount - %d WHERE id = %d", sum, from),
		fmt.Sprintf("UPDATE account SET note = printf('%%0%dd', id) WHERE id %% 7 = %d", 200+rnd.IntN(400), rnd.IntN(7)),
		fmt.Sprintf("UPDATE account SET amount = amount + %d WHERE id = %d", sum, to),
		"COMMIT",
	} {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func sumUp(ctx context.Context, db *sql.DB) error {
	var sum, count int
	err := db.QueryRowContext(ctx, "SELECT sum(amount), count(*) FROM account WHERE length(note) > 0").Scan(&sum, &count)
	if err != nil {
		return err
	}
	if sum != accounts*1000 || count != accounts {
		return errors.New(fmt.Sprint("wrong data: sum ", sum, " of ", count))
	}
	return nil
}
