package sshserver

import (
	"encoding/json"
	"fmt"
	"time"

	"alcove/store"
	"alcove/store/safetext"
)

// exportJSON writes one object, in this order:
//
//	format       "alcove-export"
//	version      1; fields may be added within a version
//	exported_at
//	person       handle, name, role
//	settings     as the person has chosen; what is missing is at its default
//	keys         as `keys --json`
//	people       handle, name, role, joined, may_write, threads (how many are shared)
//	threads      for each: thread (as `threads --json`) and entries (as `read --json`, and revisions: the earlier texts,
//	             oldest first, with revision, at, text)
//	drafts       thread, entry (0: a new one, else the one being edited), text, saved_at
type exportJSON struct {
	c       *call
	threads int
	entries int
	err     error
}

type acquaintanceJSON struct {
	personJSON
	Joined   bool `json:"joined"`
	MayWrite bool `json:"may_write"`
	Threads  int  `json:"threads"`
}

type revisionJSON struct {
	Revision int        `json:"revision"`
	At       *time.Time `json:"at"`
	Text     string     `json:"text"`
	Damaged  bool       `json:"damaged,omitempty"`
}

type exportedEntryJSON struct {
	entryJSON
	Revisions []revisionJSON `json:"revisions"`
}

type draftJSON struct {
	Thread  int64      `json:"thread"`
	Entry   int64      `json:"entry"`
	Text    string     `json:"text"`
	SavedAt *time.Time `json:"saved_at"`
	Damaged bool       `json:"damaged,omitempty"`
}

func (x *exportJSON) begin(e exportHead) {
	keys, people := []keyJSON{}, []acquaintanceJSON{}
	for _, k := range e.keys {
		keys = append(keys, asKey(k))
	}
	for _, p := range e.people {
		people = append(people, acquaintanceJSON{asPerson(p.Person), p.Joined, p.MayWrite, p.Threads})
	}
	x.raw(`{"format":"alcove-export","version":1,"exported_at":`)
	x.value(utc(x.c.now()))
	x.raw(",\n" + `"person":`)
	x.value(asPerson(e.me.Person))
	x.raw(",\n" + `"settings":`)
	x.value(e.me.Settings)
	x.raw(",\n" + `"keys":`)
	x.value(keys)
	x.raw(",\n" + `"people":`)
	x.value(people)
	x.raw(",\n" + `"threads":[`)
}

func (x *exportJSON) thread(t store.Thread) {
	x.between(&x.threads)
	x.entries = 0
	x.raw(`{"thread":`)
	x.value(asThread(t))
	x.raw(`,"entries":[`)
}

func (x *exportJSON) entry(e store.Entry, before []store.Revision) {
	out := exportedEntryJSON{asEntry(e), []revisionJSON{}}
	for _, r := range before {
		out.Revisions = append(out.Revisions, revisionJSON{r.Revision, utc(r.At), safetext.Text(r.Text), r.Damaged})
	}
	x.between(&x.entries)
	x.value(out)
}

func (x *exportJSON) threadEnd() { x.raw("]}") }

func (x *exportJSON) drafts(list []store.Draft) {
	out := []draftJSON{}
	for _, d := range list {
		out = append(out, draftJSON{d.Thread, d.Entry, safetext.Text(d.Text), utc(d.SavedAt), d.Damaged})
	}
	x.raw("],\n" + `"drafts":`)
	x.value(out)
	x.raw("}\n")
}

func (x *exportJSON) end() error { return x.err }

// between parts the elements of an array.
func (x *exportJSON) between(n *int) {
	if *n > 0 {
		x.raw(",\n")
	}
	*n++
}

func (x *exportJSON) raw(s string) {
	if x.err == nil {
		_, x.err = x.c.out.WriteString(s)
	}
}

func (x *exportJSON) value(v any) {
	data, err := json.Marshal(v)
	if err != nil && x.err == nil {
		x.err = fmt.Errorf("encode: %w", err)
	}
	x.raw(string(data))
}
