package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"alcove/store"
	"alcove/store/safetext"
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
		a.personAct("reset-second-factor HANDLE", "Let somebody in by key or words alone who has lost their second factor", "no second factor any more",
			func(ctx context.Context, op operator, args []string) error { return op.ResetSecondFactor(ctx, args[0]) }),
		a.personAct("connect CLIENT COACH", "Let a client and a coach see each other", "connected",
			func(ctx context.Context, op operator, args []string) error {
				return explainPair(ctx, op, args, op.Connect(ctx, args[0], args[1]))
			}),
		a.personAct("disconnect CLIENT COACH", "Stop new threads between the two; old ones stay", "disconnected",
			func(ctx context.Context, op operator, args []string) error {
				return explainPair(ctx, op, args, op.Disconnect(ctx, args[0], args[1]))
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
		Short: "Show one account: its keys, its connections, when it was last seen",
		Args:  argsAsNamed,
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

// personAct is a subcommand that changes something and says so on stderr, or shows the first account as it is now.
func (a *app) personAct(use, short, done string, do func(context.Context, operator, []string) error) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: use, Short: short, Args: argsAsNamed}
	a.withPractice(cmd, func(ctx context.Context, p practice, args []string) error {
		if err := do(ctx, p, args); err != nil {
			return err
		}
		if asJSON {
			account, err := p.Person(ctx, args[0])
			if err != nil {
				return err
			}
			return a.printJSON(fully(account))
		}
		_, err := fmt.Fprintf(a.stderr, "%s: %s\n", safetext.Line(strings.Join(args, ", ")), done)
		return err
	})
	jsonFlag(cmd, &asJSON)
	return cmd
}

// explainPair says more of what the store answers for two handles: which of them nobody has, or what the two are.
func explainPair(ctx context.Context, op operator, handles []string, err error) error {
	switch {
	case errors.Is(err, store.ErrBadRole):
		return fmt.Errorf("%s: %w", strings.Join(handles, " and "), errNoPair)
	case errors.Is(err, store.ErrNotFound):
		for _, handle := range handles {
			if _, err := op.Person(ctx, handle); err != nil {
				return fmt.Errorf("%s: %w", handle, err)
			}
		}
		return fmt.Errorf("%s are not connected", strings.Join(handles, " and "))
	}
	return err
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
