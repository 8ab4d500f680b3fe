//go:build linux

package cryptvfs

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shell is SQLCipher's, which is also SQLite's when it gets no key.
type shell struct{ path, version string }

func findShell(b *testing.B) shell {
	path, err := exec.LookPath("sqlcipher")
	if err != nil {
		fmt.Println("no sqlcipher here (Debian has a package of that name): compared without it")
		return shell{}
	}
	out, err := exec.CommandContext(b.Context(), path, "-batch", ":memory:", "PRAGMA cipher_version").Output()
	if err != nil {
		b.Fatal(err)
	}
	return shell{path: path, version: "SQLCipher " + strings.TrimSpace(string(out)) + ", its shell"}
}

// shellSide is a running shell with a database.
type shellSide struct {
	shell   shell
	path    string
	opening string // what each new shell is told first
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

func (sh shell) start(b *testing.B, job benchJob, encrypted bool) *shellSide {
	b.Helper()
	s := &shellSide{shell: sh, path: filepath.Join(b.TempDir(), "shell.db")}
	if encrypted {
		key := NewKey()
		// A raw key, so that no time goes into deriving one from a password.
		s.opening = fmt.Sprintf("PRAGMA key = \"x'%s'\";\nPRAGMA cipher_page_size = 4096;\n", hex.EncodeToString(key[:]))
	}
	s.opening += "PRAGMA page_size = 4096;\nPRAGMA journal_mode = WAL;\n"
	for _, p := range job.pragmas {
		s.opening += "PRAGMA " + p + ";\n"
	}
	s.open(b)
	s.do(b, benchTable+";\n")
	if job.rows > 0 {
		s.do(b, scriptBulk(job.rows)+"PRAGMA wal_checkpoint(TRUNCATE);\n")
	}
	return s
}

func (s *shellSide) open(b *testing.B) {
	b.Helper()
	s.cmd = exec.CommandContext(b.Context(), s.shell.path, "-batch", "-bail", s.path)
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	s.out = bufio.NewScanner(out)
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	s.do(b, s.opening)
}

func (s *shellSide) close(b *testing.B) {
	s.in.Close()
	if err := s.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

// do runs a script to its end.
func (s *shellSide) do(b *testing.B, script string) {
	b.Helper()
	const done = "=done="
	go io.WriteString(s.in, script+".print "+done+"\n") // ends with the shell
	for s.out.Scan() {
		if s.out.Text() == done {
			return
		}
	}
	b.Fatalf("the shell ended in %.60q", script)
}

func (s *shellSide) round(b *testing.B, job benchJob) spent {
	b.Helper()
	switch {
	case job.cold:
		s.close(b)
		forget(b, s.path)
		s.open(b)
	case job.rows == 0:
		s.do(b, "DELETE FROM entry;\nPRAGMA wal_checkpoint(TRUNCATE);\n")
	}
	start := time.Now()
	s.do(b, job.script)
	return spent{wall: time.Since(start)}
}

var scriptInsert = fmt.Sprintf("INSERT INTO entry (thread, body) VALUES (7, '%s');\n", benchBody)

func scriptBulk(rows int) string {
	return fmt.Sprintf("BEGIN;\nWITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<%d) "+
		"INSERT INTO entry (thread, body) SELECT i %% 50, '%s' FROM c;\nCOMMIT;\n", rows, benchBody)
}

func scriptPointReads(rows, n int) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "SELECT length(body) FROM entry WHERE id = %d;\n", 1+rnd.IntN(rows))
	}
	return b.String()
}
