package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the floor of writing

	"alcove/store"
)

// writes is how many entries a second are on disk, by one writer and by many at once, beside what SQLite does by itself: one
// row of the same text in a transaction, synced. Nobody signs in for it: it is the store that is measured, by this program.
func writes(ctx context.Context, r *run) (err error) {
	dir, err := os.MkdirTemp(r.dir, "writes-")
	if err != nil {
		return fmt.Errorf("make a folder for what is written: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	plain, err := openPlain(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	st, err := r.Create(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	members, numbers, err := r.correspondents(ctx, st)
	if err != nil {
		return err
	}
	texts := newTexts(r.Seed, 0)
	text := texts.next()
	write := func(ctx context.Context, i int) error {
		_, err := members[i].Write(ctx, numbers[i], text, 0)
		return err
	}
	var floor, one, many []float64
	for range r.Rounds {
		for _, turn := range []struct {
			width int
			do    func(context.Context, int) error
			into  *[]float64
		}{
			{1, func(ctx context.Context, _ int) error {
				_, err := plain.ExecContext(ctx, `INSERT INTO entry (body) VALUES (?)`, text)
				return err
			}, &floor},
			{1, write, &one},
			{writers, write, &many},
		} {
			rate, err := repeat(ctx, r.Span/time.Duration(3*r.Rounds), turn.width, turn.do)
			if err != nil {
				return fmt.Errorf("write: %w", err)
			}
			*turn.into = append(*turn.into, rate)
		}
	}
	s := r.of("writes", 1, "writer")
	s.add("entries on disk", "a second", median(one), median(floor), &budget{factor: 0.85, least: true})
	s = r.of("writes", writers, "writers, floor one")
	s.add("entries on disk", "a second", median(many), median(one), &budget{factor: 5, least: true})
	return nil
}

// openPlain is a database as the practice's is, but neither encrypted nor authenticated.
func openPlain(ctx context.Context, dir string) (*sql.DB, error) {
	path := filepath.ToSlash(filepath.Join(dir, "plain.db"))
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open a plain database: %w", err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, body TEXT NOT NULL)`); err != nil {
		return nil, errors.Join(fmt.Errorf("make a plain database: %w", err), db.Close())
	}
	return db, nil
}

// correspondents are people who each have a thread of their own.
func (r *run) correspondents(ctx context.Context, st *store.Store) (people []*store.Access, threads []int64, err error) {
	f := filling{st: st, seed: r.Seed, say: func(int, int) {}}
	if err := f.fill(ctx, content{members: writers, threads: ownThreads(writers, 1)}); err != nil {
		return nil, nil, err
	}
	for _, who := range f.people[1:] {
		a := st.As(who)
		listed, err := a.Threads(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("list threads: %w", err)
		}
		people, threads = append(people, a), append(threads, listed[0].Number)
	}
	return people, threads, nil
}

// repeat does something for so long, by so many at a time, and answers how often a second. Each of them has a number.
func repeat(ctx context.Context, span time.Duration, width int, do func(ctx context.Context, i int) error) (float64, error) {
	var done atomic.Int64
	begin := time.Now()
	err := parallelBy(ctx, width, width, func(ctx context.Context, i int) error {
		for time.Since(begin) < span {
			if err := do(ctx, i); err != nil {
				return err
			}
			done.Add(1)
		}
		return nil
	})
	return float64(done.Load()) / time.Since(begin).Seconds(), err
}
