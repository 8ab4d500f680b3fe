package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"alcove/store"
)

// backupJSON is what 'alcove backup --json' prints, and the part of verify's and restore's that is about the backup. Fields
// are added, never renamed.
type backupJSON struct {
	File     string           `json:"file"`
	Created  string           `json:"created"`
	Number   int64            `json:"number"` // one more with each backup of the practice
	Bytes    int64            `json:"bytes"`
	Schema   int              `json:"schema"`
	Rows     map[string]int64 `json:"rows"`
	AuditSeq int64            `json:"audit_seq"`
	AuditMAC string           `json:"audit_mac"`
}

func (a *app) backupCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all there is into one encrypted file, while members go on writing",
		Long: "Writes the practice into one new file, which opens with what opens the practice. Beside it the command puts\n" +
			"alcove.ring, the current key ring, without which no backup opens; it takes the place of an older copy, for an old\n" +
			"ring would bring back what was erased. Where a server runs, the server writes both, so its user must be able to;\n" +
			"a FILE without a folder is in the folder that you are in.",
		Args: argsAsNamed,
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, args []string) error {
		ctx, stop := untilSignal(ctx)
		defer stop()
		path, err := filepath.Abs(args[0]) // the server is in another folder
		if err != nil {
			return fmt.Errorf("find the folder of the backup: %w", err)
		}
		info, err := p.Backup(ctx, path, a.teller())
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(backupFields(info))
		}
		return a.printBackup(info)
	})
	jsonFlag(cmd, &asJSON)
	return cmd
}

func backupFields(b store.BackupInfo) backupJSON {
	return backupJSON{
		File: b.Path, Created: rfc3339(b.Created), Number: b.Counter, Bytes: b.Bytes, Schema: b.Schema, Rows: b.Rows,
		AuditSeq: b.Audit.Seq, AuditMAC: fmt.Sprintf("%x", b.Audit.MAC),
	}
}

func (a *app) printBackup(b store.BackupInfo) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "file\t%s\ncreated\t%s\nnumber\t%d\nsize\t%s\n", b.Path, minute(b.Created), b.Counter, megabytes(b.Bytes))
	for _, table := range slices.Sorted(maps.Keys(b.Rows)) {
		fmt.Fprintf(w, "rows of %s\t%d\n", table, b.Rows[table])
	}
	return w.Flush()
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// tellEvery is how often a person is told how far a command is.
const tellEvery = 5 * time.Second

// teller answers what says on stderr, now and then, how far a long command is.
func (a *app) teller() func(store.Progress) {
	last := time.Now()
	return func(p store.Progress) {
		if p.Doing == "" || time.Since(last) < tellEvery {
			return
		}
		last = time.Now()
		switch {
		case p.Total == 0:
			fmt.Fprintf(a.stderr, "%s …\n", p.Doing)
		case p.Doing == store.DoingRows:
			fmt.Fprintf(a.stderr, "%s: %d of %d\n", p.Doing, p.Done, p.Total)
		default:
			fmt.Fprintf(a.stderr, "%s: %s of %s\n", p.Doing, megabytes(p.Done), megabytes(p.Total))
		}
	}
}

// untilSignal ends what is under way at the first signal; a second one has its usual effect.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// backupExtras is what goes into a backup beside the database: the host key, without which members' ssh would warn them of a
// restored server.
func backupExtras(dir string) (map[string][]byte, error) {
	key, err := os.ReadFile(filepath.Join(dir, hostKeyName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the host key: %w", err)
	}
	return map[string][]byte{hostKeyName: key}, nil
}

// putExtras is the way back. A host key that is there stays.
func putExtras(dir string, extras map[string][]byte) error {
	path := filepath.Join(dir, hostKeyName)
	key, there := extras[hostKeyName]
	if !there || exists(path) {
		return nil
	}
	f, err := os.CreateTemp(dir, "."+hostKeyName+"-") // 0600
	if err != nil {
		return fmt.Errorf("put the host key in place: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), path) // whole, or not at all
	}
	if err != nil {
		return fmt.Errorf("put the host key in place: %w", err)
	}
	return nil
}
