package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"alcove/store/seal"
)

// recoverySheet is where the words of a new recovery key go: into a new file, or else to the person at the screen.
type recoverySheet struct {
	path string
	file *os.File // nil for the screen
}

func recoveryFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "recovery-out", "", "write the words of the recovery key to this new file, and not to the screen")
}

// newSheet makes the file, before there are any words that could be lost.
func newSheet(path string) (recoverySheet, error) {
	if path == "" {
		return recoverySheet{}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return recoverySheet{}, fmt.Errorf("make the file for the recovery key: %w", err)
	}
	return recoverySheet{path: path, file: f}, nil
}

// discard removes the file again, where there came to be no words.
func (s recoverySheet) discard() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.path)
	}
}

// handOut gives out the words of a recovery key, this once. With asJSON the caller prints what is answered.
func (a *app) handOut(s recoverySheet, key *seal.Recovery, asJSON bool) (words string, err error) {
	defer key.Wipe()
	words = key.Reveal()
	switch {
	case s.file != nil:
		_, err = fmt.Fprintf(s.file, "%s\n\nThese are the words of Alcove's recovery key. They open the practice when its key file is lost.\n", words) // first, for --passphrase-fd
		if err = errors.Join(err, s.file.Sync(), s.file.Close()); err == nil {
			_, err = fmt.Fprintf(a.stderr, "The words of the recovery key are in %s. Print them, lock them away, and delete the file.\n", s.path)
		}
		words = ""
	case !asJSON:
		_, err = fmt.Fprintf(a.stderr, "The recovery key opens the practice when its key file is lost. Print its words or write them down, and lock\n"+
			"them away; they are shown only now:\n\n    %s\n\n", words)
		words = ""
	}
	if err != nil {
		return "", fmt.Errorf("the recovery key is made, but its words could not be given out; 'alcove key add-recovery' makes another: %w", err)
	}
	return words, nil
}

// screen says whether a person sees what is written to stderr, and not a log that keeps it.
func (a *app) screen() bool {
	f, ok := a.stderr.(*os.File)
	return ok && onTerminal(f)
}
