package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// BackupState is what the practice knows of its backups.
type BackupState struct {
	Count     int64     // backups that were begun
	LastAt    time.Time // when the last one was finished; zero if none ever was
	CheckedAt time.Time // when one was last read back whole; zero if never
	Failure   string    // what went wrong since, a word of Failed…; empty if nothing did
}

// What BackupState.Failure can be.
const (
	FailedMaking   = "making"   // no backup could be made
	FailedChecking = "checking" // one was made and is kept, but does not read back whole
	FailedPruning  = "pruning"  // old ones could not be removed
)

const backupStateQuery = `SELECT backups, backed_up_at, backup_checked_at, coalesce(backup_failure, '') FROM practice`

func (b *BackupState) fields() []any {
	return []any{&b.Count, (*moment)(&b.LastAt), (*moment)(&b.CheckedAt), &b.Failure}
}

// countBackup counts a backup to that folder before it is made, so that the count is in it and the folder among those with a
// copy of the ring, and records it. The count goes beyond those of the backups that are there: a practice that was put back
// from an old one would else count them again.
func (s *Store) countBackup(ctx context.Context, folder string) error {
	highest := int64(0)
	for _, b := range s.backupsIn(folder) {
		highest = max(highest, b.Counter)
	}
	return s.write(ctx, "count the backup", func(t *tx) error {
		if err := t.exec(ctx, `UPDATE practice SET backups = max(backups, ?) + 1`, highest); err != nil {
			return err
		}
		if err := t.keepRingCopy(ctx, folder); err != nil {
			return err
		}
		return t.audit(ctx, act{kind: AuditBackedUp})
	})
}

// noteBackup keeps that a backup was made. If that cannot be written, the backup is good all the same.
func (s *Store) noteBackup(ctx context.Context, at time.Time) {
	s.note(ctx, `UPDATE practice SET backed_up_at = ?, backup_failure = NULL`, moment(at))
}

func (s *Store) note(ctx context.Context, statement string, args ...any) {
	err := s.write(ctx, "note the state of the backups", func(t *tx) error { return t.exec(ctx, statement, args...) })
	if err != nil {
		s.log.Warn("the state of the backups could not be noted", "error", err)
	}
}

// backupsIn are the backups of this practice in a folder, oldest first. Files that are none, or that do not open with this
// practice's key, are none of ours.
func (s *Store) backupsIn(folder string) (found []BackupInfo) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if !strings.HasSuffix(path, backupSuffix) {
			continue
		}
		if info, err := s.backupAt(path); err == nil {
			found = append(found, info)
		}
	}
	sortBackups(found)
	return found
}

func (s *Store) backupAt(path string) (BackupInfo, error) {
	b, err := openBackup(path)
	if err != nil {
		return BackupInfo{}, err
	}
	defer b.close()
	if b.slots.Instance() != s.slots.Instance() {
		return BackupInfo{}, fmt.Errorf("%s: %w", path, ErrForeign)
	}
	m, err := b.unseal(s.master)
	if err != nil {
		return BackupInfo{}, err
	}
	defer clear(m.Key)
	return m.info(path)
}
