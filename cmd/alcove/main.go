// Command alcove is the whole of a practice: its server, and the operator's tools beside it. This file is wiring and exit
// codes; each subcommand has a file of its own name. Rules for all of them: stdout is data, stderr is messages, nothing
// prompts but for a passphrase at a terminal, and --json stands wherever a script would want it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"alcove/store/safetext"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(newApp().run(context.Background(), os.Args[1:]))
}

func newApp() *app {
	return &app{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, environ: os.Environ, now: time.Now}
}

// app is what the subcommands share: where they write, and the settings they were started with.
type app struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        func() []string
	now            func() time.Time
	settings
	passphraseFD string // what to open the practice with in a key file's place, as the number of a file descriptor; see secret.go
}

// run carries out one command line and answers its exit code.
func (a *app) run(ctx context.Context, args []string) int {
	hideUmask()
	root := a.rootCommand()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(a.stderr, "alcove: %s\n", safetext.Text(err.Error()))
		if more := advice(err); more != "" {
			fmt.Fprintln(a.stderr, more)
		}
		fmt.Fprintf(a.stderr, "See '%s --help'.\n", cmd.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(a.stderr, "alcove: %s\n", safetext.Text(err.Error()))
		if more := advice(err); more != "" {
			fmt.Fprintln(a.stderr, more)
		}
		return exitFailed
	}
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "alcove",
		Short: "A self-hosted coaching workspace over SSH",
		Long: "Alcove is a coaching workspace that members reach with ssh. This command runs the server and\n" +
			"manages who may enter. 'alcove demo' shows all of it without installing anything.",
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              usageArgs(cobra.NoArgs),
		RunE:              needsSubcommand,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.fill(cmd) },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().StringVar(&a.Config, "config", "", "a TOML file with settings, one per flag marked (setting)")
	root.AddCommand(a.serveCommand(), a.initCommand(), a.inviteCommand(), a.personCommand(), a.keyCommand(), a.eraseCommand(), a.auditCommand(),
		a.backupCommand(), a.verifyCommand(), a.restoreCommand(), a.doctorCommand(),
		a.demoCommand(), a.benchCommand(), a.floodCommand(), a.versionCommand())
	return root
}

// usageError is a command line that cannot be carried out as written.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// usageArgs makes what an argument check finds a usageError.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// argsAsNamed wants one argument for each that the command's Use line names.
func argsAsNamed(cmd *cobra.Command, args []string) error {
	want := strings.Fields(cmd.Use)[1:]
	switch {
	case len(args) < len(want):
		return usagef("%s needs %s", cmd.CommandPath(), strings.Join(want, " and "))
	case len(args) > len(want):
		return usagef("%s needs %s and nothing more, so what is %q?", cmd.CommandPath(), strings.Join(want, " and "), args[len(want)])
	}
	return nil
}

func needsSubcommand(cmd *cobra.Command, _ []string) error {
	return usagef("%s needs a command", cmd.CommandPath())
}
