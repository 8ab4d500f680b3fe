package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"alcove/store/seal"
)

// Migrations are files numbered from 1 without a gap: migrations/0001_practice.sql. One that was released never changes.
// What SQL cannot do stands in inGo, and is done in the same transaction where the script says so by a line of goMark.

const goMark = "-- >>> in Go:"

//go:embed migrations/*.sql
var migrations embed.FS

// inGo are the parts of migrations in Go, by version.
var inGo = map[int]func(context.Context, *sql.Tx, migration) error{3: sealAnew}

// migration is what the steps are made with. In a database that is only being made nothing is sealed, and nothing of it is
// asked for.
type migration struct {
	keys *seal.Keys
	ring *seal.Ring
	log  *slog.Logger
}

// migrate brings the database to the newest version, each step in its own transaction together with its number. It
// refuses a database that is newer than this program.
func migrate(ctx context.Context, db *sql.DB, m migration) error {
	steps, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if version < 0 {
		return fmt.Errorf("the database is of version %d, which no alcove makes: restore a backup", version)
	}
	if version > len(steps) {
		return fmt.Errorf("the database is of version %d, this program knows up to %d: use a newer alcove", version, len(steps))
	}
	for ; version < len(steps); version++ {
		if err := migrateStep(ctx, db, version+1, steps[version], m); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+1, err)
		}
	}
	return nil
}

func migrateStep(ctx context.Context, db *sql.DB, version int, script string, m migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	script, rest, cut := strings.Cut(script, goMark)
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return err
	}
	if cut {
		if err := inGo[version](ctx, tx, m); err != nil {
			return err
		}
		_, rest, _ = strings.Cut(rest, "\n")
		if _, err := tx.ExecContext(ctx, rest); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, version)); err != nil {
		return err
	}
	return tx.Commit()
}

// readMigrations answers the scripts in their order, and refuses a gap in their numbers.
func readMigrations(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	steps := make([]string, 0, len(names))
	for i, name := range names {
		digits, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		if number, err := strconv.Atoi(digits); err != nil || number != i+1 {
			return nil, fmt.Errorf("migration %s: want number %d", name, i+1)
		}
		script, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, string(script))
	}
	return steps, nil
}
