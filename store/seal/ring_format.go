// The key ring, version 1: an envelope (envelope.go) named "alcove-ring\n", with the body
//
//	bytes  what
//	8      generation: one more with each change
//	4      epochs that follow, in order of their numbers; the last is the current one
//	4      carried keys that follow, in order of their owners
//	4      erasures that follow, in the order in which they were made
//
// for each epoch
//
//	4      number
//	8      created, seconds since 1970
//	8      to be destroyed after, likewise; 0 for the current one, and for no other
//	73     the epoch key, wrapped (wrapped.go) by the sub-key "alcove/epochs" of the master; its associated data is number
//	       and created
//
// and for each carried key
//
//	1+n    kind of its owner, 1 to 32 bytes
//	8+8    numbers of its owner
//	77     the data key, wrapped by the current epoch
//
// and for each erasure, of which none is there twice
//
//	1+n    kind of what was erased, 1 to 32 bytes
//	8      its number
//	8      when, seconds since 1970
//
// A data key that an epoch wraps has the epoch's number behind the version (wrapped.go); its associated data is that number,
// and the owner's kind and numbers. That is the form in the database, too.

package seal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
)

const (
	ringName    = "alcove-ring\n"
	ringVersion = 1
	ringMax     = 256 << 20 // bytes of a file; a carried key takes about 100

	epochHead   = 1 + 4
	wrappedData = epochHead + sealedKey
	longestKind = 32

	labelDataKey = "alcove/data-key" // of associated data; epoch keys are random and have no label
)

// ringFile is the body of the file.
type ringFile struct {
	generation uint64
	epochs     []storedEpoch
	carried    map[Owner][wrappedData]byte
	erased     []storedErasure
}

type storedEpoch struct {
	number                uint32
	created, destroyAfter int64
	wrapped               [wrappedSize]byte
}

type storedErasure struct {
	kind     string
	id, when int64
}

func (f ringFile) clone() ringFile {
	f.epochs = slices.Clone(f.epochs)
	f.carried = maps.Clone(f.carried)
	f.erased = slices.Clone(f.erased)
	return f
}

func (f ringFile) current() storedEpoch { return f.epochs[len(f.epochs)-1] }

func (f ringFile) encode() []byte {
	body := binary.BigEndian.AppendUint64(nil, f.generation)
	body = binary.BigEndian.AppendUint32(body, uint32(len(f.epochs)))
	body = binary.BigEndian.AppendUint32(body, uint32(len(f.carried)))
	body = binary.BigEndian.AppendUint32(body, uint32(len(f.erased)))
	for _, e := range f.epochs {
		body = binary.BigEndian.AppendUint32(body, e.number)
		body = binary.BigEndian.AppendUint64(body, uint64(e.created))
		body = binary.BigEndian.AppendUint64(body, uint64(e.destroyAfter))
		body = append(body, e.wrapped[:]...)
	}
	for _, owner := range slices.SortedFunc(maps.Keys(f.carried), Owner.compare) {
		body = appendKind(body, owner.Kind)
		body = binary.BigEndian.AppendUint64(body, uint64(owner.A))
		body = binary.BigEndian.AppendUint64(body, uint64(owner.B))
		wrapped := f.carried[owner]
		body = append(body, wrapped[:]...)
	}
	for _, e := range f.erased {
		body = appendKind(body, e.kind)
		body = binary.BigEndian.AppendUint64(body, uint64(e.id))
		body = binary.BigEndian.AppendUint64(body, uint64(e.when))
	}
	return body
}

func appendKind(body []byte, kind string) []byte {
	return append(append(body, byte(len(kind))), kind...)
}

// parseRing reads a body, and nothing but what encode writes.
func parseRing(body []byte) (ringFile, error) {
	c := cursor{rest: body}
	f := ringFile{generation: c.uint64(), carried: map[Owner][wrappedData]byte{}}
	epochs, carried, erased := c.uint32(), c.uint32(), c.uint32()
	for range epochs {
		if c.short {
			return ringFile{}, ErrFileDamaged // else a forged count would keep us busy
		}
		e := storedEpoch{number: c.uint32(), created: c.int64(), destroyAfter: c.int64()}
		copy(e.wrapped[:], c.take(wrappedSize))
		f.epochs = append(f.epochs, e)
	}
	for range carried {
		if c.short {
			return ringFile{}, ErrFileDamaged
		}
		owner := Owner{Kind: string(c.take(int(c.byte()))), A: c.int64(), B: c.int64()}
		f.carried[owner] = [wrappedData]byte(c.take(wrappedData))
	}
	for range erased {
		if c.short {
			return ringFile{}, ErrFileDamaged
		}
		f.erased = append(f.erased, storedErasure{kind: string(c.take(int(c.byte()))), id: c.int64(), when: c.int64()})
	}
	if !c.whole() || !bytes.Equal(f.encode(), body) || !f.consistent() {
		return ringFile{}, ErrFileDamaged
	}
	return f, nil
}

// consistent holds what the fields must be to each other.
func (f ringFile) consistent() bool {
	before := uint32(0)
	for i, e := range f.epochs {
		if e.number <= before || (e.destroyAfter == 0) != (i == len(f.epochs)-1) {
			return false
		}
		before = e.number
	}
	for owner, wrapped := range f.carried {
		if !owner.valid() || epochOf(wrapped[:]) != before {
			return false
		}
	}
	return before != 0 && f.erasedOnce()
}

func (f ringFile) erasedOnce() bool {
	seen := map[storedErasure]bool{}
	for _, e := range f.erased {
		e.when = 0
		if !validKind(e.kind) || seen[e] {
			return false
		}
		seen[e] = true
	}
	return true
}

// epochOf reads from a wrapped data key which epoch wrapped it; 0 if that cannot be told.
func epochOf(wrapped []byte) uint32 {
	if len(wrapped) != wrappedData || wrapped[0] != wrapVersion {
		return 0
	}
	return binary.BigEndian.Uint32(wrapped[1:])
}

func (o Owner) valid() bool { return validKind(o.Kind) }

func validKind(kind string) bool { return len(kind) > 0 && len(kind) <= longestKind }

func (o Owner) compare(other Owner) int {
	return cmp.Or(cmp.Compare(o.Kind, other.Kind), cmp.Compare(o.A, other.A), cmp.Compare(o.B, other.B))
}

func (o Owner) place(instance Instance, epoch uint32) []byte {
	return wrapPlace(labelDataKey, instance,
		uint64Field(uint64(epoch)), []byte(o.Kind), uint64Field(uint64(o.A)), uint64Field(uint64(o.B)))
}

func (e storedEpoch) place(instance Instance) []byte {
	return wrapPlace(labelEpochs, instance, uint64Field(uint64(e.number)), uint64Field(uint64(e.created)))
}
