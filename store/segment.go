// Segments hold the texts of many entries that one author wrote in one thread, sealed together under the author's data key
// in the thread. They are where these texts stand, and no copy: the body of such an entry is empty. So a search reads and
// opens one row for a hundred entries, and what each row costs besides its text is paid once.
//
// An entry is written with a body of its own, and packed later (segment_pack.go). Whoever changes one that is packed lifts
// it out first, so nothing in a segment is ever edited or withdrawn.
//
// What is sealed, version 1:
//
//	1 byte   version, 1
//	uvarint  how many texts there are, at least 1; then of each, by ascending number of entry:
//	           uvarint  number, less the one before
//	           uvarint  revision
//	           varint   time of the entry in microseconds since 1970, less the one before
//	           uvarint  length of the text
//	the texts, one behind the other
//
// It is bound to the thread, the author, the number of the segment, and the time of its newest entry (atSegment).

package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"alcove/store/seal"
)

const (
	segmentVersion = 1
	segmentBytes   = 60 << 10 // of texts in a segment, at most
	largestPacked  = 8 << 10  // of a sealed body; a larger one stays in its row, where it is read as well
)

var errSegment = errors.New("a segment that is not one")

// packed is the text of an entry in a segment.
type packed struct {
	number, revision int64
	at               int64 // microseconds since 1970
	text             []byte
}

// segmentRow is a segment as its row has it.
type segmentRow struct {
	number, author, newest, counted int64
	body                            []byte
}

// segmentColumns are scanned by segmentRow.fields.
const segmentColumns = `s.number, s.author, s.newest, s.counted, s.body`

func (w *segmentRow) fields() []any {
	return []any{&w.number, &w.author, &w.newest, &w.counted, &w.body}
}

// open answers the texts of a segment, or ErrDamaged. They stand in buffer, which may be nil and is answered as it is now.
func (w *segmentRow) open(key *seal.Key, thread int64, buffer []byte) (texts []packed, _ []byte, err error) {
	where := atSegment(thread, w.author, w.number, w.newest)
	buffer, err = key.Open(buffer[:0], where, w.body)
	if err == nil {
		texts, err = parseSegment(buffer)
	}
	if err != nil {
		return nil, buffer, fmt.Errorf("%s.%s: %w", where.Table, where.Column, errors.Join(ErrDamaged, err))
	}
	return texts, buffer, nil
}

// encodeSegment is the reverse of parseSegment.
func encodeSegment(texts []packed) []byte {
	size := 0
	for _, p := range texts {
		size += len(p.text) + 4*binary.MaxVarintLen64
	}
	plain := append(make([]byte, 0, size), segmentVersion)
	plain = binary.AppendUvarint(plain, uint64(len(texts)))
	var before packed
	for _, p := range texts {
		plain = binary.AppendUvarint(plain, uint64(p.number-before.number))
		plain = binary.AppendUvarint(plain, uint64(p.revision))
		plain = binary.AppendVarint(plain, p.at-before.at)
		plain = binary.AppendUvarint(plain, uint64(len(p.text)))
		before = p
	}
	for _, p := range texts {
		plain = append(plain, p.text...)
	}
	return plain
}

// parseSegment answers the texts, which are parts of plain.
func parseSegment(plain []byte) ([]packed, error) {
	if len(plain) == 0 || plain[0] != segmentVersion {
		return nil, errSegment
	}
	c := segmentCursor{rest: plain[1:]}
	count := c.uvarint()
	if count == 0 || count > uint64(len(plain)) {
		return nil, errSegment
	}
	texts, lengths := make([]packed, count), make([]uint64, count)
	var before packed
	for i := range texts {
		p := &texts[i]
		p.number, p.revision = before.number+int64(c.uvarint()), int64(c.uvarint())
		p.at, lengths[i] = before.at+c.varint(), c.uvarint()
		if i > 0 && p.number <= before.number {
			return nil, errSegment
		}
		before = *p
	}
	for i := range texts {
		texts[i].text = c.take(lengths[i])
	}
	if c.short || len(c.rest) > 0 {
		return nil, errSegment
	}
	return texts, nil
}

// segmentCursor takes fields off the front of a segment. Once one was missing, all that follow are zero.
type segmentCursor struct {
	rest  []byte
	short bool
}

func (c *segmentCursor) uvarint() uint64 {
	value, n := binary.Uvarint(c.rest)
	c.skip(n)
	return value
}

func (c *segmentCursor) varint() int64 {
	value, n := binary.Varint(c.rest)
	c.skip(n)
	return value
}

func (c *segmentCursor) skip(n int) {
	if c.short = c.short || n <= 0; c.short {
		n = len(c.rest)
	}
	c.rest = c.rest[n:]
}

func (c *segmentCursor) take(n uint64) []byte {
	if c.short = c.short || n > uint64(len(c.rest)); c.short {
		return nil
	}
	taken := c.rest[:n:n]
	c.rest = c.rest[n:]
	return taken
}

// mostSegments bounds how many segments a transaction keeps open.
const mostSegments = 32

// openSegments are the segments of one thread that a transaction has opened.
type openSegments map[int64][]packed

// packedText answers the text of an entry that stands in a segment, or ErrDamaged.
func (t *tx) packedText(ctx context.Context, r room, w entryRow) (string, error) {
	texts, known := r.segments[w.segment]
	if !known {
		row, err := t.segmentRow(ctx, r.number, w.segment)
		if err != nil {
			return "", err
		}
		key, err := r.keys.of(ctx, row.author)
		if err != nil {
			return "", err
		}
		if texts, _, err = row.open(key, r.number, nil); err != nil {
			return "", err
		}
		if len(r.segments) >= mostSegments {
			clear(r.segments)
		}
		r.segments[w.segment] = texts
	}
	i, err := findPacked(texts, w)
	if err != nil {
		return "", err
	}
	return string(texts[i].text), nil
}

// findPacked answers where in a segment the text of an entry stands, or ErrDamaged.
func findPacked(texts []packed, w entryRow) (int, error) {
	i, found := slices.BinarySearchFunc(texts, w.entry.Number, func(p packed, number int64) int { return cmp.Compare(p.number, number) })
	if !found || texts[i].revision != int64(w.entry.Revision) {
		return 0, fmt.Errorf("a segment lacks a text: %w", ErrDamaged)
	}
	return i, nil
}

// segmentRow reads a segment of a thread; ErrDamaged if there is none.
func (t *tx) segmentRow(ctx context.Context, thread, number int64) (w segmentRow, err error) {
	err = t.one(ctx, w.fields(), `SELECT `+segmentColumns+` FROM segment s WHERE s.number = ? AND s.thread = ?`, number, thread)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("a segment is missing: %w", ErrDamaged)
	}
	return w, err
}
