package store

import (
	"context"
	"errors"
	"fmt"

	"alcove/store/cryptvfs"
)

// A rotation gives the practice a new file key and a new epoch. Its steps, and what a kill after each leaves:
//
//	begin   the next file key stands in the slots; the database is as it was
//	copy    the database is written anew under the next key beside the old one, checked, and takes its place
//	end     the next key is the current one
//	epoch   the ring turns, and every data key is wrapped by the new epoch
//
// settleRotation, at each start, gives up what was cut off before the copy took its place and finishes what was cut off after.

// rekeyedFile is where cryptvfs.Rekey writes. Without the key it was written under it is of no use.
const rekeyedFile = "." + dbFile + ".rekey"

// RotateStep is what a rotation is about to do.
type RotateStep string

// The steps of a rotation in their order.
const (
	RotateBegin RotateStep = "begin"
	RotateCopy  RotateStep = "copy"
	RotateEnd   RotateStep = "end"
	RotateEpoch RotateStep = "epoch"
)

// Rotate writes the practice in dir anew under new keys. It needs the practice to itself and room for a second database; say
// hears of each step before it begins. What Open answers; ErrInUse while a server runs. After any error the practice opens
// with the old file key or with the new one, and Rotate may be called again.
func Rotate(ctx context.Context, dir string, cfg Config, say func(RotateStep)) (err error) {
	s, err := Open(ctx, dir, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	s.auditClosed() // openFile records an opening
	if err := s.closeFile(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	s.reader, s.writer, s.vfs = nil, nil, nil // nobody else has this store
	if err := s.rekey(ctx, say); err != nil {
		return fmt.Errorf("write the database anew: %w", errors.Join(err, s.settleRotation()))
	}
	if err := s.openFile(ctx); err != nil {
		return s.explain(err)
	}
	s.auditAlone(ctx, func(t *tx) error { return t.audit(ctx, act{kind: AuditKeysRotated}) })
	say(RotateEpoch)
	return s.turnEpoch(ctx)
}

// rekey writes the database, which nobody has open, anew under a new file key.
func (v *vault) rekey(ctx context.Context, say func(RotateStep)) error {
	from, err := v.fileKey()
	if err != nil {
		return err
	}
	say(RotateBegin)
	next, err := v.slots.BeginRotation(v.master)
	if err != nil {
		return err
	}
	defer next.Wipe()
	say(RotateCopy)
	if err := cryptvfs.Rekey(ctx, v.dbPath(), from, cryptvfs.Key(next.Bytes())); err != nil {
		return err
	}
	say(RotateEnd)
	return v.slots.EndRotation(v.master)
}
