package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"alcove/store/seal"
)

// look is some pieces that are looked at in one transaction, and what was found in them.
type look struct {
	pieces []piece
	most   int // hits that are taken from each

	hits  []waitingHit
	left  []piece            // what is still to be looked at
	moved map[int64]struct{} // threads of which left has all segments anew, for they were packed meanwhile
	err   error
}

var (
	errFull = errors.New("enough for one look")
	errKey  = errors.New("none of these opens")
)

// desk is what a search looks at texts with. There are a few for all searches, which bounds what they hold together.
type desk struct {
	folder *folder
	marks  marks
	plain  []byte
	keys   map[seal.Owner]*seal.Key // of one look
	since  uint64                   // the same: when its transaction began, for the traces
}

// desks hands out the desks. The zero value has none.
type desks chan *desk

func newDesks() desks {
	d := make(desks, mostLookers)
	for range mostLookers {
		d <- &desk{folder: newFolder()}
	}
	return d
}

// look looks at pieces, and waits for a desk before.
func (s *search) look(ctx context.Context, l *look) error {
	var d *desk
	select {
	case d = <-s.access.store.desks:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.access.store.desks <- d }()
	d.keys, d.since = map[seal.Owner]*seal.Key{}, s.access.store.traces.since()
	return s.access.read(ctx, "search", func(t *tx, me self) error {
		for pieces := l.pieces; len(pieces) > 0; {
			if err := ctx.Err(); err != nil {
				return err
			}
			look, n := s.segments, 0
			for n < min(len(pieces), segmentsAtOnce) && pieces[n].segment != 0 {
				n++
			}
			if n == 0 {
				look, n = s.loose, 1
			}
			if err := look(ctx, t, me, d, l, pieces[:n]); err != nil {
				return err
			}
			pieces = pieces[n:]
		}
		return s.meet(ctx, t, l.hits)
	})
}

// segmentsAtOnce is how many one query reads.
const segmentsAtOnce = 8

// segments looks at some. If one is there no longer, its texts were packed with others, and the thread is looked through again.
func (s *search) segments(ctx context.Context, t *tx, me self, d *desk, l *look, some []piece) error {
	there := make([]bool, len(some))
	args := make([]any, 1+segmentsAtOnce)
	args[0] = me.id // and what there is no segment for stays NULL
	for i, p := range some {
		args[1+i] = p.segment
	}
	err := t.each(ctx, func(rows *sql.Rows) error {
		var w segmentRow
		var thread int64
		var wrapped sql.RawBytes
		if err := rows.Scan(&w.number, &w.author, &w.newest, &w.counted, (*sql.RawBytes)(&w.body), &thread, &wrapped); err != nil {
			return err
		}
		i := slices.IndexFunc(some, func(p piece) bool { return p.segment == w.number && p.thread == thread })
		if i < 0 { // a number that was given again
			return ctx.Err()
		}
		there[i] = true
		key, err := d.key(t.store, ofMember(thread, w.author), wrapped)
		if err != nil {
			return nil //nolint:nilerr // a row that does not open is passed over
		}
		texts, plain, err := w.open(key, thread, d.plain)
		if d.plain = plain; err != nil {
			return nil //nolint:nilerr // as above
		}
		if !t.store.traces.know(w.number) {
			made := d.trace(texts)
			t.store.traces.remember(d.since, w.number, made)
			if !made.has(s.hashes) {
				return nil
			}
		}
		s.texts(d, l, some[i], w.author, texts)
		return nil
	}, `
		SELECT `+segmentColumns+`, s.thread, k.wrapped
		FROM segment s JOIN member m ON m.thread = s.thread AND m.person = ? AND m.left_at IS NULL
		JOIN data_key k ON k.kind = 'member' AND k.a = s.thread AND k.b = s.author
		WHERE s.number IN (?, ?, ?, ?, ?, ?, ?, ?)`, args...)
	for i, p := range some {
		if err == nil && !there[i] {
			err = l.again(ctx, t, me, p.thread)
		}
	}
	return err
}

// texts looks at the texts of a segment, the newest first; those behind the last hit that is taken are left.
func (s *search) texts(d *desk, l *look, p piece, author int64, texts []packed) {
	taken := 0
	for _, text := range slices.Backward(texts) {
		if text.number >= p.below {
			continue
		}
		if taken == l.most {
			p.below, p.newest = text.number+1, text.at
			l.left = append(l.left, p)
			return
		}
		if s.hit(d, l, p.thread, author, text) {
			taken++
		}
	}
}

// hit takes a text that may be one.
func (s *search) hit(d *desk, l *look, thread, author int64, p packed) bool {
	hit, holds := holds(d.folder, s.words, p.text,
		Hit{Thread: thread, Title: s.titles[thread], Entry: p.number, At: time.UnixMicro(p.at).UTC()})
	if holds {
		l.hits = append(l.hits, waitingHit{hitAt{p.at, thread, p.number}, author, hit})
	}
	return holds
}

// loose looks at some loose entries of an author in a thread, the newest first.
func (s *search) loose(ctx context.Context, t *tx, me self, d *desk, l *look, one []piece) error {
	p := one[0]
	var key *seal.Key
	rowsSeen, size, hits := 0, 0, len(l.hits)
	err := t.each(ctx, func(rows *sql.Rows) error {
		var one packed
		var body, wrapped sql.RawBytes
		if err := rows.Scan(&one.number, &one.revision, &one.at, &body, &wrapped); err != nil {
			return err
		}
		rowsSeen++
		if size += len(body); size > looseBytes && rowsSeen > 1 || len(l.hits)-hits >= l.most {
			return errFull
		}
		p.below, p.newest = one.number, one.at
		var err error
		if key == nil {
			if key, err = t.store.dataKey(ofMember(p.thread, p.author), wrapped); err != nil {
				return errKey
			}
		}
		where := atBody(p.thread, one.number, p.author, one.revision)
		if one.text, err = key.Open(d.plain[:0], where, body); err != nil {
			return nil //nolint:nilerr // as above
		}
		d.plain = one.text
		s.hit(d, l, p.thread, p.author, one)
		return nil
	}, `
		SELECT e.number, e.revision, e.at, e.body, k.wrapped
		FROM entry e JOIN member m ON m.thread = e.thread AND m.person = ? AND m.left_at IS NULL
		JOIN data_key k ON k.kind = 'member' AND k.a = e.thread AND k.b = e.author
		WHERE e.thread = ? AND e.author = ? AND e.number < ? AND e.segment IS NULL AND e.withdrawn_at IS NULL
		ORDER BY e.number DESC LIMIT 0 + ?`, me.id, p.thread, p.author, p.below, p.ask)
	switch {
	case errors.Is(err, errKey):
		return nil
	case errors.Is(err, errFull), err == nil && rowsSeen == p.ask:
		p.ask = mostLoose
		l.left = append(l.left, p)
		return nil
	case err == nil && s.packedSince():
		return l.again(ctx, t, me, p.thread) // some may have gone into segments before they were seen
	}
	return err
}

// packedSince says whether anything was packed since the pieces were found.
func (s *search) packedSince() bool { return s.packs%2 == 1 || s.access.store.packs.Load() != s.packs }

// again lets all segments of a thread be looked at once more. What was found before is not told a second time.
func (l *look) again(ctx context.Context, t *tx, me self, thread int64) error {
	if _, done := l.moved[thread]; done {
		return nil
	}
	if l.moved == nil {
		l.moved = map[int64]struct{}{}
	}
	l.moved[thread] = struct{}{}
	segments, err := t.segmentsOf(ctx, `m.person = ? AND m.thread = ?`, me.id, thread)
	l.left = append(l.left, segments...)
	return err
}

// trace makes that of some texts.
func (d *desk) trace(texts []packed) trace {
	size := 0
	for _, text := range texts {
		d.marks.add(d.folder.fold(text.text))
		size += len(text.text)
	}
	return d.marks.trace(size)
}

// key opens the data key of an owner, once in a look.
func (d *desk) key(s *Store, owner seal.Owner, wrapped []byte) (*seal.Key, error) {
	if key, known := d.keys[owner]; known {
		return key, nil
	}
	key, err := s.dataKey(owner, wrapped)
	if err == nil {
		d.keys[owner] = key
	}
	return key, err
}

// meet finds out who the authors of hits are. Each name is opened once.
func (s *search) meet(ctx context.Context, t *tx, hits []waitingHit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range hits {
		if _, known := s.authors[h.author]; known {
			continue
		}
		var p somebody
		if err := t.one(ctx, p.fields(), `SELECT `+somebodyColumns+` FROM person p WHERE p.id = ?`, h.author); err != nil {
			return err
		}
		s.authors[h.author] = t.store.reveal(p)
	}
	return nil
}
