package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) personCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "List accounts, and say who may enter and who sees whom",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  needsSubcommand,
	}
	cmd.AddCommand(
		a.personListCommand(),
		a.personShowCommand(),
		a.personAct("disable HANDLE", "Let somebody in no more; their open sessions end within a second", "disabled",
			func(ctx context.Context, op operator, args []string) error { return op.Disable(ctx, args[0]) }),
		a.personAct("enable HANDLE", "Let somebody in again who was disabled", "enabled",
			func(ctx context.Context, op operator, args []string) error { return op.Enable(ctx, args[0]) }),
		a.personAct("connect CLIENT COACH", "Let a client and a coach see each other", "connected",
			func(ctx context.Context, op operator, args []string) error { return op.Connect(ctx, args[0], args[1]) }),
		a.personAct("disconnect CLIENT COACH", "Stop new threads between the two; old ones stay", "disconnected",
			func(ctx context.Context, op operator, args []string) error {
				return op.Disconnect(ctx, args[0], args[1])
			}),
	)
	return cmd
}

func (a *app) personListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List everybody, by handle",
		Args:  usageArgs(cobra.NoArgs),
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, _ []string) error {
		accounts, err := p.Persons(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			list := make([]personJSON, len(accounts))
			for i, account := range accounts {
				list[i] = briefly(account)
			}
			return a.printJSON(list)
		}
		return a.printPersons(accounts)
	})
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) personShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show HANDLE",
		Short: "Show one account: its keys, its connections, its invitation",
		Args:  usageArgs(cobra.ExactArgs(1)),
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, args []string) error {
		account, err := p.Person(ctx, args[0])
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(fully(account))
		}
		return a.printPerson(account)
	})
	jsonFlag(cmd, &asJSON)
	return cmd
}

// personAct is a subcommand that changes something and says so on stderr.
func (a *app) personAct(use, short, done string, do func(context.Context, operator, []string) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: usageArgs(cobra.ExactArgs(strings.Count(use, " ")))}
	a.withPractice(cmd, func(ctx context.Context, p practice, args []string) error {
		if err := do(ctx, p, args); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.stderr, "%s: %s\n", strings.Join(args, ", "), done)
		return err
	})
	return cmd
}

// withPractice gives a command its data flags and runs it on the open practice.
func (a *app) withPractice(cmd *cobra.Command, do func(context.Context, practice, []string) error) {
	a.dataFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, err := a.openPractice(cmd.Context())
		if err != nil {
			return err
		}
		defer p.Close()
		return do(cmd.Context(), p, args)
	}
}
