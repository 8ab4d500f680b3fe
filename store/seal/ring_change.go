// How a key ring changes: epochs come, carried keys with them, and epochs go.

package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// start writes a ring of one epoch.
func (r *Ring) start(now time.Time) error {
	first, by, err := r.newEpoch(1, now)
	if err != nil {
		return err
	}
	r.ciphers[first.number] = by
	return r.write(ringFile{epochs: []storedEpoch{first}, carried: map[Owner][wrappedData]byte{}})
}

// Roll makes a new current epoch, monthly or at an erasure. The one before is to be destroyed when the horizon has passed
// from now; epochs before that keep their time. Carried keys go over to the new epoch. Those in the database are the
// caller's to wrap anew, now and, lest a kill came between, at each start; until that is done Destroy must be told of the
// epochs they are in.
func (r *Ring) Roll(now time.Time, horizon time.Duration) (Epoch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.held.clone()
	before := &next.epochs[len(next.epochs)-1]
	start := max(now.Unix(), before.created) // a clock that was set back must not shorten the horizon
	before.destroyAfter = max(start+int64(horizon/time.Second), 1)
	added, by, err := r.newEpoch(before.number+1, now)
	if err != nil {
		return Epoch{}, err
	}
	next.epochs = append(next.epochs, added)

	r.ciphers[added.number] = by // write takes it out again unless it is held; a failed one is drawn over
	for owner, wrapped := range next.carried {
		if next.carried[owner], err = r.rewrap(added.number, owner, wrapped[:]); err != nil {
			return Epoch{}, fmt.Errorf("carrying keys over to epoch %d: %w", added.number, err)
		}
	}
	if err := r.write(next); err != nil {
		return Epoch{}, err
	}
	return added.info(), nil
}

// Carry keeps data keys for backups that are older than a destroyed epoch. It writes the ring once, so give it many keys at
// a time; and not at all if it carries them already. Ask Carries which it need not be given. A key that is another than the
// one that was carried takes its place.
func (r *Ring) Carry(keys map[Owner]*DataKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, changed := r.held.clone(), false
	for owner, key := range keys {
		if same, err := r.carries(owner, key); err != nil {
			return err
		} else if same {
			continue
		}
		wrapped, err := r.wrap(next.current().number, owner, key)
		if err != nil {
			return err
		}
		next.carried[owner], changed = wrapped, true
	}
	if !changed {
		return r.file.finish()
	}
	return r.write(next)
}

// carries says whether it is this very key that is carried.
func (r *Ring) carries(owner Owner, key *DataKey) (bool, error) {
	wrapped, there := r.held.carried[owner]
	if !there {
		return false, nil
	}
	carried, err := r.unwrap(owner, wrapped[:])
	if err != nil {
		return false, err
	}
	defer carried.Wipe()
	return subtle.ConstantTimeCompare(carried.secret[:], key.secret[:]) == 1, nil
}

// Carries says whether a key is carried for an owner. It opens nothing, so ask it for as many as there are.
func (r *Ring) Carries(owner Owner) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, there := r.held.carried[owner]
	return there
}

// Carried is the data key that is kept for an owner, else ErrNotCarried.
func (r *Ring) Carried(owner Owner) (*DataKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	wrapped, there := r.held.carried[owner]
	if !there {
		return nil, ErrNotCarried
	}
	return r.unwrap(owner, wrapped[:])
}

// Due are the epochs whose time has come.
func (r *Ring) Due(now time.Time) []uint32 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.due(now)
}

// Destroy drops the epochs whose time has come, and answers their numbers. They are certainly out of the ring, and the file
// that held them is overwritten, when it returns without an error; wholefile.go says what that is worth on which disk. Call
// it at each start, too: it finishes what a kill cut short.
//
// Say which epochs the live database still wraps keys by: they are not destroyed, whatever their time, and the error is
// ErrEpochInUse. Otherwise a Roll that was cut short before its keys were wrapped anew would end in their loss.
func (r *Ring) Destroy(now time.Time, inUse ...uint32) ([]uint32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	due := r.due(now)
	gone := slices.DeleteFunc(slices.Clone(due), func(n uint32) bool { return slices.Contains(inUse, n) })
	if len(gone) == 0 {
		if err := r.file.finish(); err != nil { // a change that was killed may have left the old file
			return nil, err
		}
	} else {
		next := r.held.clone()
		next.epochs = slices.DeleteFunc(next.epochs, func(e storedEpoch) bool { return slices.Contains(gone, e.number) })
		if err := r.write(next); err != nil {
			return nil, err
		}
	}
	if len(gone) < len(due) {
		return gone, ErrEpochInUse
	}
	return gone, nil
}

func (r *Ring) due(now time.Time) []uint32 {
	var due []uint32
	for _, e := range r.held.epochs {
		if e.destroyAfter != 0 && now.Unix() > e.destroyAfter {
			due = append(due, e.number)
		}
	}
	return due
}

// newEpoch draws an epoch key.
func (r *Ring) newEpoch(number uint32, now time.Time) (storedEpoch, cipher.AEAD, error) {
	var secret [keySize]byte
	_, _ = rand.Read(secret[:]) // never fails
	defer clear(secret[:])
	e := storedEpoch{number: number, created: now.Unix()}
	copy(e.wrapped[:], wrapKey([]byte{wrapVersion}, r.wrapper, secret[:], e.place(r.instance)))
	by, err := newWrapper(secret[:])
	return e, by, err
}

func (r *Ring) openEpoch(e storedEpoch) (cipher.AEAD, error) {
	var secret [keySize]byte
	defer clear(secret[:])
	if err := unwrapKey(&secret, 1, r.wrapper, e.wrapped[:], e.place(r.instance)); err != nil {
		return nil, err
	}
	return newWrapper(secret[:])
}

func (r *Ring) rewrap(epoch uint32, owner Owner, wrapped []byte) ([wrappedData]byte, error) {
	key, err := r.unwrap(owner, wrapped)
	if err != nil {
		return [wrappedData]byte{}, err
	}
	defer key.Wipe()
	return r.wrap(epoch, owner, key)
}

func uint32Field(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
