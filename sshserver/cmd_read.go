package sshserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"alcove/store"
	"alcove/store/safetext"
)

// pageSize is how many entries are held in memory at a time.
const pageSize = 200

// read prints the entries of a thread and then marks them read: only once they have arrived, and only if none that the
// person has not read was left out.
func read(ctx context.Context, c *call) error {
	rest, err := c.parse("read", map[string]bool{"since": true, "json": false})
	if err != nil {
		return err
	}
	number, err := c.number("read", rest)
	if err != nil {
		return err
	}
	from, err := c.since()
	if err != nil {
		return err
	}
	thread, err := c.journal.Thread(ctx, number)
	if err != nil {
		return fmt.Errorf("find thread: %w", err)
	}
	last, skipped, err := c.printEntries(ctx, thread, from)
	if err != nil {
		return err
	}
	if err := c.out.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	switch {
	case skipped:
		c.note(c.words.SkippedUnread)
	case last > thread.ReadMark && c.present():
		err := c.journal.MarkRead(ctx, number, last)
		if errors.Is(err, store.ErrReadOnly) { // what was asked for has arrived
			c.note(c.words.NotMarked)
			return nil
		}
		if err != nil {
			return fmt.Errorf("mark read: %w", err)
		}
	}
	return nil
}

// printEntries prints a thread's entries from a moment on. It answers the number of the last one, and whether it left
// out any that is unread.
func (c *call) printEntries(ctx context.Context, thread store.Thread, from moment) (last int64, skipped bool, err error) {
	show, end := c.entryLines, func() error { return nil }
	if c.asJSON() {
		list := jsonList{w: c.out}
		show, end = func(e store.Entry) { list.add(asEntry(e)) }, list.end
	}
	err = eachEntry(ctx, c.journal, thread.Number, from.start(thread.ReadMark), func(e store.Entry) error {
		if from.before(e) {
			skipped = skipped || e.Number > thread.ReadMark && !e.Mine && e.WithdrawnAt.IsZero()
			return nil
		}
		last = e.Number
		show(e)
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	if last == 0 && !c.asJSON() {
		say := c.words.NoEntries
		if thread.Entries > 0 {
			say = c.words.NothingNewer
		}
		c.note(say)
	}
	return last, skipped, end()
}

// entryLines prints one entry. Its text is set in, so that none can pass for another's heading.
func (c *call) entryLines(e store.Entry) {
	fmt.Fprintf(c.out, "%d  %s, %s", e.Number, line(e.Author.Name), c.clock(e.At))
	switch {
	case !e.WithdrawnAt.IsZero():
		fmt.Fprintf(c.out, ", %s", c.words.Withdrawn)
	case !e.EditedAt.IsZero():
		fmt.Fprintf(c.out, ", %s", c.words.Edited)
	}
	fmt.Fprintln(c.out)
	if e.Damaged {
		fmt.Fprintln(c.out, "  "+c.visit.words.Error.Damaged)
	}
	if e.Text != "" {
		for l := range strings.SplitSeq(safetext.Text(e.Text), "\n") {
			fmt.Fprintln(c.out, strings.TrimRight("  "+l, " "))
		}
	}
	fmt.Fprintln(c.out)
}

// eachEntry reads a thread page by page, oldest first, from behind an entry on.
func eachEntry(ctx context.Context, j *store.Access, thread, after int64, do func(store.Entry) error) error {
	if after <= 0 {
		after = store.FromStart
	}
	for {
		page, err := j.Entries(ctx, thread, store.Span{After: after, Limit: pageSize})
		if err != nil {
			return fmt.Errorf("read entries: %w", err)
		}
		for _, e := range page.Entries {
			if err := do(e); err != nil {
				return err
			}
			after = e.Number
		}
		if page.Later == 0 || len(page.Entries) == 0 {
			return nil
		}
	}
}

// moment is where to begin: behind an entry, or at a time, or at the start.
type moment struct {
	number int64
	at     time.Time
}

func (m moment) before(e store.Entry) bool {
	return e.Number <= m.number || !m.at.IsZero() && e.At.Before(m.at)
}

// start is the number behind which to begin reading, so that unread entries before the moment are seen too.
func (m moment) start(readMark int64) int64 { return min(m.number, readMark) }

// since reads --since: an entry's number, a day where the person is, or a time.
func (c *call) since() (moment, error) {
	given := c.value("since")
	if given == "" {
		return moment{}, nil
	}
	if n, err := strconv.ParseInt(given, 10, 64); err == nil && n >= 0 {
		return moment{number: n}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, given, c.zone); err == nil {
		return moment{at: day}, nil
	}
	if at, err := time.Parse(time.RFC3339, given); err == nil {
		return moment{at: at}, nil
	}
	return moment{}, misuse{fmt.Sprintf(c.words.BadSince, line(given)) + "\n" + usage(c.words, "read")}
}
