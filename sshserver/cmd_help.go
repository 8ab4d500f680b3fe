package sshserver

import (
	"context"
	"fmt"
)

// help lists the commands.
func help(_ context.Context, c *call) error {
	rest, err := c.parse("help", nil)
	if err == nil {
		err = c.none("help", rest)
	}
	if err != nil {
		return err
	}
	for _, h := range c.words.Help {
		fmt.Fprintf(c.out, "%s\n    %s\n", h.Command, h.Does)
	}
	return nil
}
