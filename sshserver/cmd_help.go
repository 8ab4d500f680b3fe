package sshserver

import (
	"context"
	"fmt"
	"strings"
)

// help lists the commands, or those of one verb.
func help(_ context.Context, c *call) error {
	rest, err := c.parse("help", nil)
	if err == nil && len(rest) > 1 {
		err = c.none("help", rest[1:])
	}
	if err != nil {
		return err
	}
	shown := 0
	for _, h := range c.words.Help {
		if verb, _, _ := strings.Cut(h.Command, " "); len(rest) == 1 && verb != rest[0] {
			continue
		}
		shown++
		fmt.Fprintf(c.out, "%s\n    %s\n", h.Command, h.Does)
	}
	if shown == 0 {
		return misuse{fmt.Sprintf(c.words.UnknownVerb, line(rest[0])) + "\n" + usage(c.words, "")}
	}
	return nil
}
