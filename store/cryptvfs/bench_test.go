//go:build linux

package cryptvfs

import (
	"cmp"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkAgainstPlain runs each job on plain modernc and on this package in
// alternation, and where its shell is installed on SQLCipher with a key and
// without, round by round. It prints the medians of the rounds' ratios, each
// engine against itself without encryption: what the machine does meanwhile
// meets both alike.
//
//	go test -run '^$' -bench AgainstPlain -benchtime 1x ./store/cryptvfs
func BenchmarkAgainstPlain(b *testing.B) {
	shell := findShell(b)
	table := []*strings.Builder{{}, {}, {}, {}, {}}
	line := func(cells ...string) {
		for i, cell := range cells {
			table[i].WriteString(cell + " | ")
		}
	}
	line("| ", "|---", "| ours", "| ours, processor time", "| "+shell.version)
	for _, job := range benchJobs {
		b.Run(job.name, func(b *testing.B) {
			for range b.N {
				r := compare(b, job, shell)
				b.ReportMetric(r.wall, "x-plain")
				b.ReportMetric(r.cpu, "x-plain-cpu")
				b.ReportMetric(r.plain, "plain-ms")
				line(job.name, "---", ratio(r.wall), ratio(r.cpu), ratio(r.shell))
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	for _, row := range table {
		fmt.Println(strings.TrimSpace(row.String()))
	}
}

func ratio(r float64) string {
	if r == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", r)
}

func median[T cmp.Ordered](v []T) (middle T) {
	if len(v) == 0 {
		return middle
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// ratios are medians; shell is 0 where there is none.
type ratios struct{ wall, cpu, plain, shell float64 }

const benchRounds = 15

func compare(b *testing.B, job benchJob, shell shell) ratios {
	var wall, cpu, plains, shells []float64
	engines := []engine{newSide(b, job, false), newSide(b, job, true)}
	if shell.path != "" {
		engines = append(engines, shell.start(b, job, false), shell.start(b, job, true))
	}
	for i := range benchRounds {
		cost := make([]spent, len(engines))
		for k := range engines {
			if i%2 == 1 { // the other way round
				k = len(engines) - 1 - k
			}
			cost[k] = engines[k].round(b, job)
		}
		wall = append(wall, float64(cost[1].wall)/float64(cost[0].wall))
		cpu = append(cpu, float64(cost[1].cpu)/float64(cost[0].cpu))
		plains = append(plains, float64(cost[0].wall.Microseconds())/1000)
		if len(engines) == 4 {
			shells = append(shells, float64(cost[3].wall)/float64(cost[2].wall))
		}
	}
	for _, e := range engines {
		e.close(b)
	}
	return ratios{median(wall), median(cpu), median(plains), median(shells)}
}

// engine is one of those compared, with a database of its own.
type engine interface {
	// round does the job once and says what it cost.
	round(b *testing.B, job benchJob) spent
	close(b *testing.B)
}

type benchJob struct {
	name    string
	pragmas []string
	rows    int  // there before
	cold    bool // with the file out of the system's memory
	run     func(b *testing.B, db *sql.Conn, rows int)
	script  string // the same for a shell
}

const benchInsert = "INSERT INTO entry (thread, body) VALUES (?, ?)"

var benchTable = "CREATE TABLE entry (id INTEGER PRIMARY KEY, thread INTEGER, body TEXT)"

// benchJobs are those of the table that the design promised.
var benchJobs = []benchJob{
	{name: "insert FULL", pragmas: []string{"synchronous(FULL)"},
		run:    func(b *testing.B, db *sql.Conn, _ int) { insertEach(b, db, 500) },
		script: strings.Repeat(scriptInsert, 500)},
	{name: "insert NORMAL", pragmas: []string{"synchronous(NORMAL)"},
		run:    func(b *testing.B, db *sql.Conn, _ int) { insertEach(b, db, 2000) },
		script: strings.Repeat(scriptInsert, 2000)},
	{name: "bulk 100k", pragmas: []string{"synchronous(FULL)"},
		run:    func(b *testing.B, db *sql.Conn, _ int) { insertBulk(b, db, 100_000) },
		script: scriptBulk(100_000)},
	{name: "point read, tiny cache", pragmas: []string{"cache_size(10)"}, rows: 100_000,
		run:    func(b *testing.B, db *sql.Conn, rows int) { pointReads(b, db, rows, 3000) },
		script: scriptPointReads(100_000, 3000)},
	{name: "scan of rows", pragmas: []string{"cache_size(10)"}, rows: 100_000,
		run:    func(b *testing.B, db *sql.Conn, _ int) { scanRows(b, db) },
		script: ".output /dev/null\nSELECT id, thread, body FROM entry;\n.output\n"},
	{name: "scan in SQL", pragmas: []string{"cache_size(10)"}, rows: 100_000,
		run:    func(b *testing.B, db *sql.Conn, _ int) { scanSum(b, db) },
		script: scanQuery + ";\n"},
	{name: "cold scan", pragmas: []string{"cache_size(10)"}, rows: 100_000, cold: true,
		run:    func(b *testing.B, db *sql.Conn, _ int) { scanSum(b, db) },
		script: scanQuery + ";\n"},
}

// side is modernc's engine, plain or with this package.
type side struct {
	path, dsn string
	db        *sql.DB
	conn      *sql.Conn
}

func newSide(b *testing.B, job benchJob, encrypted bool) *side {
	b.Helper()
	s := &side{path: filepath.Join(b.TempDir(), "bench.db")}
	s.dsn = "file:" + s.path + "?_pragma=journal_mode(WAL)"
	if encrypted {
		key := NewKey()
		if err := Create(s.path, key); err != nil {
			b.Fatal(err)
		}
		s.dsn = testVFS(b, key).DSN(s.path)
	}
	for _, p := range job.pragmas {
		s.dsn += "&_pragma=" + p
	}
	s.open(b)
	mustExec(b, s.conn, benchTable)
	if job.rows > 0 {
		insertBulk(b, s.conn, job.rows)
		mustExec(b, s.conn, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return s
}

func (s *side) open(b *testing.B) {
	s.db = openDSN(b, s.dsn)
	s.conn = oneConn(b, s.db)
}

func (s *side) close(b *testing.B) {
	s.conn.Close()
	if err := s.db.Close(); err != nil {
		b.Fatal(err)
	}
}

func (s *side) round(b *testing.B, job benchJob) spent {
	b.Helper()
	switch {
	case job.cold:
		s.close(b)
		forget(b, s.path)
		s.open(b)
	case job.rows == 0:
		mustExec(b, s.conn, "DELETE FROM entry", "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	start, before := time.Now(), processorTime(b)
	job.run(b, s.conn, job.rows)
	return spent{time.Since(start), processorTime(b) - before}
}

// spent is what a round cost. On a busy machine the processor time says more.
type spent struct{ wall, cpu time.Duration }

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// forget drops what the system remembers of a file that nobody has open.
func forget(b *testing.B, path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	const dontNeed = 4 // POSIX_FADV_DONTNEED
	if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0); errno != 0 {
		b.Fatal(errno)
	}
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

const scanQuery = "SELECT sum(length(body)) FROM entry"

// scanSum does little with a page: what is left is the cipher.
func scanSum(b *testing.B, db *sql.Conn) { queryOne[int](b, db, scanQuery) }
