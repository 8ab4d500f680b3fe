package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// kept are the backups in a folder.
func kept(t testing.TB, folder string) []string {
	return slices.DeleteFunc(names(t, folder), func(name string) bool { return !strings.HasSuffix(name, backupSuffix) })
}

func TestBackupsAreMadeWhenDue(t *testing.T) {
	h, _, _ := fullHouse(t)
	folder := closedFolder(t)
	plan := BackupPlan{Folder: folder, Every: 24 * time.Hour, Keep: 3}
	op := h.store.Operator()
	for _, mine := range []string{"alcove-notes.backup", "alcove-20200101-000000.backup.txt"} {
		if err := os.WriteFile(filepath.Join(folder, mine), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.backUp(filepath.Join(folder, "before the move.backup"))
	h.clock.pass(25 * time.Hour)
	if err := os.MkdirAll(filepath.Join(folder, "alcove-20260101-000000.backup.partial"), 0o700); err != nil { // of one that was killed
		t.Fatal(err)
	}
	killed, atWork := filepath.Join(folder, scratchPrefix+"killed"), filepath.Join(folder, scratchPrefix+"at work")
	for path, age := range map[string]time.Duration{killed: 25 * time.Hour, atWork: time.Hour} {
		at := h.clock.Now().Add(-age)
		err := errors.Join(os.MkdirAll(filepath.Join(path, "x"), 0o700), os.Chtimes(path, at, at))
		if err != nil {
			t.Fatal(err)
		}
	}
	for day := range 5 {
		before := h.clock.Now()
		next := must(op.BackUpIfDue(t.Context(), plan))(t)
		if wait := next.Sub(before); wait < 23*time.Hour || wait > 25*time.Hour {
			t.Errorf("day %d: the next one is due in %v", day, wait)
		}
		if day == 0 {
			if left := names(t, folder); slices.Contains(left, filepath.Base(killed)) || !slices.Contains(left, filepath.Base(atWork)) {
				t.Errorf("checks: %v", left)
			}
		}
		made := kept(t, folder)
		if must(op.BackUpIfDue(t.Context(), plan))(t).After(next) || !slices.Equal(made, kept(t, folder)) {
			t.Errorf("day %d: another one was made at once", day)
		}
		state := must(op.Condition(t.Context()))(t).Backup
		if state.LastAt.Before(before.Add(-time.Second)) || state.CheckedAt.Before(before) || state.Failure != "" || state.Count != int64(day+2) {
			t.Errorf("day %d: %+v", day, state)
		}
		h.clock.pass(24 * time.Hour)
	}
	got := kept(t, folder)
	if len(got) != 5 || !strings.HasPrefix(got[0], "alcove-20261121") || got[3] != "alcove-notes.backup" || got[4] != "before the move.backup" {
		t.Errorf("kept: %v", got)
	}
	if all := names(t, folder); len(all) != 7 { // with the text and the ring
		t.Errorf("left behind: %v", all)
	}
}

// TestABackupThatDoesNotReadBackIsKept, and nothing is removed for it.
func TestABackupThatDoesNotReadBackIsKept(t *testing.T) {
	h, _, _ := fullHouse(t)
	plan := BackupPlan{Folder: closedFolder(t), Every: time.Hour, Keep: 1}
	op := h.store.Operator()
	must(op.BackUpIfDue(t.Context(), plan))(t)
	h.sql(`UPDATE entry SET body = x'00' WHERE number = 1`)
	for n := 2; n <= 3; n++ {
		h.clock.pass(2 * time.Hour)
		_, err := op.BackUpIfDue(t.Context(), plan)
		wantErr(t, err, ErrDamaged)
		if state := must(op.Condition(t.Context()))(t).Backup; state.Failure != FailedChecking {
			t.Errorf("state: %+v", state)
		}
		if got := kept(t, plan.Folder); len(got) != n {
			t.Errorf("kept: %v", got)
		}
	}
	if _, err := op.Verify(t.Context(), nil); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "entry.body") {
		t.Error("verify of the live practice:", err)
	}
}

func TestABackupThatCannotBeMade(t *testing.T) {
	h := newHouse(t)
	plan := BackupPlan{Folder: filepath.Join(t.TempDir(), "not mounted"), Every: time.Hour, Keep: 1}
	_, err := h.store.Operator().BackUpIfDue(t.Context(), plan)
	wantErr(t, err, os.ErrNotExist)
	if state := must(h.store.Operator().Condition(t.Context()))(t).Backup; state.Failure != FailedMaking || !state.LastAt.IsZero() {
		t.Errorf("state: %+v", state)
	}
	if err := os.Mkdir(plan.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	must(h.store.Operator().BackUpIfDue(t.Context(), plan))(t)
	if state := must(h.store.Operator().Condition(t.Context()))(t).Backup; state.Failure != "" || state.LastAt.IsZero() {
		t.Errorf("when it worked again: %+v", state)
	}
}

// TestBackupsGoOnAfterARestore: what is made after an old backup was put back counts as newer than what lies there.
func TestBackupsGoOnAfterARestore(t *testing.T) {
	h := newHouse(t)
	plan := BackupPlan{Folder: closedFolder(t), Every: time.Hour, Keep: 2}
	for range 3 {
		must(h.store.Operator().BackUpIfDue(t.Context(), plan))(t)
		h.clock.pass(2 * time.Hour)
	}
	r := h.restore(filepath.Join(plan.Folder, kept(t, plan.Folder)[0]))
	h.clock.pass(-24 * time.Hour) // and the clock was set back
	must(r.store.Operator().BackUpIfDue(t.Context(), plan))(t)
	got := kept(t, plan.Folder)
	newest := must(r.store.backupAt(filepath.Join(plan.Folder, got[0])))(t)
	if len(got) != 2 || newest.Counter != 4 {
		t.Errorf("kept %v, the first with the count %d", got, newest.Counter)
	}
}

// TestABackupThatIsStopped with the server has not failed.
func TestABackupThatIsStopped(t *testing.T) {
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := h.store.Operator().BackUpIfDue(ctx, BackupPlan{Folder: closedFolder(t), Every: time.Hour, Keep: 1})
	wantErr(t, err, context.Canceled)
	if state := must(h.store.Operator().Condition(t.Context()))(t).Backup; state.Failure != "" {
		t.Errorf("state: %+v", state)
	}
}
