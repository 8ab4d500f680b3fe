package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"alcove/store"
)

// errNotConfirmed: what was typed is not the name of what was to be erased.
var errNotConfirmed = errors.New("that is not it; nothing was erased")

// receiptJSON is what 'alcove erase' prints with --json. Fields are added, never renamed.
type receiptJSON struct {
	Kind      string `json:"kind"`    // person or thread
	Subject   int64  `json:"subject"` // the number of the thread, or that by which the audit log knows the person
	At        string `json:"at"`
	Entries   int    `json:"entries"`
	Revisions int    `json:"revisions"`
	Drafts    int    `json:"drafts"`
	Threads   int    `json:"threads"`
	Keys      int    `json:"keys"`
	Audit     int64  `json:"audit_seq"`
	Epoch     uint32 `json:"epoch"`
	FinalAt   string `json:"final_at,omitempty"` // from when no backup opens it
}

func (a *app) eraseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "erase",
		Short: "Erase a person or a thread, from the practice and from every backup",
		Long: "Erases for good. The rows and their keys go at once, sessions end, and the key ring turns; from 30 days later no backup\n" +
			"opens what was erased, and until then one that is restored erases it again before it serves. What others wrote\n" +
			"stays, and with it what they quoted. The receipt says what went; the audit log keeps it.",
		Args: usageArgs(cobra.NoArgs),
		RunE: needsSubcommand,
	}
	cmd.AddCommand(a.erasePersonCommand(), a.eraseThreadCommand(), a.eraseListCommand())
	return cmd
}

func (a *app) erasePersonCommand() *cobra.Command {
	return a.erasing("person HANDLE", "Erase somebody: name, keys, connections, and all they wrote; the handle is never given again",
		func(ctx context.Context, p practice, handle string) (string, error) {
			account, err := p.Person(ctx, handle)
			if err != nil {
				return "", err
			}
			who := fmt.Sprintf("%s, a %s in %d threads", account.Handle, account.Role, account.Threads)
			if len(account.With) > 0 {
				who += fmt.Sprintf(", connected with %d", len(account.With))
			}
			return who, nil
		},
		func(ctx context.Context, p practice, handle string) (store.Receipt, error) {
			return p.ErasePerson(ctx, handle)
		})
}

func (a *app) eraseThreadCommand() *cobra.Command {
	number := func(typed string) (int64, error) {
		n, err := strconv.ParseInt(typed, 10, 64)
		if err != nil || n <= 0 {
			return 0, usagef("%q is not the number of a thread; 'alcove audit' and its members know it", typed)
		}
		return n, nil
	}
	return a.erasing("thread NUMBER", "Erase a thread with all that anybody wrote in it",
		func(_ context.Context, _ practice, typed string) (string, error) {
			_, err := number(typed)
			return "thread " + typed + ", with all that its members wrote in it", err
		},
		func(ctx context.Context, p practice, typed string) (store.Receipt, error) {
			n, err := number(typed)
			if err != nil {
				return store.Receipt{}, err
			}
			receipt, err := p.EraseThread(ctx, n)
			if errors.Is(err, store.ErrNotFound) {
				err = fmt.Errorf("there is no thread %d", n)
			}
			return receipt, err
		})
}

// erasing is a subcommand that erases what its one argument names, once that was typed again.
func (a *app) erasing(use, short string, describe func(context.Context, practice, string) (string, error),
	do func(context.Context, practice, string) (store.Receipt, error),
) *cobra.Command {
	var yes, asJSON bool
	cmd := &cobra.Command{Use: use, Short: short, Args: argsAsNamed}
	a.withPractice(cmd, func(ctx context.Context, p practice, args []string) error {
		what, err := describe(ctx, p, args[0])
		if err != nil {
			return err
		}
		if !yes {
			if err := a.confirm(what, args[0]); err != nil {
				return err
			}
		}
		receipt, err := do(ctx, p, args[0])
		if err != nil {
			return err
		}
		if asJSON {
			err = a.printJSON(receiptFields(receipt))
		} else {
			err = a.printReceipt(receipt)
		}
		return errors.Join(err, a.warnOfOldCopies(ctx, p))
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// confirm has the person at the terminal type a name.
func (a *app) confirm(what, name string) error {
	if !onTerminal(os.Stdin) {
		return usagef("nobody is there to confirm it; --yes erases %s without a question", what)
	}
	fmt.Fprintf(a.stderr, "This erases %s. There is no way back.\nType %s to go on: ", what, name)
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the confirmation: %w", err)
	}
	if strings.TrimSpace(line) != name {
		return errNotConfirmed
	}
	return nil
}

func (a *app) eraseListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the receipts of all that was ever erased",
		Args:  usageArgs(cobra.NoArgs),
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, _ []string) error {
		receipts, err := p.Erasures(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			list := make([]receiptJSON, len(receipts))
			for i, r := range receipts {
				list[i] = receiptFields(r)
			}
			return a.printJSON(list)
		}
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "AT\tKIND\tSUBJECT\tENTRIES\tIN NO BACKUP FROM\tAUDIT")
		for _, r := range receipts {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%d\n", minute(r.At), r.Kind, r.Subject, r.Entries, minute(r.FinalAt), r.Audit)
		}
		return w.Flush()
	})
	jsonFlag(cmd, &asJSON)
	return cmd
}

func receiptFields(r store.Receipt) receiptJSON {
	return receiptJSON{
		Kind: r.Kind, Subject: r.Subject, At: rfc3339(r.At), Entries: r.Entries, Revisions: r.Revisions, Drafts: r.Drafts,
		Threads: r.Threads, Keys: r.Keys, Audit: r.Audit, Epoch: r.Epoch, FinalAt: rfc3339(r.FinalAt),
	}
}

func (a *app) printReceipt(r store.Receipt) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "erased\t%s %d\nat\t%s\nentries\t%d\nearlier texts\t%d\ndrafts\t%d\nthreads\t%d\nkeys\t%d\naudit record\t%d\n",
		r.Kind, r.Subject, minute(r.At), r.Entries, r.Revisions, r.Drafts, r.Threads, r.Keys, r.Audit)
	if !r.FinalAt.IsZero() {
		fmt.Fprintf(w, "in no backup from\t%s\n", minute(r.FinalAt))
	}
	return w.Flush()
}
