package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/charmbracelet/x/term"

	"alcove/store"
	"alcove/store/seal"
)

// What opens a practice, in this order: --passphrase-fd; the key file of --key-file, ALCOVE_KEY_FILE or the settings file;
// systemd's credential alcove.key; DATA/alcove.key; and where a person sits at a terminal, what they type. A running server
// is open already, so its commands ask for none of it.

const (
	passphraseTries = 3
	passphraseMax   = 4 << 10 // bytes of a line
	credentials     = "CREDENTIALS_DIRECTORY"
)

// errNoKey: there is nothing to open the practice with.
var errNoKey = errors.New("nothing to open the practice with")

// keyFile is where the master key is kept, or is to be kept.
func (a *app) keyFile(dir string) string {
	return cmp.Or(a.KeyFile, a.credential(), filepath.Join(dir, masterKeyName))
}

// credential is the key file that systemd hands over, if it does.
func (a *app) credential() string {
	if folder := a.getenv(credentials); folder != "" {
		if path := filepath.Join(folder, masterKeyName); exists(path) {
			return path
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// withKey calls do with what opens the practice in dir. Where it is typed and turns out wrong, that is up to three times.
func (a *app) withKey(ctx context.Context, dir string, do func(store.Config) error) error {
	cfg := a.storeConfig(dir)
	if a.passphraseFD != "" {
		line, err := a.readPassphrase(ctx, a.passphraseFD, "Passphrase or recovery words: ")
		if err != nil {
			return err
		}
		return withTyped(cfg, dir, line, do)
	}
	kinds, err := typedKinds(dir)
	if a.KeyFile != "" || exists(cfg.KeyFile) || err != nil { // what is wrong with the slots is the store's to say
		return do(cfg)
	}
	if len(kinds) == 0 || !onTerminal(os.Stdin) {
		return fmt.Errorf("open the practice in %s: there is no %s: %w", dir, cfg.KeyFile, errNoKey)
	}
	for try := 1; ; try++ {
		line, err := ask(ctx, "Passphrase or recovery words: ")
		if err != nil {
			return err
		}
		err = withTyped(cfg, dir, line, do)
		wrong := errors.Is(err, store.ErrWrongKey) || errors.Is(err, seal.ErrPassphrase) || errors.Is(err, seal.ErrNotRecovery)
		if !wrong || try == passphraseTries {
			return err
		}
		fmt.Fprintln(a.stderr, "That does not open the practice.")
	}
}

// typedKinds are the kinds of the slots of a practice that a person can type something for.
func typedKinds(dir string) (kinds []seal.Kind, err error) {
	slots, err := seal.OpenSlots(filepath.Join(dir, slotsName))
	if err != nil {
		return nil, err
	}
	for _, slot := range slots.List() {
		if slot.Kind != seal.KindKeyFile {
			kinds = append(kinds, slot.Kind)
		}
	}
	return kinds, nil
}

// withTyped calls do with a secret that a person typed, and forgets it afterwards.
func withTyped(cfg store.Config, dir string, line []byte, do func(store.Config) error) error {
	defer clear(line)
	var err error
	if cfg.Secret, err = typedSecret(dir, line); err != nil {
		return err
	}
	defer cfg.Secret.Wipe()
	err = do(cfg)
	if errors.Is(err, store.ErrWrongKey) && cfg.Secret.Kind() == seal.KindPassphrase {
		if _, notWords := seal.RecoverySecret(string(line)); len(strings.Fields(string(line))) >= manyWords {
			err = fmt.Errorf("%w (if it was to be the recovery words: %w)", err, notWords)
		}
	}
	return err
}

// manyWords are more than most passphrases have, and nearly the eleven of a recovery key.
const manyWords = 8

// typedSecret takes a line for recovery words if it can be that, and else for a passphrase.
func typedSecret(dir string, line []byte) (*seal.Secret, error) {
	words, err := seal.RecoverySecret(string(line))
	if err == nil {
		return words, nil
	}
	if kinds, unreadable := typedKinds(dir); unreadable == nil && !slices.Contains(kinds, seal.KindPassphrase) {
		return nil, fmt.Errorf("read the recovery words: %w", err)
	}
	return passphrase(line)
}

func passphrase(line []byte) (*seal.Secret, error) {
	secret, err := seal.PassphraseSecret(line)
	if err != nil {
		return nil, fmt.Errorf("read the passphrase: %w", err)
	}
	return secret, nil
}

// readPassphrase reads the first line of a file descriptor, without an echo if that is a terminal.
func (a *app) readPassphrase(ctx context.Context, fd, prompt string) ([]byte, error) {
	number, err := strconv.Atoi(fd)
	if err != nil || number < 0 {
		return nil, usagef("%q is not the number of a file descriptor, like 0 for standard input", fd)
	}
	f := os.Stdin
	if number > 0 {
		f = os.NewFile(uintptr(number), "passphrase")
		defer f.Close()
	}
	if onTerminal(f) {
		return ask(ctx, prompt)
	}
	line, err := bufio.NewReader(io.LimitReader(f, passphraseMax)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read a passphrase from file descriptor %d: %w", number, err)
	}
	line = []byte(strings.TrimRight(string(line), "\r\n"))
	if len(line) == 0 {
		return nil, fmt.Errorf("file descriptor %d has no passphrase in its first line", number)
	}
	return line, nil
}

func onTerminal(f *os.File) bool { return term.IsTerminal(f.Fd()) }

// ask lets the person at the terminal type a line that is not shown.
func ask(ctx context.Context, prompt string) ([]byte, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	in, out := tty, tty
	if err != nil { // Windows has none
		in, out = os.Stdin, os.Stderr
	} else {
		defer tty.Close()
	}
	shown, err := term.GetState(in.Fd())
	if err != nil {
		return nil, fmt.Errorf("ask for a passphrase: %w", err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Fprint(out, prompt)
	type answer struct {
		line []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() { // a read of a terminal cannot be cut off: if nobody answers, it ends with the process
		line, err := term.ReadPassword(in.Fd())
		answered <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		_ = term.Restore(in.Fd(), shown) // else what is typed next stays hidden
		fmt.Fprintln(out)
		return nil, fmt.Errorf("ask for a passphrase: %w", ctx.Err())
	case a := <-answered:
		fmt.Fprintln(out)
		if a.err != nil {
			return nil, fmt.Errorf("ask for a passphrase: %w", a.err)
		}
		return a.line, nil
	}
}

// askNew asks twice for a passphrase that is to be.
func askNew(ctx context.Context) ([]byte, error) {
	first, err := ask(ctx, "New passphrase: ")
	if err != nil {
		return nil, err
	}
	again, err := ask(ctx, "The same again: ")
	if err != nil {
		return nil, err
	}
	defer clear(again)
	if string(first) != string(again) {
		return nil, errors.New("the two are not the same; nothing was changed")
	}
	return first, nil
}
