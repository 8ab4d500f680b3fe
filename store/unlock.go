package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"alcove/store/cryptvfs"
	"alcove/store/seal"
)

// vault is what lies beside the database and opens it: the slot file, the key ring, and the master key that one of the
// slots gave. Losing the slot file or the ring is losing the practice.
type vault struct {
	dir    string
	slots  *seal.Slots
	master *seal.Master
	ring   *seal.Ring
	opened int // the number of the slot that gave the master key
}

func (v *vault) slotsPath() string { return filepath.Join(v.dir, slotsFile) }
func (v *vault) ringPath() string  { return filepath.Join(v.dir, ringFile) }
func (v *vault) dbPath() string    { return filepath.Join(v.dir, dbFile) }

// wipe clears the master key. The vault is of no use afterwards.
func (v *vault) wipe() {
	if v.master != nil {
		v.master.Wipe()
	}
}

// createVault draws the keys of a new practice: a slot for the secret that cfg names, and one for the recovery key if it is
// to have one.
func createVault(ctx context.Context, dir string, cfg Config) (v *vault, recovery *seal.Recovery, err error) {
	v = &vault{dir: dir}
	secret, wipe, err := cfg.secret()
	if err != nil {
		return nil, nil, err
	}
	defer wipe()
	instance := seal.NewInstance()
	if v.slots, v.master, err = seal.CreateSlots(v.slotsPath(), instance); err != nil {
		return nil, nil, err
	}
	secrets := []*seal.Secret{secret}
	if !cfg.NoRecovery {
		recovery = seal.NewRecovery()
		words := recovery.Secret()
		defer words.Wipe()
		secrets = append(secrets, words)
	}
	for _, s := range secrets {
		if _, err := v.slots.Add(ctx, v.master, s, cfg.Now()); err != nil {
			return v, nil, fmt.Errorf("make a key slot: %w", err)
		}
	}
	v.ring, err = seal.CreateRing(v.ringPath(), v.master, instance, cfg.Now())
	return v, recovery, err
}

// openVault opens the slots with the secret that cfg names, finishes what a kill interrupted in them, and opens the ring.
func openVault(ctx context.Context, dir string, cfg Config) (v *vault, err error) {
	for _, name := range []string{slotsFile, ringFile} {
		if err := keep(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if v, err = readVault(ctx, dir, cfg); err != nil {
		return nil, err
	}
	if err := v.slots.Finish(); err != nil {
		v.wipe()
		return nil, vaultError(err)
	}
	return v, nil
}

// readVault opens the slots and the ring, and changes nothing.
func readVault(ctx context.Context, dir string, cfg Config) (v *vault, err error) {
	v = &vault{dir: dir}
	if v.slots, err = seal.OpenSlots(v.slotsPath()); err != nil {
		return nil, vaultError(err)
	}
	secret, wipe, err := cfg.secret()
	if err != nil {
		return nil, err
	}
	defer wipe()
	if v.master, v.opened, err = v.slots.Unlock(ctx, secret); err != nil {
		if errors.Is(err, seal.ErrNoSlot) {
			err = fmt.Errorf("%w: %w", ErrWrongKey, err)
		}
		return nil, err
	}
	if v.ring, err = seal.OpenRing(v.ringPath(), v.master, v.slots.Instance()); err != nil {
		v.wipe()
		return nil, vaultError(err)
	}
	return v, nil
}

// vaultError gives what seal says of the slot file and the ring a kind of the store's.
func vaultError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrKeysGone, err)
	case errors.Is(err, seal.ErrWrongFile), errors.Is(err, seal.ErrFileDamaged), errors.Is(err, seal.ErrNotAuthentic):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// secret is what opens a slot: the one that the caller holds, else that of the key file. Call wipe when it was used.
func (c Config) secret() (secret *seal.Secret, wipe func(), err error) {
	if c.Secret != nil {
		return c.Secret, func() {}, nil
	}
	if _, err := plain(c.KeyFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("look at the key file: %w", err)
	}
	if secret, err = seal.KeyFileSecret(c.KeyFile); err != nil {
		return nil, nil, fmt.Errorf("open the key file: %w", err)
	}
	return secret, secret.Wipe, nil
}

// settleRotation ends a rotation of the file key that was interrupted: the database opens under the old key or under the
// next, and that one counts. If neither opens it, both stay.
func (v *vault) settleRotation() error {
	if !v.slots.Rotating() {
		return nil
	}
	removeDB(filepath.Join(v.dir, rekeyedFile))
	next, err := v.slots.NextFileKey(v.master)
	if err != nil {
		return err
	}
	defer next.Wipe()
	if cryptvfs.Probe(v.dbPath(), cryptvfs.Key(next.Bytes())) == nil {
		return v.slots.EndRotation(v.master)
	}
	current, err := v.fileKey()
	if err != nil {
		return err
	}
	if err := probeDB(v.dbPath(), current); err != nil {
		return err
	}
	return v.slots.AbortRotation(v.master)
}

// fileKey is the key of the database file.
func (v *vault) fileKey() (cryptvfs.Key, error) {
	key, err := v.slots.FileKey(v.master)
	if err != nil {
		return cryptvfs.Key{}, fmt.Errorf("open the file key: %w", err)
	}
	defer key.Wipe()
	return cryptvfs.Key(key.Bytes()), nil
}

// startVault clears away a vault whose practice was never finished. ErrGone if its practice was: then the database is
// what is missing, and a backup of it would need these keys. A ring alone may be what a backup needs, too: ErrKeysGone.
func startVault(dir string) error {
	v := &vault{dir: dir}
	slots, err := seal.OpenSlots(v.slotsPath())
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(v.ringPath()); err == nil {
			return fmt.Errorf("%s is there without its slot file: %w", v.ringPath(), ErrKeysGone)
		}
		return nil
	}
	if err != nil {
		return vaultError(err)
	}
	if slots.Initialised() {
		return ErrGone
	}
	for _, path := range []string{v.ringPath(), v.slotsPath()} { // in this order, see above
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clear away an unfinished practice: %w", err)
		}
	}
	return nil
}

// adoptVault gives a practice from before there were slots its slots and its ring, around the master key it has.
func adoptVault(ctx context.Context, dir string, cfg Config, instance seal.Instance, now time.Time) (v *vault, err error) {
	v = &vault{dir: dir}
	if v.slots, v.master, err = seal.AdoptSlots(v.slotsPath(), instance, cfg.KeyFile, now); errors.Is(err, fs.ErrExist) {
		if v.slots, err = seal.OpenSlots(v.slotsPath()); err != nil { // of an attempt that was cut off
			return nil, vaultError(err)
		}
		secret, wipe, err := cfg.secret()
		if err != nil {
			return nil, err
		}
		defer wipe()
		if v.master, _, err = v.slots.Unlock(ctx, secret); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if v.slots.Instance() != instance {
		v.wipe()
		return nil, fmt.Errorf("%s is another practice's: %w", v.slotsPath(), ErrWrongKey)
	}
	if v.ring, err = seal.CreateRing(v.ringPath(), v.master, instance, now); errors.Is(err, fs.ErrExist) {
		v.ring, err = seal.OpenRing(v.ringPath(), v.master, instance)
	}
	if err != nil {
		v.wipe()
		return nil, vaultError(err)
	}
	return v, nil
}
