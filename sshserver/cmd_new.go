package sshserver

import (
	"context"
	"fmt"
	"strings"
)

// newThread opens a thread; what stands on stdin becomes its first entry. With a terminal there is nothing on stdin:
// it would be the keyboard.
func newThread(ctx context.Context, c *call) error {
	rest, err := c.parse("new", map[string]bool{"with": true, "json": false})
	if err != nil {
		return err
	}
	title := strings.Join(rest, " ")
	if strings.TrimSpace(title) == "" {
		return misuse{fmt.Sprintf(c.words.Missing, "TITLE") + "\n" + usage(c.words, "new")}
	}
	first := ""
	if !c.channel.hasTerm {
		if first, err = c.text(); err != nil {
			return err
		}
	}
	t, err := c.journal.NewThread(ctx, title, c.flags["with"], first)
	if err != nil {
		return fmt.Errorf("open thread: %w", err)
	}
	c.near(ctx)
	if c.asJSON() {
		return c.json(asThread(t))
	}
	fmt.Fprintln(c.out, t.Number)
	return nil
}
