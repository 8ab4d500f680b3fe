package store

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const soon = time.Minute // far more than anything here takes

// next is the next change a watcher hears.
func next(t *testing.T, changes <-chan Change) Change {
	t.Helper()
	select {
	case change, open := <-changes:
		if !open {
			t.Fatal("the watch ended")
		}
		return change
	case <-time.After(soon):
		t.Fatal("heard of nothing")
	}
	return Change{}
}

// heard drains what a watcher has been told so far. Changes are handed out before a verb returns, so nothing is missed.
func heard(changes <-chan Change) (list []Change) {
	for {
		select {
		case change, open := <-changes:
			if !open {
				return list
			}
			list = append(list, change)
		default:
			return list
		}
	}
}

func watch(t *testing.T, a *Access) (<-chan Change, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	changes := must(a.Watch(ctx))(t)
	return changes, cancel
}

func wantChanges(t *testing.T, who string, changes <-chan Change, want ...Change) {
	t.Helper()
	if diff := cmp.Diff(want, heard(changes)); diff != "" {
		t.Errorf("%s heard (-want +got): %s", who, diff)
	}
}

func TestWhoHearsOfWhat(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	piet := h.client("piet", "jonas")
	phone := h.another(jonas)
	onDesk, _ := watch(t, jonas)
	onPhone, _ := watch(t, phone)
	atAnna, _ := watch(t, anna)
	atPiet, _ := watch(t, piet)
	for _, changes := range []<-chan Change{onDesk, onPhone, atAnna, atPiet} {
		heard(changes) // who came
	}
	me := Person{"jonas", "Name of jonas", RoleCoach}

	v1 := must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "x"}))(t)
	wantChanges(t, "the phone", onPhone, Change{Kind: DraftChanged, Thread: thread})

	entry := must(jonas.Write(t.Context(), thread, "x", v1.Version))(t).Number
	written := Change{Kind: EntryWritten, Thread: thread, Entry: entry, Who: me}
	wantChanges(t, "the phone", onPhone, written, Change{Kind: DraftChanged, Thread: thread})
	wantChanges(t, "anna", atAnna, written)
	wantChanges(t, "the desk", onDesk, written)

	must(phone.Edit(t.Context(), thread, entry, 1, "y", 0))(t)
	must(phone.Withdraw(t.Context(), thread, entry))(t)
	changed := Change{Kind: EntryChanged, Thread: thread, Entry: entry, Who: me}
	wantChanges(t, "anna", atAnna, changed, changed)
	wantChanges(t, "the desk", onDesk, changed, changed)
	heard(onPhone)

	h.mark(anna, thread, entry)
	h.mark(phone, thread, entry)
	h.mark(phone, thread, entry) // moved nothing
	wantChanges(t, "the desk", onDesk, Change{Kind: ReadMarkMoved, Thread: thread})

	if err := jonas.Type(t.Context(), thread, true); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, "anna", atAnna, Change{Kind: Typing, Thread: thread, Who: me, On: true})
	wantChanges(t, "the phone", onPhone)
	if err := jonas.SaveSettings(t.Context(), Settings{HideTyping: true}); err != nil {
		t.Fatal(err)
	}
	if err := jonas.Type(t.Context(), thread, true); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, "anna", atAnna)
	wantChanges(t, "the phone", onPhone, Change{Kind: SettingsChanged})
	wantChanges(t, "the desk", onDesk)
	wantChanges(t, "piet", atPiet)
}

func TestNothingIsToldOfWhatFailed(t *testing.T) {
	_, jonas, anna, thread := pair(t)
	atAnna, _ := watch(t, anna)
	_, err := jonas.Edit(t.Context(), thread, 7, 1, "x", 0)
	wantErr(t, err, ErrNotFound)
	wantErr(t, jonas.Leave(t.Context(), 1), ErrNotFound)
	wantChanges(t, "anna", atAnna)
}

// TestChangesAreToldInTheOrderOfTheirCommits holds the hub, so that a write is committed but cannot be told of yet, and
// looks whether the next one may begin.
func TestChangesAreToldInTheOrderOfTheirCommits(t *testing.T) {
	h, jonas, _, thread := pair(t)
	var first sync.WaitGroup
	h.store.hub.mu.Lock()
	first.Go(func() {
		if _, err := jonas.Write(context.Background(), thread, "first", 0); err != nil {
			t.Error(err)
		}
	})
	for entries := 0; entries == 0; {
		rows := h.dump()
		entries = len(slices.DeleteFunc(rows, func(row string) bool { return !strings.HasPrefix(row, "INSERT INTO entry") }))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := h.store.writer.inTx(ctx, `BEGIN IMMEDIATE`, func(*conn) error { return nil }, func() {})
	h.store.hub.mu.Unlock()
	first.Wait()
	wantErr(t, err, context.DeadlineExceeded)
}

func TestPresence(t *testing.T) {
	h, jonas, anna, _ := pair(t)
	stranger := h.client("stan")
	atAnna, _ := watch(t, anna)
	atStranger, _ := watch(t, stranger)
	who := Person{"jonas", "Name of jonas", RoleCoach}
	came, went := Change{Kind: PresenceChanged, Who: who, On: true}, Change{Kind: PresenceChanged, Who: who}
	here := func() bool { return must(anna.People(t.Context()))(t)[0].Here }

	_, leaveDesk := watch(t, jonas)
	wantChanges(t, "anna", atAnna, came)
	_, leavePhone := watch(t, h.another(jonas))
	leaveDesk()
	wantChanges(t, "anna, as the other device is there,", atAnna)
	if !here() {
		t.Error("jonas is not here")
	}

	if err := jonas.SaveSettings(t.Context(), Settings{HidePresence: true}); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, "anna", atAnna, went)
	if here() {
		t.Error("jonas is hidden, yet here")
	}
	if err := jonas.SaveSettings(t.Context(), Settings{}); err != nil {
		t.Fatal(err)
	}
	wantChanges(t, "anna", atAnna, came)
	leavePhone()
	if got := next(t, atAnna); got != went {
		t.Errorf("anna heard %+v", got)
	}
	wantChanges(t, "a stranger", atStranger)
}

func TestASlowWatcherHearsOneReload(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	slow, _ := watch(t, anna)
	fast, _ := watch(t, h.another(anna))
	for range watchBuffer + 5 {
		h.write(jonas, thread, "x") // would hang if anybody waited for the slow one
		if got := next(t, fast); got.Kind != EntryWritten {
			t.Fatalf("the fast one heard %+v", got)
		}
	}
	got := heard(slow)
	if len(got) != 5 || got[0] != (Change{Kind: Reload}) || got[1].Entry != int64(watchBuffer+2) {
		t.Errorf("the slow one heard %d changes: %+v", len(got), got)
	}
}

func TestSignedOutEndsAWatch(t *testing.T) {
	h, jonas, anna, _ := pair(t)
	key := anyKey()
	if err := anna.AddKey(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	phone := h.store.As(must(h.store.ConfirmKey(t.Context(), "anna", key.Blob))(t))
	atJonas, _ := watch(t, jonas)
	onDesk, _ := watch(t, anna)
	onPhone, _ := watch(t, phone)
	heard(atJonas)

	if err := anna.RemoveKey(t.Context(), key.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	wantEnded(t, onPhone)
	wantErr(t, second(phone.Me(t.Context())), ErrSignedOut)
	wantChanges(t, "the desk", onDesk)
	wantChanges(t, "jonas, for anna is still there,", atJonas)

	if err := h.store.Operator().Disable(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	wantEnded(t, onDesk)
	wantChanges(t, "jonas", atJonas, Change{Kind: PeopleChanged}, Change{Kind: PresenceChanged, Who: Person{"anna", "Name of anna", RoleClient}})
	_, err := anna.Watch(t.Context())
	wantErr(t, err, ErrSignedOut)
	if h.store.hub.watched(anna.who.person) {
		t.Error("a refused watch was kept")
	}
}

func second[T any](_ T, err error) error { return err }

func wantEnded(t *testing.T, changes <-chan Change) {
	t.Helper()
	if got := next(t, changes); got.Kind != SignedOut {
		t.Errorf("heard %+v", got)
	}
	if _, open := <-changes; open {
		t.Error("heard more after SignedOut")
	}
}

func TestAWatchLeavesNothingBehind(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			a := h.another([]*Access{jonas, anna}[i%2])
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			changes, err := a.Watch(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			if i%10 == 0 {
				_, _ = a.Write(ctx, thread, "x", 0)
			}
			cancel()
			for range changes { // until it is closed
			}
		})
	}
	all.Wait()
	if h.store.hub.watched(jonas.who.person) || h.store.hub.watched(anna.who.person) {
		t.Error("watches are left")
	}
	last, _ := watch(t, jonas)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	for range last { // closing the store closes it
	}
	_, err := jonas.Watch(t.Context())
	if err == nil {
		t.Error("a closed store can be watched")
	}
	for deadline := time.Now().Add(soon); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}
