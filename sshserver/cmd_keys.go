package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

// keys lists the ways the person signs in, adds one, or removes one.
func keys(ctx context.Context, c *call) error {
	rest, err := c.parse("keys", map[string]bool{"json": false})
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 0 || len(rest) == 1 && rest[0] == "list":
		return listKeys(ctx, c)
	case len(rest) == 1 && rest[0] == "add":
		return addKey(ctx, c)
	case len(rest) == 2 && rest[0] == "remove":
		return removeKey(ctx, c, rest[1])
	}
	return misuse{usage(c.words, "keys")}
}

func listKeys(ctx context.Context, c *call) error {
	list, err := c.journal.Keys(ctx)
	if err != nil {
		return fmt.Errorf("list keys: %w", err)
	}
	if c.asJSON() {
		out := jsonList{w: c.out}
		for _, k := range list {
			out.add(asKey(k))
		}
		return out.end()
	}
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, k := range list {
		used, here := c.words.Unused, ""
		switch {
		case k.Pending:
			used = c.words.Unconfirmed
		case !k.LastUsed.IsZero():
			used = fmt.Sprintf(c.words.LastUsed, c.clock(k.LastUsed))
		}
		if k.Current {
			here = c.words.ThisOne
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.keyName(k), fmt.Sprintf(c.words.AddedAt, c.clock(k.AddedAt)), used, here)
	}
	return table.Flush() // the client is gone, nothing to tell
}

// keyName is how a key is told from others, what `keys remove` takes first.
func (c *call) keyName(k store.Key) string {
	if k.Fingerprint == "" {
		return k.Type + " (" + c.words.SignInWords + ")"
	}
	return strings.TrimSpace(k.Fingerprint + " " + line(k.Type) + " " + line(k.Comment))
}

// addKey adds a key that counts once its holder has signed in with it. The answer is the same whether others have it or
// not.
func addKey(ctx context.Context, c *call) error {
	const most = 16 << 10 // bytes of a line in an .pub file
	data, err := io.ReadAll(io.LimitReader(c.in, most))
	if err != nil {
		return refusal{c.words.NoStdin}
	}
	public, comment, _, _, err := gossh.ParseAuthorizedKey(data)
	if err != nil {
		return refusal{c.words.BadKey}
	}
	switch err := checkKey(public); {
	case errors.Is(err, errWeakKey):
		return refusal{c.words.WeakKey}
	case err != nil:
		return refusal{c.words.BadKey}
	}
	key := store.PublicKey{Type: public.Type(), Comment: comment, Blob: public.Marshal()}
	err = c.journal.AddKey(ctx, key)
	if errors.Is(err, store.ErrPending) {
		return refusal{fmt.Sprintf(c.words.ManyPending, store.MaxPending)}
	}
	if err != nil {
		return fmt.Errorf("add key: %w", err)
	}
	fingerprint := gossh.FingerprintSHA256(public)
	return c.report(fingerprint, fmt.Sprintf(c.words.KeyAdded, fingerprint, c.place.SSH(c.me.Handle)))
}

func removeKey(ctx context.Context, c *call, fingerprint string) error {
	if err := c.journal.RemoveKey(ctx, fingerprint); err != nil {
		return fmt.Errorf("remove key: %w", err)
	}
	return c.report(fingerprint, fmt.Sprintf(c.words.KeyRemoved, line(fingerprint)))
}

// report says what was done with a key.
func (c *call) report(fingerprint, sentence string) error {
	if c.asJSON() {
		return c.json(struct {
			Fingerprint string `json:"fingerprint"`
		}{fingerprint})
	}
	fmt.Fprintln(c.out, sentence)
	return nil
}
