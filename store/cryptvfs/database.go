package cryptvfs

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/libc"
)

const saltSize = 16

// What a key that HKDF derives is for.
const (
	mainUse = "main"
	walUse  = "wal"
)

// magic begins every plain SQLite file; the salt stands in its place.
const magic = "SQLite format 3\x00"

// database is what all connections of this process to one file share. There
// is no other process: "unix-excl" keeps it out.
type database struct {
	file   os.FileInfo // tells it apart by what it is, not by name
	path   string
	key    Key
	salt   [saltSize]byte
	fresh  bool               // opened with 0 bytes, to be filled by VACUUM INTO
	grown  func(pages uint32) // hears how far that is; may be nil
	pages  *sealer            // for the main file
	frames *sealer            // for the WAL
	refs   int                // guarded by databases.mu

	// proved is set when anything of this file opened under the key. Before
	// that a page that does not open may well be a wrong key.
	proved atomic.Bool

	// filled is the number of pages at the start of the main file that are
	// sealed on disk. What lies behind them is not the database: remains of a
	// checkpoint that a crash ended, or nothing. See page.go.
	filled   atomic.Uint32
	extendMu sync.Mutex // held while filled changes

	// changes counts, before and after each, what is done to the main file:
	// for readAhead.
	changes atomic.Uint64

	wal walState
}

// databases are the open ones, of all VFSes: two of them on the same file
// must share their state.
var databases struct {
	mu   sync.Mutex
	open []*database // a handful
}

func isOpen(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	databases.mu.Lock()
	defer databases.mu.Unlock()
	return findDatabase(info) != nil
}

// findDatabase is the open database in this file, or nil. The caller holds
// databases.mu.
func findDatabase(info os.FileInfo) *database {
	for _, d := range databases.open {
		if os.SameFile(d.file, info) {
			return d
		}
	}
	return nil
}

// openDatabase finds or makes the shared state of the file that is open as
// low. With fresh the file must be empty and not open.
func openDatabase(t *libc.TLS, low *lower, path string, key Key, fresh bool) (*database, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	databases.mu.Lock()
	defer databases.mu.Unlock()
	if d := findDatabase(info); d != nil {
		if fresh {
			return nil, fmt.Errorf("%s: %w", path, ErrInUse)
		}
		if subtle.ConstantTimeCompare(d.key[:], key[:]) != 1 {
			return nil, fmt.Errorf("%s: %w", path, ErrKey)
		}
		d.refs++
		return d, nil
	}
	d := &database{file: info, path: path, key: key, fresh: fresh, refs: 1}
	if err := d.begin(t, low); err != nil {
		return nil, err
	}
	databases.open = append(databases.open, d)
	return d, nil
}

// begin reads the salt, or draws it for a fresh file, and derives the keys.
func (d *database) begin(t *libc.TLS, low *lower) error {
	size, err := low.size(t)
	if err != nil {
		return err
	}
	switch {
	case d.fresh && size != 0:
		return fmt.Errorf("%s: %w: not empty", d.path, ErrInUse)
	case d.fresh:
		d.salt = newSalt()
		return d.derive()
	}
	buf, err := newScratch(t, saltSize)
	if err != nil {
		return err
	}
	defer buf.free(t)
	if size >= saltSize {
		if err := low.read(t, buf.b, 0); err != nil {
			return err
		}
	}
	if err := plausible(buf.b, size); err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	d.salt = [saltSize]byte(buf.b)
	d.filled.Store(uint32(size / pageSize))
	return d.derive()
}

// newSalt draws the salt a file begins with. Of what random bytes may begin
// with, file(1) takes some for a key of OpenPGP's or a program of DOS: one file
// in twenty would catch the eye of whom it should not.
func newSalt() (salt [saltSize]byte) {
	const caughtBy = "\x8c\x94\x95\x96\x97\x98\x99\x9a\x9b\xb8\xc5\xc6\xeb"
	for {
		rand.Read(salt[:])
		if strings.IndexByte(caughtBy, salt[0]) < 0 {
			return salt
		}
	}
}

// plausible says why a file of this size that begins with start cannot be a
// database of ours.
func plausible(start []byte, size int64) error {
	switch {
	case size == 0:
		return ErrEmpty
	case size >= saltSize && string(start[:saltSize]) == magic:
		return ErrPlain
	case size < pageSize:
		return ErrShort
	}
	return nil
}

func (d *database) derive() (err error) {
	if d.pages, err = deriveSealer(d.key, d.salt, mainUse); err != nil {
		return err
	}
	d.frames, err = deriveSealer(d.key, d.salt, walUse)
	return err
}

func deriveSealer(key Key, salt [saltSize]byte, use string) (*sealer, error) {
	k, err := hkdf.Key(sha256.New, key[:], salt[:], use, len(key))
	if err != nil {
		return nil, err
	}
	return newSealer((*[32]byte)(k))
}

// change is called before the main file is written to, and what it returns
// after.
func (d *database) change() (done func()) {
	d.extendMu.Lock()
	d.changes.Add(1)
	return d.changed
}

func (d *database) changed() {
	d.changes.Add(1)
	d.extendMu.Unlock()
}

// release gives up one use of d.
func (d *database) release() {
	databases.mu.Lock()
	defer databases.mu.Unlock()
	if d.refs--; d.refs == 0 {
		databases.open = slices.DeleteFunc(databases.open, func(o *database) bool { return o == d })
	}
}

// damaged says that a record does not open. Page 1 and the WAL header are the
// first things read: until anything opened, a wrong key is the likelier cause.
func (d *database) damaged(area Area, number uint32) error {
	first := area == AreaPage && number == 1 || area == AreaWALHeader
	if first && !d.proved.Load() {
		return fmt.Errorf("%s: %w", d.path, ErrKey)
	}
	return &DamageError{Path: d.path, Area: area, Number: number}
}
