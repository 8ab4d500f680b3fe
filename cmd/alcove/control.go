package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"alcove/store"
	"alcove/store/seal"
	"alcove/tui"
)

// The control socket DATA/control.sock is how the operator's commands reach a running server. One connection carries one
// request and one reply, a line of JSON each; before the reply of a verb that takes long come lines with its progress
// (control_long.go). Whoever can open the socket is the operator: it is 0600 in a folder that is
// 0700. This file is the server's side and what both sides share; remote.go is the other.

const (
	controlName     = "control.sock"
	controlProtocol = 1                // raised when an older command would misread a newer server
	controlTimeout  = 30 * time.Second // for one request, on either side, and for each line of a long one; a passphrase takes seconds where the machine is busy
	controlMaxLine  = 1 << 20          // bytes of a request
	acceptPause     = 100 * time.Millisecond
)

// request is the one line a command sends.
type request struct {
	Protocol int
	Verb     string
	Args     json.RawMessage
}

// reply is the one line that answers it: Result or Error. A line that has Progress is none yet.
type reply struct {
	Result   json.RawMessage `json:",omitempty"`
	Error    *wireError      `json:",omitempty"`
	Progress *store.Progress `json:",omitempty"`
}

// wireError is an error with its kind, so that errors.Is holds on the other side.
type wireError struct {
	Kind string // a name out of errorKinds, or empty
	Text string
}

// Arguments of the verbs that take two.
type pairArgs struct{ Client, Coach string }

// nothing is the argument or the result of a verb that has none.
type nothing struct{}

// verbs are what a server answers to.
func verbs(op operator, place tui.Place) map[string]func(context.Context, json.RawMessage) (any, error) {
	return map[string]func(context.Context, json.RawMessage) (any, error){
		"pid":              verb(func(context.Context, nothing) (int, error) { return os.Getpid(), nil }),
		"place":            verb(func(context.Context, nothing) (tui.Place, error) { return place, nil }),
		"invite":           verb(op.Invite),
		"persons":          verb(func(ctx context.Context, _ nothing) ([]store.Account, error) { return op.Persons(ctx) }),
		"person":           verb(op.Person),
		"disable":          verb(act(op.Disable)),
		"enable":           verb(act(op.Enable)),
		"reset-factor":     verb(act(op.ResetSecondFactor)),
		"forget-ring-copy": verb(act(op.ForgetRingCopy)),
		"connect": verb(func(ctx context.Context, p pairArgs) (nothing, error) {
			return nothing{}, op.Connect(ctx, p.Client, p.Coach)
		}),
		"disconnect": verb(func(ctx context.Context, p pairArgs) (nothing, error) {
			return nothing{}, op.Disconnect(ctx, p.Client, p.Coach)
		}),
		"condition": verb(func(ctx context.Context, _ nothing) (store.Condition, error) { return op.Condition(ctx) }),
		"slots":     verb(func(ctx context.Context, _ nothing) ([]store.KeySlot, error) { return op.Slots(ctx) }),
		"add-slot":  verb(op.AddSlot),
		"remove-slot": verb(func(ctx context.Context, number int) (nothing, error) {
			return nothing{}, op.RemoveSlot(ctx, number)
		}),
		"erasures":     verb(func(ctx context.Context, _ nothing) ([]store.Receipt, error) { return op.Erasures(ctx) }),
		"ring-copies":  verb(func(ctx context.Context, _ nothing) ([]store.RingCopy, error) { return op.RingCopies(ctx) }),
		"audit":        verb(op.Audit),
		"verify-audit": verb(func(ctx context.Context, _ nothing) (store.AuditHead, error) { return op.VerifyAudit(ctx) }),
	}
}

func verb[A, R any](do func(context.Context, A) (R, error)) func(context.Context, json.RawMessage) (any, error) {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, fmt.Errorf("read arguments: %w", err)
		}
		return do(ctx, args)
	}
}

func act(do func(context.Context, string) error) func(context.Context, string) (nothing, error) {
	return func(ctx context.Context, handle string) (nothing, error) { return nothing{}, do(ctx, handle) }
}

// control answers commands on the socket of a data folder.
type control struct {
	listener net.Listener
	path     string
	verbs    map[string]func(context.Context, json.RawMessage) (any, error)
	long     map[string]deed
	beat     time.Duration // how often a verb that takes long says that it is still at work; well below controlTimeout
	log      *slog.Logger
}

// listenControl opens the socket. The caller has the database open, so a socket that is there already is one that a killed
// server left behind, and is replaced.
func listenControl(ctx context.Context, dir string, op operator, place tui.Place, log *slog.Logger) (*control, error) {
	path := filepath.Join(dir, controlName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the control socket of a former server: %w", err)
	}
	var listener net.Listener
	err := withShortPath(path, func(short string) (err error) {
		listener, err = (&net.ListenConfig{}).Listen(ctx, "unix", short)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if u, ok := listener.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // it would unlink the short path
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the control socket: %w", err), listener.Close(), os.Remove(path))
	}
	return &control{listener: listener, path: path, verbs: verbs(op, place), long: longVerbs(op), beat: time.Second, log: log}, nil
}

// serve answers until ctx ends, then waits for the requests under way and removes the socket.
func (c *control) serve(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = c.listener.Close() }) // ends Accept
	defer stop()
	var group sync.WaitGroup
	defer func() {
		group.Wait()
		_ = os.Remove(c.path) // the next server removes what is left
	}()
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(acceptPause): // out of files, perhaps; members must not suffer for it
				continue
			}
		}
		group.Go(func() {
			defer conn.Close()
			c.answer(ctx, conn)
		})
	}
}

func (c *control) answer(ctx context.Context, conn net.Conn) {
	if conn.SetDeadline(time.Now().Add(controlTimeout)) != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // a command that says nothing must not hold up a stop
	line, err := bufio.NewReader(io.LimitReader(conn, controlMaxLine)).ReadBytes('\n')
	if err != nil {
		return // the command went away in mid-sentence: nobody to answer, nothing done
	}
	if !stop() {
		return
	}
	result, err := c.do(ctx, conn, line)
	r := reply{Error: toWire(err)}
	if err == nil {
		if r.Result, err = json.Marshal(result); err != nil {
			r.Error = toWire(err)
		}
	}
	out, err := json.Marshal(r)
	if err != nil {
		return // strings and raw JSON always encode
	}
	_ = conn.SetDeadline(time.Now().Add(controlTimeout))
	_, _ = conn.Write(append(out, '\n')) // a command that went away has nobody to tell
}

// do carries out a request. A panic in it ends the request alone: the members' sessions run in this process too.
func (c *control) do(ctx context.Context, conn net.Conn, line []byte) (result any, err error) {
	var req request
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a command", "verb", req.Verb, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			result, err = nil, errors.New("the server failed at this, a bug; its log says where, and it goes on")
		}
	}()
	dec := json.NewDecoder(bytes.NewReader(line))
	if err := dec.Decode(&req); err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	do, long := c.verbs[req.Verb], c.long[req.Verb]
	switch {
	case req.Protocol == controlProtocol && do != nil:
		ctx, cancel := context.WithTimeout(ctx, controlTimeout)
		defer cancel()
		return do(ctx, req.Args)
	case req.Protocol == controlProtocol && long != nil:
		return c.doLong(ctx, conn, long, req)
	}
	return nil, errors.New("the running server is another version of alcove; restart it")
}

// errorKinds name the errors that keep their kind across the socket. Names are never changed.
func errorKinds() map[string]error {
	kinds := storeErrors()
	for name, kind := range map[string]error{
		"last-slot": seal.ErrLastSlot, "no-slot": seal.ErrNoSuchSlot, "slots-full": seal.ErrSlotsFull, "bad-passphrase": seal.ErrPassphrase,
	} {
		kinds[name] = kind
	}
	return kinds
}

// storeErrors are all of store/errors.go.
func storeErrors() map[string]error {
	return map[string]error{
		"not-found": store.ErrNotFound, "signed-out": store.ErrSignedOut, "conflict": store.ErrConflict, "empty": store.ErrEmpty,
		"too-long": store.ErrTooLong, "not-text": store.ErrNotText, "bad-handle": store.ErrBadHandle, "bad-role": store.ErrBadRole,
		"bad-setting": store.ErrBadSetting, "taken": store.ErrTaken, "too-late": store.ErrTooLate, "last": store.ErrLast,
		"read-only":  store.ErrReadOnly,
		"wrong-code": store.ErrWrongCode, "used-code": store.ErrUsedCode, "old-code": store.ErrOldCode,
		"damaged": store.ErrDamaged, "wrong-key": store.ErrWrongKey, "no-practice": store.ErrNoPractice,
		"exists": store.ErrExists, "in-use": store.ErrInUse, "gone": store.ErrGone, "keys-gone": store.ErrKeysGone,
		"foreign": store.ErrForeign, "old-ring": store.ErrOldRing, "not-backup": store.ErrNotBackup, "unsettled": store.ErrUnsettled,
	}
}

func toWire(err error) *wireError {
	if err == nil {
		return nil
	}
	w := &wireError{Text: err.Error()}
	for name, kind := range errorKinds() {
		if errors.Is(err, kind) {
			w.Kind = name
		}
	}
	return w
}
