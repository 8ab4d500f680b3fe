package store

import (
	"container/heap"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"alcove/store/safetext"
)

// There is no index of words on disk, for it would tell what was written. A search looks at the entries one may read,
// newest first. Of each thread it holds where the next entries stand; their texts it reads in small batches, in the order
// in which they are looked at. It holds no transaction while it looks, and each batch asks again for the person and the
// membership.

const (
	firstBatch   = 16      // entries that are looked at, and places that are read from a thread, at first
	largestBatch = 64      // entries that are looked at together, after that
	batchBytes   = 1 << 20 // of sealed texts in a batch, or a single one
	morePlaces   = 256     // places that are read from a thread, after the first
)

// Search calls found for each thread title and then each entry that holds all the words, newest first, case and
// diacritics folded and umlauts also found as ae, oe and ue, as they are found. It ends early with found's error, or with ctx. Rows that do not open are passed
// over. ErrEmpty if there is nothing to look for. While two searches of the person are under way, it waits.
func (a *Access) Search(ctx context.Context, words string, found func(Hit) error) error {
	if !safetext.Valid(words) {
		return fmt.Errorf("search: %w", ErrNotText)
	}
	s := &search{access: a, folder: newFolder(), found: found, authors: map[int64]Person{}}
	if s.words = s.folder.words(words); len(s.words) == 0 {
		return fmt.Errorf("search: %w", ErrEmpty)
	}
	done, err := a.store.searching.begin(ctx, a.who.person)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	defer done()
	if err := s.open(ctx); err != nil {
		return err
	}
	threads := make([]int64, len(s.piles))
	for i, pile := range s.piles {
		threads[i] = pile.thread
	}
	if err := a.opened(ctx, AuditThreadSearched, threads...); err != nil {
		return err
	}
	for _, pile := range s.piles {
		if err := s.offer(pile.title, Hit{Thread: pile.thread, Title: pile.title, At: pile.at}); err != nil {
			return err
		}
	}
	return s.entries(ctx)
}

// search is one search under way.
type search struct {
	access  *Access
	folder  *folder
	words   [][]byte
	found   func(Hit) error
	authors map[int64]Person
	piles   []*pile // all threads, for their titles
	queue   piles   // those with entries left
}

// pile is what is still to be looked at in one thread.
type pile struct {
	thread int64
	keys   *memberKeys // nil before its first text was read
	title  string
	at     time.Time // of the title: when there was news last
	next   []place   // where the entries stand that come next, newest first
	below  int64     // the entries not found yet have lower numbers
	ask    int       // how many to find next time
}

// place is where an entry stands.
type place struct {
	number int64
	at     time.Time
	size   int // of the sealed text
}

// candidate is an entry whose turn has come; text is nil if it is there no longer, or not for this person.
type candidate struct {
	pile   *pile
	number int64
	text   *entryRow
}

// open finds the threads, and the newest entries of each.
func (s *search) open(ctx context.Context) error {
	return s.access.read(ctx, "search", func(t *tx, me self) error {
		err := t.each(ctx, func(rows *sql.Rows) error {
			p := &pile{below: math.MaxInt64, ask: firstBatch}
			var opener int64
			var wrapped, title []byte
			if err := rows.Scan(&p.thread, &opener, &wrapped, &title, (*moment)(&p.at)); err != nil {
				return err
			}
			if opener != 0 { // else it was erased
				p.title, _ = t.store.openListed(ofMember(p.thread, opener), wrapped, atTitle(p.thread), title)
			}
			s.piles = append(s.piles, p)
			return nil
		}, `
			SELECT t.number, coalesce(t.opener, 0), `+keyOfTitle+`, t.title, max(t.created_at, t.last_at)
			FROM member m JOIN thread t ON t.number = m.thread WHERE m.person = ? AND m.left_at IS NULL
			ORDER BY max(t.created_at, t.last_at) DESC, t.number`, me.id)
		if err != nil {
			return err
		}
		queue := s.piles[:0:0]
		for _, p := range s.piles {
			if err := p.refill(ctx, t, me); err != nil {
				return err
			}
			if len(p.next) > 0 {
				queue = append(queue, p)
			}
		}
		s.queue = queue
		heap.Init(&s.queue)
		return nil
	})
}

// refill finds the next entries of a thread, or none if the person has left it.
func (p *pile) refill(ctx context.Context, t *tx, me self) error {
	p.next = p.next[:0]
	err := t.each(ctx, func(rows *sql.Rows) error {
		var e place
		err := rows.Scan(&e.number, (*moment)(&e.at), &e.size)
		p.next = append(p.next, e)
		return err
	}, `
		SELECT e.number, e.at, length(e.body) FROM entry e JOIN member m ON m.thread = e.thread AND m.person = ? AND m.left_at IS NULL
		WHERE e.thread = ? AND e.number < ? AND e.withdrawn_at IS NULL ORDER BY e.number DESC LIMIT ?`,
		me.id, p.thread, p.below, p.ask)
	if len(p.next) > 0 {
		p.below = p.next[len(p.next)-1].number
	}
	p.ask = morePlaces
	return err
}

// entries looks at the entries of all piles, always at the newest that is left.
func (s *search) entries(ctx context.Context) error {
	for most := firstBatch; len(s.queue) > 0; most = largestBatch {
		var batch []candidate
		err := s.access.read(ctx, "search", func(t *tx, me self) (err error) {
			if batch, err = s.take(ctx, t, me, most); err != nil {
				return err
			}
			return t.texts(ctx, me, batch)
		})
		if err != nil {
			return err
		}
		for _, next := range batch {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("search: %w", err)
			}
			if err := s.look(next); err != nil {
				return err
			}
		}
	}
	return nil
}

// take takes the next entries off the piles.
func (s *search) take(ctx context.Context, t *tx, me self, most int) (batch []candidate, err error) {
	for size := 0; len(batch) < most && len(s.queue) > 0; {
		p := s.queue[0]
		e := p.next[0]
		if size += e.size; size > batchBytes && len(batch) > 0 {
			break
		}
		batch = append(batch, candidate{pile: p, number: e.number})
		if p.next = p.next[1:]; len(p.next) == 0 {
			if err := p.refill(ctx, t, me); err != nil {
				return nil, err
			}
		}
		if len(p.next) == 0 {
			heap.Pop(&s.queue)
		} else {
			heap.Fix(&s.queue, 0)
		}
	}
	return batch, nil
}

// texts reads the entries of a batch. Those of one thread lie beside each other in it.
func (t *tx) texts(ctx context.Context, me self, batch []candidate) error {
	of := map[*pile][]*candidate{} // newest first
	for i := range batch {
		of[batch[i].pile] = append(of[batch[i].pile], &batch[i])
	}
	for p, these := range of {
		if err := p.unlock(ctx, t, me); err != nil {
			return err
		}
		err := t.each(ctx, func(rows *sql.Rows) error {
			w := &entryRow{}
			if err := rows.Scan(w.fields()...); err != nil {
				return err
			}
			for len(these) > 0 && these[0].number > w.entry.Number { // withdrawn meanwhile
				these = these[1:]
			}
			if len(these) > 0 && these[0].number == w.entry.Number {
				these[0].text = w
			}
			return nil
		}, `
			SELECT `+entryColumns+entryFrom+`JOIN member m ON m.thread = e.thread AND m.person = ? AND m.left_at IS NULL
			WHERE e.thread = ? AND e.number BETWEEN ? AND ? AND e.withdrawn_at IS NULL ORDER BY e.number DESC`,
			me.id, p.thread, these[len(these)-1].number, these[0].number)
		if err != nil {
			return err
		}
	}
	return nil
}

// unlock takes the keys of a thread. They are held for as long as the search lasts, and open what a batch read, if the
// person was in the thread then.
func (p *pile) unlock(ctx context.Context, t *tx, me self) error {
	if p.keys != nil {
		return nil
	}
	r, err := t.room(ctx, me, p.thread)
	if errors.Is(err, ErrNotFound) { // left meanwhile, so none of its texts will be read
		return nil
	}
	p.keys = r.keys
	return err
}

func (s *search) look(next candidate) error {
	if next.text == nil {
		return nil
	}
	p, w := next.pile, next.text
	text, err := p.keys.open(w.author.id, w.place(p.thread), w.body)
	if errors.Is(err, ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.offer(text, Hit{Thread: p.thread, Title: p.title, Entry: w.entry.Number, Author: s.author(w.author), At: w.entry.At})
}

// author is who wrote an entry. Each name is opened once.
func (s *search) author(p somebody) Person {
	who, known := s.authors[p.id]
	if !known {
		who = s.access.store.reveal(p)
		s.authors[p.id] = who
	}
	return who
}

// offer hands on a hit if the text holds all the words.
func (s *search) offer(text string, hit Hit) error {
	from, to, found := s.folder.find(text, s.words)
	if !found {
		return nil
	}
	hit.Before, hit.Match, hit.Behind = text[:from], text[from:to], text[to:]
	if hit.Entry != 0 { // a title is short, and one line
		hit.Before, hit.Behind = before(hit.Before), behind(hit.Behind)
	}
	return s.found(hit)
}

// piles is a heap, the newest entry on top; where times are equal, the order stays the same by thread.
type piles []*pile

func (q piles) Len() int { return len(q) }
func (q piles) Less(i, j int) bool {
	if a, b := q[i].next[0].at, q[j].next[0].at; !a.Equal(b) {
		return a.After(b)
	}
	return q[i].thread < q[j].thread
}
func (q piles) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *piles) Push(x any)   { *q = append(*q, x.(*pile)) } //nolint:forcetypeassert // heap.Interface; nothing else is pushed
func (q *piles) Pop() any {
	last := len(*q) - 1
	p := (*q)[last]
	*q = (*q)[:last]
	return p
}
