package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"alcove/store"
)

// restoredJSON is what 'alcove restore --json' prints. Fields are added, never renamed.
type restoredJSON struct {
	Data     string       `json:"data"`
	Backup   verifiedJSON `json:"backup"`   // as it was
	Practice verifiedJSON `json:"practice"` // as it is now, without what was erased since
}

func (a *app) restoreCommand() *cobra.Command {
	var asJSON bool
	var ring string
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a practice of a backup, in an empty data folder or one that lost its database",
		Long: "Checks a backup as 'alcove verify' does, and then makes a practice of it in the data folder, which must not hold a\n" +
			"database. Keys and key ring that are there already stay if they are the practice's, for they are newer; a host key\n" +
			"too. What was erased since the backup was made is erased again before anything is served. It needs what opens\n" +
			"the practice, and the key ring beside FILE or named by --ring. Until it is done there is no database.",
		Args: argsAsNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			return a.restore(ctx, args[0], ring, asJSON)
		},
	}
	a.dataFlags(cmd)
	ringFlag(cmd, &ring)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) restore(ctx context.Context, file, ring string, asJSON bool) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	extras := func(extras map[string][]byte) error { return putExtras(dir, extras) }
	var r store.Restored
	err = a.withKey(ctx, dir, func(cfg store.Config) (err error) {
		r, err = store.Restore(ctx, file, ring, dir, cfg, extras, a.teller())
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(restoredJSON{dir, verifiedFields(r.Verified), verifiedFields(r.Live)})
	}
	if err := a.printVerified(r.Verified, false); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "The practice of %s is in %s; %d texts are readable in it. Next: alcove serve.\n", minute(r.Backup.Created), dir, r.Live.Texts)
	return nil
}
