package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"alcove/store"
)

// ringCopyJSON is a line of 'alcove key copies --json'. Fields are added, never renamed.
type ringCopyJSON struct {
	Folder  string `json:"folder"`
	Current bool   `json:"current"`
}

func (a *app) keyCopiesCommand() *cobra.Command {
	var asJSON bool
	var forget string
	cmd := &cobra.Command{
		Use:   "copies",
		Short: "Bring the copies of the key ring beside backups up to date, and list them",
		Long: "A copy of the key ring lies in each folder that a backup was written to, and is overwritten whenever the ring changes.\n" +
			"A copy that could not be reached then still brings back what was erased since: make its folder reachable and run\n" +
			"this, or destroy the copy and run it with --forget. Where a copy was lost, the next backup makes another.",
		Args: usageArgs(cobra.NoArgs),
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, _ []string) error {
		if forget != "" {
			folder, err := filepath.Abs(forget)
			if err != nil {
				return fmt.Errorf("find the folder: %w", err)
			}
			if err := p.ForgetRingCopy(ctx, folder); errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("no copy is kept in %s; without --forget this lists where", folder)
			} else if err != nil {
				return err
			}
		}
		copies, err := p.RingCopies(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			list := make([]ringCopyJSON, len(copies))
			for i, c := range copies {
				list[i] = ringCopyJSON(c)
			}
			return a.printJSON(list)
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "FOLDER\tCOPY")
		for _, c := range copies {
			state := "current"
			if !c.Current {
				state = "old, or not there"
			}
			fmt.Fprintf(w, "%s\t%s\n", c.Folder, state)
		}
		return w.Flush()
	})
	cmd.Flags().StringVar(&forget, "forget", "", "a folder whose copy was destroyed: keep none there any more")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// warnOfOldCopies names the copies of the key ring that an erasure did not reach.
func (a *app) warnOfOldCopies(ctx context.Context, op operator) error {
	copies, err := op.RingCopies(ctx)
	if err != nil {
		return err
	}
	for _, c := range copies {
		if !c.Current {
			fmt.Fprintf(a.stderr, "The copy of the key ring in %s could not be reached, and still brings back what was erased. Make the folder reachable\n"+
				"and run 'alcove key copies'; if the copy was destroyed, with --forget.\n", c.Folder)
		}
	}
	return nil
}
