package sshserver

// Who are you: the only file that decides it. Its rules:
//
// A person is known by a key they have proved to hold, by sign-in words, or by an invitation they redeem here and now.
// The user name is what the client says and counts for nothing, but as "join" (an invitation), as the handle that
// sign-in words belong to, and as that of the person whose pending key is proved here for the first time. A key is looked
// up only after its signature was verified, and until then every key of a kind we take is answered alike, so that nobody
// can ask whose key is known. Who somebody is travels only in the Permissions of the finished handshake. A look-up that
// failed is never taken for "nobody". Whoever has a second factor is asked for it after that, and only then
// (secondfactor.go).

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/tui"
)

// joinUser is the user name of those who come with an invitation.
const joinUser = "join"

// maxTries is how often a code, or sign-in words, may be tried in one connection.
const maxTries = 3

// maxWeak is how many keys of a refused size a connection may show: the library verifies what they signed all the same, and
// that is dear.
const maxWeak = 3

// maxConfirms is how often the word that shows that sign-in words were written down may be wrong.
const maxConfirms = 10

type contextKey int

const (
	connKey     contextKey = iota // the *conn, in the library's context
	identityKey                   // the store.Identity, in the handshake's Permissions
)

var (
	errBadUser     = errors.New("no user name")
	errUnknownKey  = errors.New("unknown key")
	errNotSignedIn = errors.New("not signed in")
	errSilent      = errors.New("nothing was typed")
)

// signIn is one connection on its way in. The library calls it from one goroutine only.
type signIn struct {
	server *Server
	ctx    context.Context // ends with the connection
	conn   *conn
	banner func(string) error // says something to the client; nil until the key exchange is done

	said    []string // what was told already, to tell it once
	refused []string // fingerprints of keys that were proved and not taken
	tries   int      // of codes or words
	weak    int      // keys of a size that is not taken
	shut    bool     // was told why not, or answered nothing; nothing more is asked
}

func (s *Server) newSignIn(ctx context.Context, c *conn) *signIn {
	return &signIn{server: s, ctx: ctx, conn: c}
}

// install makes c ask this sign-in, and nobody else, who is there.
func (a *signIn) install(c *gossh.ServerConfig) {
	c.PreAuthConnCallback = func(pre gossh.ServerPreAuthConn) {
		a.banner = pre.SendAuthBanner
		a.conn.keyed()
	}
	c.PublicKeyCallback = a.offered
	c.VerifiedPublicKeyCallback = a.proved
	c.KeyboardInteractiveCallback = a.asked
	c.AuthLogCallback = a.tried
	if a.server.Demo {
		c.NoClientAuth = true
		c.NoClientAuthCallback = a.demo
	}
}

// tried notes what was tried in vain. Who typed nothing, or left the question open, tried nothing; nor did who asked what
// there is ("none"), or has more to show after this.
func (a *signIn) tried(_ gossh.ConnMetadata, method string, err error) {
	var more *gossh.PartialSuccessError
	if err != nil && method != "none" && !errors.As(err, &more) && !errors.Is(err, errSilent) {
		a.conn.reach(failedStage)
	}
	if errors.Is(err, errWeakKey) {
		if a.weak++; a.weak > maxWeak {
			_ = a.conn.Close() // it is to be gone; how does not matter
		}
	}
}

// offered answers a key that is not proved yet: by its kind alone, and whoever has it.
func (a *signIn) offered(meta gossh.ConnMetadata, key gossh.PublicKey) (*gossh.Permissions, error) {
	if !plainUser(meta.User()) {
		return nil, errBadUser
	}
	if err := checkKey(key); err != nil {
		a.logRefused(meta, key)
		a.tell(func(w *tui.SignInWords) string {
			if errors.Is(err, errWeakKey) {
				return w.WeakKey
			}
			return w.BadKey
		})
		return nil, err
	}
	return nil, nil // the library wants just that: go on, and nothing is known
}

// proved decides about a key whose signature was verified.
func (a *signIn) proved(meta gossh.ConnMetadata, key gossh.PublicKey, _ *gossh.Permissions, _ string) (*gossh.Permissions, error) {
	who, err := a.server.Store.SignInKey(a.ctx, key.Marshal())
	if errors.Is(err, store.ErrNotFound) && meta.User() != joinUser {
		who, err = a.server.Store.ConfirmKey(a.ctx, meta.User(), key.Marshal())
	}
	switch {
	case err == nil:
		if meta.User() == joinUser {
			a.tell(func(w *tui.SignInWords) string { return w.AlreadyHere })
		}
		return a.let(who, gossh.FingerprintSHA256(key))
	case errors.Is(err, store.ErrSignedOut):
		return nil, a.disabled()
	case !errors.Is(err, store.ErrNotFound):
		return nil, a.broken("look up key", err)
	case meta.User() == joinUser:
		a.tell(func(w *tui.SignInWords) string { return w.NowCode }) // one that may not ask would tell of no code at all
		return nil, &gossh.PartialSuccessError{Next: gossh.ServerAuthCallbacks{
			KeyboardInteractiveCallback: func(_ gossh.ConnMetadata, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
				return a.joinWithKey(ask, key)
			},
		}}
	case a.server.Demo:
		if in, err := a.demo(meta); err == nil {
			return in, nil
		}
	}
	a.refuse(meta, key, a.server.stranger)
	return nil, errUnknownKey
}

// refuse remembers a proved key that is not taken and says, once, what can be done; not to an agent whose other key is
// known. To somebody who has proved nothing that would tell which keys go with a member's.
func (a *signIn) refuse(meta gossh.ConnMetadata, key gossh.PublicKey, why phrase) {
	a.logRefused(meta, key)
	fingerprint := gossh.FingerprintSHA256(key)
	a.refused = append(a.refused, fingerprint)
	if !a.server.companions.has(fingerprint) {
		a.tell(why)
	}
}

func (a *signIn) logRefused(meta gossh.ConnMetadata, key gossh.PublicKey) {
	a.server.Log.Info("key refused", "addr", a.conn.RemoteAddr().String(), a.named(meta.User()), "key", gossh.FingerprintSHA256(key))
}

// named is a user name for the log: some type their code there, so one that is nobody's handle is told by its length.
func (a *signIn) named(user string) slog.Attr {
	known := user == joinUser
	if !known {
		found, err := a.server.Store.HasHandle(a.ctx, user)
		known = found && err == nil // of one that cannot be looked up the length will do
	}
	if known {
		return slog.String("user", user)
	}
	return slog.Int("user_length", len(user))
}

// asked is keyboard-interactive without a key: an invitation, or sign-in words.
func (a *signIn) asked(meta gossh.ConnMetadata, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
	if !plainUser(meta.User()) {
		return nil, errBadUser
	}
	if meta.User() == joinUser {
		return a.joinWithWords(ask)
	}
	if a.server.Demo {
		if in, err := a.demo(meta); err == nil {
			return in, nil
		}
	}
	return a.signInWithWords(meta.User(), ask)
}

// signInWithWords asks for the words of a handle, known or not.
func (a *signIn) signInWithWords(handle string, ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
	hint := a.server.keyless
	if len(a.refused) > 0 {
		hint = a.server.stranger
	}
	say := both(hint)
	if slices.Contains(a.said, say) {
		say = ""
	}
	for {
		words, err := a.prompt(ask, say, func(w *tui.SignInWords) string { return w.AskWords }, false)
		if err == nil && words == "" {
			err = a.silent()
		}
		if err != nil {
			return nil, err
		}
		who, wait, err := a.checkWords(handle, words)
		switch {
		case err == nil:
			return a.let(who, "words")
		case errors.Is(err, errNotSignedIn):
			return nil, err
		case errors.Is(err, store.ErrSignedOut):
			return nil, a.disabled()
		case !errors.Is(err, store.ErrNotFound):
			return nil, a.broken("look up words", err)
		}
		if err := a.wrong(wait, func(w *tui.SignInWords) string { return w.NoWords }); err != nil {
			return nil, err
		}
		say = both(func(w *tui.SignInWords) string { return w.WrongWords })
	}
}

// checkWords looks for the person whose words were typed. Wrong ones count before the next of the same address are looked
// at, and have to wait.
func (a *signIn) checkWords(handle, words string) (who store.Identity, wait time.Duration, err error) {
	done, err := a.turn()
	if err != nil {
		return store.Identity{}, 0, err
	}
	defer done()
	who, err = a.server.Store.SignInWords(a.ctx, handle, words)
	if errors.Is(err, store.ErrNotFound) {
		wait = a.server.guesses.wrong(a.conn.place)
	}
	return who, wait, err
}

// joinWithKey binds a proved key to the person of an invitation.
func (a *signIn) joinWithKey(ask gossh.KeyboardInteractiveChallenge, key gossh.PublicKey) (*gossh.Permissions, error) {
	public := store.PublicKey{Type: key.Type(), Blob: key.Marshal()}
	var who store.Identity
	err := a.askCode(ask, func(code string) (err error) {
		who, err = a.server.Store.Redeem(a.ctx, code, public)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.let(who, gossh.FingerprintSHA256(key))
}

// joinWithWords gives the person of an invitation sign-in words. The invitation is used up only once they have shown
// that they hold the words.
func (a *signIn) joinWithWords(ask gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
	var code string
	var invited store.Person
	err := a.askCode(ask, func(c string) (err error) {
		code = c
		invited, err = a.server.Store.CheckCode(a.ctx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.conn.allow(a.server.limits.Join)
	done, err := a.turn()
	if err != nil {
		return nil, err
	}
	words, err := a.server.Store.NewWords(a.ctx)
	done()
	if err != nil {
		return nil, a.broken("draw words", err)
	}
	if err := a.confirm(ask, invited.Handle, words.Reveal()); err != nil {
		return nil, err
	}
	who, err := a.server.Store.RedeemWithWords(a.ctx, code, words)
	if say := codeProblem(err); say != nil { // somebody else was quicker
		a.tell(say)
		return nil, errNotSignedIn
	}
	if err != nil {
		return nil, a.broken("redeem with words", err)
	}
	return a.let(who, "words")
}

// demo lets in whoever the user name says, in a throw-away practice.
func (a *signIn) demo(meta gossh.ConnMetadata) (*gossh.Permissions, error) {
	if !plainUser(meta.User()) {
		return nil, errBadUser
	}
	who, err := a.server.Store.SignInDemo(a.ctx, meta.User())
	if errors.Is(err, store.ErrNotFound) && meta.User() != joinUser { // it is tried before any key: clients whose ssh asks nobody hear it too
		a.tell(a.server.stranger)
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return a.let(who, "demo")
}

// let goes on with who has proved a key or words: to the end, or to their second factor.
func (a *signIn) let(who store.Identity, by string) (*gossh.Permissions, error) {
	a.server.companions.add(a.refused)
	if who.NeedsSecondFactor() {
		return nil, a.second(who, by)
	}
	return a.enter(who, by)
}

// enter ends the sign-in: this is who is there, if there is room for them.
func (a *signIn) enter(who store.Identity, by string) (*gossh.Permissions, error) {
	log := a.server.Log.With("addr", a.conn.RemoteAddr().String(), "by", by)
	if err := a.conn.admitted(who.Person(), func() { log.Info("signed out") }); err != nil {
		log.Info("sign-in refused", "err", err)
		a.tell(a.noRoom(err))
		a.shut = true
		return nil, errNotSignedIn
	}
	log.Info("signed in")
	return &gossh.Permissions{ExtraData: map[any]any{identityKey: who}}, nil
}

// identityOf is who signed in on a finished connection.
func identityOf(c *gossh.ServerConn) (store.Identity, bool) {
	if c.Permissions == nil {
		return store.Identity{}, false
	}
	who, ok := c.Permissions.ExtraData[identityKey].(store.Identity)
	return who, ok
}

// plainUser says whether a user name can be one at all; what cannot is refused before anything is done with it.
func plainUser(name string) bool {
	if len(name) > maxUser || !utf8.ValidString(name) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}
