package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"alcove/store"
	"alcove/store/safetext"
	"alcove/tui"
)

// invited is what 'alcove invite --json' prints. Fields are added, never renamed.
type invited struct {
	Code        string `json:"code"`
	Handle      string `json:"handle"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	ExpiresAt   string `json:"expires_at"`
	Connect     string `json:"connect"`     // the command line that redeems the code
	Fingerprint string `json:"fingerprint"` // of the host key
	Card        string `json:"card"`        // the connect card, ready to send
}

func (a *app) inviteCommand() *cobra.Command {
	var in store.NewInvitation
	var role, lang string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "invite --role coach|client --handle H --name N [--with HANDLE]...",
		Short: "Make an account and print its one-time code and connect card",
		Long: "Makes an account and prints the one-time code that binds an SSH key to it, with a card that says how to\n" +
			"connect from every platform. Send the card by one way and the code by another. For a handle that exists, all\n" +
			"else may be left out: the new code replaces the old one, and lets its owner add a key.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			in.Role = store.Role(role)
			if err := checkInvite(cmd, in, lang); err != nil {
				return err
			}
			p, err := a.openPractice(cmd.Context())
			if err != nil {
				return err
			}
			defer p.Close()
			place, err := p.Place(cmd.Context()) // before the code is made, which is shown only once
			if err != nil {
				return err
			}
			if err := checkWith(cmd.Context(), p, in); err != nil {
				return err
			}
			inv, err := p.Invite(cmd.Context(), in)
			switch {
			case errors.Is(err, store.ErrBadHandle), errors.Is(err, store.ErrEmpty), errors.Is(err, store.ErrBadRole):
				return usageError{err}
			case err != nil:
				return err
			}
			return a.printInvitation(inv, place, cmp.Or(lang, a.language()), asJSON)
		},
	}
	a.dataFlags(cmd)
	a.placeFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&role, "role", "", "coach or client; needed for a new handle")
	f.StringVar(&in.Handle, "handle", "", "the short name the account keeps for good")
	f.StringVar(&in.Name, "name", "", "the name others see; needed for a new handle")
	f.StringSliceVar(&in.With, "with", nil, "a handle to connect with: coaches for a client, clients for a coach; may be repeated")
	f.DurationVar(&in.Expires, "expires", store.DefaultInvite, "how long the code holds")
	f.StringVar(&lang, "lang", "", "language of the connect card: en or de (default as LC_ALL, LC_MESSAGES or LANG say, else en)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// checkInvite finds what the store need not be asked about.
func checkInvite(cmd *cobra.Command, in store.NewInvitation, lang string) error {
	switch {
	case in.Handle == "":
		return usagef("--handle is needed")
	case in.Role != "" && in.Role != store.RoleCoach && in.Role != store.RoleClient:
		return usagef("--role %q is neither coach nor client", in.Role)
	case in.Expires <= 0:
		return usagef("--expires %v must be longer than nothing", in.Expires)
	case lang != "" && lang != "en" && lang != "de":
		return usagef("--lang %q is neither en nor de", lang)
	case cmd.Flags().Changed("name"):
		return checkName("--name", in.Name)
	}
	return nil
}

// checkName finds a name that the store would refuse. JSON, by which the control socket speaks, would put marks in the
// place of bytes that are no text, and the store would take those.
func checkName(flag, name string) error {
	line := safetext.Line(name)
	switch {
	case !safetext.Valid(name):
		return usagef("%s is not UTF-8 text", flag)
	case line == "":
		return usagef("%s is empty", flag)
	case utf8.RuneCountInString(line) > store.MaxName:
		return usagef("%s has more than %d characters", flag, store.MaxName)
	}
	return nil
}

// checkWith says which handle of --with is wrong. The store checks again, and names none.
func checkWith(ctx context.Context, op operator, in store.NewInvitation) error {
	if len(in.With) > 0 && in.Role == "" {
		if known, err := op.Person(ctx, in.Handle); err == nil { // else the store says what is wrong
			in.Role = known.Role
		}
	}
	for _, handle := range in.With {
		other, err := op.Person(ctx, handle)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return fmt.Errorf("--with %s: %w", handle, err)
		case err != nil:
			return err
		case other.Role == in.Role:
			return fmt.Errorf("--with %s, who is a %s too: %w", handle, other.Role, errNoPair)
		}
	}
	return nil
}

// printInvitation prints the code, this once, and the connect card.
func (a *app) printInvitation(inv store.Invitation, place tui.Place, lang string, asJSON bool) error {
	card := strings.TrimRight(tui.ConnectCard(tui.WordsFor(lang), place, inv), "\n")
	if asJSON {
		return a.printJSON(invited{
			Code: inv.Code, Handle: inv.Person.Handle, Name: safetext.Line(inv.Person.Name), Role: string(inv.Person.Role),
			ExpiresAt: rfc3339(inv.ExpiresAt), Connect: place.SSH("join"), Fingerprint: place.Fingerprint, Card: card,
		})
	}
	_, err := fmt.Fprintln(a.stdout, card)
	return err
}

// language is what the operator's own environment asks for.
func (a *app) language() string {
	return cmp.Or(a.getenv("LC_ALL"), a.getenv("LC_MESSAGES"), a.getenv("LANG"), "en")
}
