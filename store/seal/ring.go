// The key ring of a practice, alcove.ring: the keys that can be destroyed. Its format is at the head of ring_format.go.
//
//	Master -> sub-key "alcove/epochs" -> epoch keys (random) -> data keys in the database -> records
//
// The ring lies outside the database and must lie outside its backups. A backup holds data keys wrapped by an epoch; when the
// epoch is destroyed, nothing that still exists opens them, the master key included. That is how an erasure reaches every
// backup: Erase, delete the rows, Roll, wrap the surviving data keys by the new epoch; and when the horizon has passed, Carry
// the survivors and Destroy.
//
// What the ring carries makes the survivors readable in backups that are older than a destroyed epoch. What it lists as
// erased is to be erased again in a backup that is put back: only the ring is always current.
//
// # What cannot be promised
//
// A copy of an old ring together with the master key brings back what was erased: that is why the ring is not to be backed
// up with the data, but for itself, by a copy that is overwritten with each change. What overwriting is worth is said in
// wholefile.go. Whether an older ring was put back is for the database to notice, by Generation. Keys of destroyed epochs
// may stay in the memory of the process until it ends.

package seal

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// What can go wrong with the ring. A wrapped key that was changed or moved is ErrOpen.
var (
	ErrEpochGone  = errors.New("its epoch was destroyed, or is of a newer key ring")
	ErrEpochInUse = errors.New("an epoch is past its time, but the database still needs it")
	ErrNotCarried = errors.New("the key ring carries no key of this owner")
	ErrRingFull   = errors.New("the key ring carries as much as it can")
	ErrOwner      = errors.New("not an owner of keys")
)

// Owner is what a data key belongs to, and what a wrapped key must not be taken for: {"thread", number, 0}, {"member",
// thread, person}, {"person", id, 0}. A kind has 1 to 32 bytes.
type Owner struct {
	Kind string
	A, B int64
}

// Epoch is what can be told of an epoch key.
type Epoch struct {
	Number       uint32
	Created      time.Time
	DestroyAfter time.Time // zero for the current one
}

// Ring is a key ring. It is safe for concurrent use. Hand it on as a pointer only. After an error of a changing verb the file
// holds the old or the new, the Ring what it held before, and the verb may be called again.
type Ring struct {
	hidden
	mu       sync.RWMutex
	file     wholeFile
	instance Instance
	macKey   []byte
	wrapper  cipher.AEAD            // wraps epoch keys
	ciphers  map[uint32]cipher.AEAD // the epoch keys, by number
	held     ringFile
	limit    int        // bytes of the file; tests make do with less
	copying  sync.Mutex // one SaveCopy at a time; taken before mu
}

// CreateRing makes the ring of a new practice, with its first epoch. fs.ErrExist if there is a file at the path.
func CreateRing(path string, m *Master, instance Instance, now time.Time) (*Ring, error) {
	r, err := newRing(path, m, instance)
	if err != nil {
		return nil, err
	}
	if err := r.start(now); err != nil {
		return nil, err
	}
	return r, nil
}

// OpenRing reads a ring. Its errors name the path: fs.ErrNotExist, ErrWrongFile, ErrFileDamaged, ErrFileNewer, and
// ErrNotAuthentic if this master key and instance did not write it.
func OpenRing(path string, m *Master, instance Instance) (*Ring, error) {
	r, err := newRing(path, m, instance)
	if err != nil {
		return nil, err
	}
	content, err := r.file.read(ringMax)
	if err == nil {
		err = r.parse(content)
	}
	if err != nil {
		return nil, fileError("key ring", path, err)
	}
	return r, nil
}

func newRing(path string, m *Master, instance Instance) (*Ring, error) {
	r := &Ring{file: wholeFile{path: path}, instance: instance, ciphers: map[uint32]cipher.AEAD{}, limit: ringMax}
	var err error
	if r.macKey, err = m.derive(instance, labelRingMAC); err != nil {
		return nil, err
	}
	r.wrapper, err = m.wrapper(instance, labelEpochs)
	return r, err
}

func (r *Ring) parse(content []byte) error {
	sealed, err := parseEnvelope(ringName, ringVersion, content)
	if err != nil {
		return err
	}
	if sealed.instance != r.instance || !sealed.authentic(r.macKey) {
		return ErrNotAuthentic
	}
	if r.held, err = parseRing(sealed.body); err != nil {
		return err
	}
	for _, e := range r.held.epochs {
		if r.ciphers[e.number], err = r.openEpoch(e); err != nil {
			return fmt.Errorf("unwrapping epoch %d: %w", e.number, err)
		}
	}
	return nil
}

// Generation counts the changes of the ring. The database keeps the highest it has seen: a lower one is an older ring that
// somebody put back.
func (r *Ring) Generation() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.held.generation
}

// Current is the epoch that wraps.
func (r *Ring) Current() Epoch {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.held.current().info()
}

// Epochs are all that there are, the current one last.
func (r *Ring) Epochs() []Epoch {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]Epoch, len(r.held.epochs))
	for i, e := range r.held.epochs {
		list[i] = e.info()
	}
	return list
}

// Wrap wraps a data key by the current epoch, for its owner alone. The number of the epoch stands in the wrapped key, too;
// it is answered so that the database can find what is to be wrapped anew.
func (r *Ring) Wrap(owner Owner, key *DataKey) (epoch uint32, wrapped []byte, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	epoch = r.held.current().number
	data, err := r.wrap(epoch, owner, key)
	return epoch, data[:], err
}

// Unwrap is what Wrap wrapped for this owner. ErrEpochGone if the epoch is not in the ring; ErrOpen if the key was wrapped
// for another owner, in another practice or by another epoch than said, or is damaged.
func (r *Ring) Unwrap(owner Owner, epoch uint32, wrapped []byte) (*DataKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if epochOf(wrapped) != epoch {
		return nil, fmt.Errorf("unwrapping a data key: %w", ErrOpen)
	}
	return r.unwrap(owner, wrapped)
}

// NewKey draws the data key of a new owner, and wraps it for the database as Wrap does.
func (r *Ring) NewKey(owner Owner) (key *Key, epoch uint32, wrapped []byte, err error) {
	data := NewDataKey()
	defer data.Wipe()
	if key, err = data.Key(r.instance); err != nil {
		return nil, 0, nil, err
	}
	epoch, wrapped, err = r.Wrap(owner, data)
	return key, epoch, wrapped, err
}

// Key is Unwrap for who reads and writes records: it takes the wrapped key's own word for its epoch.
func (r *Ring) Key(owner Owner, wrapped []byte) (*Key, error) {
	data, err := r.Unwrap(owner, epochOf(wrapped), wrapped)
	if err != nil {
		return nil, err
	}
	defer data.Wipe()
	return data.Key(r.instance)
}

func (r *Ring) wrap(epoch uint32, owner Owner, key *DataKey) (wrapped [wrappedData]byte, err error) {
	if !owner.valid() {
		return wrapped, ErrOwner
	}
	if key.wiped() {
		return wrapped, errWiped
	}
	head := append([]byte{wrapVersion}, uint32Field(epoch)...)
	copy(wrapped[:], wrapKey(head, r.ciphers[epoch], key.secret[:], owner.place(r.instance, epoch)))
	return wrapped, nil
}

func (r *Ring) unwrap(owner Owner, wrapped []byte) (*DataKey, error) {
	epoch := epochOf(wrapped)
	by, there := r.ciphers[epoch]
	if !there {
		return nil, fmt.Errorf("unwrapping a data key of epoch %d: %w", epoch, ErrEpochGone)
	}
	key := &DataKey{}
	if err := unwrapKey(&key.secret, epochHead, by, wrapped, owner.place(r.instance, epoch)); err != nil {
		return nil, fmt.Errorf("unwrapping a data key: %w", err)
	}
	return key, nil
}

func (e storedEpoch) info() Epoch {
	info := Epoch{Number: e.number, Created: time.Unix(e.created, 0)}
	if e.destroyAfter != 0 {
		info.DestroyAfter = time.Unix(e.destroyAfter, 0)
	}
	return info
}

// seal is what the file of a ring holds, always the same for the same ring.
func (r *Ring) seal(f ringFile) []byte {
	return newEnvelope(ringName, ringVersion, r.instance, f.encode(), r.macKey).content
}

// write writes an edited copy of the ring as the next generation, and only then holds it.
func (r *Ring) write(next ringFile) error {
	next.generation++
	content := r.seal(next)
	if len(content) > r.limit {
		return ErrRingFull
	}
	if err := r.file.write(content); err != nil {
		return err
	}
	r.held = next
	maps.DeleteFunc(r.ciphers, func(number uint32, _ cipher.AEAD) bool {
		return !slices.ContainsFunc(next.epochs, func(e storedEpoch) bool { return e.number == number })
	})
	return nil
}
