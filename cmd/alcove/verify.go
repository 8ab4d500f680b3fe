package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"alcove/store"
)

// verifiedJSON is what 'alcove verify --json' prints. Fields are added, never renamed.
type verifiedJSON struct {
	Backup   *backupJSON      `json:"backup,omitempty"` // none for the live practice
	Pages    int64            `json:"pages"`
	Texts    int64            `json:"texts"`            // each of which opened
	Erased   int64            `json:"erased,omitempty"` // texts that were erased after the backup was made
	Rows     map[string]int64 `json:"rows"`
	AuditSeq int64            `json:"audit_seq"`
	AuditMAC string           `json:"audit_mac"`
}

func (a *app) verifyCommand() *cobra.Command {
	var asJSON bool
	var ring string
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Read all of a backup, or of the practice: every page, every text, the audit log",
		Long: "Reads every page of a backup, compares it with the manifest, opens every sealed text and checks the audit log.\n" +
			"It needs the key of the practice, and the key ring beside FILE or named by --ring; it opens no practice, and for\n" +
			"a while takes as much room beside FILE, or in $TMPDIR, as FILE has. Without FILE it reads the practice itself,\n" +
			"through its server where one runs. Exit code 1 if anything is not as it was written.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
	}
	live := func(ctx context.Context, p practice, _ []string) error {
		v, err := p.Verify(ctx, a.teller())
		if err != nil {
			return err
		}
		return a.printVerified(v, asJSON)
	}
	a.withPractice(cmd, live)
	verifyLive := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, stop := untilSignal(cmd.Context())
		defer stop()
		cmd.SetContext(ctx)
		switch {
		case len(args) > 0:
			return a.verifyFile(ctx, args[0], ring, asJSON)
		case ring != "":
			return usagef("--ring is for a backup, so name its FILE too")
		}
		return verifyLive(cmd, args)
	}
	ringFlag(cmd, &ring)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func ringFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "ring", "", "the key ring to open the backup with (default alcove.ring beside FILE)")
}

func (a *app) verifyFile(ctx context.Context, file, ring string, asJSON bool) error {
	dir, err := a.dataDir()
	if err != nil {
		return err
	}
	return a.withKey(ctx, dir, func(cfg store.Config) error {
		v, err := store.VerifyBackup(ctx, file, ring, cfg, a.teller())
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		return a.printVerified(v, asJSON)
	})
}

func verifiedFields(v store.Verified) verifiedJSON {
	out := verifiedJSON{
		Pages: v.Pages, Texts: v.Texts, Erased: v.Erased, Rows: v.Rows, AuditSeq: v.Audit.Seq, AuditMAC: fmt.Sprintf("%x", v.Audit.MAC),
	}
	if v.Backup.Path != "" {
		backup := backupFields(v.Backup)
		out.Backup = &backup
	}
	return out
}

func (a *app) printVerified(v store.Verified, asJSON bool) error {
	if asJSON {
		return a.printJSON(verifiedFields(v))
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if b := v.Backup; b.Path != "" {
		fmt.Fprintf(w, "file\t%s\ncreated\t%s\nnumber\t%d\nsize\t%s\n", b.Path, minute(b.Created), b.Counter, megabytes(b.Bytes))
	}
	fmt.Fprintf(w, "pages\t%d, all good\ntexts\t%d, all open\n", v.Pages, v.Texts)
	if v.Erased > 0 {
		fmt.Fprintf(w, "erased since\t%d texts, which a restore erases again\n", v.Erased)
	}
	fmt.Fprintf(w, "audit log\t%d records, unbroken\n", v.Audit.Seq)
	for _, table := range slices.Sorted(maps.Keys(v.Rows)) {
		fmt.Fprintf(w, "rows of %s\t%d\n", table, v.Rows[table])
	}
	return w.Flush()
}
