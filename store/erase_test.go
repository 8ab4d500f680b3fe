package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alcove/store/seal"
)

// village is a practice with three threads: one of jonas and anna, one of jonas, anna and carla that anna opened, and one
// of anna alone.
type village struct {
	*house
	jonas, anna, carla  *Access
	two, three, herself int64
}

func newVillage(t *testing.T) *village {
	h := newHouse(t)
	v := &village{house: h, jonas: h.coach("jonas"), carla: h.coach("carla")}
	v.anna = h.client("anna", "jonas", "carla")
	v.two = h.thread(v.jonas, "Two of us", "anna")
	v.three = h.thread(v.anna, "The erased title", "jonas", "carla")
	v.herself = h.thread(v.anna, "The erased diary")
	for _, thread := range []int64{v.two, v.three} {
		h.write(v.jonas, thread, "one of jonas")
		first := h.write(v.anna, thread, "an erased entry")
		must(v.anna.Edit(h.ctx(), thread, first.Number, 1, "an erased edit", 0))(t)
		h.write(v.jonas, thread, "two of jonas")
	}
	h.write(v.anna, v.herself, "an erased note")
	must(v.anna.SaveDraft(h.ctx(), Draft{Thread: v.two, Text: "an erased draft"}))(t)
	if err := v.anna.AskErasure(h.ctx()); err != nil {
		t.Fatal(err)
	}
	return v
}

// without checks that nothing is left of anna, and all of the others.
func (v *village) without() {
	v.t.Helper()
	for _, row := range v.rows() {
		for _, table := range []string{"person", "credential", "invitation", "connection", "member", "entry", "draft", "erasure_request", "data_key"} {
			if id := number(v.anna.who.person); strings.HasPrefix(row, "INSERT INTO "+table+" ") && strings.Contains(row, id) {
				v.t.Errorf("%s still has: %s", table, row)
			}
		}
	}
	jonas := v.store.As(v.jonas.who)
	threads := must(jonas.Threads(v.ctx()))(v.t)
	if len(threads) != 2 {
		v.t.Fatalf("threads: %+v", threads)
	}
	for _, thread := range threads {
		if erased := thread.Number == v.three; thread.TitleGone != erased || thread.Damaged || (thread.Title == "") != erased || thread.Entries != 2 {
			v.t.Errorf("thread: %+v", thread)
		}
		want := []string{thread.Title, "Name of jonas: one of jonas", "Name of jonas: two of jonas", "key: a key"}
		if diff := cmp.Diff(want, told(v.t, jonas, thread.Number)); diff != "" {
			v.t.Error("texts:", diff)
		}
	}
	page := must(jonas.Entries(v.ctx(), v.two, Span{Limit: 1}))(v.t)
	if page.Earlier != 1 || page.Later != 0 {
		v.t.Errorf("places: %+v", page)
	}
	hits := 0
	err := jonas.Search(v.ctx(), "erased", func(Hit) error { hits++; return nil })
	if err != nil || hits != 0 {
		v.t.Errorf("%d finds, %v", hits, err)
	}
	_, err = v.store.As(v.anna.who).Me(v.ctx())
	wantErr(v.t, err, ErrSignedOut)
	must(v.store.Operator().Verify(v.ctx(), func(Progress) {}))(v.t)
	for _, key := range must(v.keyRows())(v.t) {
		if _, err := v.store.dataKey(key.owner, key.wrapped); err != nil {
			v.t.Errorf("a survivor's key: %v", err)
		}
	}
	if erased := v.store.ring.Erased(); len(erased) != 2 {
		v.t.Errorf("the ring knows of %+v", erased)
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func count(records []AuditRecord, kind AuditKind) (n int) {
	for _, r := range records {
		if r.Kind == kind {
			n++
		}
	}
	return n
}

func TestAPersonIsErased(t *testing.T) {
	v := newVillage(t)
	watch := must(v.anna.Watch(t.Context()))(t)
	others := must(v.carla.Watch(t.Context()))(t)
	receipt := must(v.store.Operator().ErasePerson(t.Context(), "anna"))(t)
	v.without()
	want := Receipt{
		Kind: "person", Subject: v.anna.who.person, At: receipt.At, Entries: 3, Revisions: 2, Drafts: 1, Threads: 1, Keys: 4,
		Audit: receipt.Audit, Epoch: 2, FinalAt: receipt.FinalAt,
	}
	if diff := cmp.Diff(want, receipt); diff != "" {
		t.Error("receipt:", diff)
	}
	if after := receipt.FinalAt.Sub(receipt.At); after < horizon-time.Minute || after > horizon+time.Minute {
		t.Errorf("final after %s", after)
	}
	if change := last(t, watch); change.Kind != SignedOut {
		t.Errorf("anna hears of %+v", change)
	}
	if change := <-others; change.Kind != Reload {
		t.Errorf("carla hears of %+v", change)
	}
	_, err := v.store.Operator().Invite(t.Context(), NewInvitation{Role: RoleClient, Handle: "anna", Name: "Another"})
	wantErr(t, err, ErrTaken)
	_, err = v.jonas.Invite(t.Context(), "anna", "Another")
	wantErr(t, err, ErrTaken)
	_, err = v.store.Operator().ErasePerson(t.Context(), "anna")
	wantErr(t, err, ErrNotFound)
	if receipts := must(v.store.Operator().Erasures(t.Context()))(t); len(receipts) != 2 {
		t.Errorf("receipts: %+v", receipts)
	}
	if next := v.write(v.jonas, v.three, "three"); next.Number != 4 {
		t.Errorf("the next entry has the number %d", next.Number)
	}
}

// last is what a watch ends with.
func last(t *testing.T, watch <-chan Change) (change Change) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case next, open := <-watch:
			if !open {
				return change
			}
			change = next
		case <-deadline:
			t.Fatal("the watch does not end")
		}
	}
}

func TestAThreadIsErased(t *testing.T) {
	v := newVillage(t)
	others := must(v.carla.Watch(t.Context()))(t)
	receipt := must(v.store.Operator().EraseThread(t.Context(), v.three))(t)
	if receipt.Entries != 3 || receipt.Revisions != 1 || receipt.Threads != 1 || receipt.Keys != 3 || receipt.Epoch != 2 {
		t.Errorf("receipt: %+v", receipt)
	}
	if change := <-others; change.Kind != Reload {
		t.Errorf("carla hears of %+v", change)
	}
	_, err := v.jonas.Thread(t.Context(), v.three)
	wantErr(t, err, ErrNotFound)
	_, err = v.store.Operator().EraseThread(t.Context(), v.three)
	wantErr(t, err, ErrNotFound)
	if threads := must(v.anna.Threads(t.Context()))(t); len(threads) != 2 {
		t.Errorf("threads: %+v", threads)
	}
	v.sql(`INSERT INTO erasure (kind, subject, at, entries, revisions, drafts, threads, keys, audit)
		WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
		SELECT 'thread', i, 0, 0, 0, 0, 0, 0, 0 FROM n WHERE i NOT IN (4711, ` + number(v.three) + `, ` + number(v.two) + `, ` + number(v.herself) + `)`)
	if drawn := v.thread(v.jonas, "a new one"); drawn != 4711 {
		t.Errorf("%d is the number of an erased thread", drawn)
	}
}

// TestWhatIsStoredIsCountedAfterAnErasure compares what a person is charged for with what there is.
func TestWhatIsStoredIsCountedAfterAnErasure(t *testing.T) {
	v := newVillage(t)
	must(v.store.Operator().EraseThread(t.Context(), v.three))(t)
	must(v.store.Operator().EraseThread(t.Context(), v.herself))(t)
	var stored, there int64
	err := v.store.read(t.Context(), "count", func(x *tx) error {
		return x.one(t.Context(), []any{&stored, &there}, `
			SELECT stored, (SELECT sum(length(body)) FROM entry WHERE author = p.id) + (SELECT sum(length(body)) FROM draft WHERE person = p.id)
				+ (SELECT sum(length(r.body)) FROM revision r JOIN entry e ON e.thread = r.thread AND e.number = r.number WHERE e.author = p.id)
			FROM person p WHERE p.id = ?`, v.anna.who.person)
	})
	if err != nil || stored != there {
		t.Errorf("charged for %d, there are %d, %v", stored, there, err)
	}
}

// toRing notes anna's erasure in the ring.
func (v *village) toRing() error {
	anna := seal.Erased{Kind: erasedPerson, ID: v.anna.who.person, At: v.clock.Now()}
	return v.store.ring.Erase(anna, erasedOwners([]seal.Erased{anna}))
}

// TestAnErasureThatWasCutOff erases as far as a kill lets it, and opens again.
func TestAnErasureThatWasCutOff(t *testing.T) {
	for name, until := range map[string]func(v *village) error{
		"after the rows":  func(*village) error { return nil },
		"after the ring":  (*village).toRing,
		"after the epoch": func(v *village) error { return errors.Join(v.toRing(), v.store.rollEpoch(v.ctx())) },
	} {
		t.Run(name, func(t *testing.T) {
			v := newVillage(t)
			err := v.store.write(t.Context(), "erase", func(x *tx) error {
				_, err := x.erasePerson(t.Context(), v.anna.who.person, AuditPersonErased)
				return err
			})
			if err := errors.Join(err, until(v)); err != nil {
				t.Fatal(err)
			}
			v.reopened(func() {})
			v.without()
			for _, receipt := range must(v.store.Operator().Erasures(t.Context()))(t) {
				if receipt.Epoch != v.store.ring.Current().Number || receipt.FinalAt.IsZero() {
					t.Errorf("receipt: %+v", receipt)
				}
			}
		})
	}
}

// TestAnErasureReachesABackup puts a database from before back, and then, past the horizon, tries it with all keys there are.
func TestAnErasureReachesABackup(t *testing.T) {
	v := newVillage(t)
	var backup []byte
	var before []keyRow
	v.reopened(func() { backup = must(os.ReadFile(v.dbPath()))(t) })
	before = must(v.keyRows())(t)
	must(v.store.Operator().ErasePerson(t.Context(), "anna"))(t)

	v.reopened(func() { v.file(dbFile, backup) })
	v.without()
	if n := count(must(v.store.Operator().Audit(t.Context(), AuditQuery{}))(t), AuditErasedAgain); n != 2 {
		t.Errorf("%d records of an erasure made again", n)
	}
	_, err := v.store.Operator().Invite(t.Context(), NewInvitation{Role: RoleClient, Handle: "anna", Name: "Another"})
	wantErr(t, err, ErrTaken)

	v.month()
	v.month()
	belongs := erasedOwners([]seal.Erased{{Kind: erasedPerson, ID: v.anna.who.person}, {Kind: erasedThread, ID: v.herself}})
	erased := 0
	for _, w := range before {
		_, err := v.store.ring.Unwrap(w.owner, w.epoch, w.wrapped)
		wantErr(t, err, seal.ErrEpochGone)
		_, err = v.store.ring.Carried(w.owner)
		if belongs(w.owner) {
			wantErr(t, err, seal.ErrNotCarried)
			erased++
		} else if err != nil {
			t.Errorf("a survivor is not carried: %v", err)
		}
	}
	if erased != 4 {
		t.Errorf("%d keys were erased", erased)
	}
	v.reopened(func() { v.file(dbFile, backup) })
	v.without()
}

func TestAskingToBeErased(t *testing.T) {
	h, jonas, anna, _ := pair(t)
	if at := must(anna.ErasureAsked(t.Context()))(t); !at.IsZero() {
		t.Errorf("asked at %s", at)
	}
	for range 2 { // the second changes nothing
		if err := anna.AskErasure(t.Context()); err != nil {
			t.Error(err)
		}
	}
	at := must(anna.ErasureAsked(t.Context()))(t)
	if asked := must(h.store.Operator().Condition(t.Context()))(t).Asked; !slices.Equal(asked, []string{"anna"}) || at.IsZero() {
		t.Errorf("asked: %q, she at %s", asked, at)
	}
	if at := must(jonas.ErasureAsked(t.Context()))(t); !at.IsZero() {
		t.Errorf("jonas asked at %s", at)
	}
	for range 2 {
		if err := anna.WithdrawErasureRequest(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if asked := must(h.store.Operator().Condition(t.Context()))(t).Asked; len(asked) != 0 {
		t.Errorf("asked: %q", asked)
	}
	records := must(h.store.Operator().Audit(t.Context(), AuditQuery{}))(t)
	if count(records, AuditErasureAsked) != 1 || count(records, AuditErasureDropped) != 1 {
		t.Errorf("records: %+v", records)
	}
}

// TestTheRingCannotBeWritten: what was erased is gone, nobody is told that nothing was changed, and the ring follows later.
func TestTheRingCannotBeWritten(t *testing.T) {
	v := newVillage(t)
	inTheWay := filepath.Join(v.dir, ringFile+newSuffix)
	if err := os.MkdirAll(filepath.Join(inTheWay, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	receipt, err := v.store.Operator().ErasePerson(t.Context(), "anna")
	wantErr(t, err, ErrUnsettled)
	if errors.Is(err, fs.ErrExist) || receipt.Entries != 3 || receipt.Epoch != 0 {
		t.Errorf("%+v, %v", receipt, err)
	}
	if err := v.store.Tend(t.Context()); err == nil {
		t.Error("the ring was written")
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	if err := v.store.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.without()
	for _, receipt := range must(v.store.Operator().Erasures(t.Context()))(t) {
		if receipt.Epoch != v.store.ring.Current().Number {
			t.Errorf("receipt: %+v", receipt)
		}
	}
}
