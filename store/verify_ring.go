package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"alcove/store/seal"
)

// besideBackup is where the key ring of a backup lies, unless another place was named.
func besideBackup(file, named string) string {
	if named != "" {
		return named
	}
	return filepath.Join(filepath.Dir(file), ringFile)
}

// ringFor opens the newest of the key rings at the paths for a backup; a missing one is passed over. It answers ErrKeysGone
// if there is none, and ErrOldRing if the newest is older than the backup, for then it lacks keys of it.
func ringFor(m *manifest, master *seal.Master, paths ...string) (newest *seal.Ring, err error) {
	for _, path := range paths {
		ring, err := seal.OpenRing(path, master, seal.Instance(m.Instance))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, vaultError(err)
		}
		if newest == nil || ring.Generation() > newest.Generation() {
			newest = ring
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%w: looked for it at %v; it is in no backup, its copy lies beside them", ErrKeysGone, paths)
	}
	if newest.Generation() < m.Generation {
		return nil, fmt.Errorf("%w: it is of generation %d, the backup was made with %d", ErrOldRing, newest.Generation(), m.Generation)
	}
	return newest, nil
}
