package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"alcove/store/seal"
)

// Files of the data folder.
const (
	dbFile  = "alcove.db"
	keyFile = "alcove.key"
)

// Config is what Init and Open want to know. The zero value will do.
type Config struct {
	KeyFile string           // the master key's file; empty is alcove.key in the data folder
	Now     func() time.Time // nil is time.Now
	Log     *slog.Logger     // nil is slog.Default; hears of damage, and of a key that was there before the practice
	Demo    bool             // lets SignInDemo work
}

// Store is an open practice. It is safe for use by many goroutines. A person's verbs are in Access, the operator's in
// Operator, and who is who in the sign-in methods; it has no other way in.
type Store struct {
	writer  *pool
	reader  *pool
	unlock  func() error
	closing sync.Once
	keys    *seal.Keys
	words   *seal.SignIn
	hub     *hub
	now     func() time.Time
	log     *slog.Logger
	demo    bool

	searching turns
	paces     paces
	maxStored int64
}

// Open opens the practice in dir, and brings its database to the newest version. It answers ErrNoPractice if there is none,
// ErrInUse if it is open already, here or in another process, ErrWrongKey if the key file is another practice's, and what
// seal.OpenKeyFile answers; then it has changed nothing.
func Open(ctx context.Context, dir string, cfg Config) (_ *Store, err error) {
	cfg = cfg.withDefaults(dir)
	path := filepath.Join(dir, dbFile)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoPractice
	} else if err != nil {
		return nil, fmt.Errorf("look for the practice: %w", err)
	}
	if err := keptFromOthers(dir); err != nil {
		return nil, err
	}
	master, err := openKeyFile(cfg.KeyFile)
	if err != nil {
		return nil, err
	}
	defer master.Wipe()
	s := &Store{words: seal.NewSignIn(), hub: newHub(), now: cfg.Now, log: cfg.Log, demo: cfg.Demo, maxStored: MaxStored}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	if s.unlock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	if err := keepDB(path); err != nil {
		return nil, err
	}
	writer, err := openDB(path, writing)
	if err != nil {
		return nil, err
	}
	s.writer = newPool(writer, 1)
	if s.keys, err = openKeys(ctx, writer, master); err != nil {
		return nil, err
	}
	if err := migrate(ctx, writer); err != nil {
		return nil, err
	}
	reader, err := openDB(path, reading)
	if err != nil {
		return nil, err
	}
	s.reader = newPool(reader, maxReaders)
	return s, nil
}

// Close ends every watch, waits for the verbs under way and closes the database. All that was written is in its file then,
// which has no WAL beside it any more. A second call does nothing.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() { err = s.close() })
	return err
}

func (s *Store) close() error {
	s.hub.close()
	var err error
	for _, p := range []*pool{s.reader, s.writer} {
		if p != nil {
			err = errors.Join(err, p.close())
		}
	}
	if s.unlock != nil {
		err = errors.Join(err, s.unlock())
	}
	return err
}

// As binds an Access to a person who has signed in. Each session has its own: changes name "other sessions" by it.
func (s *Store) As(who Identity) *Access { return &Access{store: s, who: who} }

// Operator is what the command line on the server may do.
func (s *Store) Operator() *Operator { return &Operator{store: s} }

func (c Config) withDefaults(dir string) Config {
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(dir, keyFile)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// newID draws a positive number that nobody can guess and that will not be drawn again.
func newID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return int64(binary.LittleEndian.Uint64(b[:])>>1) | 1
}
