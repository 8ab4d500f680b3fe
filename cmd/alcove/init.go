package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/store/seal"
)

func (a *app) initCommand() *cobra.Command {
	var asJSON, newHostKey bool
	var recoveryOut string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a practice: master key, host key and database",
		Long: "Makes a practice in an empty data folder, and prints the words of its recovery key on stderr, this once. 'alcove serve'\n" +
			"does the same by itself, and invites the first coach; after init, 'alcove invite --role coach' does that.\n" +
			"With --passphrase-fd a passphrase opens the practice, and no key file is made.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.dataDir()
			if err != nil {
				return err
			}
			if newHostKey {
				return a.renewHostKey(cmd.Context(), dir, asJSON)
			}
			return a.init(cmd.Context(), dir, recoveryOut, asJSON)
		},
	}
	a.dataFlags(cmd)
	cmd.Flags().BoolVar(&newHostKey, "new-host-key", false,
		"for a practice whose host key is lost: make a new one; members' ssh will warn of the change")
	recoveryFlag(cmd, &recoveryOut)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// init makes the practice, says what there is now and gives out the recovery key.
func (a *app) init(ctx context.Context, dir, recoveryOut string, asJSON bool) error {
	sheet, err := newSheet(recoveryOut)
	if err != nil {
		return err
	}
	var key ssh.Signer
	var recovery *seal.Recovery
	err = a.withKey(ctx, dir, func(cfg store.Config) (err error) {
		key, recovery, err = initPractice(ctx, dir, cfg)
		return err
	})
	if err != nil {
		sheet.discard()
		return err
	}
	words, err := a.handOut(sheet, recovery, asJSON)
	if err := errors.Join(err, a.printMade(dir, key, words, asJSON)); err != nil || asJSON {
		return err
	}
	if a.passphraseFD == "" {
		fmt.Fprintln(a.stderr, "Keep a copy of the key file apart from the data; for the server to run it must be somewhere, and best not beside the data.")
	}
	fmt.Fprintln(a.stderr, "Next: alcove invite --role coach --handle HANDLE --name NAME, then alcove serve.")
	return nil
}

// made is what 'alcove init --json' prints. Fields are added, never renamed.
type made struct {
	Data        string `json:"data"`
	KeyFile     string `json:"key_file,omitempty"` // none if a passphrase opens the practice
	Fingerprint string `json:"fingerprint"`        // of the host key
	Recovery    string `json:"recovery,omitempty"` // the words of the recovery key, unless they went into a file
}

// printMade says what is there now.
func (a *app) printMade(dir string, key ssh.Signer, recovery string, asJSON bool) error {
	m := made{Data: dir, Fingerprint: ssh.FingerprintSHA256(key.PublicKey()), Recovery: recovery}
	if a.passphraseFD == "" {
		m.KeyFile = a.keyFile(dir)
	}
	if asJSON {
		return a.printJSON(m)
	}
	if m.KeyFile == "" {
		_, err := fmt.Fprintf(a.stdout, "data        %s\nfingerprint %s\n", m.Data, m.Fingerprint)
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "data        %s\nkey file    %s\nfingerprint %s\n", m.Data, m.KeyFile, m.Fingerprint)
	return err
}

// renewHostKey makes a host key for a practice that has lost its own. It opens the practice meanwhile, so that no server
// runs that shows its members another key.
func (a *app) renewHostKey(ctx context.Context, dir string, asJSON bool) (err error) {
	var st *store.Store
	err = a.withKey(ctx, dir, func(cfg store.Config) (err error) {
		st, err = openStore(ctx, dir, cfg)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	path := filepath.Join(dir, hostKeyName)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there, and is never overwritten; move it away if it must be replaced", path)
	}
	key, err := makeHostKey(dir)
	if err != nil {
		return err
	}
	return a.printMade(dir, key, "", asJSON)
}
