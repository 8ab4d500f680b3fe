package sshserver

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"alcove/store"
)

// threads lists the person's threads: number, title, members, unread, last entry.
func threads(ctx context.Context, c *call) error {
	rest, err := c.parse("threads", map[string]bool{"json": false})
	if err == nil {
		err = c.none("threads", rest)
	}
	if err != nil {
		return err
	}
	list, err := c.journal.Threads(ctx)
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	if c.asJSON() {
		out := jsonList{w: c.out}
		for _, t := range list {
			out.add(asThread(t))
		}
		return out.end()
	}
	if len(list) == 0 {
		c.note(c.words.NoThreads)
		return nil
	}
	var rows strings.Builder
	table := tabwriter.NewWriter(&rows, 0, 0, 2, ' ', 0)
	for _, t := range list {
		unread, last := "", ""
		if t.Unread > 0 {
			unread = fmt.Sprintf(c.words.New, t.Unread)
		}
		if !t.LastAt.IsZero() {
			last = c.clock(t.LastAt)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", t.Number, c.title(t), c.others(t), unread, last)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("lay out: %w", err)
	}
	for row := range strings.Lines(rows.String()) {
		fmt.Fprintln(c.out, strings.TrimRight(row, " \n")) // a last column that is empty leaves blanks
	}
	return nil
}

// others names whom else a thread reaches.
func (c *call) others(t store.Thread) string {
	var names []string
	for _, p := range t.Members {
		if p.Handle != c.me.Handle {
			names = append(names, line(p.Name))
		}
	}
	if len(names) == 0 {
		return c.words.OnlyYou
	}
	return strings.Join(names, ", ")
}

// title is a thread's title, or what stands in its place if it was erased.
func (c *call) title(t store.Thread) string {
	if t.TitleGone {
		return c.visit.words.Chrome.Home.Erased
	}
	return line(t.Title)
}
