package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"alcove/store/seal"
)

const (
	fewestPacked = 4   // loose entries of an author in a thread, for which a segment is made
	packAtOnce   = 128 // of them, in one transaction
)

// lift puts the text of an entry that stands in a segment into its row, as if it had never been packed.
func (t *tx) lift(ctx context.Context, r room, w *entryRow) error {
	if w.segment == 0 {
		return nil
	}
	s, err := t.segmentRow(ctx, r.number, w.segment)
	if err != nil {
		return err
	}
	key, err := r.keys.of(ctx, w.author.id)
	if err != nil {
		return err
	}
	texts, _, err := s.open(key, r.number, nil)
	if err != nil {
		return err
	}
	i, err := findPacked(texts, *w)
	if err != nil {
		return err
	}
	w.body = key.Seal(nil, w.place(r.number), texts[i].text)
	err = t.exec(ctx, `UPDATE entry SET body = ?, segment = NULL WHERE thread = ? AND number = ?`, w.body, r.number, w.entry.Number)
	if err != nil {
		return err
	}
	delete(r.segments, w.segment)
	w.segment = 0
	if texts = slices.Delete(texts, i, i+1); len(texts) == 0 {
		return t.exec(ctx, `DELETE FROM segment WHERE number = ?`, s.number)
	}
	newest := newestOf(texts)
	return t.exec(ctx, `UPDATE segment SET newest = ?, counted = counted - ?, body = ? WHERE number = ?`,
		newest, len(w.body), key.Seal(nil, atSegment(r.number, s.author, s.number, newest), encodeSegment(texts)), s.number)
}

// liftOrLose is lift for an entry whose text is to be deleted: in a segment that does not open it is lost already, and the
// entry is only said to be there no longer. With its last entry the segment goes, and what it counted for is given back.
func (t *tx) liftOrLose(ctx context.Context, r room, w *entryRow) error {
	if err := t.lift(ctx, r, w); !errors.Is(err, ErrDamaged) {
		return err
	}
	err := t.exec(ctx, `UPDATE entry SET segment = NULL WHERE thread = ? AND number = ?`, r.number, w.entry.Number)
	if err != nil {
		return err
	}
	_, err = t.release(ctx, w.author.id, `
		DELETE FROM segment WHERE number = ? AND thread = ? AND NOT EXISTS (
			SELECT 1 FROM entry e WHERE e.thread = segment.thread AND e.segment = segment.number) RETURNING counted`, w.segment, r.number)
	w.segment = 0
	return err
}

func newestOf(texts []packed) int64 {
	return slices.MaxFunc(texts, func(a, b packed) int { return cmp.Compare(a.at, b.at) }).at
}

// packing is what one author wrote in one thread, while it is packed.
type packing struct {
	thread, author int64
	key            *seal.Key
	texts          []packed
	size           int // bytes that they count for
}

// pack takes the oldest loose entries of an author in a thread into segments, and answers how many it took. A body that does
// not open stays where it is.
func (t *tx) pack(ctx context.Context, owner seal.Owner) (taken int, err error) {
	p := &packing{thread: owner.A, author: owner.B}
	var wrapped []byte
	err = t.one(ctx, []any{&wrapped}, `SELECT wrapped FROM data_key WHERE kind = 'member' AND a = ? AND b = ?`, p.thread, p.author)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if p.key, err = t.store.dataKey(owner, wrapped); err != nil {
		return 0, nil //nolint:nilerr // a damaged key is told by whoever wants to read
	}
	if err := p.loose(ctx, t); err != nil || len(p.texts) < fewestPacked {
		return 0, err
	}
	taken = len(p.texts)
	if err := p.merge(ctx, t); err != nil {
		return 0, err
	}
	return taken, p.store(ctx, t)
}

// loose opens the oldest entries that stand in no segment.
func (p *packing) loose(ctx context.Context, t *tx) error {
	return t.each(ctx, func(rows *sql.Rows) error {
		var one packed
		var body sql.RawBytes
		if err := rows.Scan(&one.number, &one.revision, &one.at, &body); err != nil {
			return err
		}
		var err error
		if one.text, err = p.key.Open(nil, atBody(p.thread, one.number, p.author, one.revision), body); err == nil {
			p.add(one)
		}
		return nil
	}, `
		SELECT e.number, e.revision, e.at, e.body FROM entry e
		WHERE e.thread = ? AND e.author = ? AND e.segment IS NULL AND e.withdrawn_at IS NULL AND length(e.body) <= ?
		ORDER BY e.number LIMIT 0 + ?`, p.thread, p.author, largestPacked, packAtOnce)
}

func (p *packing) add(one packed) {
	p.texts = append(p.texts, one)
	p.size += seal.Size(len(one.text))
}

// merge takes in the newest segments as long as they are small beside what there is already. So each text is packed anew a
// few times, and an author has few small segments in a thread.
func (p *packing) merge(ctx context.Context, t *tx) error {
	for {
		var w segmentRow
		err := t.one(ctx, w.fields(), `
			SELECT `+segmentColumns+` FROM segment s WHERE s.thread = ? AND s.author = ? ORDER BY s.newest DESC LIMIT 1`, p.thread, p.author)
		if errors.Is(err, sql.ErrNoRows) || err == nil && w.counted > min(2*int64(p.size), segmentBytes*3/4) {
			return nil
		}
		if err != nil {
			return err
		}
		texts, _, err := w.open(p.key, p.thread, nil)
		if errors.Is(err, ErrDamaged) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, one := range texts {
			p.add(one)
		}
		if err := t.exec(ctx, `DELETE FROM segment WHERE number = ?`, w.number); err != nil {
			return err
		}
	}
}

// store makes segments of all there is.
func (p *packing) store(ctx context.Context, t *tx) error {
	slices.SortFunc(p.texts, func(a, b packed) int { return cmp.Compare(a.number, b.number) })
	for len(p.texts) > 0 {
		n, size := 0, 0
		for n < len(p.texts) && (n == 0 || size+len(p.texts[n].text) <= segmentBytes) {
			size += len(p.texts[n].text)
			n++
		}
		if err := p.segment(ctx, t, p.texts[:n]); err != nil {
			return err
		}
		p.texts = p.texts[n:]
	}
	return nil
}

// segment makes one. The rows of its entries get new places beside each other: SQLite gives pages free that rows have left,
// and not those in which rows became small.
func (p *packing) segment(ctx context.Context, t *tx, texts []packed) error {
	counted, number := 0, t.store.segments.Add(1) // which is not given back, for traces go by it
	for _, one := range texts {
		counted += seal.Size(len(one.text))
		err := t.exec(ctx, `UPDATE entry SET body = x'', segment = ?, rowid = (SELECT max(rowid) + 1 FROM entry) WHERE thread = ? AND number = ?`,
			number, p.thread, one.number)
		if err != nil {
			return err
		}
	}
	newest := newestOf(texts)
	body := p.key.Seal(nil, atSegment(p.thread, p.author, number, newest), encodeSegment(texts))
	return t.exec(ctx, `INSERT INTO segment (number, thread, author, newest, counted, body) VALUES (?, ?, ?, ?, ?, ?)`,
		number, p.thread, p.author, newest, counted, body)
}

// numberSegments finds the highest number that a segment has.
func (s *Store) numberSegments(ctx context.Context) error {
	return s.read(ctx, "number the segments", func(t *tx) error {
		var highest int64
		err := t.one(ctx, []any{&highest}, `SELECT coalesce(max(number), 0) FROM segment`)
		s.segments.Store(highest)
		return err
	})
}

func (s *Store) packSome(ctx context.Context, owner seal.Owner) (taken int, err error) {
	s.packs.Add(1)
	defer s.packs.Add(1)
	err = s.writeAlone(ctx, "pack entries", func(t *tx) (err error) {
		taken, err = t.pack(ctx, owner)
		return err
	})
	return taken, err
}

// packAll packs what is loose, a little in each transaction, so that whoever writes meanwhile waits for one of these at most.
// Killed at any moment, it has packed some of it. Whoever calls it again may do so at once.
func (s *Store) packAll(ctx context.Context) error {
	var owners []seal.Owner
	err := s.read(ctx, "look for loose entries", func(t *tx) error {
		return t.each(ctx, func(rows *sql.Rows) error {
			owner := seal.Owner{Kind: "member"}
			err := rows.Scan(&owner.A, &owner.B)
			owners = append(owners, owner)
			return err
		}, `
			SELECT thread, author FROM entry WHERE segment IS NULL AND withdrawn_at IS NULL
			GROUP BY thread, author HAVING count(*) >= ?`, fewestPacked)
	})
	if err != nil {
		return err
	}
	// In turn, for the texts of those who wrote at the same time stand in the same pages, which are to become free.
	for len(owners) > 0 {
		again := owners[:0]
		for _, owner := range owners {
			taken, err := s.packSome(ctx, owner)
			if err != nil {
				return err
			}
			if taken == packAtOnce {
				again = append(again, owner)
			}
		}
		owners = again
	}
	return nil
}
