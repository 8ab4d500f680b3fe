package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"alcove/store"
	"alcove/store/seal"
)

// errNoServerWanted: a command needs the practice to itself.
var errNoServerWanted = errors.New("a server has the practice open; stop it first")

func (a *app) keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Manage what opens the practice: key files, passphrases, recovery keys",
		Long: "What opens the practice stands in slots of alcove.slots, and any one of them does: key files, passphrases, recovery\n" +
			"keys. Slots come and go without anything else being written anew; 'rotate' changes the keys below them.",
		Args: usageArgs(cobra.NoArgs),
		RunE: needsSubcommand,
	}
	cmd.AddCommand(a.keyListCommand(), a.keyAddPassphraseCommand(), a.keyAddKeyFileCommand(), a.keyAddRecoveryCommand(),
		a.keyRemoveCommand(), a.keyRotateCommand(), a.keyCopiesCommand())
	return cmd
}

func (a *app) keyListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the slots, by number",
		Args:  usageArgs(cobra.NoArgs),
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, _ []string) error {
		slots, err := p.Slots(ctx)
		if err != nil {
			return err
		}
		return a.printSlots(slots, asJSON)
	})
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) keyAddPassphraseCommand() *cobra.Command {
	var asJSON bool
	var fd string
	cmd := &cobra.Command{
		Use:   "add-passphrase",
		Short: "Let a passphrase open the practice too; it is asked for twice",
		Long: "Makes a slot for a passphrase, which a terminal asks for twice. For a script, --new-passphrase-fd reads it; so does\n" +
			"--passphrase-fd alone, where a key file or a running server opens the practice.",
		Args: usageArgs(cobra.NoArgs),
	}
	a.withPractice(cmd, nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if fd == "" { // then the one that is given is the new one
			fd, a.passphraseFD = a.passphraseFD, ""
		}
		p, err := a.openPractice(cmd.Context())
		if err != nil {
			return err
		}
		defer p.Close()
		line, err := a.newPassphrase(cmd.Context(), fd)
		if err != nil {
			return err
		}
		defer clear(line)
		return a.addSlot(cmd.Context(), p, store.NewSlot{Kind: seal.KindPassphrase, Secret: line}, asJSON)
	}
	cmd.Flags().StringVar(&fd, "new-passphrase-fd", "", "read the new passphrase from the first line of this file descriptor")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) newPassphrase(ctx context.Context, fd string) ([]byte, error) {
	switch {
	case fd != "":
		return a.readPassphrase(ctx, fd, "New passphrase: ")
	case onTerminal(os.Stdin):
		return askNew(ctx)
	}
	return nil, usagef("there is no terminal to type a passphrase at; --new-passphrase-fd reads it from a file descriptor")
}

func (a *app) keyAddKeyFileCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add-keyfile FILE",
		Short: "Let a key file open the practice too; FILE is made, or used if it is one already",
		Args:  argsAsNamed,
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, args []string) error {
		path := args[0]
		fresh, err := seal.CreateKeyFile(path)
		made := err == nil
		if made {
			fresh.Wipe()
		} else if !exists(path) {
			return err
		}
		content, err := readKeyFile(path)
		if err == nil {
			defer clear(content)
			err = a.addSlot(ctx, p, store.NewSlot{Kind: seal.KindKeyFile, Secret: content}, asJSON)
		}
		switch {
		case err != nil && made:
			return errors.Join(err, os.Remove(path)) // it opens nothing
		case err != nil:
			return err
		case made:
			fmt.Fprintf(a.stderr, "%s is a new key file.\n", path)
		default:
			fmt.Fprintf(a.stderr, "%s was there already, and is used as it is.\n", path)
		}
		return nil
	})
	jsonFlag(cmd, &asJSON)
	return cmd
}

// readKeyFile reads a key file that is kept as it should be.
func readKeyFile(path string) ([]byte, error) {
	secret, err := seal.KeyFileSecret(path)
	if err != nil {
		return nil, err
	}
	secret.Wipe()
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	return content, nil
}

func (a *app) keyAddRecoveryCommand() *cobra.Command {
	var asJSON bool
	var out string
	cmd := &cobra.Command{
		Use:   "add-recovery",
		Short: "Make a recovery key and print its words, this once",
		Args:  usageArgs(cobra.NoArgs),
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, _ []string) error {
		sheet, err := newSheet(out)
		if err != nil {
			return err
		}
		key := seal.NewRecovery()
		words := []byte(key.Reveal())
		defer clear(words)
		number, err := p.AddSlot(ctx, store.NewSlot{Kind: seal.KindRecovery, Secret: words})
		if err != nil {
			sheet.discard()
			return err
		}
		shown, err := a.handOut(sheet, key, asJSON)
		if err != nil {
			return err
		}
		return a.printSlot(slotMade{Slot: number, Kind: kindWord(seal.KindRecovery), Recovery: shown}, asJSON)
	})
	recoveryFlag(cmd, &out)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) addSlot(ctx context.Context, p practice, in store.NewSlot, asJSON bool) error {
	number, err := p.AddSlot(ctx, in)
	if err != nil {
		return err
	}
	return a.printSlot(slotMade{Slot: number, Kind: kindWord(in.Kind)}, asJSON)
}

func (a *app) keyRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove SLOT",
		Short: "Let a slot open the practice no more; 'key list' shows their numbers",
		Args:  argsAsNamed,
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, args []string) error {
		slots, err := p.Slots(ctx)
		if err != nil {
			return err
		}
		slot, err := findSlot(slots, args[0])
		if err != nil {
			return err
		}
		if slot.Kind == seal.KindRecovery && countSlots(slots, seal.KindRecovery) == 1 && !yes {
			return fmt.Errorf("slot %d is the only recovery key, and without one a lost key file is a lost practice; "+
				"'alcove key add-recovery' makes another first, or --yes removes it all the same", slot.Number)
		}
		if err := p.RemoveSlot(ctx, slot.Number); err != nil {
			return err
		}
		a.sayRemoved(slot)
		return nil
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "remove the only recovery key, too")
	return cmd
}

func findSlot(slots []store.KeySlot, typed string) (store.KeySlot, error) {
	number, err := strconv.Atoi(typed)
	if err != nil {
		return store.KeySlot{}, usagef("%q is not the number of a slot; 'alcove key list' shows them", typed)
	}
	for _, slot := range slots {
		if slot.Number == number {
			return slot, nil
		}
	}
	return store.KeySlot{}, fmt.Errorf("slot %d: %w", number, seal.ErrNoSuchSlot)
}

func countSlots(slots []store.KeySlot, kind seal.Kind) (n int) {
	for _, slot := range slots {
		if slot.Kind == kind {
			n++
		}
	}
	return n
}

// sayRemoved says what a removal did, and what it could not do.
func (a *app) sayRemoved(slot store.KeySlot) {
	fmt.Fprintf(a.stderr, "Slot %d, a %s, opens the practice no more. Older copies of alcove.slots, those in backups among them, still open\n"+
		"with it: if it is in wrong hands, make a new backup and destroy the old ones.\n", slot.Number, slot.Kind)
	if slot.Opened {
		fmt.Fprintln(a.stderr, "The practice is open by this very slot now; the next start needs another.")
	}
	if slot.Master {
		fmt.Fprintln(a.stderr, "Its file holds the master key itself, so whoever has the file and the data can still read the practice: destroy\n"+
			"all copies of the file.")
	}
}

func (a *app) keyRotateCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Write the database anew under a new file key, and begin a new epoch; no server may run",
		Long: "Gives the practice a new file key, for which the whole database is written anew and checked before it takes the old\n" +
			"one's place, and a new epoch of the key ring. It needs room for a second database. Slots stay as they are. If it is\n" +
			"interrupted, the next start finishes it or leaves the practice as it was; it may be run again.",
		Args: usageArgs(cobra.NoArgs),
	}
	a.dataFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dir, err := a.dataDir()
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		if pid, err := call[int](ctx, dir, "pid", nothing{}); err == nil {
			return fmt.Errorf("process %d: %w", pid, errNoServerWanted)
		}
		err = a.withKey(ctx, dir, func(cfg store.Config) error { return store.Rotate(ctx, dir, cfg, a.sayRotate) })
		if err != nil {
			return fmt.Errorf("rotate the keys of %s: %w", dir, err)
		}
		if asJSON {
			return a.printJSON(struct {
				Rotated bool `json:"rotated"`
			}{true})
		}
		fmt.Fprintln(a.stderr, "Done. Backups made before still open by their own keys.")
		return nil
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) sayRotate(step store.RotateStep) {
	switch step {
	case store.RotateCopy:
		fmt.Fprintln(a.stderr, "1/3 writing the database anew under a new file key, and checking it")
	case store.RotateEnd:
		fmt.Fprintln(a.stderr, "2/3 putting it in the old one's place")
	case store.RotateEpoch:
		fmt.Fprintln(a.stderr, "3/3 beginning a new epoch")
	case store.RotateBegin: // too quick to be told
	}
}
