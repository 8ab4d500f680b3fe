package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"alcove/store/seal"
)

const (
	usualSpan   = 50
	largestSpan = 500
	spanBytes   = 4 << 20 // of sealed texts in a page, or a single one
	// takeBackGrace is added to TakeBackFor, for the key press was in time when it began its way over the wire.
	takeBackGrace = 2 * time.Second
)

// entryColumns are scanned by entryRow.fields.
const entryColumns = `e.number, e.kind, e.body, e.revision, e.at, e.edited_at, e.withdrawn_at, coalesce(e.segment, 0), ` + somebodyColumns

const entryFrom = ` FROM entry e JOIN person p ON p.id = e.author `

// entryRow is an entry as a row has it.
type entryRow struct {
	entry   Entry
	author  somebody
	body    []byte // sealed; empty in a segment
	segment int64  // where the text stands, if not in body
}

func (w *entryRow) fields() []any {
	e := &w.entry
	return append([]any{&e.Number, &e.Kind, &w.body, &e.Revision, (*moment)(&e.At), (*moment)(&e.EditedAt), (*moment)(&e.WithdrawnAt), &w.segment},
		w.author.fields()...)
}

// shown is the entry as the reader sees it. With ErrDamaged all but the text is there.
func (t *tx) shown(ctx context.Context, w entryRow, r room, me self) (e Entry, err error) {
	e = w.entry
	e.Thread, e.Author, e.Mine = r.number, t.store.reveal(w.author), w.author.id == me.id
	switch {
	case !e.WithdrawnAt.IsZero():
	case w.segment != 0:
		e.Text, err = t.packedText(ctx, r, w)
	default:
		e.Text, err = r.keys.open(ctx, w.author.id, w.place(r.number), w.body)
	}
	return e, err
}

// place is where the text was sealed.
func (w *entryRow) place(thread int64) seal.Where {
	return atBody(thread, w.entry.Number, w.author.id, int64(w.entry.Revision))
}

// Entries reads a stretch of a thread. It never marks anything as read.
func (a *Access) Entries(ctx context.Context, thread int64, span Span) (page Page, err error) {
	err = a.readThread(ctx, "read entries", thread, func(t *tx, me self) error {
		r, err := t.room(ctx, me, thread)
		if err != nil {
			return err
		}
		rows, err := t.stretch(ctx, thread, span)
		if err != nil {
			return err
		}
		for _, w := range rows {
			entry, err := t.shown(ctx, w, r, me)
			if errors.Is(err, ErrDamaged) {
				t.store.log.Error("an entry does not open", "thread", thread, "entry", entry.Number)
				entry.Damaged, err = true, nil
			}
			if err != nil {
				return err
			}
			page.Entries = append(page.Entries, entry)
		}
		page.Earlier, page.Later, err = t.around(ctx, r, span, page.Entries)
		return err
	})
	return page, err
}

// stretch reads the rows of a span, oldest first.
func (t *tx) stretch(ctx context.Context, thread int64, span Span) (rows []entryRow, err error) {
	limit := min(span.Limit, largestSpan)
	if limit <= 0 {
		limit = usualSpan
	}
	where, bound, order := `e.number > ?`, span.After, `ASC`
	if span.After == 0 {
		where, bound, order = `e.number < ?`, span.Before, `DESC`
		if bound == 0 {
			bound = math.MaxInt64
		}
	}
	size, full := 0, errors.New("the page is full")
	err = t.each(ctx, func(row *sql.Rows) error {
		var w entryRow
		if err := row.Scan(w.fields()...); err != nil {
			return err
		}
		if size += len(w.body); size > spanBytes && len(rows) > 0 {
			return full
		}
		rows = append(rows, w)
		return nil
	}, `SELECT `+entryColumns+entryFrom+`WHERE e.thread = ? AND `+where+` ORDER BY e.number `+order+` LIMIT 0 + ?`, thread, bound, limit)
	if errors.Is(err, full) {
		err = nil
	}
	if order == `DESC` {
		slices.Reverse(rows)
	}
	return rows, err
}

// around counts what lies before and behind a stretch, without reading it: numbers count up by one but for the gaps.
func (t *tx) around(ctx context.Context, r room, span Span, entries []Entry) (earlier, later int, err error) {
	first, last := span.Before, span.Before-1 // nothing was found below Before: all there is lies behind it
	switch {
	case len(entries) > 0:
		first, last = entries[0].Number, entries[len(entries)-1].Number
	case span.After > 0:
		first, last = min(span.After, r.last)+1, min(span.After, r.last)
	case span.Before == 0:
		first, last = r.last+1, r.last
	}
	first, last = min(first, r.last+1), min(last, r.last)
	var below, behind, gaps int
	err = t.one(ctx, []any{&below, &behind, &gaps}, `
		SELECT `+gapsTo+`?2`+theLast+`, `+gapsTo+`?3`+theLast+`, `+gapsTo+`?4`+theLast+` FROM thread t WHERE t.number = ?1`,
		r.number, first-1, last, r.last)
	return max(0, int(first)-1-below), int(r.last-max(0, last)) - (gaps - behind), err
}

// Entry reads one entry.
func (a *Access) Entry(ctx context.Context, thread, entry int64) (found Entry, err error) {
	err = a.readThread(ctx, "read an entry", thread, func(t *tx, me self) error {
		var w entryRow
		var wrapped []byte
		err := t.one(ctx, append(w.fields(), &wrapped), `
			SELECT `+entryColumns+`, `+keyOfEntry+` FROM member m CROSS JOIN entry e JOIN person p ON p.id = e.author
			WHERE m.thread = ?1 AND m.person = ?2 AND m.left_at IS NULL AND e.thread = m.thread AND e.number = ?3`, thread, me.id, entry)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		r := t.roomOf(me, thread)
		r.keys.found[w.author.id] = wrapped
		found, err = t.shown(ctx, w, r, me)
		return err
	})
	return found, err
}

func (t *tx) entry(ctx context.Context, me self, r room, number int64) (Entry, error) {
	var w entryRow
	err := t.one(ctx, w.fields(), `SELECT `+entryColumns+entryFrom+`WHERE e.thread = ? AND e.number = ?`, r.number, number)
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, ErrNotFound
	}
	if err != nil {
		return Entry{}, err
	}
	return t.shown(ctx, w, r, me)
}

// Revisions are the texts an entry had before, oldest first, without the present one.
func (a *Access) Revisions(ctx context.Context, thread, entry int64) (revisions []Revision, err error) {
	err = a.readThread(ctx, "read revisions", thread, func(t *tx, me self) error {
		r, err := t.room(ctx, me, thread)
		if err != nil {
			return err
		}
		authors, err := t.ids(ctx, `SELECT author FROM entry WHERE thread = ? AND number = ?`, thread, entry)
		if err != nil {
			return err
		}
		if len(authors) == 0 {
			return ErrNotFound
		}
		author := authors[0]
		wrapped, err := r.keys.wrapped(ctx, author)
		if err != nil {
			return err
		}
		return t.each(ctx, func(rows *sql.Rows) error {
			var old Revision
			var body []byte
			if err := rows.Scan(&old.Revision, (*moment)(&old.At), &body); err != nil {
				return err
			}
			old.Text, old.Damaged = a.store.openListed(ofMember(thread, author), wrapped,
				atBody(thread, entry, author, int64(old.Revision)), body)
			revisions = append(revisions, old)
			return nil
		}, `SELECT revision, at, body FROM revision WHERE thread = ? AND number = ? ORDER BY revision`, thread, entry)
	})
	return revisions, err
}

// MarkRead moves the read mark forward to an entry, or to the last one there is; it never moves back.
func (a *Access) MarkRead(ctx context.Context, thread, entry int64) error {
	return a.write(ctx, "mark as read", func(t *tx, me self) error {
		moved, err := t.change(ctx, `
			UPDATE member SET read_mark = min(?3, (SELECT last_number FROM thread WHERE number = ?1))
			WHERE thread = ?1 AND person = ?2 AND left_at IS NULL AND read_mark < min(?3, (SELECT last_number FROM thread WHERE number = ?1))`,
			thread, me.id, entry)
		if err == nil && moved == 0 { // it is there already, or the thread is not theirs
			return t.inRoom(ctx, me, thread)
		}
		t.tell(notice{to: []int64{me.id}, except: me.session, change: Change{Kind: ReadMarkMoved, Thread: thread}})
		return err
	})
}

// Write adds an entry. The draft of that version, if it is still the stored one, is deleted in the same commit. It answers
// ErrEmpty, ErrTooLong or ErrNotText for what cannot be stored, ErrQuota and ErrPace.
func (a *Access) Write(ctx context.Context, thread int64, text string, draftVersion int64) (written Entry, err error) {
	if text, err = cleanText(text); err != nil {
		return Entry{}, fmt.Errorf("write an entry: %w", err)
	}
	err = a.write(ctx, "write an entry", func(t *tx, me self) error {
		r, err := t.room(ctx, me, thread)
		if err != nil {
			return err
		}
		if err := t.pace(me); err != nil {
			return err
		}
		if written, err = t.addEntry(ctx, me, r, text); err != nil {
			return err
		}
		return t.dropDraft(ctx, me, thread, 0, draftVersion)
	})
	return written, err
}

func (t *tx) addEntry(ctx context.Context, me self, r room, text string) (Entry, error) {
	number, at := r.last+1, t.now // the clock may have been set back meanwhile: entries are in the order of their numbers
	key, err := r.keys.of(ctx, me.id)
	if err != nil {
		return Entry{}, err
	}
	body := key.Seal(nil, atBody(r.number, number, me.id, 1), []byte(text))
	if err := t.charge(ctx, me.id, int64(len(body))); err != nil {
		return Entry{}, err
	}
	err = t.exec(ctx, `INSERT INTO entry (thread, number, kind, author, body, at) VALUES (?, ?, ?, ?, ?, ?)`,
		r.number, number, string(KindText), me.id, body, moment(at))
	if err != nil {
		return Entry{}, err
	}
	if err := t.placeNewest(ctx, me, r.number, number, at); err != nil {
		return Entry{}, err
	}
	author, _, err := t.profile(ctx, me.id)
	if err != nil {
		return Entry{}, err
	}
	t.store.packer.wrote()
	entry := Entry{Thread: r.number, Number: number, Kind: KindText, Author: author, Mine: true, At: at, Text: text, Revision: 1}
	return entry, t.tellMembers(ctx, EntryWritten, r.number, number, author)
}
