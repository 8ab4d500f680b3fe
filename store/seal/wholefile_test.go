package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A change is one verb on the files of a small practice; the tests interrupt it at each of its steps.
var changes = map[string]func(b *bench) error{
	"create slots": func(b *bench) error {
		if b.fresh == nil {
			b.fresh, b.err = newSlots(b.path("new.slots"), practice, b.master, cheapLimits)
			b.fresh.file.step = b.step
		}
		_, err := b.fresh.Add(b.t.Context(), b.master, b.secret, day)
		return errors.Join(b.err, err)
	},
	"create ring": func(b *bench) error {
		if b.freshRing == nil {
			b.freshRing, b.err = newRing(b.path("new.ring"), b.master, practice)
			b.freshRing.file.step = b.step
		}
		return errors.Join(b.err, b.freshRing.start(day))
	},
	"add a slot":       func(b *bench) error { _, err := b.slots.Add(b.t.Context(), b.master, b.secret, day); return err },
	"remove a slot":    func(b *bench) error { return b.slots.Remove(b.master, 1) },
	"end a rotation":   func(b *bench) error { return b.slots.EndRotation(b.master) },
	"initialise":       func(b *bench) error { return b.slots.MarkInitialised(b.master) },
	"roll":             func(b *bench) error { _, err := b.ring.Roll(day, horizon); return err },
	"carry":            func(b *bench) error { return b.ring.Carry(map[Owner]*DataKey{person: NewDataKey()}) },
	"erase":            func(b *bench) error { return b.ring.Erase(Erased{"thread", thread.A, day}, is(thread)) },
	"copy the ring":    func(b *bench) error { return b.ring.SaveCopy(b.path("new.ring")) },
	"copy it again":    func(b *bench) error { return b.ring.SaveCopy(b.path("kept.ring")) },
	"destroy an epoch": func(b *bench) error { _, err := b.ring.Destroy(day.Add(horizon + time.Hour)); return err },
}

// bench is a practice to interrupt: two slots, a rotation under way, two epochs and a carried key.
type bench struct {
	t         testing.TB
	dir       string
	step      func(string, func() error) error
	master    *Master
	secret    *Secret
	slots     *Slots
	ring      *Ring
	fresh     *Slots
	freshRing *Ring
	err       error
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func newBench(t testing.TB, dir string) {
	t.Helper()
	b := &bench{dir: dir}
	secret := keyFileAt(t, b.path("a.key"))
	m := &Master{secret: [keySize]byte(secret.material)}
	s, err := newSlots(b.path("alcove.slots"), practice, m, cheapLimits)
	must(t, err)
	s.file.step = unsynced
	addSlot(t, s, m, secret)
	addSlot(t, s, m, secret)
	_, err = s.BeginRotation(m)
	must(t, err)
	r, err := CreateRing(b.path("alcove.ring"), m, practice, day)
	must(t, err)
	r.file.step = unsynced
	must(t, r.SaveCopy(b.path("kept.ring")))
	must(t, r.Carry(map[Owner]*DataKey{thread: NewDataKey()}))
	_, err = r.Roll(day, horizon)
	must(t, err)
}

func openBench(t testing.TB, dir string, step func(string, func() error) error) *bench {
	t.Helper()
	b := &bench{t: t, dir: dir, step: step}
	var err error
	b.master, err = OpenKeyFile(b.path("a.key"))
	must(t, err)
	b.secret, err = KeyFileSecret(b.path("a.key"))
	must(t, err)
	b.slots, err = openSlots(b.path("alcove.slots"), cheapLimits)
	must(t, err)
	b.ring, err = OpenRing(b.path("alcove.ring"), b.master, practice)
	must(t, err)
	b.slots.file.step, b.ring.file.step = step, step
	return b
}

// state is what a start would find on disk. It fails the test where a file does not open.
func state(t testing.TB, dir string) string {
	t.Helper()
	b := openBench(t, dir, unsynced)
	_, slot, err := b.slots.Unlock(t.Context(), b.secret)
	must(t, err)
	_, errKey := b.slots.FileKey(b.master)
	_, errThread := b.ring.Carried(thread)
	_, errPerson := b.ring.Carried(person)
	found := fmt.Sprint(slot, b.slots.List(), b.slots.Rotating(), b.slots.Initialised(), errKey,
		b.ring.Generation(), b.ring.Epochs(), errThread, errPerson, b.ring.Erased())
	for _, name := range []string{"new.slots", "new.ring", "kept.ring"} {
		_, err := os.Stat(b.path(name))
		found += fmt.Sprint(" ", name, err == nil)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(t, err)
		if name == "new.slots" {
			s, err := openSlots(b.path(name), cheapLimits)
			must(t, err)
			_, _, err = s.Unlock(t.Context(), b.secret)
			must(t, err)
		} else {
			r, err := OpenRing(b.path(name), b.master, practice)
			must(t, err)
			found += fmt.Sprint(" ", r.Generation())
		}
	}
	return found
}

func leftovers(t testing.TB, dir string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	must(t, err)
	for _, file := range files {
		if strings.HasSuffix(file.Name(), oldSuffix) || strings.HasSuffix(file.Name(), newSuffix) {
			names = append(names, file.Name())
		}
	}
	return names
}

// beforeAndAfter are the states that a change leads from and to, and how many steps it takes.
func beforeAndAfter(t *testing.T, change func(*bench) error, like string) (before, after string, steps int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "practice")
	must(t, os.CopyFS(dir, os.DirFS(like)))
	must(t, os.Chmod(filepath.Join(dir, "a.key"), 0o600))
	before = state(t, dir)
	must(t, change(openBench(t, dir, func(name string, do func() error) error {
		steps++
		return unsynced(name, do)
	})))
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %v", left)
	}
	return before, state(t, dir), steps
}

// TestAFailedChangeLeavesTheOldOrTheNew fails each step, before and after it was done.
func TestAFailedChangeLeavesTheOldOrTheNew(t *testing.T) {
	fault := errors.New("input/output error")
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			like := t.TempDir()
			newBench(t, like)
			before, after, steps := beforeAndAfter(t, change, like)
			for i := range 2 * steps {
				dir := filepath.Join(t.TempDir(), "practice")
				must(t, os.CopyFS(dir, os.DirFS(like)))
				must(t, os.Chmod(filepath.Join(dir, "a.key"), 0o600))
				step := 0
				b := openBench(t, dir, func(name string, do func() error) error {
					step++
					if step != i/2+1 {
						return unsynced(name, do)
					}
					if i%2 == 1 {
						return errors.Join(unsynced(name, do), fault)
					}
					return fault
				})
				if err := change(b); !errors.Is(err, fault) {
					t.Fatalf("step %d: a false success, or %v", i/2, err)
				}
				if found := state(t, dir); found != before && found != after {
					t.Fatalf("step %d: neither the old nor the new:\n%s", i/2, found)
				}
				if err := change(b); err != nil { // the same again, without a new start
					t.Fatalf("step %d, again: %v", i/2, err)
				}
				if found, left := state(t, dir), leftovers(t, dir); found != after || left != nil {
					t.Fatalf("step %d, again: %v,\n%s, want\n%s", i/2, left, found, after)
				}
			}
		})
	}
}

const killedEnv = "ALCOVE_SEAL_KILLED"

// TestToBeKilled does nothing unless the next test runs it, in a process of its own.
func TestToBeKilled(t *testing.T) {
	name, at, found := strings.Cut(os.Getenv(killedEnv), "@")
	if !found {
		return
	}
	at, dir, _ := strings.Cut(at, "@")
	last, err := strconv.Atoi(at)
	must(t, err)
	step := 0
	must(t, changes[name](openBench(t, dir, func(name string, do func() error) error {
		if step++; step == last {
			os.Exit(9) // nothing that is deferred runs
		}
		return unsynced(name, do)
	})))
}

// TestAKilledChangeLeavesTheOldOrTheNew ends a process at each step, one of which is in the middle of the writing.
func TestAKilledChangeLeavesTheOldOrTheNew(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			like := t.TempDir()
			newBench(t, like)
			before, after, steps := beforeAndAfter(t, change, like)
			for i := range steps {
				dir := filepath.Join(t.TempDir(), "practice")
				must(t, os.CopyFS(dir, os.DirFS(like)))
				must(t, os.Chmod(filepath.Join(dir, "a.key"), 0o600))
				child := exec.Command(os.Args[0], "-test.run", "^TestToBeKilled$")
				child.Env = append(os.Environ(), fmt.Sprintf("%s=%s@%d@%s", killedEnv, name, i+1, dir))
				output, err := child.CombinedOutput()
				if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 9 {
					t.Fatalf("step %d: %v: %s", i, err, output)
				}
				found := state(t, dir)
				if found != before && found != after {
					t.Fatalf("step %d: neither the old nor the new:\n%s", i, found)
				}
				b := openBench(t, dir, unsynced)
				if found == before || strings.HasPrefix(name, "copy") {
					must(t, change(b)) // a copy is finished by the next one
				}
				must(t, b.slots.Finish())
				_, err = b.ring.Destroy(day)
				must(t, err)
				left := leftovers(t, dir)
				if strings.HasPrefix(name, "create") && found == after { // a second name of the whole file, until its next change
					left = nil
				}
				if now := state(t, dir); now != after || left != nil {
					t.Fatalf("step %d, started again: %v,\n%s, want\n%s", i, left, now, after)
				}
			}
		})
	}
}

func TestWhatIsReplacedIsOverwritten(t *testing.T) {
	w := wholeFile{path: filepath.Join(t.TempDir(), "x")}
	secret := []byte("the old content")
	must(t, w.write(secret))
	old, err := os.Open(w.path)
	must(t, err)
	defer old.Close()
	must(t, w.write([]byte("new")))
	blocks := make([]byte, 100)
	n, _ := old.Read(blocks)
	if n != len(secret) || bytes.Contains(blocks, secret[:4]) {
		t.Errorf("the old file holds %q", blocks[:n])
	}
}

func TestAFileThatAnotherProcessChangedIsLeftAlone(t *testing.T) {
	w := wholeFile{path: filepath.Join(t.TempDir(), "x")}
	must(t, w.write([]byte("ours")))
	must(t, os.WriteFile(w.path, []byte("theirs"), 0o600))
	for _, err := range []error{w.write([]byte("new")), w.finish()} {
		if !errors.Is(err, ErrFileChanged) {
			t.Error(err)
		}
	}
	if content, err := os.ReadFile(w.path); err != nil || string(content) != "theirs" {
		t.Errorf("%q, %v", content, err)
	}
	must(t, os.Rename(w.path, w.path+oldSuffix))
	for _, err := range []error{w.write([]byte("new")), w.finish()} {
		if !errors.Is(err, ErrFileChanged) {
			t.Error(err)
		}
	}
	fresh := wholeFile{path: w.path}
	if err := fresh.write([]byte("new")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made anew where an old one can be saved: %v", err)
	}
	if content, err := os.ReadFile(w.path + oldSuffix); err != nil || string(content) != "theirs" {
		t.Errorf("the last copy: %q, %v", content, err)
	}
}

// TestTheOrderOfAChange holds what no kill can show: that the new file is on disk before it takes the old one's name, and
// that the name is on disk before the old file is overwritten.
func TestTheOrderOfAChange(t *testing.T) {
	var steps []string
	w := wholeFile{path: filepath.Join(t.TempDir(), "x"), step: func(name string, do func() error) error {
		steps = append(steps, name)
		return do()
	}}
	for _, want := range []string{
		"sweep open write write flush link unlink sync",
		"sweep open write write flush keep rename sync overwrite",
	} {
		steps = nil
		must(t, w.write([]byte(want)))
		if got := strings.Join(steps, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
