package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"alcove/store"
)

// backupSettings is the table [backup] of the settings file: the backups that the server makes by itself.
type backupSettings struct {
	Folder   string `toml:"folder"`
	Interval string `toml:"interval"`
	Keep     *int   `toml:"keep"`
}

const (
	defaultInterval  = 24 * time.Hour
	shortestInterval = time.Minute
	defaultKeep      = 14
)

// plan is what the table asks for; the zero value, without a folder, if it is not there.
func (b backupSettings) plan() (plan store.BackupPlan, err error) {
	if b.Folder == "" {
		if b.Interval != "" || b.Keep != nil {
			return plan, errors.New("backup.folder is missing; it says where to put the backups")
		}
		return plan, nil
	}
	plan = store.BackupPlan{Every: defaultInterval, Keep: defaultKeep}
	if plan.Folder, err = filepath.Abs(b.Folder); err != nil {
		return plan, fmt.Errorf("find the folder of the backups: %w", err)
	}
	if b.Interval != "" {
		if plan.Every, err = time.ParseDuration(b.Interval); err != nil {
			return plan, fmt.Errorf("backup.interval %q is not a time like 24h or 90m", b.Interval)
		}
	}
	if plan.Every < shortestInterval {
		return plan, fmt.Errorf("backup.interval %q must be a minute or more", b.Interval)
	}
	if b.Keep != nil {
		plan.Keep = *b.Keep
	}
	if plan.Keep < 1 {
		return plan, fmt.Errorf("backup.keep %d must be 1 or more", plan.Keep)
	}
	return plan, nil
}
