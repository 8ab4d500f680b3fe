package sshserver

// The second factor is asked of who has proved a key or words, over the same connection, and of nobody else. What they
// proved is kept here, in the callback that the library is left with; the user name and all other methods count for nothing
// from then on. So whoever is let in by a code is the person whose key or words came before it.

import (
	"errors"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/tui"
)

// second leaves the client one thing to do: to show the second factor of who.
func (a *signIn) second(who store.Identity, by string) error {
	a.tries = 0                                                    // of codes now, not of words
	a.tell(func(w *tui.SignInWords) string { return w.NowFactor }) // one that may not ask would tell of no code at all
	return &gossh.PartialSuccessError{Next: gossh.ServerAuthCallbacks{
		KeyboardInteractiveCallback: func(_ gossh.ConnMetadata, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
			return a.askFactor(ask, who, by)
		},
	}}
}

// askFactor asks for a code until it is right; it may be tried three times in a connection.
func (a *signIn) askFactor(ask gossh.KeyboardInteractiveChallenge, half store.Identity, by string) (*gossh.Permissions, error) {
	say := ""
	for {
		code, err := a.prompt(ask, say, func(w *tui.SignInWords) string { return w.AskFactor }, false)
		if err == nil && code == "" {
			err = a.silent()
		}
		if err != nil {
			return nil, err
		}
		who, wait, err := a.checkFactor(half, code)
		switch {
		case err == nil:
			return a.enter(who, by+" and a second factor")
		case errors.Is(err, errNotSignedIn):
			return nil, err
		case errors.Is(err, store.ErrSignedOut):
			return nil, a.disabled()
		case errors.Is(err, store.ErrManyCodes):
			a.tell(func(w *tui.SignInWords) string { return w.ManyFactor })
			a.shut = true
			return nil, errNotSignedIn
		case !errors.Is(err, store.ErrWrongCode) && !errors.Is(err, store.ErrNotFound): // the operator took it away meanwhile
			return nil, a.broken("check second factor", err)
		}
		if err := a.wrong(wait, func(w *tui.SignInWords) string { return w.NoFactor }); err != nil {
			return nil, err
		}
		say = both(func(w *tui.SignInWords) string { return w.WrongFactor })
	}
}

// checkFactor looks at a code. As with words, wrong ones count before the next of the same address are looked at.
func (a *signIn) checkFactor(half store.Identity, code string) (who store.Identity, wait time.Duration, err error) {
	done, err := a.turn()
	if err != nil {
		return store.Identity{}, 0, err
	}
	defer done()
	who, err = a.server.Store.CheckSecondFactor(a.ctx, half, code)
	if errors.Is(err, store.ErrWrongCode) {
		wait = a.server.guesses.wrong(a.conn.place)
	}
	return who, wait, err
}
