package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"alcove/store"
	"alcove/store/safetext/hostile"
	"alcove/tui"
)

// TestHostileTextInTheOperatorsTerminal prints what nothing has cleaned before: what stands here is a list of the outputs of
// the operator's commands that hold what others wrote.
func TestHostileTextInTheOperatorsTerminal(t *testing.T) {
	t.Parallel()
	source := hostile.New(5)
	for range max(500, hostile.Count(0)/20) {
		text, _ := source.Line()
		person := store.Person{Handle: "anna", Name: text, Role: store.RoleClient}
		account := store.Account{
			Person: person, With: []store.Person{person},
			Keys: []store.Key{{Fingerprint: "SHA256:x", Type: text, Comment: text, AddedAt: time.Unix(1, 0)}},
		}
		invitation := store.Invitation{Code: "CODE", Person: person, ExpiresAt: time.Unix(1, 0)}
		place := tui.Place{Host: "practice.example", Port: 22}
		for name, print := range map[string]func(a *app) error{
			"person list":        func(a *app) error { return a.printPersons([]store.Account{account}) },
			"person list --json": func(a *app) error { return a.printJSON([]personJSON{briefly(account)}) },
			"person show":        func(a *app) error { return a.printPerson(account) },
			"person show --json": func(a *app) error { return a.printJSON(fully(account)) },
			"invite":             func(a *app) error { return a.printInvitation(invitation, place, "de", false) },
			"invite --json":      func(a *app) error { return a.printInvitation(invitation, place, "en", true) },
			"an error":           func(a *app) error { a.run(context.Background(), []string{"person", text}); return nil },
			"a usage error":      func(a *app) error { a.run(context.Background(), []string{"--" + text}); return nil },
		} {
			var out bytes.Buffer
			a := newApp()
			a.stdout, a.stderr = &out, &out
			if err := print(a); err != nil {
				t.Fatal(err)
			}
			if out.Len() == 0 {
				t.Fatalf("%s printed nothing", name)
			}
			if kinds := hostile.Sequences(out.String()); len(kinds) > 0 {
				t.Errorf("%s of %+q gives %v", name, text, kinds)
			}
		}
	}
}
