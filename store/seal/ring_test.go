package seal

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
	"pgregory.net/rapid"
)

const horizon = 30 * 24 * time.Hour

var (
	ringMaster = &Master{secret: [keySize]byte{1, 2, 3}}
	thread     = Owner{Kind: "thread", A: 4711}
	person     = Owner{Kind: "person", A: 3}
)

func testRing(t testing.TB) *Ring {
	t.Helper()
	r, err := CreateRing(filepath.Join(t.TempDir(), "alcove.ring"), ringMaster, practice, day)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func reopenRing(t testing.TB, r *Ring) *Ring {
	t.Helper()
	again, err := OpenRing(r.file.path, ringMaster, practice)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wrap(t testing.TB, r *Ring, owner Owner, key *DataKey) []byte {
	t.Helper()
	epoch, wrapped, err := r.Wrap(owner, key)
	if err != nil || epoch != r.Current().Number {
		t.Fatalf("epoch %d, %v", epoch, err)
	}
	return wrapped
}

func TestANewOwnersKeySealsAndOpens(t *testing.T) {
	r := testRing(t)
	key, epoch, wrapped, err := r.NewKey(thread)
	if err != nil || epoch != 1 {
		t.Fatalf("epoch %d, %v", epoch, err)
	}
	record := key.Seal(nil, here, []byte("text"))
	again, err := r.Key(thread, wrapped)
	must(t, err)
	if text, err := again.Open(nil, here, record); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := r.Key(person, wrapped); !errors.Is(err, ErrOpen) {
		t.Errorf("another owner's: %v", err)
	}
	if _, err := r.Key(thread, nil); !errors.Is(err, ErrEpochGone) {
		t.Errorf("none: %v", err)
	}
}

func TestADataKeyOpensForItsOwnerAlone(t *testing.T) {
	r := testRing(t)
	key := NewDataKey()
	epoch, wrapped, err := r.Wrap(thread, key)
	if err != nil || epoch != 1 || len(wrapped) != 1+4+24+32+16 {
		t.Fatalf("epoch %d, %d bytes, %v", epoch, len(wrapped), err)
	}
	r = reopenRing(t, r)
	if got, err := r.Unwrap(thread, 1, wrapped); err != nil || got.secret != key.secret {
		t.Errorf("another key, or %v", err)
	}
	for _, owner := range []Owner{{"thread", 4712, 0}, {"thread", 4711, 1}, {"threads", 4711, 0}, {"threa", 4711, 0}, {"thread", 0, 4711}} {
		if _, err := r.Unwrap(owner, 1, wrapped); !errors.Is(err, ErrOpen) {
			t.Errorf("opens for %v: %v", owner, err)
		}
	}
	elsewhere, err := CreateRing(filepath.Join(t.TempDir(), "x"), ringMaster, Instance{1}, day)
	must(t, err)
	if _, err := elsewhere.Unwrap(thread, 1, wrapped); !errors.Is(err, ErrOpen) {
		t.Errorf("opens in another practice: %v", err)
	}
	_, err = r.Roll(day, horizon)
	must(t, err)
	if _, err := r.Unwrap(thread, 2, wrapped); !errors.Is(err, ErrOpen) {
		t.Errorf("opens where the row says another epoch: %v", err)
	}
	relabelled := bytes.Clone(wrapped)
	relabelled[4] = 2
	if _, err := r.Unwrap(thread, 2, relabelled); !errors.Is(err, ErrOpen) {
		t.Errorf("opens under another epoch: %v", err)
	}
	relabelled[4] = 3
	if _, err := r.Unwrap(thread, 3, relabelled); !errors.Is(err, ErrEpochGone) {
		t.Errorf("an epoch that never was: %v", err)
	}
	for i := range len(wrapped) * 8 {
		changed := bytes.Clone(wrapped)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := r.Unwrap(thread, epochOf(changed), changed); err == nil {
			t.Fatalf("bit %d changed: opens", i)
		}
	}
	for n := range wrapped {
		if _, err := r.Unwrap(thread, 1, wrapped[:n]); !errors.Is(err, ErrOpen) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
}

func TestWhatCannotBeWrapped(t *testing.T) {
	r := testRing(t)
	for _, owner := range []Owner{{}, {Kind: strings.Repeat("x", longestKind+1)}} {
		if _, _, err := r.Wrap(owner, NewDataKey()); !errors.Is(err, ErrOwner) {
			t.Errorf("owner %v: %v", owner, err)
		}
	}
	key := NewDataKey()
	key.Wipe()
	if _, _, err := r.Wrap(thread, key); !errors.Is(err, errWiped) {
		t.Errorf("zeros were wrapped: %v", err)
	}
	if _, err := key.Key(practice); !errors.Is(err, errWiped) {
		t.Errorf("zeros became a key: %v", err)
	}
	if err := r.Carry(map[Owner]*DataKey{thread: key}); !errors.Is(err, errWiped) || r.Generation() != 1 {
		t.Errorf("zeros were carried: %v", err)
	}
}

// TestAnErasureReachesWhatWasBackedUp is the story: after the horizon nothing that still exists opens the old wrapped key.
func TestAnErasureReachesWhatWasBackedUp(t *testing.T) {
	r := testRing(t)
	erased, kept := NewDataKey(), NewDataKey()
	backup := map[Owner][]byte{person: wrap(t, r, person, erased), thread: wrap(t, r, thread, kept)}
	must(t, r.Carry(map[Owner]*DataKey{person: erased, thread: kept}))
	old, err := os.Open(r.file.path) // what a thief finds in the blocks of the old file
	must(t, err)
	defer old.Close()

	must(t, r.Erase(Erased{"person", 3, day}, is(person)))
	_, err = r.Roll(day, horizon)
	must(t, err)
	if _, err := r.Unwrap(person, 1, backup[person]); err != nil {
		t.Errorf("within the horizon: %v", err)
	}
	if gone, err := r.Destroy(day.Add(horizon)); err != nil || len(gone) != 0 {
		t.Errorf("too early: %v, %v", gone, err)
	}
	after := day.Add(horizon + time.Second)
	if gone, err := r.Destroy(after, 1); !errors.Is(err, ErrEpochInUse) || len(gone) != 0 {
		t.Errorf("in use: %v, %v", gone, err)
	}
	if due := r.Due(after); !slices.Equal(due, []uint32{1}) {
		t.Errorf("due: %v", due)
	}
	if gone, err := r.Destroy(after); err != nil || !slices.Equal(gone, []uint32{1}) {
		t.Fatalf("destroyed %v, %v", gone, err)
	}

	for _, r := range []*Ring{r, reopenRing(t, r)} {
		for owner, wrapped := range backup {
			if _, err := r.Unwrap(owner, 1, wrapped); !errors.Is(err, ErrEpochGone) {
				t.Errorf("%v: %v", owner, err)
			}
		}
		if got, err := r.Carried(thread); err != nil || got.secret != kept.secret {
			t.Errorf("the survivor: %v", err)
		}
		if _, err := r.Carried(person); !errors.Is(err, ErrNotCarried) {
			t.Errorf("the erased: %v", err)
		}
	}
	var blocks bytes.Buffer
	_, err = blocks.ReadFrom(old)
	must(t, err)
	tryEverything(t, filepath.Dir(r.file.path), blocks.Bytes(), reopenRing(t, r), person, backup[person])
}

// tryEverything tries every key that still exists, every 32 bytes of every file, and what the overwritten file holds.
func tryEverything(t *testing.T, folder string, blocks []byte, r *Ring, owner Owner, wrapped []byte) {
	t.Helper()
	try := func(what string, secret []byte) {
		by, err := chacha20poly1305.NewX(secret)
		must(t, err)
		var got [keySize]byte
		if unwrapKey(&got, epochHead, by, wrapped, owner.place(practice, 1)) == nil {
			t.Errorf("%s opens what was erased", what)
		}
	}
	try("the master key", ringMaster.secret[:])
	for _, label := range []string{labelCheck, labelPeople, labelThreadKeys, labelInvitations, labelSlotsMAC, labelFileKeys, labelRingMAC, labelEpochs, labelBackup, labelAudit, labelHandles} {
		secret, err := ringMaster.derive(practice, label)
		must(t, err)
		try(label, secret)
	}
	for epoch, by := range r.ciphers {
		var got [keySize]byte
		if unwrapKey(&got, epochHead, by, wrapped, owner.place(practice, 1)) == nil {
			t.Errorf("epoch %d opens what was erased", epoch)
		}
	}
	epochs, err := ringMaster.wrapper(practice, labelEpochs)
	must(t, err)
	files, err := os.ReadDir(folder)
	must(t, err)
	all := map[string][]byte{"the old blocks": blocks}
	for _, file := range files {
		all[file.Name()], err = os.ReadFile(filepath.Join(folder, file.Name()))
		must(t, err)
	}
	for name, content := range all {
		for i := 0; i+keySize <= len(content); i++ {
			try(name, content[i:i+keySize])
		}
		place := storedEpoch{number: 1, created: day.Unix()}.place(practice)
		for i := 0; i+wrappedSize <= len(content); i++ {
			var secret [keySize]byte
			if unwrapKey(&secret, 1, epochs, content[i:i+wrappedSize], place) == nil {
				t.Errorf("%s still holds the destroyed epoch", name)
			}
		}
	}
}

func TestClocksThatGoWrong(t *testing.T) {
	r := testRing(t)
	back := day.Add(-time.Hour)
	_, err := r.Roll(back, horizon)
	must(t, err)
	if got := r.Epochs()[0].DestroyAfter; !got.Equal(day.Add(horizon)) {
		t.Errorf("a clock that was set back shortened the horizon: %v", got)
	}
	current := r.Current()
	if current.Number != 2 || !current.Created.Equal(back) || !current.DestroyAfter.IsZero() {
		t.Errorf("current %+v", current)
	}
	if gone, err := r.Destroy(day.Add(100 * horizon)); err != nil || !slices.Equal(gone, []uint32{1}) {
		t.Errorf("destroyed %v, %v: the current epoch stays, whatever the time", gone, err)
	}
}

func TestAnOlderRingIsNoticed(t *testing.T) {
	r := testRing(t)
	old, err := os.ReadFile(r.file.path)
	must(t, err)
	seen := r.Generation()
	for _, change := range []func() error{
		func() error { _, err := r.Roll(day, 0); return err },
		func() error { return r.Carry(map[Owner]*DataKey{thread: NewDataKey()}) },
		func() error { return r.Erase(Erased{"thread", 4711, day}, is(thread)) },
		func() error { _, err := r.Destroy(day.Add(time.Hour)); return err },
	} {
		must(t, change())
		if r.Generation() != seen+1 {
			t.Errorf("generation %d after %d", r.Generation(), seen)
		}
		seen = r.Generation()
	}
	must(t, r.Erase(Erased{"thread", 4711, day}, is(thread))) // nothing to do, nothing written
	if again := reopenRing(t, r); again.Generation() != seen {
		t.Errorf("generation %d, want %d", again.Generation(), seen)
	}
	must(t, os.WriteFile(r.file.path, old, 0o600))
	if again := reopenRing(t, r); again.Generation() >= seen {
		t.Error("the older ring has no lower generation")
	}
	if _, err := r.Roll(day, horizon); !errors.Is(err, ErrFileChanged) {
		t.Errorf("exchanged under a running server: %v", err)
	}
}

func TestRingsThatAreRefused(t *testing.T) {
	r := testRing(t)
	path := r.file.path
	for name, open := range map[string]func() (*Ring, error){
		"another master":   func() (*Ring, error) { return OpenRing(path, &Master{secret: [keySize]byte{4}}, practice) },
		"another practice": func() (*Ring, error) { return OpenRing(path, ringMaster, Instance{}) },
	} {
		if _, err := open(); !errors.Is(err, ErrNotAuthentic) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenRing(path+"x", ringMaster, practice); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := CreateRing(path, ringMaster, practice, day); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made again: %v", err)
	}
	if _, err := OpenRing(path, &Master{}, practice); err == nil {
		t.Error("opened with a wiped master")
	}
}

func TestEveryChangedBitOfARingIsAnError(t *testing.T) {
	r := testRing(t)
	must(t, r.Carry(map[Owner]*DataKey{thread: NewDataKey(), person: NewDataKey()}))
	must(t, r.Erase(Erased{"person", 5, day}, is(Owner{})))
	_, err := r.Roll(day, horizon)
	must(t, err)
	content, err := os.ReadFile(r.file.path)
	must(t, err)
	for i := range len(content) * 8 {
		changed := bytes.Clone(content)
		changed[i/8] ^= 1 << (i % 8)
		for _, forged := range [][]byte{changed, resum(bytes.Clone(changed))} {
			again, err := newRing("", ringMaster, practice)
			must(t, err)
			if err := again.parse(forged); err == nil && !bytes.Equal(forged, content) {
				t.Fatalf("bit %d changed: opens", i)
			}
		}
	}
}

// TestCarriedKeysDoNotOpenForAnotherOwner forges with the master's seal: what is left is the associated data.
func TestCarriedKeysDoNotOpenForAnotherOwner(t *testing.T) {
	r := testRing(t)
	must(t, r.Carry(map[Owner]*DataKey{thread: NewDataKey(), person: NewDataKey()}))
	next := r.held.clone()
	next.carried[thread], next.carried[person] = next.carried[person], next.carried[thread]
	must(t, r.write(next))
	for _, owner := range []Owner{thread, person} {
		if _, err := reopenRing(t, r).Carried(owner); !errors.Is(err, ErrOpen) {
			t.Errorf("%v: %v", owner, err)
		}
	}
	next = r.held.clone()
	next.epochs[0].created++
	must(t, r.write(next))
	if _, err := OpenRing(r.file.path, ringMaster, practice); !errors.Is(err, ErrOpen) {
		t.Errorf("an epoch of another time: %v", err)
	}
}

// is makes of one owner what Erase asks.
func is(erased Owner) func(Owner) bool { return func(owner Owner) bool { return owner == erased } }

// TestTheRingAgreesWithItsModel lets keys, epochs and erasures come and go at random.
func TestTheRingAgreesWithItsModel(t *testing.T) {
	type row struct {
		owner   Owner
		epoch   uint32
		wrapped []byte
	}
	path := filepath.Join(t.TempDir(), "alcove.ring")
	rapid.Check(t, func(t *rapid.T) {
		_ = os.Remove(path)
		now, rows := day, []row(nil)
		keys, carried, erased := map[Owner]*DataKey{}, map[Owner]bool{}, []Erased(nil)
		epochs := map[uint32]time.Time{1: {}} // and when they are to be destroyed
		r, err := CreateRing(path, ringMaster, practice, now)
		if err != nil {
			t.Fatal(err)
		}
		r.file.step = unsynced
		check := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		owners := rapid.Custom(func(t *rapid.T) Owner {
			return Owner{Kind: rapid.SampledFrom([]string{"thread", "person"}).Draw(t, "kind"), A: rapid.Int64Range(-1, 2).Draw(t, "a")}
		})
		t.Repeat(map[string]func(*rapid.T){
			"wrap": func(t *rapid.T) {
				owner := owners.Draw(t, "owner")
				if keys[owner] == nil {
					keys[owner] = NewDataKey()
				}
				epoch, wrapped, err := r.Wrap(owner, keys[owner])
				check(err)
				rows = append(rows, row{owner, epoch, wrapped})
			},
			"carry": func(t *rapid.T) {
				before, some := r.Generation(), map[Owner]*DataKey{}
				for owner, key := range keys {
					if rapid.Bool().Draw(t, "given") {
						some[owner] = key
					}
				}
				check(r.Carry(some))
				fresh := uint64(0)
				for owner := range some {
					if !carried[owner] {
						carried[owner], fresh = true, 1
					}
				}
				if r.Generation() != before+fresh {
					t.Fatalf("generation %d after %d, %d writes expected", r.Generation(), before, fresh)
				}
			},
			"erase": func(t *rapid.T) {
				what := Erased{Kind: "person", ID: rapid.Int64Range(-1, 2).Draw(t, "id"), At: now}
				theirs := func(owner Owner) bool { return owner.Kind == what.Kind && owner.A == what.ID }
				check(r.Erase(what, theirs))
				maps.DeleteFunc(carried, func(owner Owner, _ bool) bool { return theirs(owner) })
				if !slices.ContainsFunc(erased, func(e Erased) bool { return e.ID == what.ID }) {
					erased = append(erased, what)
				}
			},
			"roll": func(t *rapid.T) {
				before := r.Current().Number
				added, err := r.Roll(now, horizon)
				check(err)
				epochs[before], epochs[added.Number] = now.Add(horizon), time.Time{}
			},
			"pass time": func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "days")) * 24 * time.Hour) },
			"destroy": func(t *rapid.T) {
				gone, err := r.Destroy(now)
				check(err)
				for epoch, after := range epochs {
					due := !after.IsZero() && now.After(after)
					if slices.Contains(gone, epoch) != due {
						t.Fatalf("epoch %d due %v, gone %v", epoch, due, gone)
					}
				}
				maps.DeleteFunc(epochs, func(epoch uint32, _ time.Time) bool { return slices.Contains(gone, epoch) })
			},
			"reopen": func(t *rapid.T) {
				before := r.Generation()
				r, err = OpenRing(path, ringMaster, practice)
				check(err)
				r.file.step = unsynced
				if r.Generation() != before {
					t.Fatalf("generation %d, want %d", r.Generation(), before)
				}
			},
			"": func(t *rapid.T) {
				for _, row := range rows {
					got, err := r.Unwrap(row.owner, row.epoch, row.wrapped)
					if _, lives := epochs[row.epoch]; lives && (err != nil || got.secret != keys[row.owner].secret) ||
						!lives && !errors.Is(err, ErrEpochGone) {
						t.Fatalf("%v of epoch %d, which lives: %v: %v", row.owner, row.epoch, lives, err)
					}
				}
				if got := r.Erased(); !slices.Equal(got, erased) {
					t.Fatalf("erased %v, want %v", got, erased)
				}
				for owner, key := range keys {
					got, err := r.Carried(owner)
					if r.Carries(owner) != carried[owner] {
						t.Fatalf("%v, carried %v: said otherwise", owner, carried[owner])
					}
					if carried[owner] && (err != nil || got.secret != key.secret) || !carried[owner] && !errors.Is(err, ErrNotCarried) {
						t.Fatalf("%v, carried %v: %v", owner, carried[owner], err)
					}
				}
			},
		})
	})
}

// unsynced spares the disk where a test is about something else.
func unsynced(name string, do func() error) error {
	if name == "flush" || name == "sync" {
		return nil
	}
	return do()
}

// TestRingsThatContradictThemselves parses bodies that a holder of the master key could close, but a Ring never writes.
func TestRingsThatContradictThemselves(t *testing.T) {
	r := testRing(t)
	_, err := r.Roll(day, horizon)
	must(t, err)
	must(t, r.Carry(map[Owner]*DataKey{thread: NewDataKey()}))
	must(t, r.Erase(Erased{"person", 3, day}, is(person)))
	for name, edit := range map[string]func(f *ringFile){
		"no epoch":                  func(f *ringFile) { f.epochs, f.carried = nil, nil },
		"an epoch of number 0":      func(f *ringFile) { f.epochs[0].number = 0 },
		"epochs in disorder":        func(f *ringFile) { f.epochs[0].number = 2 },
		"an old epoch that stays":   func(f *ringFile) { f.epochs[0].destroyAfter = 0 },
		"a current one that goes":   func(f *ringFile) { f.epochs[1].destroyAfter = 1 },
		"an owner of no kind":       func(f *ringFile) { f.carried[Owner{}] = f.carried[thread] },
		"carried by another epoch":  func(f *ringFile) { w := f.carried[thread]; w[4] = 1; f.carried[thread] = w },
		"carried in another format": func(f *ringFile) { w := f.carried[thread]; w[0] = 2; f.carried[thread] = w },
		"erased twice":              func(f *ringFile) { f.erased = append(f.erased, storedErasure{"person", 3, 1}) },
		"erased, but no kind":       func(f *ringFile) { f.erased[0].kind = "" },
		"erased, of a long kind":    func(f *ringFile) { f.erased[0].kind = strings.Repeat("x", longestKind+1) },
	} {
		forged := r.held.clone()
		edit(&forged)
		if _, err := parseRing(forged.encode()); !errors.Is(err, ErrFileDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for at := 8; at < 20; at += 4 {
		counts := r.held.encode()
		copy(counts[at:], []byte{0xff, 0xff, 0xff, 0xff})
		if _, err := parseRing(counts); !errors.Is(err, ErrFileDamaged) {
			t.Errorf("a count that lies, at %d: %v", at, err)
		}
	}
}

func TestTheSameAgainFinishesWhatAKillCutShort(t *testing.T) {
	r := testRing(t)
	key := NewDataKey()
	must(t, r.Erase(Erased{"thread", 4711, day}, is(thread)))
	must(t, r.Carry(map[Owner]*DataKey{person: key}))
	for name, again := range map[string]func() error{
		"erase":   func() error { return r.Erase(Erased{"thread", 4711, day}, is(thread)) },
		"carry":   func() error { return r.Carry(map[Owner]*DataKey{person: key}) },
		"destroy": func() error { _, err := r.Destroy(day); return err },
	} {
		must(t, os.WriteFile(r.file.path+oldSuffix, []byte("an old ring"), 0o600))
		must(t, again())
		if left := leftovers(t, filepath.Dir(r.file.path)); left != nil {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
}

func TestKeysAreWrappedWhileEpochsRoll(t *testing.T) {
	r := testRing(t)
	r.file.step = unsynced
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				key := NewDataKey()
				epoch, wrapped, err := r.Wrap(thread, key)
				if err != nil {
					t.Error(err)
				}
				if got, err := r.Unwrap(thread, epoch, wrapped); err != nil || got.secret != key.secret {
					t.Errorf("epoch %d: %v", epoch, err)
				}
			}
		})
	}
	for range 5 {
		_, err := r.Roll(day, horizon)
		must(t, err)
	}
	all.Wait()
}
