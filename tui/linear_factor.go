package tui

import (
	"errors"
	"fmt"
	"strings"

	"alcove/store"
)

// The second factor in the linear mode: the key as text, the code of the app, the recovery codes. A camera has nothing to
// see here.

// factor sets one up, or ends the one that there is. An empty line goes back.
func (l *linear) factor() error {
	w := l.words.Chrome.Factor
	if l.me.Factor.On {
		l.sayf("%s %s %s", w.End, w.AskEnd, w.GoesBack)
		ended, err := l.askFactor(func(code string) error { return l.journal.EndSecondFactor(l.ctx, code) })
		if err == nil && ended {
			l.me.Factor = store.SecondFactor{}
			l.sayf("%s", w.Ended)
		}
		return err
	}
	_, err := l.setUpFactor(w.GoesBack)
	return err
}

// mustFactor sets one up for somebody from whom the practice demands it, or ends the session.
func (l *linear) mustFactor() error {
	w := l.words.Chrome.Factor
	l.sayf("%s", w.Demanded)
	done, err := l.setUpFactor(w.Leaves)
	if err == nil && !done {
		err = errQuit
	}
	return err
}

// setUpFactor says the key, and the recovery codes once the app has it. Empty says what an empty line does.
func (l *linear) setUpFactor(empty string) (done bool, err error) {
	w := l.words.Chrome.Factor
	secret, err := l.journal.BeginSecondFactor(l.ctx)
	if err != nil {
		return false, fmt.Errorf("begin a second factor: %w", err)
	}
	l.sayf("%s %s", w.Enter, strings.Join(groups(secret.Reveal()), " "))
	l.sayf("%s %s", w.AskCode, empty)
	var spare []string
	done, err = l.askFactor(func(code string) (err error) {
		spare, err = l.journal.ConfirmSecondFactor(l.ctx, code)
		return err
	})
	if err != nil || !done {
		return false, err
	}
	l.me.Factor = store.SecondFactor{On: true, Spare: len(spare)}
	for _, text := range w.Spare {
		l.sayf("%s", text)
	}
	for i, code := range spare {
		l.sayf("%d. %s", i+1, code)
	}
	return true, nil
}

// askFactor asks for a code until it is taken, or nothing is typed.
func (l *linear) askFactor(take func(code string) error) (taken bool, err error) {
	for {
		code, err := l.ask("> ")
		if err != nil || strings.TrimSpace(code) == "" {
			return false, err
		}
		err = take(code)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, store.ErrWrongCode) {
			return false, err
		}
		l.sayf("%s", l.words.Chrome.Factor.Wrong)
	}
}
