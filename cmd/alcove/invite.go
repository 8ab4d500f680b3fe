package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"alcove/store"
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
			switch {
			case in.Handle == "":
				return usagef("--handle is needed")
			case role != "" && in.Role != store.RoleCoach && in.Role != store.RoleClient:
				return usagef("--role %q is neither coach nor client", role)
			case in.Expires <= 0:
				return usagef("--expires %v must be longer than nothing", in.Expires)
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
			inv, err := p.Invite(cmd.Context(), in)
			if err != nil {
				return err
			}
			return a.printInvitation(inv, place, lang, asJSON)
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
	f.StringVar(&lang, "lang", a.language(), "language of the connect card: en or de")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printInvitation prints the code, this once, and the connect card.
func (a *app) printInvitation(inv store.Invitation, place tui.Place, lang string, asJSON bool) error {
	card := tui.ConnectCard(tui.WordsFor(lang), place, inv)
	if asJSON {
		return a.printJSON(invited{
			Code: inv.Code, Handle: inv.Person.Handle, Name: inv.Person.Name, Role: string(inv.Person.Role),
			ExpiresAt: rfc3339(inv.ExpiresAt), Connect: place.SSH("join"), Fingerprint: place.Fingerprint, Card: card,
		})
	}
	_, err := fmt.Fprintln(a.stdout, card)
	return err
}

// language is what the operator's own environment asks for.
func (a *app) language() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := a.getenv(name); v != "" {
			return v
		}
	}
	return "en"
}
