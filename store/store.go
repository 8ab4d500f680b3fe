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
	"sync/atomic"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// Files of the data folder.
const (
	dbFile    = "alcove.db"    // encrypted by store/cryptvfs
	slotsFile = "alcove.slots" // what opens it: unlock.go
	ringFile  = "alcove.ring"  // the epoch keys, which no backup holds
	keyFile   = "alcove.key"
)

// Config is what Init and Open want to know. The zero value will do.
type Config struct {
	KeyFile string           // what opens the practice; empty is alcove.key in the data folder
	Secret  *seal.Secret     // opens it in the key file's place: a passphrase or a recovery key. The caller wipes it
	Now     func() time.Time // nil is time.Now
	Log     *slog.Logger     // nil is slog.Default; hears of damage, and of a key that was there before the practice
	Demo    bool             // lets SignInDemo work
	Caps    Caps             // what one person may use up; the zero value is the usual

	// Extras answers what else goes into a backup, sealed, by names that the caller chooses; nil is nothing.
	Extras func() (map[string][]byte, error)

	Readings int // bytes of names and titles that are remembered open; 0 is DefaultReadings, and MinReadings the least
	Traces   int // bytes of what searches remember of segments; 0 is DefaultTraces, and MinTraces the least

	SecondFactor Role // who must have a second factor; empty is nobody

	NoRecovery bool // Init makes no recovery key, since nobody would see it
}

// Store is an open practice. It is safe for use by many goroutines. A person's verbs are in Access, the operator's in
// Operator, and who is who in the sign-in methods; it has no other way in.
type Store struct {
	*vault
	vfs     *cryptvfs.VFS
	writer  *pool
	commits commits
	reader  *pool
	unlock  func() error
	closing sync.Once
	keys    *seal.Keys
	words   *seal.SignIn
	hub     *hub
	now     func() time.Time
	log     *slog.Logger
	demo    bool

	readings  *readings
	tending   sync.Mutex // held by whoever changes the ring
	searching turns
	desks     desks
	traces    traces
	packer    packer
	segments  atomic.Int64  // the highest number that one was given since the store was opened, or had before
	packs     atomic.Uint64 // counts up when a packing begins and when it ends: it is odd in between
	openings  openings
	paces     paces
	caps      Caps
	factors   factorTries
	factorFor Role // who must have one
	prober    prober
	backups
}

// Open opens the practice in dir, and brings its database to the newest version; one from before the file was encrypted is
// encrypted first. It answers ErrNoPractice if there is none, ErrGone if there was one, ErrInUse if it is open already, here
// or in another process, ErrWrongKey if what cfg names opens none of its slots, ErrForeign, ErrDamaged, ErrKeysGone or
// ErrOldRing for files that are not what they were, and what seal.OpenKeyFile answers; then it has changed nothing.
func Open(ctx context.Context, dir string, cfg Config) (_ *Store, err error) {
	cfg = cfg.withDefaults(dir)
	if err := somethingToOpen(dir); err != nil {
		return nil, err
	}
	if err := keptFromOthers(dir); err != nil {
		return nil, err
	}
	s := &Store{words: seal.NewSignIn(), hub: newHub(), now: cfg.Now, log: cfg.Log, demo: cfg.Demo, caps: cfg.Caps.withDefaults(), desks: newDesks()}
	s.paces.perMinute, s.readings = s.caps.PerMinute, newReadings(cfg.Readings)
	s.traces.open(cfg.Traces)
	s.extras, s.factorFor = cfg.Extras, cfg.SecondFactor
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	if s.unlock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	if err := keepDB(filepath.Join(dir, dbFile)); err != nil {
		return nil, err
	}
	if err := adoptPlain(ctx, dir, cfg); err != nil {
		return nil, err
	}
	if s.vault, err = openVault(ctx, dir, cfg); err != nil {
		return nil, err
	}
	if err := s.openFile(ctx); err != nil {
		return nil, s.explain(err)
	}
	if err := finishAdoption(dir); err != nil {
		return nil, err
	}
	if err := s.numberSegments(ctx); err != nil {
		return nil, s.explain(err)
	}
	if err := s.tendFirst(ctx); err != nil {
		return nil, s.explain(err)
	}
	s.packer.start(s)
	return s, nil
}

// somethingToOpen answers ErrNoPractice, or ErrGone where only the database is missing.
func somethingToOpen(dir string) error {
	_, err := os.Lstat(filepath.Join(dir, dbFile))
	if !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return fmt.Errorf("look for the practice: %w", err)
		}
		return nil
	}
	if slots, err := seal.OpenSlots(filepath.Join(dir, slotsFile)); err == nil && slots.Initialised() {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbFile), ErrGone)
	}
	return ErrNoPractice
}

// openFile opens the database with the keys of the vault.
func (s *Store) openFile(ctx context.Context) error {
	if err := s.settleRotation(); err != nil {
		return fmt.Errorf("settle a rotation that was interrupted: %w", err)
	}
	key, err := s.fileKey()
	if err != nil {
		return err
	}
	path := s.dbPath()
	if err := probeDB(path, key); err != nil {
		return err
	}
	if s.vfs, err = register(key, s.log); err != nil {
		return err
	}
	writer, err := openDB(s.vfs, path, writing)
	if err != nil {
		return err
	}
	s.writer = newPool(writer, 1)
	keys, instance, err := openKeys(ctx, writer, s.master)
	if err != nil {
		return err
	}
	if s.keys = keys; instance != s.slots.Instance() {
		return fmt.Errorf("%s: %w", path, ErrForeign)
	}
	if err := s.checkRing(ctx, writer); err != nil {
		return err
	}
	if err := migrate(ctx, writer, migration{keys: keys, ring: s.ring, log: s.log}); err != nil {
		return err
	}
	if err := s.slots.MarkInitialised(s.master); err != nil {
		return err
	}
	reader, err := openDB(s.vfs, path, reading)
	if err != nil {
		return err
	}
	s.reader = newPool(reader, maxReaders)
	s.auditOpened(ctx)
	return nil
}

// explain gives an error of the database's file the kind of the fault behind it.
func (s *Store) explain(err error) error {
	if s.vfs == nil {
		return err
	}
	if err = s.vfs.Explain(err); errors.Is(err, cryptvfs.ErrDamaged) && !errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
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
	if s.reader != nil && s.writer != nil { // it was open, and was no copy
		s.auditClosed()
	}
	err := s.closeFile()
	s.readings.close()
	s.traces.close()
	if s.vault != nil {
		s.wipe()
	}
	if s.unlock != nil {
		err = errors.Join(err, s.unlock())
	}
	return err
}

// closeFile is the end of openFile.
func (s *Store) closeFile() error {
	s.prober.close() // its tries need the file
	s.packer.close()
	var err error
	for _, p := range []*pool{s.reader, s.writer} {
		if p != nil {
			err = errors.Join(err, p.close())
		}
	}
	if s.vfs != nil {
		err = errors.Join(err, s.vfs.Close())
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
