package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alcove/store/seal"
)

// What the operator may do is bounded too: no verb answers what people wrote, and one that names what is not there changes
// nothing. Who is an operator is not the store's to know: the control socket is its owner's alone.

// operatorVerb is one method of Operator.
type operatorVerb struct {
	there func(ctx context.Context, o *Operator, s *scene) (any, error) // on what is there; nil if it cannot be tried here
	// not is the same on what is not there: each of the handles. want is what it answers.
	not  func(ctx context.Context, o *Operator, s *scene, handle string) error
	want error
}

func onPerson[R any](do func(o *Operator, ctx context.Context, handle string) (R, error)) operatorVerb {
	return operatorVerb{
		there: func(ctx context.Context, o *Operator, _ *scene) (any, error) { return do(o, ctx, "anna") },
		not: func(ctx context.Context, o *Operator, _ *scene, handle string) error {
			_, err := do(o, ctx, handle)
			return err
		},
		want: ErrNotFound,
	}
}

func onPair(do func(o *Operator, ctx context.Context, client, coach string) error) operatorVerb {
	return onPerson(func(o *Operator, ctx context.Context, handle string) (any, error) {
		return nil, do(o, ctx, handle, "jonas")
	})
}

func onNothing[R any](do func(o *Operator, ctx context.Context) (R, error)) operatorVerb {
	return operatorVerb{there: func(ctx context.Context, o *Operator, _ *scene) (any, error) { return do(o, ctx) }}
}

var operatorVerbs = map[string]operatorVerb{
	"Person":      onPerson((*Operator).Person),
	"ErasePerson": onPerson((*Operator).ErasePerson),
	"Disable":     onPerson(func(o *Operator, ctx context.Context, h string) (any, error) { return nil, o.Disable(ctx, h) }),
	"ResetSecondFactor": onPerson(func(o *Operator, ctx context.Context, h string) (any, error) {
		return nil, o.ResetSecondFactor(ctx, h)
	}),
	"Enable": onPerson(func(o *Operator, ctx context.Context, h string) (any, error) { return nil, o.Enable(ctx, h) }),
	"Audit": onPerson(func(o *Operator, ctx context.Context, h string) ([]AuditRecord, error) {
		return o.Audit(ctx, AuditQuery{Person: h})
	}),
	"Connect":    onPair((*Operator).Connect),
	"Disconnect": onPair((*Operator).Disconnect),
	"Invite": {
		there: func(ctx context.Context, o *Operator, _ *scene) (any, error) {
			return o.Invite(ctx, NewInvitation{Handle: "new", Role: RoleClient, Name: "New", With: []string{"jonas"}})
		},
		not: func(ctx context.Context, o *Operator, _ *scene, handle string) error {
			_, err := o.Invite(ctx, NewInvitation{Handle: "newer", Role: RoleClient, Name: "Newer", With: []string{handle}})
			return err
		},
		want: ErrNotFound,
	},
	"EraseThread": {
		there: func(ctx context.Context, o *Operator, s *scene) (any, error) { return o.EraseThread(ctx, s.thread) },
		not: func(ctx context.Context, o *Operator, s *scene, _ string) error {
			_, err := o.EraseThread(ctx, s.thread+1)
			return err
		},
		want: ErrNotFound,
	},

	"AuditHead":   onNothing((*Operator).AuditHead),
	"VerifyAudit": onNothing((*Operator).VerifyAudit),
	"Erasures":    onNothing((*Operator).Erasures),
	"Slots":       onNothing((*Operator).Slots),
	"Condition":   onNothing((*Operator).Condition),
	"Persons":     onNothing((*Operator).Persons),
	"RingCopies":  onNothing((*Operator).RingCopies),
	"Verify":      onNothing(func(o *Operator, ctx context.Context) (Verified, error) { return o.Verify(ctx, nil) }),

	"AddSlot": {
		not: func(ctx context.Context, o *Operator, _ *scene, _ string) error {
			_, err := o.AddSlot(ctx, NewSlot{Kind: seal.KindRecovery, Secret: []byte("no words of a recovery key")})
			return err
		},
		want: seal.ErrNotRecovery,
	},
	"RemoveSlot": {
		not:  func(ctx context.Context, o *Operator, _ *scene, _ string) error { return o.RemoveSlot(ctx, 99) },
		want: seal.ErrNoSuchSlot,
	},
	"ForgetRingCopy": {
		not: func(ctx context.Context, o *Operator, s *scene, _ string) error {
			return o.ForgetRingCopy(ctx, s.t.TempDir())
		},
		want: ErrNotFound,
	},
	"KeepRingCopy": {
		not:  func(ctx context.Context, o *Operator, s *scene, _ string) error { return o.KeepRingCopy(ctx, s.dir) },
		want: errAny, // the data folder itself
	},
	"Backup": {
		there: func(ctx context.Context, o *Operator, s *scene) (any, error) {
			return o.Backup(ctx, s.t.TempDir()+"/a.backup", nil)
		},
		not: func(ctx context.Context, o *Operator, s *scene, _ string) error {
			_, err := o.Backup(ctx, s.t.TempDir()+"/no/such/folder", nil)
			return err
		},
		want: errAny,
	},
	"BackUpIfDue": {there: func(ctx context.Context, o *Operator, s *scene) (any, error) {
		return o.BackUpIfDue(ctx, BackupPlan{Folder: s.t.TempDir(), Every: time.Hour, Keep: 1})
	}},
}

func TestEveryVerbOfTheOperator(t *testing.T) {
	methods := reflect.TypeFor[*Operator]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		v, ok := operatorVerbs[name]
		if !ok {
			t.Errorf("no row for the operator's verb %s: say what it does on what is there, and on what is not", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			o := s.store.Operator()
			if v.not != nil {
				for _, handle := range []string{"nobody", "ezra", "", "anna'; --"} { // ezra was erased
					before := s.rows()
					err := v.not(t.Context(), o, s, handle)
					everybody := name == "Audit" && handle == ""
					if !everybody && (err == nil || !errors.Is(v.want, errAny) && !errors.Is(err, v.want)) {
						t.Errorf("on %q, which is not there: %v, want %v", handle, err, v.want)
					}
					if diff := cmp.Diff(before, s.rows()); diff != "" {
						t.Errorf("on %q, which is not there, it wrote: %s", handle, diff)
					}
				}
			}
			if v.there == nil {
				return
			}
			got, err := v.there(t.Context(), o, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, object := range planted.FindAllString(fmt.Sprintf("%+v", got), -1) {
				if object != aPerson && object != anInvitation { // the names of people, who are the operator's business
					t.Errorf("met %s", object)
				}
			}
		})
	}
}
