package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"alcove/store/seal"
)

// Who can write to the data folder can put other files in the place of ours, and who can plant a link there lets us write
// elsewhere. So the folder must be closed to others, and our files in it are plain files that their owner alone can read.

var (
	errExposed = errors.New("data folder that others can write to")
	errNoFile  = errors.New("not a plain file")
)

// keptFromOthers refuses a data folder that group or others can write to, with what to do about it.
func keptFromOthers(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 && runtime.GOOS != "windows" {
		quoted := "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
		return fmt.Errorf("%s has the mode %04o; run: chmod 700 %s: %w", dir, mode, quoted, errExposed)
	}
	return nil
}

// plain answers what lies at a path, and errNoFile for a link or anything else that is no file. A missing one is
// fs.ErrNotExist.
func plain(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", path, errNoFile)
	}
	return info, err
}

// keep closes a file to others, if it is there.
func keep(path string) error {
	info, err := plain(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return fmt.Errorf("close a file to others: %w", err)
	}
	return nil
}

// keepDB is keep for a database and what SQLite has put beside it.
func keepDB(path string) error {
	for _, file := range withCompanions(path) {
		if err := keep(file); err != nil {
			return err
		}
	}
	return nil
}

// withCompanions are the files of a database, itself first.
func withCompanions(path string) []string {
	return []string{path, path + "-wal", path + "-shm", path + "-journal"}
}

// touch makes an empty file that its owner alone can read, or closes the one that is there to others. SQLite gives its
// companions the same mode.
func touch(path string) error {
	if err := keep(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make a file: %w", err)
	}
	return f.Close()
}

// openKeyFile is seal.OpenKeyFile for a plain file.
func openKeyFile(path string) (*seal.Master, error) {
	if _, err := plain(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look at the key file: %w", err)
	}
	master, err := seal.OpenKeyFile(path)
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	return master, nil
}
