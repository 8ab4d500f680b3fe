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
)

func (a *app) initCommand() *cobra.Command {
	var asJSON, newHostKey bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a practice: master key, host key and database",
		Long: "Makes a practice in an empty data folder. 'alcove serve' does the same by itself, and invites the first coach;\n" +
			"after init, 'alcove invite --role coach' does that.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.dataDir()
			if err != nil {
				return err
			}
			if newHostKey {
				return a.renewHostKey(cmd.Context(), dir, asJSON)
			}
			key, err := a.initPractice(cmd.Context(), dir)
			if err != nil {
				return err
			}
			if err := a.printMade(dir, key, asJSON); err != nil || asJSON {
				return err
			}
			fmt.Fprintln(a.stderr, "Keep a copy of the key file apart from the data: without it nobody can read the practice.\n"+
				"Next: alcove invite --role coach --handle HANDLE --name NAME, then alcove serve.")
			return nil
		},
	}
	a.dataFlags(cmd)
	cmd.Flags().BoolVar(&newHostKey, "new-host-key", false,
		"for a practice whose host key is lost: make a new one; members' ssh will warn of the change")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printMade says what is there now.
func (a *app) printMade(dir string, key ssh.Signer, asJSON bool) error {
	made := struct {
		Data        string `json:"data"`
		KeyFile     string `json:"key_file"`
		Fingerprint string `json:"fingerprint"` // of the host key
	}{dir, a.keyFile(dir), ssh.FingerprintSHA256(key.PublicKey())}
	if asJSON {
		return a.printJSON(made)
	}
	_, err := fmt.Fprintf(a.stdout, "data        %s\nkey file    %s\nfingerprint %s\n", made.Data, made.KeyFile, made.Fingerprint)
	return err
}

// renewHostKey makes a host key for a practice that has lost its own. It opens the practice meanwhile, so that no server
// runs that shows its members another key.
func (a *app) renewHostKey(ctx context.Context, dir string, asJSON bool) (err error) {
	st, err := store.Open(ctx, dir, a.storeConfig())
	if err != nil {
		return openFailed(dir, err)
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
	return a.printMade(dir, key, asJSON)
}
