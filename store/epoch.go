package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"alcove/store/seal"
)

// Data keys are wrapped by the current epoch of the key ring, so that they can be destroyed in copies of the database that
// nobody can reach: a backup. Each month, and at an erasure, a new epoch begins and all data keys that there are go over to it.
// When the horizon has passed since, the old epoch is destroyed, and before it the ring takes along (carries) the keys that
// it wrapped in backups. So an old backup opens, but for what was erased.
//
// The ring's file is written first and the database follows; a kill between leaves what the next tending makes up for.

const (
	epochAge = 30 * 24 * time.Hour // after which a new epoch begins
	horizon  = 30 * 24 * time.Hour // after which an epoch that has ended is destroyed

	keyBatch = 256 // data keys that are wrapped anew in one transaction
)

// keyRow is a data key as the database has it.
type keyRow struct {
	owner   seal.Owner
	epoch   uint32
	wrapped []byte
}

func (w *keyRow) scan(rows *sql.Rows) error {
	return rows.Scan(&w.owner.Kind, &w.owner.A, &w.owner.B, &w.epoch, &w.wrapped)
}

// Tend does what is due: it ends erasures that were cut off, begins a new epoch, takes the data keys over to it and destroys old
// epochs. The server calls it each hour; it is cheap when nothing is due, and may be called again after an error.
func (s *Store) Tend(ctx context.Context) error {
	s.tending.Lock()
	defer s.tending.Unlock()
	s.refreshRingCopies(ctx)
	s.packer.wake()
	if err := s.settleErasures(ctx); err != nil {
		return err
	}
	if s.now().Sub(s.ring.Current().Created) >= epochAge {
		if err := s.rollEpoch(ctx); err != nil {
			return err
		}
	}
	lost, err := s.rewrapKeys(ctx)
	if err != nil {
		return err
	}
	return s.destroyEpochs(ctx, lost)
}

// tendFirst is the first Tend. That it fails keeps nobody from the practice, unless there is something in it that was erased.
func (s *Store) tendFirst(ctx context.Context) error {
	if err := s.eraseAgain(ctx); err != nil {
		return err
	}
	if err := errors.Join(s.keepGeneration(ctx), s.Tend(ctx)); err != nil {
		s.log.Warn("the key ring could not be tended; it is tried again", "error", err)
	}
	return nil
}

// turnEpoch begins a new epoch at once.
func (s *Store) turnEpoch(ctx context.Context) error {
	s.tending.Lock()
	defer s.tending.Unlock()
	if err := s.rollEpoch(ctx); err != nil {
		return err
	}
	_, err := s.rewrapKeys(ctx)
	return err
}

// rollEpoch begins a new epoch. The caller holds tending.
func (s *Store) rollEpoch(ctx context.Context) error {
	return s.changeRing(ctx, "begin a new epoch", func() error {
		_, err := s.ring.Roll(s.now(), horizon)
		return err
	})
}

// rewrapKeys takes all data keys over to the current epoch. Those that nothing opens any more stay, and are counted by their
// epochs. The caller holds tending.
func (s *Store) rewrapKeys(ctx context.Context) (lost map[uint32]int, err error) {
	current := s.ring.Current().Number
	var behind bool
	err = s.read(ctx, "look for data keys of older epochs", func(t *tx) error {
		behind, err = t.exists(ctx, `SELECT 1 FROM data_key WHERE epoch < ?`, current)
		return err
	})
	if err != nil || !behind {
		return nil, err
	}
	lost = map[uint32]int{}
	var last keyRow
	for size := keyBatch; size == keyBatch; {
		failed := map[uint32]int{}
		err := s.writeAlone(ctx, "wrap data keys anew", func(t *tx) error {
			batch, err := t.keysBefore(ctx, current, last)
			if err != nil {
				return err
			}
			for _, last = range batch {
				if err := t.rewrapKey(ctx, last); errors.Is(err, ErrDamaged) {
					failed[last.epoch]++
				} else if err != nil {
					return err
				}
			}
			size = len(batch)
			return nil
		})
		if err != nil {
			return nil, err
		}
		for epoch, keys := range failed {
			lost[epoch] += keys
		}
	}
	if len(lost) > 0 {
		s.log.Error("there are data keys that nothing opens", "by epoch", lost)
	}
	return lost, nil
}

// keysBefore reads data keys of older epochs, those behind the last one.
func (t *tx) keysBefore(ctx context.Context, current uint32, last keyRow) (batch []keyRow, err error) {
	err = t.each(ctx, func(rows *sql.Rows) error {
		var w keyRow
		err := w.scan(rows)
		batch = append(batch, w)
		return err
	}, `
		SELECT kind, a, b, epoch, wrapped FROM data_key WHERE epoch < ? AND (epoch, kind, a, b) > (?, ?, ?, ?)
		ORDER BY epoch, kind, a, b LIMIT 0 + ?`,
		current, last.epoch, last.owner.Kind, last.owner.A, last.owner.B, keyBatch)
	return batch, err
}

// rewrapKey takes one data key over to the current epoch. ErrDamaged if neither its epoch opens it nor the ring carries it.
func (t *tx) rewrapKey(ctx context.Context, w keyRow) error {
	key, err := t.store.ring.Unwrap(w.owner, w.epoch, w.wrapped)
	if err != nil { // the database is an older backup, whose epochs are gone
		key, err = t.store.ring.Carried(w.owner)
	}
	if err != nil {
		return errors.Join(ErrDamaged, err)
	}
	defer key.Wipe()
	epoch, wrapped, err := t.store.ring.Wrap(w.owner, key)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE data_key SET epoch = ?, wrapped = ? WHERE kind = ? AND a = ? AND b = ?`,
		epoch, wrapped, w.owner.Kind, w.owner.A, w.owner.B)
}

// destroyEpochs destroys the epochs whose time has come, once the ring carries what they wrap in backups. One by which keys
// of the database are still wrapped, other than those that are lost, stays. The caller holds tending.
func (s *Store) destroyEpochs(ctx context.Context, lost map[uint32]int) error {
	now := s.now()
	var inUse []uint32
	due := s.ring.Due(now)
	for _, epoch := range due {
		var left int
		err := s.read(ctx, "count the keys of an epoch", func(t *tx) error {
			return t.one(ctx, []any{&left}, `SELECT count(*) FROM data_key WHERE epoch = ?`, epoch)
		})
		if err != nil {
			return err
		}
		if left > lost[epoch] {
			inUse = append(inUse, epoch)
		}
	}
	if len(due) > 0 {
		if err := s.carryKeys(ctx); err != nil {
			return err
		}
	}
	return s.changeRing(ctx, "destroy epochs", func() error { // with none due, it finishes what a kill cut short
		gone, err := s.ring.Destroy(now, inUse...)
		if len(gone) > 0 {
			s.log.Info("epochs of the key ring were destroyed: backups hold nothing any more of what was erased before they ended", "epochs", gone)
		}
		return err
	})
}

// carryKeys puts the data keys of all owners into the ring.
func (s *Store) carryKeys(ctx context.Context) error {
	keys := map[seal.Owner]*seal.DataKey{}
	defer func() {
		for _, key := range keys {
			key.Wipe()
		}
	}()
	var last seal.Owner
	for size := keyBatch; size == keyBatch; {
		size = 0
		err := s.read(ctx, "read the data keys", func(t *tx) error {
			return t.each(ctx, func(rows *sql.Rows) error {
				var w keyRow
				if err := w.scan(rows); err != nil {
					return err
				}
				last = w.owner
				size++
				if key, err := s.ring.Unwrap(w.owner, w.epoch, w.wrapped); err == nil { // else it is among the lost
					keys[w.owner] = key
				}
				return nil
			}, `SELECT kind, a, b, epoch, wrapped FROM data_key WHERE (kind, a, b) > (?, ?, ?) ORDER BY kind, a, b LIMIT 0 + ?`,
				last.Kind, last.A, last.B, keyBatch)
		})
		if err != nil {
			return err
		}
	}
	return s.changeRing(ctx, "carry the data keys", func() error { return s.ring.Carry(keys) })
}

// changeRing changes the key ring, and then lets the database know its generation, by which an older one is known.
func (s *Store) changeRing(ctx context.Context, doing string, change func() error) error {
	before := s.ring.Generation()
	if err := change(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if s.ring.Generation() == before {
		return nil
	}
	s.refreshRingCopies(ctx)
	return s.keepGeneration(ctx)
}

// keepGeneration notes which ring the database has seen.
func (s *Store) keepGeneration(ctx context.Context) error {
	return s.write(ctx, "note the generation of the key ring", func(t *tx) error {
		return t.exec(ctx, `UPDATE practice SET ring_generation = ?1 WHERE one = 1 AND ring_generation < ?1`, int64(s.ring.Generation()))
	})
}

// checkRing answers ErrOldRing if the database has seen a newer ring than the one that is there.
func (v *vault) checkRing(ctx context.Context, db *sql.DB) error {
	var knows bool
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info('practice') WHERE name = 'ring_generation'`).Scan(&knows)
	if err != nil || !knows { // from before version 3
		return err
	}
	var seen int64
	if err := db.QueryRowContext(ctx, `SELECT ring_generation FROM practice`).Scan(&seen); err != nil {
		return fmt.Errorf("read the generation of the key ring: %w", err)
	}
	if int64(v.ring.Generation()) < seen {
		return fmt.Errorf("%s: %w", v.ringPath(), ErrOldRing)
	}
	return nil
}
