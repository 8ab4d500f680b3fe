package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"alcove/store"
)

// Practices are filled by the verbs that everybody uses, many writers at a time. Keys of members come from the seed, so that
// a practice that was kept can be entered again; they are good for nothing else.

// writers is how many write at a time while a practice is filled.
const writers = 64

// Joining is a member being made: the person, and the key they come in with.
type Joining struct {
	Who store.Identity
	Key ssh.Signer
}

// seedKey is the key of the n-th member, 0 for the coach.
func seedKey(seed uint64, n int) (ssh.Signer, error) {
	sum := sha256.Sum256(fmt.Appendf(nil, "alcove bench %d %d", seed, n))
	key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(sum[:]))
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return key, nil
}

// seedKeys are the keys of so many members.
func seedKeys(seed uint64, count int) ([]ssh.Signer, error) {
	keys := make([]ssh.Signer, count)
	for i := range keys {
		var err error
		if keys[i], err = seedKey(seed, i+1); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// Join makes a person and has them join with a key.
func Join(ctx context.Context, st *store.Store, who store.NewInvitation, key ssh.Signer) (store.Identity, error) {
	inv, err := st.Operator().Invite(ctx, who)
	if err != nil {
		return store.Identity{}, err
	}
	return st.Redeem(ctx, inv.Code, store.PublicKey{Type: key.PublicKey().Type(), Blob: key.PublicKey().Marshal()})
}

// content is what a practice is filled with: a coach, members, and threads.
type content struct {
	members int
	threads []threadContent
	changes bool // what is measured writes into it
}

// threadContent is a thread between the coach and some members.
type threadContent struct {
	title   string
	with    []int // numbers of members
	entries int
}

// ownThreads is a thread for each member, with so many entries.
func ownThreads(members, entries int) (threads []threadContent) {
	for n := range members {
		threads = append(threads, threadContent{title: markHome, with: []int{n + 1}, entries: entries})
	}
	return threads
}

// filling is a practice being filled.
type filling struct {
	st   *store.Store
	seed uint64
	say  func(done, all int)

	people []store.Identity // the coach, and then members by number
	done   atomic.Int64
	bytes  atomic.Int64 // of texts
	rare   atomic.Int64 // entries with the rare word
	all    int
}

// fill writes the content into an empty practice. Threads are written one after the other, so the last is the newest.
func (f *filling) fill(ctx context.Context, c content) error {
	f.all = c.members
	for _, t := range c.threads {
		f.all += t.entries
	}
	f.people = make([]store.Identity, c.members+1)
	if err := f.join(ctx, 0, store.NewInvitation{Role: store.RoleCoach, Handle: "coach", Name: "Coach"}); err != nil {
		return err
	}
	err := parallel(ctx, c.members, func(ctx context.Context, i int) error {
		handle := handleOf(i + 1)
		return f.join(ctx, i+1, store.NewInvitation{Role: store.RoleClient, Handle: handle, Name: handle, With: []string{"coach"}})
	})
	if err != nil {
		return err
	}
	if small := len(c.threads) >= writers; small {
		return parallel(ctx, len(c.threads), func(ctx context.Context, i int) error { return f.thread(ctx, i, c.threads[i], 1) })
	}
	for i, t := range c.threads {
		if err := f.thread(ctx, i, t, writers); err != nil {
			return err
		}
	}
	return nil
}

func handleOf(member int) string { return fmt.Sprintf("member%d", member) }

func (f *filling) join(ctx context.Context, number int, who store.NewInvitation) error {
	key, err := seedKey(f.seed, number)
	if err != nil {
		return err
	}
	if f.people[number], err = Join(ctx, f.st, who, key); err != nil {
		return fmt.Errorf("a member joins: %w", err)
	}
	f.tick()
	return nil
}

// thread writes one thread, by so many writers at a time. The first entry and the last have marks.
func (f *filling) thread(ctx context.Context, number int, t threadContent, writers int) error {
	var handles []string
	authors := []*store.Access{f.st.As(f.people[0])}
	for _, member := range t.with {
		handles = append(handles, handleOf(member))
		authors = append(authors, f.st.As(f.people[member]))
	}
	texts := newTexts(f.seed, uint64(number))
	var mu sync.Mutex
	next := func() string {
		mu.Lock()
		defer mu.Unlock()
		text := texts.next()
		f.bytes.Add(int64(len(text)))
		if strings.Contains(text, rare) {
			f.rare.Add(1)
		}
		return text
	}
	first := markStart + " " + next()
	if t.entries == 1 {
		first = markStart + markEnd
	}
	opened, err := authors[0].NewThread(ctx, t.title, handles, first)
	if err != nil {
		return fmt.Errorf("open a thread: %w", err)
	}
	f.tick()
	err = parallelBy(ctx, writers, max(t.entries-2, 0), func(ctx context.Context, i int) error {
		_, err := authors[i%len(authors)].Write(ctx, opened.Number, next(), 0)
		f.tick()
		return err
	})
	if err == nil && t.entries > 1 {
		_, err = authors[0].Write(ctx, opened.Number, "How was it? "+markEnd, 0)
		f.tick()
	}
	if err != nil {
		return fmt.Errorf("write an entry: %w", err)
	}
	for _, reader := range authors { // else a thread opens where they stopped reading
		if err := reader.MarkRead(ctx, opened.Number, int64(t.entries)); err != nil {
			return fmt.Errorf("mark a thread as read: %w", err)
		}
	}
	return nil
}

func (f *filling) tick() { f.say(int(f.done.Add(1)), f.all) }

func parallel(ctx context.Context, count int, do func(ctx context.Context, i int) error) error {
	return parallelBy(ctx, writers, count, do)
}

// parallelBy does something count times, so many at a time, until one fails.
func parallelBy(ctx context.Context, width, count int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(width, count) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < count && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(ctx, i); err != nil && !errors.Is(err, context.Canceled) {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}
