package tui

import (
	"cmp"
	"time"

	"alcove/store"
)

// The order of Home is the store's, which answers it in stretches. It is known here too, so that one thread that has changed
// finds its place in the stretch that is held.

// lastLife is when something last happened in a thread.
func lastLife(t store.Thread) time.Time {
	if t.LastAt.After(t.CreatedAt) {
		return t.LastAt
	}
	return t.CreatedAt
}

// onHome compares two threads of a person by where they stand on Home.
func onHome(a, b store.Thread) int {
	later := cmp.Or(lastLife(a).Compare(lastLife(b)), cmp.Compare(a.Number, b.Number))
	if a.Part == store.Others {
		later = -later
	}
	return cmp.Or(cmp.Compare(a.Part, b.Part), later)
}
