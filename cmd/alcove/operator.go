package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"alcove/store"
	"alcove/store/seal"
	"alcove/tui"
)

// errNoPair: what only a client and a coach can be to each other was asked of two others.
var errNoPair = errors.New("only a client and a coach can be connected")

// operator is what the operator's commands can do. *store.Operator does it on the open file, *remote through a running
// server; a command never knows which it has.
type operator interface {
	Invite(ctx context.Context, in store.NewInvitation) (store.Invitation, error)
	Persons(ctx context.Context) ([]store.Account, error)
	Person(ctx context.Context, handle string) (store.Account, error)
	Disable(ctx context.Context, handle string) error
	Enable(ctx context.Context, handle string) error
	ResetSecondFactor(ctx context.Context, handle string) error
	Connect(ctx context.Context, client, coach string) error
	Disconnect(ctx context.Context, client, coach string) error
	Slots(ctx context.Context) ([]store.KeySlot, error)
	AddSlot(ctx context.Context, in store.NewSlot) (int, error)
	RemoveSlot(ctx context.Context, number int) error
	Backup(ctx context.Context, path string, tell func(store.Progress)) (store.BackupInfo, error)
	Verify(ctx context.Context, tell func(store.Progress)) (store.Verified, error)
	Condition(ctx context.Context) (store.Condition, error)
	Audit(ctx context.Context, q store.AuditQuery) ([]store.AuditRecord, error)
	VerifyAudit(ctx context.Context) (store.AuditHead, error)
	ErasePerson(ctx context.Context, handle string) (store.Receipt, error)
	EraseThread(ctx context.Context, number int64) (store.Receipt, error)
	Erasures(ctx context.Context) ([]store.Receipt, error)
	RingCopies(ctx context.Context) ([]store.RingCopy, error)
	ForgetRingCopy(ctx context.Context, folder string) error
}

// practice is an operator together with the address its members use. Callers of openPractice close it.
type practice interface {
	operator
	Place(ctx context.Context) (tui.Place, error)
	Close() error
}

// openPatience is how long a command waits for another one, or for a server that is just starting, to let it in.
const openPatience = 5 * time.Second

// openPractice reaches the practice in the data folder: through its server if one runs, else by opening the file.
func (a *app) openPractice(ctx context.Context) (practice, error) {
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	r := &remote{dir: dir}
	if _, err = r.Place(ctx); !errors.Is(err, errNoServer) {
		return r, err
	}
	var p practice
	err = a.withKey(ctx, dir, func(cfg store.Config) (err error) {
		p, err = a.waitForPractice(ctx, dir, cfg)
		return err
	})
	return p, err
}

// waitForPractice reaches the practice as soon as whoever has it open closes it, or answers as its server.
func (a *app) waitForPractice(ctx context.Context, dir string, cfg store.Config) (practice, error) {
	patience, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	for {
		st, err := store.Open(ctx, dir, cfg)
		if err == nil {
			return &local{Operator: st.Operator(), store: st, app: a, dir: dir}, nil
		}
		if !errors.Is(err, store.ErrInUse) {
			return nil, openFailed(dir, err)
		}
		r := &remote{dir: dir}
		if _, err := r.Place(ctx); !errors.Is(err, errNoServer) {
			return r, err
		}
		select {
		case <-patience.Done():
			return nil, fmt.Errorf("open the practice in %s: %w", dir, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// openStore opens the practice of a command that needs it to itself.
func openStore(ctx context.Context, dir string, cfg store.Config) (*store.Store, error) {
	st, err := store.Open(ctx, dir, cfg)
	if err != nil {
		return nil, openFailed(dir, err)
	}
	return st, nil
}

// openFailed says what kept a practice from being opened.
func openFailed(dir string, err error) error {
	for _, known := range []error{store.ErrNoPractice, store.ErrWrongKey, store.ErrDamaged, store.ErrGone, store.ErrKeysGone, store.ErrForeign,
		store.ErrOldRing, context.Canceled} {
		if errors.Is(err, known) {
			return fmt.Errorf("open the practice in %s: %w", dir, err)
		}
	}
	return fmt.Errorf("open the practice in %s: %w", dir, cannotWrite(dir, err))
}

// local is the practice in a file that this command opened itself.
type local struct {
	*store.Operator
	store *store.Store
	app   *app
	dir   string
}

// Place is where the server will be reached if it is started with the same settings.
func (l *local) Place(context.Context) (tui.Place, error) {
	key, err := hostKey(l.dir)
	if err != nil {
		return tui.Place{}, err
	}
	return l.app.place(key)
}

// Close closes the file.
func (l *local) Close() error { return l.store.Close() }

// advice is the sentence that says what to do about an error, if there is one worth saying.
func advice(err error) string {
	for _, a := range []struct {
		kind error
		text string
	}{
		{store.ErrNoPractice, "'alcove init' makes a practice there; --data names another folder."},
		{store.ErrExists, "Nothing was changed. --data names another folder."},
		{errNoHostKey, "Put it back from your backup. If there is none: 'alcove init --new-host-key' makes a new one, and every member's ssh\n" +
			"will warn that the host's identification has changed until they remove the old key; tell them the new fingerprint."},
		{store.ErrInUse, "Another alcove has the data open and does not answer on its control socket. Is a server starting, or stuck?"},
		{store.ErrWrongKey, "Nothing was changed. It may be another practice's key file, a passphrase mistyped, or a slot that was removed.\n" +
			"--key-file names another key file; --passphrase-fd 0 reads a passphrase or the recovery words."},
		{errNoKey, "Put the key file back from its copy, or name it with --key-file, ALCOVE_KEY_FILE, key-file in the settings file or\n" +
			"a systemd credential alcove.key. --passphrase-fd 0 reads a passphrase or the recovery words, for which a terminal asks."},
		{errNoServerWanted, "When it has stopped, run the command again."},
		{store.ErrGone, "The key slots are there, so there was a practice: put alcove.db back, or restore a backup. Nothing was made in its place."},
		{store.ErrKeysGone, "Without alcove.slots and alcove.ring nothing opens the database: put both back, alcove.slots from any backup and\n" +
			"alcove.ring from the copy beside the backups. Nothing was changed."},
		{store.ErrForeign, "alcove.db is not what this practice's keys were made for: an unencrypted file, another practice's, or a file that\n" +
			"something else wrote over. Put the right one back, or restore a backup. Nothing was changed."},
		{store.ErrOldRing, "Somebody put an older alcove.ring back, which could bring back what was erased. Take the newest, which lies beside the\n" +
			"backups. Nothing was changed."},
		{seal.ErrLastSlot, "'alcove key add-passphrase', 'add-keyfile' or 'add-recovery' makes another first."},
		{seal.ErrNoSuchSlot, "'alcove key list' shows them."},
		{store.ErrUnsettled, "What was to be erased is gone from the practice. Its backups follow when the key ring does, which is tried again each\n" +
			"hour by a server and at each start; 'alcove erase list' has the receipt."},
		{store.ErrNotBackup, "A backup is one file as 'alcove backup' wrote it, whole. Was it cut off while it was copied?"},
		{store.ErrBadRole, "A new account needs --role coach or client; one that exists keeps the role it has."},
		{store.ErrEmpty, "A new account needs --name."},
		{store.ErrSignedOut, "The account is disabled; 'alcove person enable' opens it again."},
		{store.ErrTaken, "A handle is given once and never again, so that nobody is taken for somebody else. Choose another."},
		{store.ErrBadHandle, "A handle has 2 to 32 of a-z, 0-9, '.', '-', '_' and begins with a letter."},
		{store.ErrNotFound, "'alcove person list' shows who there is."},
		{store.ErrTooLong, "A name has up to 60 characters."},
		{store.ErrReadOnly, "The disk is full, or does not take what is written. Nothing was changed; make room and do it again."},
		{store.ErrDamaged, "The file was cut short or changed behind Alcove's back, by a failing disk most likely. Keep a copy of the folder as it\n" +
			"is, and restore a backup."},
	} {
		if errors.Is(err, a.kind) {
			return a.text
		}
	}
	return ""
}
