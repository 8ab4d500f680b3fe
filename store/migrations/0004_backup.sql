-- Version 4: what the practice knows of its backups (store/backup_state.go).

ALTER TABLE practice ADD COLUMN backups INTEGER NOT NULL DEFAULT 0; -- how many were begun; each holds the count with itself
ALTER TABLE practice ADD COLUMN backed_up_at INTEGER;
ALTER TABLE practice ADD COLUMN backup_checked_at INTEGER;          -- when one was last read back whole
ALTER TABLE practice ADD COLUMN backup_failure TEXT;                -- what went wrong since the last; NULL: nothing
