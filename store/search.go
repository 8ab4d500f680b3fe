package store

import (
	"container/heap"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"alcove/store/safetext"
)

// There is no index of words on disk, for it would tell what was written. A search opens the entries one may read, newest
// first, a few from each thread at a time. It holds no transaction while it looks, and each stretch asks again for the
// person and the membership.

const (
	firstBatch   = 16 // entries read from a thread at first; then twice as many each time
	largestBatch = 64
	contextRunes = 40 // characters shown on either side of a match
)

// Search calls found for each thread title and then each entry that holds all the words, newest first, case and
// diacritics folded, as they are found. It ends early with found's error, or with ctx. Rows that do not open are passed
// over. ErrEmpty if there is nothing to look for.
func (a *Access) Search(ctx context.Context, words string, found func(Hit) error) error {
	if !safetext.Valid(words) {
		return fmt.Errorf("search: %w", ErrNotText)
	}
	s := &search{access: a, folder: newFolder(), found: found}
	if s.words = s.folder.words(words); len(s.words) == 0 {
		return fmt.Errorf("search: %w", ErrEmpty)
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	for _, pile := range s.piles {
		if err := s.offer(pile.title, Hit{Thread: pile.room.number, Title: pile.title, At: pile.at}); err != nil {
			return err
		}
	}
	return s.entries(ctx)
}

// search is one search under way.
type search struct {
	access *Access
	folder *folder
	words  [][]byte
	found  func(Hit) error
	piles  piles
}

// pile is what is still to be looked at in one thread.
type pile struct {
	room  room
	title string
	at    time.Time  // of the title: when there was news last
	next  []entryRow // read but not looked at, newest first
	below int64      // the entries not read yet have lower numbers
	batch int
}

// open finds the threads and reads the newest entries of each.
func (s *search) open(ctx context.Context) error {
	return s.access.read(ctx, "search", func(t *tx, me self) error {
		err := t.each(ctx, func(rows *sql.Rows) error {
			p := &pile{below: math.MaxInt64, batch: firstBatch}
			var wrapped, title []byte
			if err := rows.Scan(&p.room.number, &wrapped, &title, (*moment)(&p.at)); err != nil {
				return err
			}
			key, err := t.store.keys.ThreadKey(p.room.number, wrapped)
			if err != nil {
				return nil // passed over; the list of threads shows it as damaged
			}
			p.room.key = key
			p.title, _ = t.store.openListed(key, atTitle(p.room.number), title)
			s.piles = append(s.piles, p)
			return nil
		}, `
			SELECT t.number, t.data_key, t.title, max(t.created_at, t.last_at)
			FROM member m JOIN thread t ON t.number = m.thread WHERE m.person = ? AND m.left_at IS NULL
			ORDER BY 4 DESC, t.number`, me.id)
		if err != nil {
			return err
		}
		for _, p := range s.piles {
			if err := p.refill(ctx, t, me); err != nil {
				return err
			}
		}
		return nil
	})
}

// refill reads the next entries of a thread, or none if the person has left it.
func (p *pile) refill(ctx context.Context, t *tx, me self) error {
	p.next = p.next[:0]
	err := t.each(ctx, func(rows *sql.Rows) error {
		var w entryRow
		err := rows.Scan(w.fields()...)
		p.next = append(p.next, w)
		return err
	}, `
		SELECT `+entryColumns+entryFrom+`JOIN member m ON m.thread = e.thread AND m.person = ? AND m.left_at IS NULL
		WHERE e.thread = ? AND e.number < ? AND e.withdrawn_at IS NULL ORDER BY e.number DESC LIMIT ?`,
		me.id, p.room.number, p.below, p.batch)
	if len(p.next) > 0 {
		p.below = p.next[len(p.next)-1].entry.Number
	}
	p.batch = min(2*p.batch, largestBatch)
	return err
}

// entries looks at the entries of all piles, always at the newest that is left.
func (s *search) entries(ctx context.Context) error {
	queue := piles{}
	for _, p := range s.piles {
		if len(p.next) > 0 {
			queue = append(queue, p)
		}
	}
	heap.Init(&queue)
	for len(queue) > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("search: %w", err)
		}
		p := queue[0]
		if err := s.look(p, p.next[0]); err != nil {
			return err
		}
		if p.next = p.next[1:]; len(p.next) == 0 {
			if err := s.access.read(ctx, "search", func(t *tx, me self) error { return p.refill(ctx, t, me) }); err != nil {
				return err
			}
		}
		if len(p.next) == 0 {
			heap.Pop(&queue)
		} else {
			heap.Fix(&queue, 0)
		}
	}
	return nil
}

func (s *search) look(p *pile, w entryRow) error {
	entry, err := s.access.store.shown(w, p.room, self{})
	if errors.Is(err, ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.offer(entry.Text, Hit{Thread: p.room.number, Title: p.title, Entry: entry.Number, Author: entry.Author, At: entry.At})
}

// offer hands on a hit if the text holds all the words.
func (s *search) offer(text string, hit Hit) error {
	from, to, found := s.folder.find(text, s.words)
	if !found {
		return nil
	}
	hit.Before, hit.Match, hit.Behind = oneLine(lastRunes(text[:from])), oneLine(text[from:to]), oneLine(firstRunes(text[to:]))
	return s.found(hit)
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// firstRunes and lastRunes cut a text to the context that is shown.
func firstRunes(s string) string {
	end := 0
	for range contextRunes {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return s[:end]
}

func lastRunes(s string) string {
	start := len(s)
	for range contextRunes {
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	return s[start:]
}

// piles is a heap, the newest entry on top; where times are equal, the order stays the same by thread.
type piles []*pile

func (q piles) Len() int { return len(q) }
func (q piles) Less(i, j int) bool {
	a, b := q[i].next[0].entry, q[j].next[0].entry
	if !a.At.Equal(b.At) {
		return a.At.After(b.At)
	}
	return q[i].room.number < q[j].room.number
}
func (q piles) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *piles) Push(x any)   { *q = append(*q, x.(*pile)) } //nolint:forcetypeassert // heap.Interface; nothing else is pushed
func (q *piles) Pop() any {
	last := len(*q) - 1
	p := (*q)[last]
	*q = (*q)[:last]
	return p
}
