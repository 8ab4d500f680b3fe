package sshserver

import (
	"context"
	"fmt"

	"alcove/store"
)

// exporter writes what a person can read, in one form or another. The calls come in the order of its methods, thread,
// entry and threadEnd over and over. The first error is told by end.
type exporter interface {
	begin(e exportHead)
	thread(t store.Thread)
	entry(e store.Entry, before []store.Revision)
	threadEnd()
	drafts(d []store.Draft)
	end() error
}

// exportHead is all of an export but its threads and drafts.
type exportHead struct {
	me     store.Me
	keys   []store.Key
	people []store.Acquaintance
}

// export prints all that the person can read, a page of entries in memory at a time.
func export(ctx context.Context, c *call) error {
	rest, err := c.parse("export", map[string]bool{"format": true})
	if err == nil {
		err = c.none("export", rest)
	}
	if err != nil {
		return err
	}
	var to exporter
	switch given := c.value("format"); given {
	case "", "md":
		to = &exportMarkdown{c: c}
	case "json":
		to = &exportJSON{c: c}
	default:
		return misuse{fmt.Sprintf(c.words.BadFormat, line(given)) + "\n" + usage(c.words, "export")}
	}
	if err := c.journal.BeginExport(ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	head := exportHead{me: c.me}
	if head.keys, err = c.journal.Keys(ctx); err != nil {
		return fmt.Errorf("list keys: %w", err)
	}
	if head.people, err = c.journal.People(ctx); err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	to.begin(head)
	if err := c.exportThreads(ctx, to); err != nil {
		return err
	}
	drafts, err := c.journal.Drafts(ctx)
	if err != nil {
		return fmt.Errorf("list drafts: %w", err)
	}
	to.drafts(drafts)
	return to.end()
}

func (c *call) exportThreads(ctx context.Context, to exporter) error {
	threads, err := c.journal.Threads(ctx)
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	for _, t := range threads {
		to.thread(t)
		err := eachEntry(ctx, c.journal, t.Number, store.FromStart, func(e store.Entry) error {
			var before []store.Revision
			if e.Revision > 1 && e.WithdrawnAt.IsZero() {
				var err error
				if before, err = c.journal.Revisions(ctx, t.Number, e.Number); err != nil {
					return fmt.Errorf("read revisions: %w", err)
				}
			}
			to.entry(e, before)
			return nil
		})
		if err != nil {
			return err
		}
		to.threadEnd()
	}
	return nil
}
