package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"alcove/store/seal"
)

func TestOperatorInvites(t *testing.T) {
	h := newHouse(t)
	h.coach("jonas")
	h.client("anna", "jonas")
	h.client("dora")
	op := h.store.Operator()
	if err := op.Disable(t.Context(), "dora"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		in   NewInvitation
		want error
	}{
		{"another device", NewInvitation{Handle: "ANNA"}, nil},
		{"the same once more", NewInvitation{Handle: "anna", Name: "Name of anna", Role: RoleClient, With: []string{"jonas"}}, nil},
		{"another name", NewInvitation{Handle: "anna", Name: "Somebody else"}, ErrTaken},
		{"another role", NewInvitation{Handle: "anna", Role: RoleCoach}, ErrBadRole},
		{"disabled", NewInvitation{Handle: "dora"}, ErrSignedOut},
		{"no role", NewInvitation{Handle: "new", Name: "New"}, ErrBadRole},
		{"unknown role", NewInvitation{Handle: "new", Name: "New", Role: "boss"}, ErrBadRole},
		{"no name", NewInvitation{Handle: "new", Role: RoleCoach}, ErrEmpty},
		{"reserved", NewInvitation{Handle: "Root", Name: "New", Role: RoleCoach}, ErrBadHandle},
		{"with nobody", NewInvitation{Handle: "new", Name: "New", Role: RoleClient, With: []string{"nobody"}}, ErrNotFound},
		{"client with client", NewInvitation{Handle: "new", Name: "New", Role: RoleClient, With: []string{"anna"}}, ErrBadRole},
		{"a coach for a client", NewInvitation{Handle: "otto", Name: "Otto", Role: RoleCoach, With: []string{"anna"}}, nil},
	}
	for _, test := range tests {
		before := h.rows()
		inv, err := op.Invite(t.Context(), test.in)
		if test.want == nil {
			if err != nil || inv.Code == "" {
				t.Errorf("%s: %+v, %v", test.name, inv, err)
			}
			continue
		}
		wantErr(t, err, test.want)
		if diff := cmp.Diff(before, h.rows()); diff != "" {
			t.Errorf("%s wrote: %s", test.name, diff)
		}
	}
}

func TestADisabledAccountsInvitationStaysVoid(t *testing.T) {
	h := newHouse(t)
	op := h.store.Operator()
	old := h.invite(t, NewInvitation{Role: RoleClient, Handle: "anna", Name: "Anna"})
	for _, set := range []func(context.Context, string) error{op.Disable, op.Enable} {
		if err := set(t.Context(), "anna"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.store.Redeem(t.Context(), old.Code, anyKey())
	wantErr(t, err, ErrOldCode)
	must(h.store.Redeem(t.Context(), h.invite(t, NewInvitation{Handle: "anna"}).Code, anyKey()))(t)
}

func TestOperatorsView(t *testing.T) {
	h := newHouse(t)
	jonas := h.coach("jonas")
	h.client("piet", "jonas")
	h.client("anna", "jonas")
	h.thread(jonas, "One", "anna")
	op := h.store.Operator()
	if err := op.Disconnect(t.Context(), "piet", "jonas"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, op.Disconnect(t.Context(), "piet", "jonas"), ErrNotFound)
	wantErr(t, op.Connect(t.Context(), "piet", "anna"), ErrBadRole)
	wantErr(t, op.Connect(t.Context(), "piet", "nobody"), ErrNotFound)
	wantErr(t, op.Disable(t.Context(), "nobody"), ErrNotFound)

	got := must(op.Person(t.Context(), "Jonas"))(t)
	want := Account{
		Person:  Person{"jonas", "Name of jonas", RoleCoach},
		With:    []Person{{"anna", "Name of anna", RoleClient}},
		Threads: 1,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(time.Time{}), cmpopts.IgnoreFields(Account{}, "Keys")); diff != "" {
		t.Error("(-want +got):", diff)
	}
	if len(got.Keys) != 1 || got.Keys[0].Comment != "a key" || got.JoinedAt.IsZero() || got.AddedAt.IsZero() || !got.DisabledAt.IsZero() {
		t.Errorf("account: %+v", got)
	}
	if err := op.Connect(t.Context(), "jonas", "piet"); err != nil { // in either order
		t.Fatal(err)
	}
	if got := must(op.Person(t.Context(), "piet"))(t); len(got.With) != 1 {
		t.Errorf("piet is connected with %v", got.With)
	}
	var handles []string
	for _, account := range must(op.Persons(t.Context()))(t) {
		handles = append(handles, account.Handle)
	}
	if diff := cmp.Diff([]string{"anna", "jonas", "piet"}, handles); diff != "" {
		t.Error(diff)
	}
	_, err := op.Person(t.Context(), "nobody")
	wantErr(t, err, ErrNotFound)
}

func TestInitAndOpenRefuse(t *testing.T) {
	h := newHouse(t)
	_, err := Init(t.Context(), h.dir, h.config())
	wantErr(t, err, ErrInUse)
	_, err = Open(t.Context(), h.dir, h.config())
	wantErr(t, err, ErrInUse)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Init(t.Context(), h.dir, h.config())
	wantErr(t, err, ErrExists)

	nowhere := filepath.Join(t.TempDir(), "nowhere")
	_, err = Open(t.Context(), nowhere, h.config())
	wantErr(t, err, ErrNoPractice)
	wantMissing(t, nowhere)

	other := newHouse(t)
	cfg := h.config()
	cfg.KeyFile = filepath.Join(other.dir, keyFile)
	_, err = Open(t.Context(), h.dir, cfg)
	wantErr(t, err, ErrWrongKey)

	cfg.KeyFile = filepath.Join(t.TempDir(), "gone.key")
	_, err = Open(t.Context(), h.dir, cfg)
	wantErr(t, err, os.ErrNotExist)
	wantMissing(t, cfg.KeyFile)

	lonely := t.TempDir() // a key whose database was lost is never written over
	if err := os.WriteFile(filepath.Join(lonely, keyFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Init(t.Context(), lonely, h.config())
	wantErr(t, err, seal.ErrNotKeyFile)
	wantMissing(t, filepath.Join(lonely, dbFile))

	h.open()
	for _, file := range must(os.ReadDir(h.dir))(t) {
		if mode := must(file.Info())(t).Mode(); mode.Perm() != 0o600 {
			t.Errorf("%s has the mode %v", file.Name(), mode)
		}
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
}

func wantMissing(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); err == nil {
		t.Errorf("%s was made", filepath.Base(path))
	}
}
