package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	_ "embed" // the sample practice
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/crypto/ssh"

	"alcove/store"
)

// The sample practice is data (demo/practice.toml). It is told to the store by the verbs that everybody uses, in the order
// in which it happened, on a clock that is moved along.

//go:embed demo/practice.toml
var demoPractice []byte

type demoContent struct {
	Person []demoPerson
	Thread []demoThread
}

type demoPerson struct {
	Handle, Name, Language, At string
	Role                       store.Role
	With                       []string
}

type demoThread struct {
	Title  string
	With   []string // handles; the one who wrote first opens it
	Entry  []demoText
	Unread map[string]int
	Draft  demoText
}

type demoText struct{ By, At, Text string }

// seeding is a sample practice being written.
type seeding struct {
	store   *store.Store
	start   time.Time
	clock   atomic.Pointer[time.Time]
	people  map[string]store.Identity
	numbers map[string]int64 // of threads, by title
}

// seedDemo writes the sample practice into a data folder.
func (a *app) seedDemo(ctx context.Context, dir string) (err error) {
	content, err := readDemo()
	if err != nil {
		return err
	}
	s := &seeding{start: a.now(), people: map[string]store.Identity{}, numbers: map[string]int64{}}
	s.clock.Store(&s.start)
	cfg := a.storeConfig(dir)
	cfg.Now = func() time.Time { return *s.clock.Load() }
	if s.store, err = store.Open(ctx, dir, cfg); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.store.Close()) }()
	for _, p := range content.Person {
		if err := s.join(ctx, p); err != nil {
			return fmt.Errorf("%s joins: %w", p.Handle, err)
		}
	}
	if err := s.writeAll(ctx, content.Thread); err != nil {
		return err
	}
	for _, t := range content.Thread {
		if err := s.leaveOpen(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.Title, err)
		}
	}
	return nil
}

func readDemo() (demoContent, error) {
	var c demoContent
	dec := toml.NewDecoder(bytes.NewReader(demoPractice))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("read the sample practice: %w", err)
	}
	return c, nil
}

// join invites a person and redeems the invitation with a key that nobody keeps.
func (s *seeding) join(ctx context.Context, p demoPerson) error {
	if err := s.moveTo(p.At); err != nil {
		return err
	}
	inv, err := s.store.Operator().Invite(ctx, store.NewInvitation{Role: p.Role, Handle: p.Handle, Name: p.Name, With: p.With})
	if err != nil {
		return err
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	who, err := s.store.Redeem(ctx, inv.Code, store.PublicKey{Type: key.Type(), Comment: "demo", Blob: key.Marshal()})
	if err != nil {
		return err
	}
	s.people[p.Handle] = who
	return s.store.As(who).SaveSettings(ctx, store.Settings{Language: p.Language})
}

// writeAll writes the entries of all threads in the order of their times.
func (s *seeding) writeAll(ctx context.Context, threads []demoThread) error {
	type event struct {
		at     time.Time
		thread demoThread
		text   demoText
	}
	var events []event
	for _, t := range threads {
		for _, e := range t.Entry {
			at, err := demoTime(s.start, e.At)
			if err != nil {
				return err
			}
			events = append(events, event{at, t, e})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	for _, e := range events {
		s.clock.Store(&e.at)
		if err := s.write(ctx, e.thread, e.text); err != nil {
			return fmt.Errorf("%s: %w", e.thread.Title, err)
		}
	}
	return nil
}

// write adds an entry; the first one of a thread opens it.
func (s *seeding) write(ctx context.Context, t demoThread, e demoText) error {
	access := s.store.As(s.people[e.By])
	text := strings.TrimSpace(e.Text)
	if number, ok := s.numbers[t.Title]; ok {
		_, err := access.Write(ctx, number, text, 0)
		return err
	}
	others := slices.DeleteFunc(slices.Clone(t.With), func(h string) bool { return h == e.By })
	opened, err := access.NewThread(ctx, t.Title, others, text)
	s.numbers[t.Title] = opened.Number
	return err
}

// leaveOpen moves the read marks to where each member stopped reading, and saves the draft.
func (s *seeding) leaveOpen(ctx context.Context, t demoThread) error {
	number := s.numbers[t.Title]
	for _, handle := range t.With {
		access := s.store.As(s.people[handle])
		page, err := access.Entries(ctx, number, store.Span{})
		if err != nil {
			return err
		}
		entries := page.Entries
		for skip := t.Unread[handle]; len(entries) > 0 && skip > 0; entries = entries[:len(entries)-1] {
			if last := entries[len(entries)-1]; !last.Mine {
				skip--
			}
		}
		if len(entries) == 0 {
			continue
		}
		if err := access.MarkRead(ctx, number, entries[len(entries)-1].Number); err != nil {
			return err
		}
	}
	if t.Draft.By == "" {
		return nil
	}
	if err := s.moveTo(t.Draft.At); err != nil {
		return err
	}
	_, err := s.store.As(s.people[t.Draft.By]).SaveDraft(ctx, store.Draft{Thread: number, Text: t.Draft.Text})
	return err
}

func (s *seeding) moveTo(text string) error {
	at, err := demoTime(s.start, text)
	if err == nil {
		s.clock.Store(&at)
	}
	return err
}

// demoTime reads "2d 09:10", that clock two days before start, or a duration before it, "25m" or "2h 43m".
func demoTime(start time.Time, text string) (time.Time, error) {
	var days, hour, minute int
	if n, _ := fmt.Sscanf(text, "%dd %d:%d", &days, &hour, &minute); n == 3 {
		y, m, d := start.AddDate(0, 0, -days).Date()
		return time.Date(y, m, d, hour, minute, 0, 0, start.Location()), nil
	}
	ago, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		return time.Time{}, fmt.Errorf("read a time of the sample practice: %w", err)
	}
	return start.Add(-ago), nil
}
