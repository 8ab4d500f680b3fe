package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// BackupPlan is how the server makes backups by itself.
type BackupPlan struct {
	Folder string        // absolute, of this practice alone
	Every  time.Duration // one is due when the newest is as old as this
	Keep   int           // at least 1; older ones are removed once a new one was read back whole
}

// backupSuffix ends the names of backups that are looked for in a folder; backupName is what the server calls its own, by
// the time in UTC. It removes nothing of another name.
const (
	backupSuffix = ".backup"
	backupLayout = "alcove-20060102-150405" + backupSuffix
)

var backupName = regexp.MustCompile(`^alcove-\d{8}-\d{6}\.backup$`)

// BackUpIfDue makes a backup if the newest one in the plan's folder is older than it may be, reads it back whole, and then
// removes the oldest ones. It answers when the next is due. The server calls it at its start and when that time has come;
// after an error it may call it again soon. What is made and does not read back is kept, for it may be all there is, and
// then nothing is removed.
func (o *Operator) BackUpIfDue(ctx context.Context, plan BackupPlan) (next time.Time, err error) {
	s := o.store
	s.refreshRingCopies(ctx) // perhaps one could not be written when the ring changed
	now := s.now()
	if newest, ok := s.newestBackup(plan.Folder); ok && !newest.After(now) && now.Before(newest.Add(plan.Every)) {
		return newest.Add(plan.Every), nil
	}
	failed := FailedMaking
	defer func() {
		if err != nil && ctx.Err() == nil { // to be stopped is no failure
			s.note(ctx, `UPDATE practice SET backup_failure = ?`, failed)
		}
	}()
	s.sweep(plan.Folder)
	info, err := o.Backup(ctx, filepath.Join(plan.Folder, now.UTC().Format(backupLayout)), nil)
	if err != nil {
		return now, err
	}
	failed = FailedChecking
	if err := s.checkBackup(ctx, info.Path); err != nil {
		return now.Add(plan.Every), fmt.Errorf("check the backup %s: %w", info.Path, err)
	}
	s.note(ctx, `UPDATE practice SET backup_checked_at = ?`, moment(s.now()))
	s.log.Info("backed up", "file", info.Path, "bytes", info.Bytes, "took", s.now().Sub(now).Round(time.Millisecond), "checked", true)
	failed = FailedPruning
	return now.Add(plan.Every), s.prune(plan, info.Path)
}

// newestBackup is when the newest backup of this practice in the folder was made.
func (s *Store) newestBackup(folder string) (time.Time, bool) {
	found := s.backupsIn(folder)
	if len(found) == 0 {
		return time.Time{}, false
	}
	return found[len(found)-1].Created, true
}

func sortBackups(list []BackupInfo) {
	slices.SortFunc(list, func(a, b BackupInfo) int {
		return cmp.Or(cmp.Compare(a.Counter, b.Counter), a.Created.Compare(b.Created), cmp.Compare(a.Path, b.Path))
	})
}

// checkBackup reads back a backup of this practice whole, out of a copy, which stands where sweep finds it after a kill.
func (s *Store) checkBackup(ctx context.Context, path string) error {
	b, err := openBackup(path)
	if err != nil {
		return err
	}
	defer b.close()
	m, err := b.unseal(s.master)
	if err != nil {
		return err
	}
	defer clear(m.Key)
	folder, clearAway, err := partialFolder(path)
	if err != nil {
		return err
	}
	defer clearAway()
	_, err = b.verifyIn(ctx, folder, m, s.master, s.ring, s.log, orSilent(nil))
	return err
}

// prune removes the oldest of the server's own backups, down to as many as are to be kept. Call it when the newest one was
// read back whole; that one stays whatever the others are.
func (s *Store) prune(plan BackupPlan, good string) error {
	own := slices.DeleteFunc(s.backupsIn(plan.Folder), func(b BackupInfo) bool {
		return b.Path == good || !backupName.MatchString(filepath.Base(b.Path))
	})
	var errs []error
	for _, b := range own[:max(0, len(own)-max(plan.Keep-1, 0))] {
		errs = append(errs, os.Remove(b.Path))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove old backups: %w", err)
	}
	return nil
}

// scratchAge is when a scratch folder is certainly of a check that was killed: anybody may check a backup there.
const scratchAge = 24 * time.Hour

// sweep takes away what backups to the folder, and checks of them, left that were killed. Only this practice makes backups there.
func (s *Store) sweep(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && strings.HasPrefix(entry.Name(), scratchPrefix) && s.now().Sub(info.ModTime()) > scratchAge {
			_ = os.RemoveAll(filepath.Join(folder, entry.Name())) // the next sweep tries it again
		}
		if name, ok := strings.CutSuffix(entry.Name(), partialSuffix); ok && backupName.MatchString(name) {
			if _, clearAway, err := partialFolder(filepath.Join(folder, name)); err == nil {
				clearAway()
			}
		}
	}
}
