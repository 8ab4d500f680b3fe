// How the key ring knows what was erased.

package seal

import (
	"maps"
	"slices"
	"time"
)

// Erased is something of the practice that was erased. To the ring its kind is a word of 1 to 32 bytes, as with Owner:
// "person", "thread". At is kept in seconds.
type Erased struct {
	Kind string
	ID   int64
	At   time.Time
}

// Erase notes for ever that something was erased, and drops the carried keys of the owners that belonged to it. What was
// erased before keeps its first time; its keys are dropped again.
//
// Whatever comes between this and the deletion of the rows, the next start must make up for it: what was noted first is found in
// Erased, what was deleted first must be known by the database, which is lost where a backup takes its place in that moment. The
// number must never be given again, in a backup that was put back neither: the new one would be taken for the erased. ErrOwner
// if it has no kind, or too long a one.
func (r *Ring) Erase(what Erased, belongs func(Owner) bool) error {
	if !validKind(what.Kind) {
		return ErrOwner
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.held.clone()
	maps.DeleteFunc(next.carried, func(owner Owner, _ [wrappedData]byte) bool { return belongs(owner) })
	known := slices.ContainsFunc(next.erased, func(e storedErasure) bool { return e.kind == what.Kind && e.id == what.ID })
	if !known {
		next.erased = append(next.erased, storedErasure{kind: what.Kind, id: what.ID, when: what.At.Unix()})
	}
	if known && len(next.carried) == len(r.held.carried) {
		return r.file.finish() // a change that was killed may have dropped them, and left the old file
	}
	return r.write(next)
}

// Erased is all that was ever erased, in the order in which it was. A clock that was set back shows in the times, not in the
// order.
func (r *Ring) Erased() []Erased {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]Erased, len(r.held.erased))
	for i, e := range r.held.erased {
		list[i] = Erased{Kind: e.kind, ID: e.id, At: time.Unix(e.when, 0)}
	}
	return list
}
