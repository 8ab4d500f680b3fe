package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"
)

func (a *app) initCommand() *cobra.Command {
	var asJSON bool
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
			key, err := a.initPractice(cmd.Context(), dir)
			if err != nil {
				return err
			}
			made := struct {
				Data        string `json:"data"`
				KeyFile     string `json:"key_file"`
				Fingerprint string `json:"fingerprint"` // of the host key
			}{dir, a.keyFile(dir), ssh.FingerprintSHA256(key.PublicKey())}
			if asJSON {
				return a.printJSON(made)
			}
			fmt.Fprintf(a.stdout, "data        %s\nkey file    %s\nfingerprint %s\n", made.Data, made.KeyFile, made.Fingerprint)
			fmt.Fprintln(a.stderr, "Keep a copy of the key file apart from the data: without it nobody can read the practice.\n"+
				"Next: alcove invite --role coach --handle HANDLE --name NAME, then alcove serve.")
			return nil
		},
	}
	a.dataFlags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}
