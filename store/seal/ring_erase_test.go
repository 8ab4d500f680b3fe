package seal

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestThePersonsKeysGoAndTheErasureIsRemembered(t *testing.T) {
	r := testRing(t)
	theirs := []Owner{person, {"member", 1, 3}, {"member", 2, 3}}
	others := []Owner{{"person", 4, 0}, {"member", 3, 4}, thread}
	keys := map[Owner]*DataKey{}
	for _, owner := range slices.Concat(theirs, others) {
		keys[owner] = NewDataKey()
	}
	must(t, r.Carry(keys))
	when := day.Add(time.Hour)
	belongs := func(o Owner) bool { return o.Kind == "person" && o.A == 3 || o.Kind == "member" && o.B == 3 }
	must(t, r.Erase(Erased{"person", 3, when.Add(time.Millisecond)}, belongs))
	must(t, r.Erase(Erased{"thread", 3, day}, is(Owner{}))) // a clock that was set back
	must(t, r.Erase(Erased{"person", -1, when}, is(Owner{})))
	must(t, r.Carry(map[Owner]*DataKey{person: keys[person]})) // by mistake
	must(t, r.Erase(Erased{"person", 3, when.Add(time.Hour)}, belongs))
	_, err := r.Roll(when, 0)
	must(t, err)
	_, err = r.Destroy(when.Add(horizon))
	must(t, err)

	want := []Erased{{"person", 3, when}, {"thread", 3, day}, {"person", -1, when}}
	for name, r := range map[string]*Ring{"held": r, "read": reopenRing(t, r)} {
		if got := r.Erased(); !slices.Equal(got, want) {
			t.Errorf("%s: erased %v, want %v", name, got, want)
		}
		for _, owner := range theirs {
			if _, err := r.Carried(owner); !errors.Is(err, ErrNotCarried) || r.Carries(owner) {
				t.Errorf("%s: %v: %v", name, owner, err)
			}
		}
		for _, owner := range others {
			if got, err := r.Carried(owner); err != nil || got.secret != keys[owner].secret || !r.Carries(owner) {
				t.Errorf("%s: %v: %v", name, owner, err)
			}
		}
	}
}

func TestWhatCannotBeErased(t *testing.T) {
	r := testRing(t)
	for _, kind := range []string{"", strings.Repeat("x", longestKind+1)} {
		if err := r.Erase(Erased{Kind: kind}, is(person)); !errors.Is(err, ErrOwner) || r.Generation() != 1 {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	r.Erased() // none
	must(t, r.Erase(Erased{"person", 1, day}, is(person)))
	r.Erased()[0].ID = 2
	if got := r.Erased()[0].ID; got != 1 {
		t.Errorf("who asks can change the list: %d", got)
	}
}

func TestCarryingWritesOnlyWhatIsNew(t *testing.T) {
	r := testRing(t)
	first, second := NewDataKey(), NewDataKey()
	must(t, r.Carry(map[Owner]*DataKey{thread: first}))
	must(t, r.Carry(map[Owner]*DataKey{person: second})) // the others need not be given again
	before := r.Generation()
	must(t, r.Carry(map[Owner]*DataKey{thread: first, person: second}))
	must(t, r.Carry(nil))
	if r.Generation() != before {
		t.Error("written again for nothing")
	}
	must(t, r.Carry(map[Owner]*DataKey{thread: second})) // the number of a lost thread was given again
	for _, owner := range []Owner{thread, person} {
		if got, err := reopenRing(t, r).Carried(owner); err != nil || got.secret != second.secret {
			t.Errorf("%v: another key, or %v", owner, err)
		}
	}
}

func TestAFullRingStaysAsItIs(t *testing.T) {
	r := testRing(t)
	r.limit = len(r.seal(r.held)) + 1 + len("person") + 8 + 8
	must(t, r.Erase(Erased{"person", 1, day}, is(person))) // it just fits
	before := contentOf(t, r.file.path)
	_, roll := r.Roll(day, horizon)
	for name, err := range map[string]error{
		"roll":  roll,
		"erase": r.Erase(Erased{"person", 2, day}, is(person)),
		"carry": r.Carry(map[Owner]*DataKey{thread: NewDataKey()}),
	} {
		if !errors.Is(err, ErrRingFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !bytes.Equal(contentOf(t, r.file.path), before) || r.Generation() != 2 || len(r.Erased()) != 1 || r.Carries(thread) || r.Current().Number != 1 {
		t.Error("something of it was kept")
	}
	wrap(t, r, thread, NewDataKey())
}
