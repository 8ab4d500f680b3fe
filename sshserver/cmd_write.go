package sshserver

import (
	"context"
	"fmt"
)

// write makes an entry of stdin. The number it prints means that the entry is on disk.
func write(ctx context.Context, c *call) error {
	rest, err := c.parse("write", map[string]bool{"json": false})
	if err != nil {
		return err
	}
	thread, err := c.number("write", rest)
	if err != nil {
		return err
	}
	if _, err := c.journal.Thread(ctx, thread); err != nil { // before a long text is sent for nothing
		return fmt.Errorf("find thread: %w", err)
	}
	text, err := c.text()
	if err != nil {
		return err
	}
	e, err := c.journal.Write(ctx, thread, text, 0)
	if err != nil {
		return fmt.Errorf("write entry: %w", err)
	}
	c.near(ctx)
	if c.asJSON() {
		return c.json(asEntry(e))
	}
	fmt.Fprintln(c.out, e.Number)
	return nil
}
