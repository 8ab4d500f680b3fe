package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// inSegment is what the rows of entries say of a segment: how many texts are in it, and the sums of their numbers and
// revisions, by which others would be seen.
type inSegment struct{ texts, numbers, revisions int64 }

func (t *tx) inSegments(ctx context.Context) (map[int64]inSegment, error) {
	all := map[int64]inSegment{}
	err := t.each(ctx, func(rows *sql.Rows) error {
		var number int64
		var in inSegment
		err := rows.Scan(&number, &in.texts, &in.numbers, &in.revisions)
		all[number] = in
		return err
	}, `SELECT segment, count(*), sum(number), sum(revision) FROM entry WHERE segment IS NOT NULL GROUP BY segment`)
	return all, err
}

// check answers ErrDamaged if a segment that was opened holds other texts than these.
func (in inSegment) check(plain []byte) error {
	texts, err := parseSegment(plain)
	if err != nil {
		return errors.Join(ErrDamaged, err)
	}
	var has inSegment
	for _, p := range texts {
		has.texts++
		has.numbers += p.number
		has.revisions += p.revision
	}
	if has != in {
		return fmt.Errorf("it holds other texts than it should: %w", ErrDamaged)
	}
	return nil
}
