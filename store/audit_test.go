package store

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"alcove/store/seal"
)

// log is what was recorded behind a record, one line each: kind, who did it, and what else there is. Numbers of threads are
// left out.
func (h *house) log(after int64) (lines []string) {
	h.t.Helper()
	for _, r := range must(h.store.Operator().Audit(h.ctx(), AuditQuery{After: after}))(h.t) {
		line := fmt.Sprint(r.Kind, " by ", cmp.Or(r.Actor, "the operator"))
		for _, more := range []struct{ name, is string }{{"to", r.Subject}, {"with", r.Peer}, {"how", r.Detail}} {
			if more.is != "" {
				line += " " + more.name + " " + more.is
			}
		}
		if r.Thread != 0 {
			line += " in a thread"
		}
		lines = append(lines, line)
	}
	return lines
}

func (h *house) lastRecord() int64 { return must(h.store.Operator().AuditHead(h.ctx()))(h.t).Seq }

// audited is one thing that somebody does, what is to be in the log afterwards, and the error it answers if it fails; then
// nothing is.
type audited struct {
	name string
	do   func() error
	err  error
	log  []string
}

func TestEachActIsRecorded(t *testing.T) {
	h := newHouse(t)
	op := h.store.Operator()
	seen := map[string]bool{}
	for _, line := range h.log(0) {
		kind, _, _ := strings.Cut(line, " ")
		seen[kind] = true
	}
	for _, step := range h.acts(t, op) {
		before := h.lastRecord()
		wantErr(t, step.do(), step.err)
		got := h.log(before)
		if diff := gocmp.Diff(step.log, got); diff != "" {
			t.Errorf("%s (-want +got): %s", step.name, diff)
		}
		for _, line := range got {
			kind, _, _ := strings.Cut(line, " ")
			seen[kind] = true
		}
	}
	elsewhere := []AuditKind{AuditPracticeClosed, AuditKeysRotated, AuditRestored, AuditErasedAgain,
		AuditFactorOn, AuditFactorOff, AuditFactorReset, AuditSpareUsed} // they have their own tests
	for name, kind := range auditKinds(t) {
		if !seen[kind] && !slices.Contains(elsewhere, AuditKind(kind)) {
			t.Errorf("nothing here records %s: say in acts what does", name)
		}
	}
	must(op.VerifyAudit(t.Context()))(t)
}

func TestOpeningAndClosingAreRecorded(t *testing.T) {
	h := newHouse(t)
	if diff := gocmp.Diff([]string{"log-begun by the operator", "practice-opened by the operator"}, h.log(0)); diff != "" {
		t.Error("a new practice (-want +got):", diff)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	h.open()
	if diff := gocmp.Diff([]string{"practice-closed by the operator", "practice-opened by the operator"}, h.log(2)); diff != "" {
		t.Error("one that was closed and opened (-want +got):", diff)
	}
}

// acts are in the order in which they happen.
func (h *house) acts(t *testing.T, op *Operator) []audited {
	ctx := t.Context()
	var jonas, anna *Access
	var code string
	var thread int64
	key, own, third := anyKey(), anyKey(), anyKey()
	keyed := key.Fingerprint()
	invite := func(in NewInvitation) func() error {
		return func() error {
			inv, err := op.Invite(ctx, in)
			code = inv.Code
			return err
		}
	}
	redeem := func(into **Access, key PublicKey) func() error {
		return func() error {
			who, err := h.store.Redeem(ctx, code, key)
			*into = h.store.As(who)
			return err
		}
	}
	words := func() error {
		drawn := must(h.store.NewWords(ctx))(t)
		if _, err := h.store.RedeemWithWords(ctx, code, drawn); err != nil {
			return err
		}
		_, err := h.store.SignInWords(ctx, "anna", drawn.Reveal())
		return err
	}
	folder, file := backupFolder(t)
	backup := func(path string) func() error {
		return func() error { return second(op.Backup(ctx, path, nil)) }
	}
	return []audited{
		{"a backup", backup(file), nil, []string{"backup-begun by the operator"}},
		{"one to nowhere", backup("nowhere"), errRelative, nil},
		{"an invitation", invite(NewInvitation{Role: RoleCoach, Handle: "jonas", Name: "Jonas"}), nil,
			[]string{"invitation-made by the operator to jonas"}},
		{"one of a bad role", invite(NewInvitation{Role: "boss", Handle: "piet", Name: "Piet"}), ErrBadRole, nil},
		{"one that replaces", invite(NewInvitation{Handle: "jonas"}), nil, []string{"invitation-replaced by the operator to jonas"}},
		{"redeeming", redeem(&jonas, own), nil, []string{
			"invitation-redeemed by jonas how " + own.Fingerprint(), "signed-in by jonas how " + own.Fingerprint()}},
		{"redeeming again", redeem(new(*Access), key), ErrUsedCode, nil},
		{"inviting a client", func() error {
			inv, err := jonas.Invite(ctx, "anna", "Anna")
			code = inv.Code
			return err
		}, nil, []string{"connected by jonas to anna with jonas", "invitation-made by jonas to anna"}},
		{"inviting her anew", func() error {
			inv, err := jonas.Invite(ctx, "anna", "Anna")
			code = inv.Code
			return err
		}, nil, []string{"invitation-replaced by jonas to anna"}},
		{"a client redeems", redeem(&anna, key), nil, []string{"invitation-redeemed by anna how " + keyed, "signed-in by anna how " + keyed}},
		{"a client who invites", func() error { return second(anna.Invite(ctx, "x1", "X")) }, ErrBadRole, nil},
		{"signing in by key", func() error { return second(h.store.SignInKey(ctx, key.Blob)) }, nil, []string{"signed-in by anna how " + keyed}},
		{"by an unknown one", func() error { return second(h.store.SignInKey(ctx, third.Blob)) }, ErrNotFound, nil},
		{"adding a key", func() error { return anna.AddKey(ctx, third) }, nil, []string{"key-added by anna how " + third.Fingerprint()}},
		{"adding it again", func() error { return anna.AddKey(ctx, third) }, nil, nil},
		{"adding none", func() error { return anna.AddKey(ctx, PublicKey{}) }, ErrEmpty, nil},
		{"confirming it as another", func() error { return second(h.store.ConfirmKey(ctx, "jonas", third.Blob)) }, ErrNotFound, nil},
		{"confirming it", func() error { return second(h.store.ConfirmKey(ctx, "anna", third.Blob)) }, nil,
			[]string{"key-confirmed by anna how " + third.Fingerprint(), "signed-in by anna how " + third.Fingerprint()}},
		{"removing it", func() error { return anna.RemoveKey(ctx, third.Fingerprint()) }, nil, []string{"key-removed by anna how " + third.Fingerprint()}},
		{"removing the last", func() error { return anna.RemoveKey(ctx, keyed) }, ErrLast, nil},
		{"first words", func() error { return errors.Join(invite(NewInvitation{Handle: "anna"})(), words()) }, nil,
			[]string{"invitation-made by the operator to anna", "invitation-redeemed by anna how words", "signed-in by anna how words", "signed-in by anna how words"}},
		{"other words", func() error { return errors.Join(invite(NewInvitation{Handle: "anna"})(), words()) }, nil,
			[]string{"invitation-made by the operator to anna", "words-changed by anna", "invitation-redeemed by anna how words", "signed-in by anna how words", "signed-in by anna how words"}},
		{"wrong words", func() error { return second(h.store.SignInWords(ctx, "anna", "not these words at all here")) }, ErrNotFound, nil},
		{"removing words", func() error { return anna.RemoveKey(ctx, "words") }, nil, []string{"key-removed by anna how words"}},
		{"disabling", func() error { return op.Disable(ctx, "anna") }, nil, []string{"account-disabled by the operator to anna"}},
		{"disabling again", func() error { return op.Disable(ctx, "anna") }, nil, nil},
		{"disabling nobody", func() error { return op.Disable(ctx, "ghost") }, ErrNotFound, nil},
		{"signing in disabled", func() error { return second(h.store.SignInKey(ctx, key.Blob)) }, ErrSignedOut, nil},
		{"reading disabled", func() error { return second(anna.Entries(ctx, 1, Span{})) }, ErrSignedOut, nil},
		{"enabling", func() error { return op.Enable(ctx, "anna") }, nil, []string{"account-enabled by the operator to anna"}},
		{"a key slot", func() error {
			return second(op.AddSlot(ctx, NewSlot{Kind: seal.KindPassphrase, Secret: []byte(slotPassphrase)}))
		}, nil, []string{"key-slot-added by the operator how passphrase 3"}},
		{"a slot of nothing", func() error { return second(op.AddSlot(ctx, NewSlot{Kind: seal.KindPassphrase})) }, seal.ErrPassphrase, nil},
		{"a slot less", func() error { return op.RemoveSlot(ctx, 3) }, nil, []string{"key-slot-removed by the operator how 3"}},
		{"a slot less again", func() error { return op.RemoveSlot(ctx, 3) }, seal.ErrNoSuchSlot, nil},
		{"keeping a ring", func() error { return op.KeepRingCopy(ctx, folder) }, nil, nil},
		{"forgetting it", func() error { return op.ForgetRingCopy(ctx, folder) }, nil, []string{"ring-copy-forgotten by the operator"}},
		{"forgetting it again", func() error { return op.ForgetRingCopy(ctx, folder) }, ErrNotFound, nil},
		{"disconnecting", func() error { return op.Disconnect(ctx, "jonas", "anna") }, nil, []string{"disconnected by the operator to anna with jonas"}},
		{"disconnecting again", func() error { return op.Disconnect(ctx, "jonas", "anna") }, ErrNotFound, nil},
		{"a thread with a stranger", func() error { return second(jonas.NewThread(ctx, "Title", []string{"anna"}, "")) }, ErrNotFound, nil},
		{"connecting", func() error { return op.Connect(ctx, "jonas", "anna") }, nil, []string{"connected by the operator to anna with jonas"}},
		{"connecting again", func() error { return op.Connect(ctx, "anna", "jonas") }, nil, nil},
		{"a thread", func() error {
			opened, err := jonas.NewThread(ctx, "Title", []string{"anna"}, "Hello")
			thread = opened.Number
			return err
		}, nil, []string{"thread-made by jonas in a thread", "member-joined by jonas to anna in a thread"}},
		{"a list", func() error { return second(anna.Threads(ctx)) }, nil, nil},
		{"a page", func() error { return second(anna.Entries(ctx, thread, Span{})) }, nil, []string{"thread-read by anna in a thread"}},
		{"an entry so soon", func() error { return second(anna.Entry(ctx, thread, 1)) }, nil, nil},
		{"a search", func() error { return anna.Search(ctx, "hello", func(Hit) error { return nil }) }, nil, []string{"thread-searched by anna in a thread"}},
		{"a search so soon", func() error { return anna.Search(ctx, "bye", func(Hit) error { return nil }) }, nil, nil},
		{"a search for nothing", func() error { return jonas.Search(ctx, " ", func(Hit) error { return nil }) }, ErrEmpty, nil},
		{"an export, which reads", func() error {
			return errors.Join(jonas.BeginExport(ctx), second(jonas.Entries(ctx, thread, Span{})))
		}, nil, []string{"thread-exported by jonas in a thread"}},
		{"another export", func() error { return jonas.BeginExport(ctx) }, nil, []string{"thread-exported by jonas in a thread"}},
		{"writing", func() error { return second(anna.Write(ctx, thread, "Hello too", 0)) }, nil, nil},
		{"leaving", func() error { return anna.Leave(ctx, thread) }, nil, []string{"member-left by anna in a thread"}},
		{"reading what one left", func() error { return second(anna.Entries(ctx, thread, Span{})) }, ErrNotFound, nil},
		{"leaving as the last", func() error { return jonas.Leave(ctx, thread) }, ErrLast, nil},
		{"asking to be erased", func() error { return anna.AskErasure(ctx) }, nil, []string{"erasure-asked by anna"}},
		{"asking again", func() error { return anna.AskErasure(ctx) }, nil, nil},
		{"asking no longer", func() error { return anna.WithdrawErasureRequest(ctx) }, nil, []string{"erasure-request-withdrawn by anna"}},
		{"asking no longer again", func() error { return anna.WithdrawErasureRequest(ctx) }, nil, nil},
		{"erasing nobody", func() error { return second(op.ErasePerson(ctx, "ghost")) }, ErrNotFound, nil},
		{"erasing a person", func() error { return second(op.ErasePerson(ctx, "anna")) }, nil, []string{"person-erased by the operator to " + Erased}},
		{"erasing a thread", func() error { return second(op.EraseThread(ctx, thread)) }, nil, []string{"thread-erased by the operator in a thread"}},
		{"erasing it again", func() error { return second(op.EraseThread(ctx, thread)) }, ErrNotFound, nil},
	}
}

// auditKinds are the constants of the list of kinds, by their names.
func auditKinds(t *testing.T) map[string]string {
	t.Helper()
	kinds := map[string]string{}
	file := must(parser.ParseFile(token.NewFileSet(), "audit.go", nil, 0))(t)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "AuditKind" {
				kinds[spec.Names[0].Name] = must(strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value))(t)
			}
		}
		return true
	})
	if words := slices.Compact(slices.Sorted(maps.Values(kinds))); len(words) < 20 || len(words) != len(kinds) {
		t.Fatalf("kinds: %v", kinds)
	}
	return kinds
}
