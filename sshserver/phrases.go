package sshserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/tui"
)

// How the sign-in talks: before somebody is known, nobody knows which language they read, so all is said in both.

// phrase picks a sentence of the sign-in.
type phrase func(*tui.SignInWords) string

// both says it in English and in German.
func both(say phrase) string {
	return say(&tui.WordsFor("en").Shell.SignIn) + "\n" + say(&tui.WordsFor("de").Shell.SignIn)
}

// bothPrompts is both on one line: "Code / Code: ".
func bothPrompts(say phrase) string {
	return strings.TrimSuffix(say(&tui.WordsFor("en").Shell.SignIn), ": ") + " / " + say(&tui.WordsFor("de").Shell.SignIn)
}

// prompt asks one thing, unless the guesses are used up.
func (a *signIn) prompt(ask gossh.KeyboardInteractiveChallenge, say string, question phrase, echo bool) (string, error) {
	if a.barred() || a.shut || a.tries >= maxTries {
		return "", errNotSignedIn
	}
	// In the prompt, not the instruction: OpenSSH hides the latter under -q and LogLevel=ERROR.
	if say != "" {
		say = "\n" + say + "\n"
	}
	answers, err := ask("", "", []string{say + bothPrompts(question)}, []bool{echo})
	if err != nil {
		return "", fmt.Errorf("ask: %w: %w", errSilent, err)
	}
	return strings.TrimSpace(answers[0]), nil
}

// barred says so, if it is so.
func (a *signIn) barred() bool {
	barred := a.server.guesses.barred(a.conn.place)
	if barred {
		a.tell(func(w *tui.SignInWords) string { return w.Barred })
	}
	return barred
}

// turn waits until nobody else of the address has something dear under way, and then asks once more whether it is barred.
func (a *signIn) turn() (done func(), err error) {
	done, err = a.server.guesses.turn(a.ctx, a.conn.place)
	if err != nil {
		return nil, errNotSignedIn
	}
	if a.barred() {
		done()
		return nil, errNotSignedIn
	}
	return done, nil
}

// wrong answers a wrong code or words that were counted: slowly, and with a sentence if they were the last.
func (a *signIn) wrong(wait time.Duration, last phrase) error {
	a.tries++
	a.server.Log.Info("wrong code or words", "addr", a.conn.RemoteAddr().String())
	rest(a.ctx, wait)
	if a.tries < maxTries {
		return nil
	}
	a.tell(last)
	return errNotSignedIn
}

// silent ends the asking of somebody who typed nothing. That is no guess: a client without a terminal answers so by itself.
func (a *signIn) silent() error {
	a.tell(func(w *tui.SignInWords) string { return w.Silent })
	a.shut = true
	return errSilent
}

// disabled says that an account is, to who proved that it is theirs, and ends the connection: the library does when no
// method is left. To ask for words or for other keys would gainsay it.
func (a *signIn) disabled() error {
	a.tell(func(w *tui.SignInWords) string { return w.Disabled })
	return &gossh.PartialSuccessError{}
}

// broken logs why nobody can be looked up and says that it is so.
func (a *signIn) broken(doing string, err error) error {
	a.conn.reach(excusedStage)
	a.server.Log.Error("sign-in", "doing", doing, "err", err)
	a.tell(func(w *tui.SignInWords) string { return w.Unavailable })
	return fmt.Errorf("%s: %w", doing, err)
}

// tell says something that needs no answer, once in a connection.
func (a *signIn) tell(say phrase) {
	text := both(say)
	if a.banner == nil || slices.Contains(a.said, text) {
		return
	}
	a.said = append(a.said, text)
	_ = a.banner(text + "\n") // a client that is gone need not hear it
}

// stranger is the sentence for somebody who is not known here.
func (s *Server) stranger(w *tui.SignInWords) string {
	if s.Demo {
		return w.Demo
	}
	return fmt.Sprintf(w.Stranger, s.Place.SSH(joinUser))
}

// keyless is the hint for somebody who has shown no key.
func (s *Server) keyless(w *tui.SignInWords) string {
	if s.Demo {
		return w.Demo
	}
	return fmt.Sprintf(w.Keyless, s.Place.SSH(joinUser))
}

// confirm shows the words and asks for one of them, until it is right or was wrong too often.
func (a *signIn) confirm(ask gossh.KeyboardInteractiveChallenge, handle, words string) error {
	list := strings.Fields(words)
	which := len(list) / 2
	line := a.server.Place.SSH(handle)
	show := both(func(w *tui.SignInWords) string { return fmt.Sprintf(w.YourWords, line) }) + "\n\n    " + words + "\n"
	question := func(w *tui.SignInWords) string { return fmt.Sprintf(w.AskWord, which) }
	for say, try := show, 0; try < maxConfirms; try++ {
		answer, err := a.prompt(ask, say, question, true)
		if err != nil {
			return err
		}
		if strings.EqualFold(answer, list[which-1]) {
			return nil
		}
		say = both(func(w *tui.SignInWords) string { return w.WrongWord }) + "\n\n" + show
	}
	return errNotSignedIn
}

// askCode asks for an invitation's code until redeem takes it; it may be tried three times in a connection.
func (a *signIn) askCode(ask gossh.KeyboardInteractiveChallenge, redeem func(code string) error) error {
	say := ""
	for {
		code, err := a.prompt(ask, say, func(w *tui.SignInWords) string { return w.AskCode }, false)
		if err == nil && code == "" {
			err = a.silent()
		}
		if err != nil {
			return err
		}
		err = redeem(code)
		if err == nil {
			return nil
		}
		if errors.Is(err, store.ErrTaken) { // the code was right, but another connection was quicker with the key
			a.tell(func(w *tui.SignInWords) string { return w.KeyTaken })
			return errNotSignedIn
		}
		problem := codeProblem(err)
		if problem == nil {
			return a.broken("redeem", err)
		}
		if err := a.wrong(a.server.guesses.wrong(a.conn.place), func(w *tui.SignInWords) string { return problem(w) + "\n" + w.NoCode }); err != nil {
			return err
		}
		say = both(problem)
	}
}

// codeProblem is what to say about a code that was not taken; nil if the code is not to blame.
func codeProblem(err error) phrase {
	switch {
	case errors.Is(err, store.ErrWrongCode), errors.Is(err, store.ErrNotFound):
		return func(w *tui.SignInWords) string { return w.WrongCode }
	case errors.Is(err, store.ErrUsedCode):
		return func(w *tui.SignInWords) string { return w.UsedCode }
	case errors.Is(err, store.ErrOldCode):
		return func(w *tui.SignInWords) string { return w.OldCode }
	}
	return nil
}

// noRoom says why there is none.
func (a *signIn) noRoom(err error) phrase {
	return func(w *tui.SignInWords) string {
		if errors.Is(err, errCrowded) {
			return fmt.Sprintf(w.Crowded, a.server.limits.PerPerson)
		}
		return w.Full
	}
}
