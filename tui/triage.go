package tui

import (
	"cmp"
	"slices"
	"time"

	"alcove/store"
)

// The order of Home. A client's newest threads come first. A coach's are sorted by who needs them: first those where a
// client wrote last, who waits longest before all; then those that have been quiet for a fortnight, the longest first; then
// the rest, newest first.

// quietAfter is how long nobody has written in a thread before the coach is reminded of it.
const quietAfter = 14 * 24 * time.Hour

// part is a stretch of a coach's Home.
type part uint8

const (
	waiting part = iota
	quiet
	others
)

func triage(t store.Thread, now time.Time) part {
	shared := slices.ContainsFunc(t.Members, func(p store.Person) bool { return p.Role == store.RoleClient })
	switch {
	case !t.LastAt.IsZero() && t.LastAuthor.Role == store.RoleClient && shared:
		return waiting
	case !t.LastAt.IsZero() && shared && now.Sub(t.LastAt) >= quietAfter:
		return quiet
	}
	return others
}

// lastLife is when something last happened in a thread.
func lastLife(t store.Thread) time.Time {
	if t.LastAt.After(t.CreatedAt) {
		return t.LastAt
	}
	return t.CreatedAt
}

// homeOrder sorts threads as the person's Home shows them. The slice given stays as it is.
func homeOrder(threads []store.Thread, role store.Role, now time.Time) []store.Thread {
	threads = slices.Clone(threads)
	slices.SortStableFunc(threads, func(a, b store.Thread) int {
		newestFirst := cmp.Or(lastLife(b).Compare(lastLife(a)), cmp.Compare(a.Number, b.Number))
		if role != store.RoleCoach {
			return newestFirst
		}
		pa, pb := triage(a, now), triage(b, now)
		switch {
		case pa != pb:
			return cmp.Compare(pa, pb)
		case pa == others:
			return newestFirst
		}
		return -newestFirst
	})
	return threads
}
