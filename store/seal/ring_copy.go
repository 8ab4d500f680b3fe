// The key ring is in no backup of the data, for old copies of it would bring back what was erased. Instead one copy of the
// current ring lies beside the backups, and each change takes the place of the one before.

package seal

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io/fs"
)

// ErrNotOlder is the answer to a copy of the key ring that must not be replaced: it is newer than the ring, or of the same
// generation and another content, as happens when an old ring was put in place and went its own way.
var ErrNotOlder = errors.New("it is not older than the key ring; find out which of the two is the right one")

// SaveCopy writes the ring to another path, with the same care as the ring itself: the copy before stays until the new one is
// on disk, and is then overwritten. Call it after each change of the ring; to restore a copy, put it in the ring's place.
//
// It takes the place of an older copy of the same ring and of nothing else; one that is current stays, and what a kill left
// beside it is destroyed. ErrNotOlder; ErrWrongFile, ErrFileDamaged,
// ErrFileNewer, or ErrNotAuthentic if it is another practice's. The folder must be on a file system with hard links.
func (r *Ring) SaveCopy(path string) error {
	r.copying.Lock()
	defer r.copying.Unlock()
	r.mu.RLock()
	content, generation := r.seal(r.held), r.held.generation
	r.mu.RUnlock() // a slow disk beside the backups does not hold up who reads

	file := wholeFile{path: path, step: r.file.step}
	found, err := file.read(ringMax)
	if err == nil && bytes.Equal(found, content) {
		return file.finish()
	}
	if err == nil {
		err = r.older(found, generation)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the copy of the key ring %s stays as it is; move it away to have another made: %w", path, err)
	}
	return file.write(content)
}

// IsCopy says whether the file at a path is the ring as it is now.
func (r *Ring) IsCopy(path string) bool {
	r.mu.RLock()
	content := r.seal(r.held)
	r.mu.RUnlock()
	file := wholeFile{path: path}
	found, err := file.read(ringMax)
	return err == nil && bytes.Equal(found, content)
}

// older says why a copy must stay, if it must.
func (r *Ring) older(found []byte, generation uint64) error {
	before := &Ring{instance: r.instance, macKey: r.macKey, wrapper: r.wrapper, ciphers: map[uint32]cipher.AEAD{}}
	if err := before.parse(found); err != nil {
		return err
	}
	if before.held.generation >= generation {
		return ErrNotOlder
	}
	return nil
}
