package sshserver

import (
	"context"
	"fmt"

	"alcove/store"
)

// whoami tells the person who they are here and what they signed in with.
func whoami(ctx context.Context, c *call) error {
	rest, err := c.parse("whoami", map[string]bool{"json": false})
	if err == nil {
		err = c.none("whoami", rest)
	}
	if err != nil {
		return err
	}
	list, err := c.journal.Keys(ctx)
	if err != nil {
		return fmt.Errorf("list keys: %w", err)
	}
	var key store.Key
	for _, k := range list {
		if k.Current {
			key = k
		}
	}
	if c.asJSON() {
		return c.json(struct {
			personJSON
			Key string `json:"key"`
		}{asPerson(c.me.Person), key.Fingerprint})
	}
	fmt.Fprintf(c.out, "%s, %s, %s\n", line(c.me.Handle), line(c.me.Name), c.role(c.me.Role))
	if key.Type != "" {
		fmt.Fprintln(c.out, c.keyName(key))
	}
	return nil
}

func (c *call) role(r store.Role) string {
	if r == store.RoleCoach {
		return c.words.Coach
	}
	return c.words.Client
}
