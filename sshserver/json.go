package sshserver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"alcove/store"
	"alcove/store/safetext"
)

// What --json prints. The fields are stable: some may be added, none is renamed. Times are RFC 3339 in UTC, and null
// where there is none.

type personJSON struct {
	Handle string     `json:"handle"`
	Name   string     `json:"name"`
	Role   store.Role `json:"role"`
}

type threadJSON struct {
	Number     int64        `json:"number"`
	Title      string       `json:"title"`
	Members    []personJSON `json:"members"`
	CreatedAt  *time.Time   `json:"created_at"`
	Entries    int          `json:"entries"`
	Unread     int          `json:"unread"`
	ReadMark   int64        `json:"read_mark"`
	LastAt     *time.Time   `json:"last_at"`
	LastAuthor *personJSON  `json:"last_author"`
	DraftAt    *time.Time   `json:"draft_at"`
	Damaged    bool         `json:"damaged,omitempty"` // the title does not open
}

type entryJSON struct {
	Thread      int64      `json:"thread"`
	Number      int64      `json:"number"`
	Kind        store.Kind `json:"kind"`
	Author      personJSON `json:"author"`
	Mine        bool       `json:"mine"`
	At          *time.Time `json:"at"`
	Text        string     `json:"text"`
	Revision    int        `json:"revision"`
	EditedAt    *time.Time `json:"edited_at"`
	WithdrawnAt *time.Time `json:"withdrawn_at"`
	Damaged     bool       `json:"damaged,omitempty"` // the text does not open
}

type hitJSON struct {
	Thread int64       `json:"thread"`
	Title  string      `json:"title"`
	Entry  int64       `json:"entry"` // 0 where the title matched
	Author *personJSON `json:"author"`
	At     *time.Time  `json:"at"`
	Before string      `json:"before"`
	Match  string      `json:"match"`
	Behind string      `json:"behind"`
}

type keyJSON struct {
	Fingerprint string     `json:"fingerprint"` // "" for sign-in words
	Type        string     `json:"type"`
	Comment     string     `json:"comment"`
	AddedAt     *time.Time `json:"added_at"`
	LastUsed    *time.Time `json:"last_used"`
	Current     bool       `json:"current"`
	Pending     bool       `json:"pending"` // signs nobody in before its holder has signed in with it once
}

func asPerson(p store.Person) personJSON {
	return personJSON{p.Handle, line(p.Name), p.Role}
}

// somebody is a person, or null for none.
func somebody(p store.Person) *personJSON {
	if p.Handle == "" {
		return nil
	}
	out := asPerson(p)
	return &out
}

func asThread(t store.Thread) threadJSON {
	members := make([]personJSON, len(t.Members))
	for i, m := range t.Members {
		members[i] = asPerson(m)
	}
	return threadJSON{
		Number: t.Number, Title: line(t.Title), Members: members, CreatedAt: utc(t.CreatedAt), Entries: t.Entries, Unread: t.Unread,
		ReadMark: t.ReadMark, LastAt: utc(t.LastAt), LastAuthor: somebody(t.LastAuthor), DraftAt: utc(t.DraftAt),
		Damaged: t.Damaged,
	}
}

func asEntry(e store.Entry) entryJSON {
	return entryJSON{
		Thread: e.Thread, Number: e.Number, Kind: e.Kind, Author: asPerson(e.Author), Mine: e.Mine, At: utc(e.At),
		Text: safetext.Text(e.Text), Revision: e.Revision, EditedAt: utc(e.EditedAt), WithdrawnAt: utc(e.WithdrawnAt),
		Damaged: e.Damaged,
	}
}

func asHit(h store.Hit) hitJSON {
	return hitJSON{
		Thread: h.Thread, Title: line(h.Title), Entry: h.Entry, Author: somebody(h.Author), At: utc(h.At),
		Before: part(h.Before), Match: part(h.Match), Behind: part(h.Behind),
	}
}

// part is a piece of a line, with the blanks at its ends: put together, the pieces are the line.
func part(s string) string {
	const edge = "|" // line takes blanks from ends alone
	return strings.TrimSuffix(strings.TrimPrefix(line(edge+s+edge), edge), edge)
}

func asKey(k store.Key) keyJSON {
	return keyJSON{k.Fingerprint, line(k.Type), line(k.Comment), utc(k.AddedAt), utc(k.LastUsed), k.Current, k.Pending}
}

func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// json prints one object.
func (c *call) json(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = fmt.Fprintf(c.out, "%s\n", data)
	return err // the client is gone, nothing to tell
}

// jsonList prints one array, an element at a time. Its first error is told by end.
type jsonList struct {
	w   *bufio.Writer
	n   int
	err error
}

func (l *jsonList) add(v any) {
	data, err := json.Marshal(v)
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("encode: %w", err)
	}
	if l.err != nil {
		return
	}
	before := ",\n"
	if l.n == 0 {
		before = "["
	}
	l.n++
	_, l.err = fmt.Fprintf(l.w, "%s%s", before, data)
}

func (l *jsonList) end() error {
	if l.err != nil {
		return l.err
	}
	after := "]\n"
	if l.n == 0 {
		after = "[]\n"
	}
	_, err := l.w.WriteString(after)
	return err // the client is gone, nothing to tell
}
