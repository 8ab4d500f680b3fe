package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"alcove/store"
	"alcove/tui"
)

// errNoServer: nobody listens on the control socket, or there is none. A socket that a killed server left counts as none.
var errNoServer = errors.New("no server runs")

// remote is the operator interface of the server that runs in a data folder.
type remote struct{ dir string }

var _ practice = (*remote)(nil)

// Place is where members reach the server.
func (r *remote) Place(ctx context.Context) (tui.Place, error) {
	return call[tui.Place](ctx, r.dir, "place", nothing{})
}

// Close does nothing: each call has its own connection.
func (r *remote) Close() error { return nil }

// Invite as store.Operator does it.
func (r *remote) Invite(ctx context.Context, in store.NewInvitation) (store.Invitation, error) {
	return call[store.Invitation](ctx, r.dir, "invite", in)
}

// Persons as store.Operator does it.
func (r *remote) Persons(ctx context.Context) ([]store.Account, error) {
	return call[[]store.Account](ctx, r.dir, "persons", nothing{})
}

// Person as store.Operator does it.
func (r *remote) Person(ctx context.Context, handle string) (store.Account, error) {
	return call[store.Account](ctx, r.dir, "person", handle)
}

// Disable as store.Operator does it.
func (r *remote) Disable(ctx context.Context, handle string) error {
	_, err := call[nothing](ctx, r.dir, "disable", handle)
	return err
}

// Enable as store.Operator does it.
func (r *remote) Enable(ctx context.Context, handle string) error {
	_, err := call[nothing](ctx, r.dir, "enable", handle)
	return err
}

// ResetSecondFactor as store.Operator does it.
func (r *remote) ResetSecondFactor(ctx context.Context, handle string) error {
	_, err := call[nothing](ctx, r.dir, "reset-factor", handle)
	return err
}

// Connect as store.Operator does it.
func (r *remote) Connect(ctx context.Context, client, coach string) error {
	_, err := call[nothing](ctx, r.dir, "connect", pairArgs{client, coach})
	return err
}

// Disconnect as store.Operator does it.
func (r *remote) Disconnect(ctx context.Context, client, coach string) error {
	_, err := call[nothing](ctx, r.dir, "disconnect", pairArgs{client, coach})
	return err
}

// Audit as store.Operator does it.
func (r *remote) Audit(ctx context.Context, q store.AuditQuery) ([]store.AuditRecord, error) {
	return call[[]store.AuditRecord](ctx, r.dir, "audit", q)
}

// VerifyAudit as store.Operator does it.
func (r *remote) VerifyAudit(ctx context.Context) (store.AuditHead, error) {
	return call[store.AuditHead](ctx, r.dir, "verify-audit", nothing{})
}

// Slots as store.Operator does it.
func (r *remote) Slots(ctx context.Context) ([]store.KeySlot, error) {
	return call[[]store.KeySlot](ctx, r.dir, "slots", nothing{})
}

// AddSlot as store.Operator does it. The secret goes through the socket, which the operator alone can open.
func (r *remote) AddSlot(ctx context.Context, in store.NewSlot) (int, error) {
	return call[int](ctx, r.dir, "add-slot", in)
}

// RemoveSlot as store.Operator does it.
func (r *remote) RemoveSlot(ctx context.Context, number int) error {
	_, err := call[nothing](ctx, r.dir, "remove-slot", number)
	return err
}

// Backup as store.Operator does it. The server writes the file.
func (r *remote) Backup(ctx context.Context, path string, tell func(store.Progress)) (store.BackupInfo, error) {
	return callLong[store.BackupInfo](ctx, r.dir, "backup", path, tell)
}

// Verify as store.Operator does it.
func (r *remote) Verify(ctx context.Context, tell func(store.Progress)) (store.Verified, error) {
	return callLong[store.Verified](ctx, r.dir, "verify", nothing{}, tell)
}

// Condition as store.Operator does it.
func (r *remote) Condition(ctx context.Context) (store.Condition, error) {
	return call[store.Condition](ctx, r.dir, "condition", nothing{})
}

// ErasePerson as store.Operator does it.
func (r *remote) ErasePerson(ctx context.Context, handle string) (store.Receipt, error) {
	return callLong[store.Receipt](ctx, r.dir, "erase-person", handle, func(store.Progress) {})
}

// EraseThread as store.Operator does it.
func (r *remote) EraseThread(ctx context.Context, number int64) (store.Receipt, error) {
	return callLong[store.Receipt](ctx, r.dir, "erase-thread", number, func(store.Progress) {})
}

// Erasures as store.Operator does it.
func (r *remote) Erasures(ctx context.Context) ([]store.Receipt, error) {
	return call[[]store.Receipt](ctx, r.dir, "erasures", nothing{})
}

// RingCopies as store.Operator does it.
func (r *remote) RingCopies(ctx context.Context) ([]store.RingCopy, error) {
	return call[[]store.RingCopy](ctx, r.dir, "ring-copies", nothing{})
}

// ForgetRingCopy as store.Operator does it.
func (r *remote) ForgetRingCopy(ctx context.Context, folder string) error {
	_, err := call[nothing](ctx, r.dir, "forget-ring-copy", folder)
	return err
}

// call sends one request and reads its reply.
func call[R any](ctx context.Context, dir, verb string, args any) (R, error) {
	return callLong[R](ctx, dir, verb, args, func(store.Progress) {})
}

// callLong is call for a verb that may take long: as long as lines come that tell of its progress, it waits. To end ctx is to
// end the verb.
func callLong[R any](ctx context.Context, dir, verb string, args any, tell func(store.Progress)) (R, error) {
	var result R
	conn, err := dialControl(ctx, dir)
	if err != nil {
		return result, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(controlTimeout)); err != nil {
		return result, fmt.Errorf("ask the server: %w", err)
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return result, fmt.Errorf("write arguments: %w", err)
	}
	if err := json.NewEncoder(conn).Encode(request{controlProtocol, verb, raw}); err != nil {
		return result, fmt.Errorf("ask the server: %w", err)
	}
	r, err := readReply(conn, tell)
	if err := ctx.Err(); err != nil {
		return result, fmt.Errorf("ask the server: %w", err)
	}
	if err != nil {
		return result, err
	}
	if r.Error != nil {
		return result, &remoteError{kind: errorKinds()[r.Error.Kind], text: r.Error.Text}
	}
	if err := json.Unmarshal(r.Result, &result); err != nil {
		return result, fmt.Errorf("read the server's answer: %w", err)
	}
	return result, nil
}

// readReply reads lines up to the one that answers.
func readReply(conn net.Conn, tell func(store.Progress)) (reply, error) {
	for lines := bufio.NewReader(conn); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return reply{}, fmt.Errorf("the server did not answer: %w", err)
		}
		var r reply
		if err := json.Unmarshal(line, &r); err != nil {
			return r, fmt.Errorf("read the server's answer: %w", err)
		}
		if r.Progress == nil {
			return r, nil
		}
		tell(*r.Progress)
		if err := conn.SetDeadline(time.Now().Add(controlTimeout)); err != nil {
			return r, fmt.Errorf("wait for the server: %w", err)
		}
	}
}

// remoteError is an error that happened in the server.
type remoteError struct {
	kind error
	text string
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.kind }

func dialControl(ctx context.Context, dir string) (net.Conn, error) {
	path := filepath.Join(dir, controlName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errNoServer
	}
	var conn net.Conn
	err := withShortPath(path, func(short string) (err error) {
		conn, err = (&net.Dialer{Timeout: controlTimeout}).DialContext(ctx, "unix", short)
		return err
	})
	if err != nil { // what a dead socket answers differs from system to system; the lock on the data has the last word
		return nil, fmt.Errorf("%w: %w", errNoServer, err)
	}
	return conn, nil
}

// maxSocketPath is the shortest limit among the systems we run on (104 bytes with its end mark).
const maxSocketPath = 103

// withShortPath calls do with a path to the socket that fits into a socket address: path itself, or one through a symbolic
// link to its folder that stands while do runs.
func withShortPath(path string, do func(short string) error) error {
	if len(path) <= maxSocketPath {
		return do(path)
	}
	base := os.TempDir()
	if runtime.GOOS != "windows" {
		base = "/tmp" // $TMPDIR may be as long as the path we avoid
	}
	tmp, err := os.MkdirTemp(base, "alcove-")
	if err != nil {
		return fmt.Errorf("shorten the path of the control socket: %w", err)
	}
	defer os.RemoveAll(tmp)
	link := filepath.Join(tmp, "d")
	if err := os.Symlink(filepath.Dir(path), link); err != nil {
		return fmt.Errorf("shorten the path of the control socket: %w", err)
	}
	return do(filepath.Join(link, filepath.Base(path)))
}
