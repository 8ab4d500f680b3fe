//go:build unix

package cryptvfs

import (
	"cmp"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkAgainstPlain runs each job on plain modernc and on this package in
// alternation, round by round, and reports the median of the rounds' ratios:
// what the machine does meanwhile meets both alike.
//
//	go test -run '^$' -bench AgainstPlain -benchtime 1x ./store/cryptvfs
func BenchmarkAgainstPlain(b *testing.B) {
	const rounds = 9
	for _, job := range benchJobs {
		b.Run(job.name, func(b *testing.B) {
			for range b.N {
				var wall, cpu, plains []float64
				plain, ours := newSide(b, job, false), newSide(b, job, true)
				for i := range rounds {
					var p, o spent
					if i%2 == 0 {
						p, o = plain.run(b, job), ours.run(b, job)
					} else {
						o, p = ours.run(b, job), plain.run(b, job)
					}
					wall = append(wall, float64(o.wall)/float64(p.wall))
					cpu = append(cpu, float64(o.cpu)/float64(p.cpu))
					plains = append(plains, float64(p.wall.Microseconds())/1000)
				}
				b.ReportMetric(median(wall), "x-plain")
				b.ReportMetric(median(cpu), "x-plain-cpu")
				b.ReportMetric(median(plains), "plain-ms")
				plain.db.Close()
				ours.db.Close()
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func median[T cmp.Ordered](v []T) T {
	slices.Sort(v)
	return v[len(v)/2]
}

type benchJob struct {
	name    string
	pragmas []string
	rows    int // there before
	run     func(b *testing.B, db *sql.Conn, rows int)
}

const benchInsert = "INSERT INTO entry (thread, body) VALUES (?, ?)"

var benchJobs = []benchJob{
	{"insert-full", []string{"synchronous(FULL)"}, 0, func(b *testing.B, db *sql.Conn, _ int) { insertEach(b, db, 200) }},
	{"insert-normal", []string{"synchronous(NORMAL)"}, 0, func(b *testing.B, db *sql.Conn, _ int) { insertEach(b, db, 2000) }},
	{"bulk-20k", []string{"synchronous(FULL)"}, 0, func(b *testing.B, db *sql.Conn, _ int) { insertBulk(b, db, 20_000) }},
	{"point-read-tiny-cache", []string{"cache_size(10)"}, 30_000, func(b *testing.B, db *sql.Conn, rows int) { pointReads(b, db, rows, 3000) }},
	{"scan-rows", []string{"cache_size(10)"}, 30_000, func(b *testing.B, db *sql.Conn, _ int) { scanRows(b, db) }},
	{"scan-sum-in-sql", []string{"cache_size(10)"}, 30_000, func(b *testing.B, db *sql.Conn, _ int) { scanSum(b, db) }},
}

type side struct {
	db   *sql.DB
	conn *sql.Conn
}

func newSide(b *testing.B, job benchJob, encrypted bool) *side {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.db")
	dsn := "file:" + path + "?_pragma=journal_mode(WAL)"
	if encrypted {
		key := NewKey()
		if err := Create(path, key); err != nil {
			b.Fatal(err)
		}
		dsn = testVFS(b, key).DSN(path)
	}
	for _, p := range job.pragmas {
		dsn += "&_pragma=" + p
	}
	s := &side{db: openDSN(b, dsn)}
	s.conn = oneConn(b, s.db)
	mustExec(b, s.conn, "CREATE TABLE entry (id INTEGER PRIMARY KEY, thread INTEGER, body TEXT)")
	if job.rows > 0 {
		insertBulk(b, s.conn, job.rows)
		mustExec(b, s.conn, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return s
}

// spent is what a round cost. On a busy machine the processor time says more.
type spent struct{ wall, cpu time.Duration }

func (s *side) run(b *testing.B, job benchJob) spent {
	b.Helper()
	start, before := time.Now(), processorTime(b)
	job.run(b, s.conn, job.rows)
	return spent{time.Since(start), processorTime(b) - before}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var benchBody = text(3, 600)

func insertEach(b *testing.B, db *sql.Conn, n int) {
	for i := range n {
		if _, err := db.ExecContext(b.Context(), benchInsert, i%50, benchBody); err != nil {
			b.Fatal(err)
		}
	}
}

func insertBulk(b *testing.B, db *sql.Conn, n int) {
	mustExec(b, db, "BEGIN")
	stmt, err := db.PrepareContext(b.Context(), benchInsert)
	if err != nil {
		b.Fatal(err)
	}
	defer stmt.Close()
	for i := range n {
		if _, err := stmt.ExecContext(b.Context(), i%50, benchBody); err != nil {
			b.Fatal(err)
		}
	}
	mustExec(b, db, "COMMIT")
}

func pointReads(b *testing.B, db *sql.Conn, rows, n int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	stmt, err := db.PrepareContext(b.Context(), "SELECT length(body) FROM entry WHERE id = ?")
	if err != nil {
		b.Fatal(err)
	}
	defer stmt.Close()
	for range n {
		var length int
		if err := stmt.QueryRowContext(b.Context(), 1+rnd.IntN(rows)).Scan(&length); err != nil {
			b.Fatal(err)
		}
	}
}

// scanRows reads every row as a program does.
func scanRows(b *testing.B, db *sql.Conn) {
	rows, err := db.QueryContext(b.Context(), "SELECT id, thread, body FROM entry")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, thread int
		var body string
		if err := rows.Scan(&id, &thread, &body); err != nil {
			b.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}

// scanSum does next to nothing with a page: what is left is the cipher.
func scanSum(b *testing.B, db *sql.Conn) {
	for range 3 {
		queryOne[int](b, db, "SELECT sum(length(body)) FROM entry")
	}
}

// BenchmarkSeal and BenchmarkOpen are the cipher alone, a page each.
func BenchmarkSeal(b *testing.B) { benchPage(b, false) }

func BenchmarkOpen(b *testing.B) { benchPage(b, true) }

func benchPage(b *testing.B, open bool) {
	key := NewKey()
	s, err := newSealer((*[32]byte)(&key))
	if err != nil {
		b.Fatal(err)
	}
	page, sealed, ad := make([]byte, pageSize), make([]byte, pageSize), []byte("page")
	if err := s.seal(sealed, ad); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(pageSize)
	b.ReportAllocs()
	for b.Loop() {
		if !open {
			if err := s.seal(page, ad); err != nil {
				b.Fatal(err)
			}
			continue
		}
		copy(page, sealed)
		if !s.open(page, ad) {
			b.Fatal("does not open")
		}
	}
}

// BenchmarkCopy is a backup of some 20 MB.
func BenchmarkCopy(b *testing.B) {
	s := newSide(b, benchJob{rows: 30_000}, true)
	dir := b.TempDir()
	for i := 0; b.Loop(); i++ {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := Copy(b.Context(), s.db, path, NewKey()); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(info.Size())
	}
}
