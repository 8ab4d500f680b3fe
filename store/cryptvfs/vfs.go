package cryptvfs

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"

	"modernc.org/libc"
)

const (
	// belowName is the VFS that keeps the WAL index in memory. Every other
	// one writes a -shm file, with page numbers and a checksum of plaintext.
	belowName = "unix-excl"

	// fillParameter opens an existing empty file as the target of a VACUUM
	// INTO: cryptvfs=fill. Nothing else ever starts a database in an empty
	// file, so a file that somebody cut to 0 bytes is not taken for a new one.
	fillParameter = "cryptvfs"
	fillValue     = "fill"

	adSize = 4 + 8 + generationIDSize

	openKinds = 0x0FFF00 // the bits of xOpen's flags that say what is opened
)

// Options of [Register]. The zero value is good.
type Options struct {
	// OnFault hears of every error this package makes itself: damage, a wrong
	// key, an unknown request, a refusal, a panic. It gets page numbers, never
	// content. It is called on SQLite's stack, with the connection locked: it
	// must not use the database, and should return soon.
	OnFault func(error)
}

// VFS is a registered VFS with its key.
type VFS struct {
	name    string
	key     Key
	opts    Options
	lower   lowerVFS
	temp    *sealer // for files that die with the process
	last    atomic.Pointer[fault]
	handles atomic.Int32       // open files
	grown   func(pages uint32) // of a database that is being filled; see CopyProgress

	mu  sync.Mutex
	reg *registration // nil once closed; guarded by mu
}

// Register makes a VFS for databases under key known to SQLite, for
// connection strings of the form file:PATH?vfs=NAME; see [VFS.DSN]. The name
// must not be taken. On a system without POSIX locks, which is Windows, the
// error is [errors.ErrUnsupported].
func Register(name string, key Key, opts Options) (*VFS, error) {
	return register(name, key, opts, belowName)
}

// supported is nil where [Register] can do its work.
func supported() error {
	t := libc.NewTLS()
	defer t.Close()
	_, err := findVFS(t, belowName)
	return err
}

// registerMu makes the look at a name and its registration one step.
var registerMu sync.Mutex

func register(name string, key Key, opts Options, below string) (*VFS, error) {
	if name == "" {
		return nil, errors.New("cryptvfs: a VFS needs a name")
	}
	t := libc.NewTLS()
	defer t.Close()
	registerMu.Lock()
	defer registerMu.Unlock()
	if _, err := findVFS(t, name); err == nil {
		return nil, fmt.Errorf("VFS %q: %w", name, ErrInUse)
	}
	lowerVFS, err := findVFS(t, below)
	if err != nil {
		return nil, err
	}
	tempKey := NewKey()
	temp, err := newSealer((*[32]byte)(&tempKey))
	if err != nil {
		return nil, err
	}
	v := &VFS{name: name, key: key, opts: opts, lower: lowerVFS, temp: temp}
	v.reg, err = registerLayer(t, name, v, lowerVFS)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Name is the name v is registered under.
func (v *VFS) Name() string { return v.name }

// DSN is the connection string for the database at path. Each parameter is
// one of the driver's, such as "_pragma=synchronous(FULL)".
func (v *VFS) DSN(path string, parameters ...string) string {
	query := "vfs=" + url.QueryEscape(v.name)
	for _, p := range parameters {
		query += "&" + p
	}
	return fileURI(path, query)
}

// fileURI is the name of a file as SQLite reads it, whatever is in the path.
func fileURI(path, query string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query}).String()
}

// Close unregisters v. Its databases must be closed first: while one is open,
// Close does nothing but return [ErrInUse]. It must not run at the same time
// as something that opens a database through v.
func (v *VFS) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.reg == nil {
		return nil
	}
	if n := v.handles.Load(); n != 0 {
		return fmt.Errorf("VFS %q, %d files open: %w", v.name, n, ErrInUse)
	}
	t := libc.NewTLS()
	defer t.Close()
	if err := v.reg.unregister(t); err != nil {
		return err
	}
	v.reg = nil
	clear(v.key[:])
	return nil
}
