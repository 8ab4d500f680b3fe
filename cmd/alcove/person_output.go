package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"alcove/store"
	"alcove/store/safetext"
)

// personJSON is a person as 'alcove person list --json' prints them. Fields are added, never renamed.
type personJSON struct {
	Handle     string `json:"handle"`
	Name       string `json:"name"`
	Role       string `json:"role"`
	State      string `json:"state"` // "invited", "joined" or "disabled"
	AddedAt    string `json:"added_at"`
	JoinedAt   string `json:"joined_at,omitempty"`
	DisabledAt string `json:"disabled_at,omitempty"`
	Threads    int    `json:"threads"`
}

// accountJSON is a person as 'alcove person show --json' prints them.
type accountJSON struct {
	personJSON
	LastSeenAt string    `json:"last_seen_at,omitempty"` // when a key was last used
	With       []string  `json:"with"`                   // handles of those connected now
	Keys       []keyJSON `json:"keys"`

	SecondFactor bool `json:"second_factor"`
}

type keyJSON struct {
	Fingerprint string `json:"fingerprint,omitempty"` // empty for sign-in words
	Type        string `json:"type"`
	Comment     string `json:"comment,omitempty"`
	AddedAt     string `json:"added_at"`
	LastUsedAt  string `json:"last_used_at,omitempty"`
}

func briefly(p store.Account) personJSON {
	return personJSON{
		Handle: p.Handle, Name: safetext.Line(p.Name), Role: string(p.Role), State: state(p), Threads: p.Threads,
		AddedAt: rfc3339(p.AddedAt), JoinedAt: rfc3339(p.JoinedAt), DisabledAt: rfc3339(p.DisabledAt),
	}
}

func fully(p store.Account) accountJSON {
	out := accountJSON{personJSON: briefly(p), LastSeenAt: rfc3339(lastSeen(p)), With: []string{}, Keys: []keyJSON{}, SecondFactor: p.SecondFactor}
	for _, other := range p.With {
		out.With = append(out.With, other.Handle)
	}
	for _, k := range p.Keys {
		out.Keys = append(out.Keys, keyJSON{
			Fingerprint: k.Fingerprint, Type: safetext.Line(k.Type), Comment: safetext.Line(k.Comment),
			AddedAt: rfc3339(k.AddedAt), LastUsedAt: rfc3339(k.LastUsed),
		})
	}
	return out
}

func state(p store.Account) string {
	switch {
	case !p.DisabledAt.IsZero():
		return "disabled"
	case p.JoinedAt.IsZero():
		return "invited"
	}
	return "joined"
}

// lastSeen is when the person last signed in with any of their keys.
func lastSeen(p store.Account) time.Time {
	var last time.Time
	for _, k := range p.Keys {
		if k.LastUsed.After(last) {
			last = k.LastUsed
		}
	}
	return last
}

func (a *app) printPersons(accounts []store.Account) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HANDLE\tNAME\tROLE\tSTATE\tJOINED")
	for _, p := range accounts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Handle, safetext.Line(p.Name), p.Role, state(p), minute(p.JoinedAt))
	}
	return w.Flush()
}

func (a *app) printPerson(p store.Account) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "handle\t%s\nname\t%s\nrole\t%s\nstate\t%s\n", p.Handle, safetext.Line(p.Name), p.Role, state(p))
	fmt.Fprintf(w, "added\t%s\njoined\t%s\nlast seen\t%s\n", minute(p.AddedAt), minute(p.JoinedAt), minute(lastSeen(p)))
	if !p.DisabledAt.IsZero() {
		fmt.Fprintf(w, "disabled\t%s\n", minute(p.DisabledAt))
	}
	fmt.Fprintf(w, "threads\t%d\n", p.Threads)
	if p.SecondFactor {
		fmt.Fprintln(w, "second factor\ton")
	}
	for _, other := range p.With {
		fmt.Fprintf(w, "with\t%s (%s, %s)\n", other.Handle, safetext.Line(other.Name), other.Role)
	}
	for _, k := range p.Keys {
		fmt.Fprintf(w, "key\t%s\t%s\tadded %s\tlast used %s\n", safetext.Line(k.Type), k.Fingerprint, minute(k.AddedAt), minute(k.LastUsed))
	}
	return w.Flush()
}
