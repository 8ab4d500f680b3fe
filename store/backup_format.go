package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// A backup is one file, version 1. Numbers are big-endian:
//
//	bytes  what
//	d      the database, by store/cryptvfs under a key of this backup alone
//	s      the slot file as it was, so that what opened the practice opens the backup
//	m      the manifest, sealed by store/seal under a sub-key of the master; it holds the key of the database
//	8      d
//	4      s
//	4      m
//	1      version, 1
//	14     "alcove-backup\n"
//
// A changed byte is found wherever it is: pages are authenticated one by one, the slot file and the manifest as a whole, the
// three lengths must add up to the length of the file, and the manifest tells d and the SHA-256 of the slot file again.
//
// The key ring is not in it. Without a ring that is as new as the backup no text opens; with an old ring what was erased
// would. So one copy of the current ring lies beside the backups, and every change of the ring overwrites it.

const (
	backupMagic   = "alcove-backup\n"
	backupVersion = 1
	trailerSize   = 8 + 4 + 4 + 1 + len(backupMagic)
	maxSlotsInIt  = 1 << 20 // more than any slot file has
)

// manifest is what a backup says of itself, as JSON. Fields are added, never renamed.
type manifest struct {
	Instance   []byte            `json:"instance"`
	Counter    int64             `json:"counter"`
	Created    time.Time         `json:"created"`
	Schema     int               `json:"schema"`
	Bytes      int64             `json:"bytes"` // of the database
	Pages      int64             `json:"pages"`
	Rows       map[string]int64  `json:"rows"` // of each table
	Audit      AuditHead         `json:"audit"`
	Generation uint64            `json:"generation"` // of the key ring: no older one opens all
	Epoch      uint32            `json:"epoch"`
	Slots      []byte            `json:"slots"` // SHA-256
	Key        []byte            `json:"key"`   // of the database
	Extras     map[string][]byte `json:"extras,omitempty"`
}

// backupFile is a backup that is open for reading. Its parts are as its trailer says; whether they are authentic is known
// when unseal has answered.
type backupFile struct {
	file     *os.File
	database int64 // bytes
	slots    *seal.Slots
	content  []byte // of the slot file
	sealed   []byte // the manifest
}

// openBackup reads what can be read without a key: ErrNotBackup, seal.ErrFileNewer, ErrDamaged. The caller closes it.
func openBackup(path string) (_ *backupFile, err error) {
	if _, err := plain(path); err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	b := &backupFile{file: f}
	if err = b.read(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return b, nil
}

func (b *backupFile) close() { _ = b.file.Close() } // only read

func (b *backupFile) read() error {
	info, err := b.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size < int64(trailerSize) {
		return ErrNotBackup
	}
	tail := make([]byte, trailerSize)
	if _, err := b.file.ReadAt(tail, size-int64(trailerSize)); err != nil {
		return fmt.Errorf("read the end of the backup: %w", err)
	}
	if string(tail[17:]) != backupMagic {
		return fmt.Errorf("%w, or cut off at its end", ErrNotBackup)
	}
	if tail[16] > backupVersion {
		return fmt.Errorf("a backup %w", seal.ErrFileNewer)
	}
	b.database = int64(binary.BigEndian.Uint64(tail))
	slots, sealed := int64(binary.BigEndian.Uint32(tail[8:])), int64(binary.BigEndian.Uint32(tail[12:]))
	if tail[16] != backupVersion || slots > maxSlotsInIt || sealed > seal.MaxSealedManifest ||
		b.database < 0 || b.database != size-int64(trailerSize)-sealed-slots {
		return fmt.Errorf("its end is %w", ErrDamaged)
	}
	rest := make([]byte, slots+sealed)
	if _, err := b.file.ReadAt(rest, b.database); err != nil {
		return fmt.Errorf("read the keys of the backup: %w", err)
	}
	b.content, b.sealed = rest[:slots], rest[slots:]
	if b.slots, err = seal.OpenSlotsBytes(b.content); err != nil {
		return vaultError(err)
	}
	return nil
}

// unseal opens the manifest. ErrDamaged if it is not what this master key sealed, or does not fit what it lies in.
func (b *backupFile) unseal(master *seal.Master) (*manifest, error) {
	instance := b.slots.Instance()
	opened, err := master.OpenManifest(instance, b.sealed)
	if err != nil {
		return nil, fmt.Errorf("the backup's manifest: %w: %w", ErrDamaged, err)
	}
	defer clear(opened)
	m := &manifest{}
	if err := json.Unmarshal(opened, m); err != nil {
		return nil, fmt.Errorf("the backup's manifest: %w: it cannot be read", ErrDamaged)
	}
	sum := sha256.Sum256(b.content)
	if m.Bytes != b.database || !bytes.Equal(m.Slots, sum[:]) || !bytes.Equal(m.Instance, instance[:]) {
		return nil, fmt.Errorf("the backup's manifest does not fit the backup: %w", ErrDamaged)
	}
	return m, nil
}

// extract copies the database out of the backup, into a new file that its owner alone can read.
func (b *backupFile) extract(ctx context.Context, path string, tell func(done int64)) (err error) {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("copy the database out of the backup: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	const step = 4 << 20
	for at := int64(0); at < b.database; at += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := io.NewSectionReader(b.file, at, min(step, b.database-at))
		if _, err := io.Copy(to, part); err != nil {
			return fmt.Errorf("copy the database out of the backup: %w", err)
		}
		tell(min(at+step, b.database))
	}
	return nil
}

// key is the key of the backup's database.
func (m *manifest) key() (cryptvfs.Key, error) {
	key, err := seal.FileKeyFrom(m.Key)
	if err != nil {
		return cryptvfs.Key{}, fmt.Errorf("the backup's manifest: %w: %w", ErrDamaged, err)
	}
	defer key.Wipe()
	return cryptvfs.Key(key.Bytes()), nil
}

// closeBackup makes a backup of a database: what must follow it is added to its file, and synced.
func closeBackup(path string, m *manifest, slots []byte, master *seal.Master) error {
	sum := sha256.Sum256(slots)
	m.Slots = sum[:]
	open, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	defer clear(open)
	sealed, err := master.SealManifest(seal.Instance(m.Instance), open)
	if err != nil {
		return fmt.Errorf("seal the manifest: %w", err)
	}
	rest := append(bytes.Clone(slots), sealed...)
	rest = binary.BigEndian.AppendUint64(rest, uint64(m.Bytes))
	rest = binary.BigEndian.AppendUint32(rest, uint32(len(slots)))
	rest = binary.BigEndian.AppendUint32(rest, uint32(len(sealed)))
	rest = append(append(rest, backupVersion), backupMagic...)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("close the backup: %w", err)
	}
	_, err = f.Write(rest)
	return errors.Join(err, f.Sync(), f.Close())
}

// appear gives a finished file its name, which must be free: a link, unlike a rename, never replaces a file that came in
// between. The folder must be on a file system with hard links.
func appear(unfinished, path string) error {
	if err := os.Link(unfinished, path); err != nil {
		return fmt.Errorf("name the finished file: %w", err)
	}
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take away the unfinished name: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}
