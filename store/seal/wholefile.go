// The slot file and the key ring are small, precious, and changed whole. A change of PATH is:
//
//	sweep      what a killed change left behind is destroyed
//	write      PATH.new, mode 0600, written and synced
//	keep       the old file gets a second name, PATH.old
//	rename     PATH.new to PATH
//	sync       the folder: from here on the change is certain
//	overwrite  PATH.old with random bytes, synced, and unlinked
//
// A kill at any moment leaves the whole old file or the whole new one at PATH. The first writing of a file links instead of
// renaming, so that it never takes the place of another. One process at a time may do this: the one that holds the lock of
// the data folder. Should another one have written all the same, the change is refused.
//
// Overwriting is worth what the disk makes of it. An SSD writes elsewhere and keeps the old cells for a while; a
// copy-on-write file system (btrfs, ZFS, APFS), its snapshots, and a journal with data keep the old blocks; a backup of the
// folder keeps everything. Against a thief of such a disk only the disk's own encryption helps.

package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrFileChanged is the answer to a change of a file that somebody else changed, or removed, since it was read.
var ErrFileChanged = errors.New("changed by another process since it was read")

const (
	newSuffix = ".new"
	oldSuffix = ".old"
)

// wholeFile is a file that is read and replaced as one piece.
type wholeFile struct {
	path string
	// known is the sum of what was last read or written, tried that of a change whose end is not known. Before the first
	// writing both are zero, and there must be no file.
	known, tried [sha256.Size]byte
	step         func(name string, do func() error) error // for tests: fail a step, or end the process at it
}

// read answers the content of a regular file of at most limit bytes.
func (w *wholeFile) read(limit int64) ([]byte, error) {
	info, err := os.Lstat(w.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, ErrWrongFile
	}
	content, err := os.ReadFile(w.path)
	if err != nil {
		return nil, err
	}
	w.known = sha256.Sum256(content)
	return content, nil
}

// write puts content at the path. After an error the file holds the old or the new, and write may be called again.
func (w *wholeFile) write(content []byte) error {
	change := w.replace
	if w.known == [sha256.Size]byte{} && w.absent() {
		change = w.create
	}
	if err := change(content); err != nil {
		return fmt.Errorf("writing %s: %w", w.path, err)
	}
	return nil
}

func (w *wholeFile) create(content []byte) error {
	for _, path := range []string{w.path, w.path + oldSuffix} { // .old alone: somebody may want it back
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s is in the way: %w", path, fs.ErrExist)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := w.run("sweep", func() error { return destroy(w.path+newSuffix, w.path) }); err != nil {
		return err
	}
	if err := w.writeNew(content); err != nil {
		return errors.Join(err, destroy(w.path+newSuffix, w.path))
	}
	w.tried = sha256.Sum256(content)
	if err := w.run("link", func() error { return os.Link(w.path+newSuffix, w.path) }); err != nil {
		return errors.Join(err, destroy(w.path+newSuffix, w.path))
	}
	if err := w.run("unlink", func() error { return os.Remove(w.path + newSuffix) }); err != nil {
		return err
	}
	if err := w.run("sync", w.syncFolder); err != nil {
		return err
	}
	w.known = w.tried
	return nil
}

func (w *wholeFile) replace(content []byte) error {
	if err := w.unchanged(); err != nil {
		return err
	}
	if err := w.run("sweep", w.sweep); err != nil {
		return err
	}
	if err := w.writeNew(content); err != nil {
		return errors.Join(err, w.sweep())
	}
	w.tried = sha256.Sum256(content)
	if err := w.run("keep", func() error { return os.Link(w.path, w.path+oldSuffix) }); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.run("rename", func() error { return os.Rename(w.path+newSuffix, w.path) }); err != nil {
		return errors.Join(err, w.sweep())
	}
	if err := w.run("sync", w.syncFolder); err != nil {
		return err // the old file may yet come back under its name: it is not to be overwritten
	}
	w.known = w.tried
	return w.run("overwrite", func() error { return destroy(w.path+oldSuffix, w.path) })
}

// absent says whether a first writing is to be done, or done again: one that failed late may have made the file.
func (w *wholeFile) absent() bool {
	_, err := os.Lstat(w.path)
	return w.tried == [sha256.Size]byte{} || errors.Is(err, fs.ErrNotExist)
}

// unchanged says whether the file is still the one that was read, or what a change of ours made of it.
func (w *wholeFile) unchanged() error {
	content, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrFileChanged
	}
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(content); sum != w.known && sum != w.tried {
		return ErrFileChanged
	}
	return nil
}

// finish destroys what a change that was killed left behind, without another change.
func (w *wholeFile) finish() error {
	if err := w.unchanged(); err != nil {
		return fmt.Errorf("sweeping beside %s: %w", w.path, err)
	}
	return w.run("sweep", w.sweep)
}

// sweep destroys what a change that was killed left behind. The rename of that change is made certain first.
func (w *wholeFile) sweep() error {
	for _, path := range []string{w.path + newSuffix, w.path + oldSuffix} {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := w.syncFolder(); err != nil {
			return err
		}
		if err := destroy(path, w.path); err != nil {
			return err
		}
	}
	return nil
}

func (w *wholeFile) writeNew(content []byte) error {
	var f *os.File
	err := w.run("open", func() (err error) {
		f, err = os.OpenFile(w.path+newSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	if f == nil {
		return err
	}
	for _, part := range [...][]byte{content[:len(content)/2], content[len(content)/2:]} {
		if err == nil {
			err = w.run("write", func() error { _, err := f.Write(part); return err })
		}
	}
	if err == nil {
		err = w.run("flush", f.Sync)
	}
	return errors.Join(err, f.Close())
}

func (w *wholeFile) syncFolder() error { return syncFolder(filepath.Dir(w.path)) }

func (w *wholeFile) run(name string, do func() error) error {
	if w.step == nil {
		return do()
	}
	return w.step(name, do)
}

// destroy overwrites a file and unlinks it, if there is one. If it is only a second name of live, nothing but the name goes.
func destroy(path, live string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	inUse, err := os.Lstat(live)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info.Mode().IsRegular() && (inUse == nil || !os.SameFile(info, inUse)) {
		if err := overwrite(path, info.Size()); err != nil {
			return err
		}
	}
	return os.Remove(path)
}

func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, size)
	return errors.Join(err, f.Sync(), f.Close())
}
