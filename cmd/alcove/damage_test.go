package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"alcove/store"
	"alcove/store/seal"
)

// filesIn is what a folder holds, by the names of its files.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir+string(filepath.Separator))] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// putFiles makes a folder of files.
func putFiles(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// practices are a practice that was closed, the same as a kill would leave it, and the key file of another.
func practices(t *testing.T) (closed, killed map[string]string, otherKey string) {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	if _, _, err := initPractice(ctx, dir, store.Config{NoRecovery: true}); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(ctx, dir, store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Operator().Invite(ctx, store.NewInvitation{Role: store.RoleCoach, Handle: "jonas", Name: "Jonas"}); err != nil {
		t.Fatal(err)
	}
	killed = filesIn(t, dir)
	delete(killed, lockName+"-journal") // that of the lock, which the next start sweeps
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "other.key")
	key, err := seal.CreateKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key.Wipe()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return filesIn(t, dir), killed, string(content)
}

func flipped(content string, at int) string {
	b := []byte(content)
	b[at] ^= 1
	return string(b)
}

// TestWhatIsWrongIsSaid: whatever is wrong with the files, the operator is told which and why and what to do, and nothing is
// made or written over.
func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	closed, killed, otherKey := practices(t)
	if killed[databaseName+"-wal"] == "" {
		t.Fatal("there is no WAL")
	}
	const page = 4096
	for name, c := range map[string]struct {
		files map[string]string
		spoil func(map[string]string)
		want  []string
	}{
		"another practice's key": {closed, func(f map[string]string) { f[masterKeyName] = otherKey }, []string{"wrong master key", "--key-file"}},
		"no key file": {closed, func(f map[string]string) { delete(f, masterKeyName) },
			[]string{masterKeyName, "nothing to open the practice with", "Put the key file back"}},
		"a plain file": {closed, func(f map[string]string) { f[databaseName] = "SQLite format 3\x00" + strings.Repeat("\x00", 2*page) },
			[]string{databaseName, "not this practice's database", "an unencrypted file"}},
		"something else":        {closed, func(f map[string]string) { f[databaseName] = strings.Repeat("letter ", page) }, []string{databaseName, "something else wrote over"}},
		"a shortened file":      {closed, func(f map[string]string) { f[databaseName] = f[databaseName][:3*page] }, []string{databaseName, "damaged", "shorter", "restore a backup"}},
		"a file cut within":     {closed, func(f map[string]string) { f[databaseName] = f[databaseName][:5*page+100] }, []string{databaseName, "damaged", "restore a backup"}},
		"a file of 0 bytes":     {closed, func(f map[string]string) { f[databaseName] = "" }, []string{databaseName, "damaged", "empty", "restore a backup"}},
		"a byte of page 1":      {closed, func(f map[string]string) { f[databaseName] = flipped(f[databaseName], 2000) }, []string{databaseName, "damaged", "restore a backup"}},
		"a byte of the salt":    {closed, func(f map[string]string) { f[databaseName] = flipped(f[databaseName], 3) }, []string{databaseName, "first page is damaged"}},
		"a byte of the WAL":     {killed, func(f map[string]string) { f[databaseName+"-wal"] = flipped(f[databaseName+"-wal"], 20) }, []string{databaseName + "-wal", "damaged"}},
		"no database":           {closed, func(f map[string]string) { delete(f, databaseName) }, []string{databaseName, "the database is missing", "put alcove.db back"}},
		"no slots":              {closed, func(f map[string]string) { delete(f, slotsName) }, []string{slotsName, "missing", "put both back"}},
		"a byte of the slots":   {closed, func(f map[string]string) { f[slotsName] = flipped(f[slotsName], 90) }, []string{slotsName, "damaged"}},
		"no ring":               {closed, func(f map[string]string) { delete(f, ringName) }, []string{ringName, "missing", "put both back"}},
		"a byte of the ring":    {closed, func(f map[string]string) { f[ringName] = flipped(f[ringName], 90) }, []string{ringName, "damaged"}},
		"another thing's ring":  {closed, func(f map[string]string) { f[ringName] = "a letter" }, []string{ringName, "damaged"}},
		"a key file cut within": {closed, func(f map[string]string) { f[masterKeyName] = f[masterKeyName][:200] }, []string{masterKeyName, "damaged key file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{}
			for file, content := range c.files {
				files[file] = content
			}
			c.spoil(files)
			dir := putFiles(t, files)
			for _, command := range [][]string{{"person", "list"}, {"serve", "--listen", "127.0.0.1:0"}, {"key", "rotate"}, {"doctor"}} {
				a := newTestApp(map[string]string{"ALCOVE_DATA": dir, "ALCOVE_HOST": "127.0.0.1"})
				code := a.run(context.Background(), command)
				said := a.stderr.(*bytes.Buffer).String() + a.stdout.(*bytes.Buffer).String()
				if code != exitFailed {
					t.Errorf("%v: exit code %d", command, code)
				}
				for _, want := range c.want {
					if command[0] != "serve" && !strings.Contains(said, want) { // serve may say it earlier, in other words
						t.Errorf("%v does not say %q:\n%s", command, want, said)
					}
				}
				if diff := cmp.Diff(files, filesIn(t, dir)); diff != "" {
					t.Fatalf("%v changed something (-before +after): %.1500s", command, diff)
				}
			}
		})
	}
}

// TestAnOldRingIsRefused: a copy of the ring from before its last change is not taken for it.
func TestAnOldRingIsRefused(t *testing.T) {
	t.Parallel()
	closed, _, _ := practices(t)
	dir := putFiles(t, closed)
	a := newTestApp(map[string]string{"ALCOVE_DATA": dir})
	if code := a.run(context.Background(), []string{"key", "rotate"}); code != exitOK {
		t.Fatal(a.stderr)
	}
	if err := os.WriteFile(filepath.Join(dir, ringName), []byte(closed[ringName]), 0o600); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir)
	a = newTestApp(map[string]string{"ALCOVE_DATA": dir})
	code := a.run(context.Background(), []string{"person", "list"})
	if said := a.stderr.(*bytes.Buffer).String(); code != exitFailed || !strings.Contains(said, ringName) || !strings.Contains(said, "Take the newest") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if diff := cmp.Diff(before, filesIn(t, dir)); diff != "" {
		t.Errorf("something changed (-before +after): %.1500s", diff)
	}
}

// TestADamagedPageIsFound: a byte in the middle of the file is found when its page is read, by verify at the latest.
func TestADamagedPageIsFound(t *testing.T) {
	t.Parallel()
	closed, _, _ := practices(t)
	files := map[string]string{}
	for name, content := range closed {
		files[name] = content
	}
	files[databaseName] = flipped(files[databaseName], len(files[databaseName])/2)
	a := newTestApp(map[string]string{"ALCOVE_DATA": putFiles(t, files)})
	code := a.run(context.Background(), []string{"verify"})
	if said := a.stderr.(*bytes.Buffer).String(); code != exitFailed || !strings.Contains(said, "damaged") || !strings.Contains(said, "restore a backup") {
		t.Errorf("exit code %d: %s", code, said)
	}
}
