package sshserver

import (
	"context"
	"fmt"
	"strings"

	"alcove/store"
)

// search prints what it finds as it finds it, newest first.
func search(ctx context.Context, c *call) error {
	rest, err := c.parse("search", map[string]bool{"json": false})
	if err != nil {
		return err
	}
	words := strings.Join(rest, " ")
	if strings.TrimSpace(words) == "" {
		return misuse{fmt.Sprintf(c.words.Missing, "WORDS") + "\n" + usage(c.words, "search")}
	}
	list, found := jsonList{w: c.out}, 0
	err = c.journal.Search(ctx, words, func(h store.Hit) error {
		found++
		if c.asJSON() {
			list.add(asHit(h))
		} else {
			c.hitLine(h)
		}
		return c.out.Flush()
	})
	switch {
	case err != nil:
		return fmt.Errorf("search: %w", err)
	case c.asJSON():
		return list.end()
	case found == 0:
		c.note(c.words.NoHits)
	}
	return nil
}

// hitLine is thread and entry, who and when, and the words around the match.
func (c *call) hitLine(h store.Hit) {
	if h.Entry == 0 {
		fmt.Fprintf(c.out, "%d  %s  %s\n", h.Thread, c.words.Title, line(h.Title))
		return
	}
	around := line(h.Before + h.Match + h.Behind)
	fmt.Fprintf(c.out, "%d  %d  %s  %s, %s  %s\n", h.Thread, h.Entry, line(h.Title), line(h.Author.Name), c.clock(h.At), around)
}
