package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"

	"alcove/sshserver"
	"alcove/store"
	"alcove/store/seal"
)

// The data folder: the store's files, the host key, the control socket, and themes/ for the practice's own themes. It is
// 0700, and a folder with somebody else's files in it is never taken over.

const (
	databaseName   = "alcove.db" // this and the next five as package store names them
	unfinishedName = "alcove.db.new"
	masterKeyName  = "alcove.key"
	slotsName      = "alcove.slots"
	ringName       = "alcove.ring"
	lockName       = "alcove.lock"
	hostKeyName    = "host_key"
	themesName     = "themes"
)

// isFresh says whether a data folder is still to be filled: missing, or without a practice and without anything foreign.
func isFresh(dir string) (bool, error) {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look into the data folder: %w", err)
	}
	foreign, hasKey, cutOff := "", false, false
	for _, n := range names {
		switch n.Name() {
		case databaseName:
			return false, nil
		case masterKeyName:
			hasKey = true
		case unfinishedName, unfinishedName + "-wal", unfinishedName + "-shm", unfinishedName + "-journal":
			cutOff = true // a first start that was ended in the middle; the store makes it anew
		case slotsName, ringName: // whether their practice was ever finished is the store's to know
		case lockName, hostKeyName, themesName, "lost+found": // may be there before the first start
		default:
			foreign = n.Name()
		}
	}
	switch {
	case hasKey && !cutOff:
		return false, fmt.Errorf("%s holds a master key but no database; put the database back, or choose another folder with --data, "+
			"or remove %s if nothing was ever written with it", dir, masterKeyName)
	case foreign != "":
		return false, fmt.Errorf("%s holds other things (%s) but no practice; choose an empty folder with --data", dir, foreign)
	}
	return true, nil
}

// initPractice makes a practice in a fresh folder: folder, master key, database and host key. The recovery key is store.Init's.
func initPractice(ctx context.Context, dir string, cfg store.Config) (key ssh.Signer, recovery *seal.Recovery, err error) {
	fresh, err := isFresh(dir)
	if err != nil {
		return nil, nil, err
	}
	if !fresh {
		return nil, nil, fmt.Errorf("%s: %w", dir, store.ErrExists)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs the x to be entered
		return nil, nil, fmt.Errorf("close the data folder to others: %w", err)
	}
	key, err = hostKey(dir) // one that was put there beforehand; if it is none, nothing is to be made
	if err != nil && !errors.Is(err, errNoHostKey) {
		return nil, nil, err
	}
	if recovery, err = store.Init(ctx, dir, cfg); err != nil {
		return nil, nil, fmt.Errorf("make the practice: %w", cannotWrite(dir, err))
	}
	if key == nil {
		key, err = makeHostKey(dir)
	}
	return key, recovery, err
}

// errNoHostKey: members' machines know the server by its key, so a new one is made only for a new practice, or when asked.
var errNoHostKey = errors.New("the host key is missing")

// hostKey reads the host key under the conditions that hold for the master key too.
func hostKey(dir string) (ssh.Signer, error) {
	path := filepath.Join(dir, hostKeyName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, errNoHostKey)
	case err != nil:
		return nil, fmt.Errorf("host key: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("host key: %s is no file", path)
	case info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows":
		return nil, fmt.Errorf("host key: others can read %s, which has the mode %04o; run: chmod 600 %q", path, info.Mode().Perm(), path)
	}
	return makeHostKey(dir)
}

// makeHostKey reads the host key, or makes one where there is none.
func makeHostKey(dir string) (ssh.Signer, error) {
	key, err := sshserver.LoadOrCreateHostKey(filepath.Join(dir, hostKeyName))
	if err != nil {
		return nil, fmt.Errorf("host key: %w; its copy is in each backup, and 'alcove restore' into another folder writes it out", err)
	}
	return key, nil
}

// cannotWrite says so if a failure comes from a data folder that this user may not write to; the database's own words for
// it help nobody.
func cannotWrite(dir string, err error) error {
	probe, cannot := os.CreateTemp(dir, ".alcove-probe-")
	if cannot != nil {
		return fmt.Errorf("nothing can be written to %s, which must belong to the user who runs alcove: %w", dir, cannot)
	}
	_, _ = probe.Close(), os.Remove(probe.Name()) // it was writable
	return err
}
