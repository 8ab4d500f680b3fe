package store

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"alcove/store/cryptvfs"
)

// beforeRotation is what stands in the practice of the tests below.
const beforeRotation = "what was written before"

// rotationHouse is a closed practice with an entry.
func rotationHouse(t *testing.T) (h *house, thread int64) {
	t.Helper()
	h = newHouse(t)
	jonas := h.coach("jonas")
	thread = h.thread(jonas, "A thread")
	h.write(jonas, thread, beforeRotation)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	return h, thread
}

// wantWhole opens the practice, finds in it what was written, and answers its file key and its epoch.
func (h *house) wantWhole(t *testing.T, thread int64) (cryptvfs.Key, uint32) {
	t.Helper()
	cfg := h.config()
	cfg.Demo = true
	h.store = must(Open(t.Context(), h.dir, cfg))(t)
	jonas := h.store.As(must(h.store.SignInDemo(t.Context(), "jonas"))(t))
	if entry := must(jonas.Entry(t.Context(), thread, 1))(t); entry.Text != beforeRotation {
		t.Errorf("the entry is %q", entry.Text)
	}
	if h.store.slots.Rotating() {
		t.Error("a rotation is still under way")
	}
	key, epoch := must(h.store.fileKey())(t), h.store.ring.Current().Number
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	if left := must(filepath.Glob(filepath.Join(h.dir, ".*")))(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return key, epoch
}

func TestRotate(t *testing.T) {
	t.Parallel()
	h, thread := rotationHouse(t)
	before, epoch := h.wantWhole(t, thread)
	copied := must(os.ReadFile(h.dbPath()))(t)
	var steps []RotateStep
	if err := Rotate(t.Context(), h.dir, h.config(), func(s RotateStep) { steps = append(steps, s) }); err != nil {
		t.Fatal(err)
	}
	if len(steps) != 4 || steps[0] != RotateBegin || steps[3] != RotateEpoch {
		t.Errorf("steps %v", steps)
	}
	h.open()
	if _, err := h.store.Operator().VerifyAudit(t.Context()); err != nil || !slices.Contains(h.log(0), "keys-rotated by the operator") {
		t.Errorf("the log: %v\n%s", err, strings.Join(h.log(0), "\n"))
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	after, later := h.wantWhole(t, thread)
	if after == before || later <= epoch {
		t.Errorf("the file key is another one: %v; the epoch was %d and is %d", after != before, epoch, later)
	}
	h.file(dbFile, copied) // of before, put back
	_, err := Open(t.Context(), h.dir, h.config())
	wantErr(t, err, ErrForeign)
}

func TestRotateNeedsThePracticeToItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	err := Rotate(t.Context(), h.dir, h.config(), func(s RotateStep) { t.Errorf("step %s", s) })
	wantErr(t, err, ErrInUse)
}

// TestRotateGivenUp: a rotation that somebody ends leaves the old key and nothing beside it.
func TestRotateGivenUp(t *testing.T) {
	t.Parallel()
	h, thread := rotationHouse(t)
	before, _ := h.wantWhole(t, thread)
	ctx, cancel := context.WithCancel(t.Context())
	err := Rotate(ctx, h.dir, h.config(), func(s RotateStep) {
		if s == RotateCopy {
			cancel()
		}
	})
	if err == nil {
		t.Error("it went on")
	}
	if after, _ := h.wantWhole(t, thread); after != before {
		t.Error("the file key is another one")
	}
}

// rotateUntil is set in the child of TestRotationSurvivesAKill: the step before which it is killed.
const rotateUntil, rotateDir = "ALCOVE_TEST_ROTATE_UNTIL", "ALCOVE_TEST_ROTATE_DIR"

// TestRotationSurvivesAKill kills a rotation before each of its steps. The practice opens, holds what it held, and is rotated
// again.
func TestRotationSurvivesAKill(t *testing.T) {
	if dir := os.Getenv(rotateDir); dir != "" {
		rotateUntilKilled(dir, RotateStep(os.Getenv(rotateUntil)))
		return
	}
	for _, step := range []RotateStep{RotateBegin, RotateCopy, RotateEnd, RotateEpoch} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			h, thread := rotationHouse(t)
			before, _ := h.wantWhole(t, thread)
			child := exec.Command(os.Args[0], "-test.run=^TestRotationSurvivesAKill$")
			child.Env = append(os.Environ(), rotateDir+"="+h.dir, rotateUntil+"="+string(step))
			var killed *exec.ExitError
			if out, err := child.CombinedOutput(); !errors.As(err, &killed) || killed.ExitCode() != -1 {
				t.Fatalf("the child was not killed: %v\n%s", err, out)
			}
			if step == RotateCopy { // killed in the middle of it
				h.file(".alcove.db.rekey", []byte("half a database"))
				h.file("..alcove.db.rekey.1.partial", []byte("half a database"))
			}
			between, _ := h.wantWhole(t, thread)
			if changed := between != before; changed != (step == RotateEnd || step == RotateEpoch) {
				t.Errorf("killed before %s, the file key changed: %v", step, changed)
			}
			if err := Rotate(t.Context(), h.dir, h.config(), func(RotateStep) {}); err != nil {
				t.Fatal(err)
			}
			if after, _ := h.wantWhole(t, thread); after == between {
				t.Error("the next rotation changed nothing")
			}
		})
	}
}

func rotateUntilKilled(dir string, until RotateStep) {
	_ = Rotate(context.Background(), dir, Config{}, func(step RotateStep) {
		if step == until {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
			select {}
		}
	})
}

// TestRotationWithADamagedDatabase: where neither key opens the database, none of them is given up.
func TestRotationWithADamagedDatabase(t *testing.T) {
	t.Parallel()
	h, thread := rotationHouse(t)
	v := must(openVault(t.Context(), h.dir, h.config().withDefaults(h.dir)))(t)
	must(v.slots.BeginRotation(v.master))(t).Wipe()
	v.wipe()
	whole := must(os.ReadFile(h.dbPath()))(t)
	damaged := append([]byte(nil), whole...)
	damaged[2000]++
	h.file(dbFile, damaged)
	_, err := Open(t.Context(), h.dir, h.config())
	if err == nil {
		t.Fatal("a damaged page was read")
	}
	v = must(openVault(t.Context(), h.dir, h.config().withDefaults(h.dir)))(t)
	if !v.slots.Rotating() {
		t.Error("the next key was given up")
	}
	v.wipe()
	h.file(dbFile, whole)
	h.wantWhole(t, thread)
}
