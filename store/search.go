package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"alcove/store/safetext"
)

// There is no index of words on disk, for it would tell what was written. A search looks at all that one may read: at
// segments (segment.go), and at the loose entries of each thread. These are its pieces, of which it knows how new the newest
// entry in each is. Two goroutines look at pieces (search_look.go), the newest first, each in a short transaction of its own
// that asks again for the person and the membership. What they find waits until no piece is left that may hold anything
// newer.

const (
	firstLoose  = 16        // loose entries that are looked at together, at first
	mostLoose   = 256       // after that
	looseBytes  = 256 << 10 // of them, or a single one
	mostPieces  = 32        // that are looked at in one transaction
	hitsOfPiece = 64        // that are taken from a piece at a time
	hitsWaiting = 4096      // beyond which but one is taken from a piece
	mostLookers = 2         // goroutines of a search, and of all searches those at work
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
	s.hashes = hashWords(s.words)
	done, err := a.store.searching.begin(ctx, a.who.person)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	defer done()
	titles, err := s.open(ctx)
	if err != nil {
		return err
	}
	threads := make([]int64, len(titles))
	for i, t := range titles {
		threads[i] = t.Thread
	}
	if err := a.opened(ctx, AuditThreadSearched, threads...); err != nil {
		return err
	}
	for _, t := range titles {
		if hit, holds := holds(s.folder, s.words, []byte(t.Title), t); holds {
			if err := found(hit); err != nil {
				return err
			}
		}
	}
	return s.entries(ctx)
}

// search is one search under way. But for what mu guards, it belongs to the goroutine that called Search.
type search struct {
	access *Access
	folder *folder
	words  [][]byte
	found  func(Hit) error
	titles map[int64]string // by thread
	pieces pieces           // that are still to be looked at
	flying []*look          // and those that are being looked at
	hits   waiting
	hashes []uint16 // by which traces tell where the words are not
	packs  uint64   // of the store, before the pieces were found
	last   *hitAt   // that was told

	mu      sync.Mutex
	authors map[int64]Person
}

// open finds the threads, as hits of their titles, and the pieces.
func (s *search) open(ctx context.Context) (titles []Hit, err error) {
	s.packs, s.titles = s.access.store.packs.Load(), map[int64]string{}
	err = s.access.read(ctx, "search", func(t *tx, me self) error {
		err := t.each(ctx, func(rows *sql.Rows) error {
			var hit Hit
			var opener int64
			var wrapped, title []byte
			if err := rows.Scan(&hit.Thread, &opener, &wrapped, &title, (*moment)(&hit.At)); err != nil {
				return err
			}
			if opener != 0 { // else it was erased
				hit.Title, _ = t.store.openShared(ofMember(hit.Thread, opener), wrapped, atTitle(hit.Thread), title)
			}
			titles = append(titles, hit)
			s.titles[hit.Thread] = hit.Title
			return nil
		}, `
			SELECT t.number, coalesce(t.opener, 0), `+keyOfTitle+`, t.title, max(t.created_at, t.last_at)
			FROM member m JOIN thread t ON t.number = m.thread WHERE m.person = ? AND m.left_at IS NULL
			ORDER BY max(t.created_at, t.last_at) DESC, t.number`, me.id)
		if err != nil {
			return err
		}
		segments, err := t.segmentsOf(ctx, `m.person = ?`, me.id)
		if err != nil {
			return err
		}
		s.pieces, err = t.looseOf(ctx, `m.person = ?`, me.id)
		s.pieces = append(s.pieces, segments...)
		return err
	})
	s.pieces.init()
	return titles, err
}

// entries looks at all the pieces.
func (s *search) entries(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	lookers := min(mostLookers, runtime.GOMAXPROCS(0))
	looks, results := make(chan *look), make(chan *look, lookers)
	var crew sync.WaitGroup
	defer func() {
		cancel()
		close(looks)
		crew.Wait()
	}()
	for range lookers {
		crew.Go(func() {
			for l := range looks {
				l.err = s.look(ctx, l)
				results <- l
			}
		})
	}
	// At first one piece alone: most people look for what is new, and then no time is lost with what is old.
	for most, atOnce := 1, 1; ; most, atOnce = min(2*most, mostPieces), lookers {
		for len(s.flying) < atOnce {
			l := s.next(most)
			if len(l.pieces) == 0 {
				break
			}
			s.flying = append(s.flying, l)
			looks <- l
		}
		if len(s.flying) == 0 {
			return s.tell(ctx)
		}
		l := <-results
		if l.err != nil {
			return l.err
		}
		s.landed(l)
		if err := s.tell(ctx); err != nil {
			return err
		}
	}
}

// next takes the newest pieces that may hold the words.
func (s *search) next(most int) *look {
	l := &look{most: hitsOfPiece}
	if len(s.hits) > hitsWaiting {
		l.most = 1
	}
	for len(l.pieces) < most && len(s.pieces) > 0 {
		if p := s.pieces.pop(); p.segment == 0 || !s.access.store.traces.lacks(p.segment, s.hashes) {
			l.pieces = append(l.pieces, p)
		}
	}
	return l
}

// landed takes in what was found in some pieces.
func (s *search) landed(l *look) {
	for i, flying := range s.flying {
		if flying == l {
			s.flying = append(s.flying[:i], s.flying[i+1:]...)
			break
		}
	}
	for thread := range l.moved {
		s.pieces.drop(thread)
	}
	for _, p := range l.left {
		s.pieces.push(p)
	}
	for _, h := range l.hits {
		s.hits.push(h)
	}
}

// tell hands on what waits, as far as nothing newer can be found any more.
func (s *search) tell(ctx context.Context) error {
	bound, bounded := int64(0), false
	for _, l := range s.flying {
		bound, bounded = max(bound, l.pieces[0].newest), true
	}
	if len(s.pieces) > 0 {
		bound, bounded = max(bound, s.pieces[0].newest), true
	}
	for len(s.hits) > 0 && (!bounded || s.hits[0].at >= bound) {
		h := s.hits.pop()
		if s.last != nil && !h.after(*s.last) { // a second time, from where it was moved to
			continue
		}
		s.last = &h.hitAt
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("search: %w", err)
		}
		h.hit.Author = s.author(h.author)
		if err := s.found(h.hit); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) author(id int64) Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.authors[id]
}

// holds answers a hit with its context if the text holds all the words.
func holds(f *folder, words [][]byte, plain []byte, hit Hit) (Hit, bool) {
	from, to, found := f.find(plain, words)
	if !found {
		return hit, false
	}
	text := string(plain)
	hit.Before, hit.Match, hit.Behind = text[:from], text[from:to], text[to:]
	if hit.Entry != 0 { // a title is short, and one line
		hit.Before, hit.Match, hit.Behind = before(hit.Before), strings.Clone(hit.Match), behind(hit.Behind)
	}
	return hit, true
}

// hitAt is where a hit comes in the order: newest first, and where times are equal always the same way.
type hitAt struct{ at, thread, number int64 }

// after says whether h comes after another.
func (h hitAt) after(o hitAt) bool {
	return cmp.Or(cmp.Compare(o.at, h.at), cmp.Compare(h.thread, o.thread), cmp.Compare(o.number, h.number)) > 0
}

// waitingHit is a hit that waits for its turn.
type waitingHit struct {
	hitAt
	author int64
	hit    Hit
}
