package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"alcove/sshserver"
	"alcove/store"
)

// The data folder: the store's files, the host key, the control socket, and themes/ for the practice's own themes. It is
// 0700, and a folder with somebody else's files in it is never taken over.

const (
	databaseName  = "alcove.db" // this and the next two as package store names them
	masterKeyName = "alcove.key"
	lockName      = "alcove.lock"
	hostKeyName   = "host_key"
	themesName    = "themes"
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
	foreign, keyOnly := "", false
	for _, n := range names {
		switch n.Name() {
		case databaseName:
			return false, nil
		case masterKeyName:
			keyOnly = true
		case lockName, hostKeyName, themesName, "lost+found": // may be there before the first start
		default:
			foreign = n.Name()
		}
	}
	switch {
	case keyOnly:
		return false, fmt.Errorf("%s holds a master key but no database; put the database back, or choose another folder with --data", dir)
	case foreign != "":
		return false, fmt.Errorf("%s holds other things (%s) but no practice; choose an empty folder with --data", dir, foreign)
	}
	return true, nil
}

// initPractice makes a practice in a fresh folder: folder, master key, database and host key.
func (a *app) initPractice(ctx context.Context, dir string) (ssh.Signer, error) {
	fresh, err := isFresh(dir)
	if err != nil {
		return nil, err
	}
	if !fresh {
		return nil, fmt.Errorf("%s: %w", dir, store.ErrExists)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs the x to be entered
		return nil, fmt.Errorf("close the data folder to others: %w", err)
	}
	if err := store.Init(ctx, dir, a.storeConfig()); err != nil {
		return nil, fmt.Errorf("make the practice: %w", err)
	}
	return hostKey(dir)
}

func hostKey(dir string) (ssh.Signer, error) {
	key, err := sshserver.LoadOrCreateHostKey(filepath.Join(dir, hostKeyName))
	if err != nil {
		return nil, fmt.Errorf("host key: %w", err)
	}
	return key, nil
}

// keyFile is where the master key is kept.
func (a *app) keyFile(dir string) string { return cmp.Or(a.KeyFile, filepath.Join(dir, masterKeyName)) }
