package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"
)

// faults are pragmas that every new connection to the database of a folder is given, as if its disk were so.
var faults = struct {
	once sync.Once
	of   sync.Map // by the database's path
}{}

// Two faults that SQLite itself meets as it would meet those of a disk: SQLITE_FULL and SQLITE_READONLY.
const (
	fullSoon = `max_page_count = 150`
	broken   = `query_only = ON`
	mended   = `max_page_count = 1000000`
)

// fault makes the disk of a house so, from the next transaction on.
func (h *house) fault(pragma string) {
	h.t.Helper()
	faults.once.Do(func() {
		sqlite.RegisterConnectionHook(func(c sqlite.ExecQuerierContext, dsn string) (err error) {
			faults.of.Range(func(path, pragma any) bool {
				if strings.Contains(dsn, path.(string)) {
					_, err = c.ExecContext(context.Background(), `PRAGMA `+pragma.(string), nil)
				}
				return err == nil
			})
			return err
		})
	})
	faults.of.Store(h.dbPath(), pragma)
	h.t.Cleanup(func() { faults.of.Delete(h.dbPath()) })
	c := must(h.store.writer.take(h.ctx()))(h.t)
	defer h.store.writer.give(c)
	if c.raw != nil {
		c.rollback() // there is nothing to roll back, so the connection is closed
	}
}

// small is a house whose disk has room for a few long texts, and what its log says.
func small(t *testing.T) (h *house, jonas, anna *Access, thread int64, log *notes) {
	t.Helper()
	h, jonas, anna, thread = pair(t)
	log = &notes{}
	h.store.log = slog.New(slog.NewTextHandler(log, nil))
	h.store.prober.every = time.Hour // until a test wants it
	h.fault(fullSoon)
	return h, jonas, anna, thread, log
}

// notes is a log.
type notes struct {
	mu   sync.Mutex
	text strings.Builder
}

func (n *notes) Write(line []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(line)
}

func (n *notes) count(text string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Count(n.text.String(), text)
}

var longText = strings.Repeat("a long text, ", 15<<10) + "ended"

// fill writes until there is no room, and answers how many entries there are.
func fill(t *testing.T, a *Access, thread int64) (written int) {
	t.Helper()
	for range 10 {
		_, err := a.Write(t.Context(), thread, longText, 0)
		if err != nil {
			wantErr(t, err, ErrReadOnly)
			return written
		}
		written++
	}
	t.Fatal("the disk is never full")
	return 0
}

func TestAFullDiskIsReadOnly(t *testing.T) {
	h, jonas, anna, thread, log := small(t)
	atAnna, _ := watch(t, anna)
	heard(atAnna)
	written := fill(t, jonas, thread)
	var told []Change
	for _, c := range heard(atAnna) {
		if c.Kind == StorageChanged {
			told = append(told, c)
		}
	}
	if len(told) != 1 || told[0].On {
		t.Errorf("anna was told %+v of the storage", told)
	}
	if _, err := jonas.Write(t.Context(), thread, longText, 0); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a second write: %v", err)
	}
	if page := must(anna.Entries(t.Context(), thread, Span{}))(t); len(page.Entries) != written || page.Entries[0].Text != longText {
		t.Errorf("%d entries are read, %d were written", len(page.Entries), written)
	}
	late, _ := watch(t, h.another(anna))
	if first := next(t, late); first != (Change{Kind: StorageChanged}) {
		t.Errorf("who comes now hears %+v", first)
	}
	if log.count("nothing can be written") != 1 || log.count("code=13") != 1 || log.count("full (SQLITE_FULL)") != 1 || log.count("long") != 0 {
		t.Errorf("the log says %s", log.text.String())
	}
}

// TestAFullDiskLetsPeopleIn makes a disk that takes nothing at all.
func TestAFullDiskLetsPeopleIn(t *testing.T) {
	h := newHouse(t)
	inv := h.invite(t, NewInvitation{Role: RoleCoach, Handle: "jonas", Name: "Jonas"})
	key := anyKey()
	must(h.store.Redeem(t.Context(), inv.Code, key))(t)
	words := must(h.store.NewWords(t.Context()))(t)
	inv = h.invite(t, NewInvitation{Role: RoleCoach, Handle: "clara", Name: "Clara"})
	must(h.store.RedeemWithWords(t.Context(), inv.Code, words))(t)
	h.fault(broken)
	who := must(h.store.SignInKey(t.Context(), key.Blob))(t)
	a := h.store.As(who)
	must(a.Me(t.Context()))(t)
	must(a.Threads(t.Context()))(t)
	changes, _ := watch(t, a)
	if first := next(t, changes); first != (Change{Kind: StorageChanged}) {
		t.Errorf("heard %+v", first)
	}
	must(h.store.SignInWords(t.Context(), "clara", words.Reveal()))(t)
	wantErr(t, a.SaveSettings(t.Context(), Settings{}), ErrReadOnly)
}

func TestTheStorageIsTriedUntilItWorks(t *testing.T) {
	h, jonas, anna, thread, log := small(t)
	h.store.prober.every = time.Millisecond
	atAnna, _ := watch(t, anna)
	heardOf := func() (on bool) {
		t.Helper()
		for {
			if c := next(t, atAnna); c.Kind == StorageChanged {
				return c.On
			}
		}
	}
	for round := range 2 { // what began once has to begin again
		if round > 0 {
			h.fault(broken)
		}
		if _, err := jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "x"}); err == nil {
			fill(t, jonas, thread)
		}
		if heardOf() {
			t.Fatalf("round %d: all can be written", round)
		}
		for range 3 {
			if h.store.probe(t.Context()) {
				t.Fatalf("round %d: a try went well", round)
			}
		}
		h.fault(mended)
		if !heardOf() {
			t.Fatalf("round %d: it failed twice", round)
		}
		h.write(jonas, thread, longText)
	}
	late, _ := watch(t, h.another(anna))
	if got := heard(late); len(got) > 0 && got[0].Kind == StorageChanged {
		t.Errorf("who comes now hears %+v", got)
	}
	if err := h.store.Close(); err != nil { // waits for the prober
		t.Fatal(err)
	}
	if said := log.count("all can be written again"); said != 2 {
		t.Errorf("the log says it %d times", said)
	}
}

// TestATryLeavesNothing tries where all works: again and again, on one connection.
func TestATryLeavesNothing(t *testing.T) {
	h, jonas, _, thread := pair(t)
	h.write(jonas, thread, "x")
	before := h.rows()
	for range 3 {
		if !h.store.probe(t.Context()) {
			t.Fatal("it fails")
		}
	}
	if diff := cmp.Diff(before, h.rows()); diff != "" {
		t.Error(diff)
	}
}

// TestTheProberEndsWithTheStore closes a store whose storage fails, and looks that nothing is tried after that.
func TestTheProberEndsWithTheStore(t *testing.T) {
	h, jonas, _, thread, _ := small(t)
	h.store.prober.every = time.Millisecond
	fill(t, jonas, thread)
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	h.store.prober.start(func(context.Context) bool {
		t.Error("it is tried after the store was closed")
		return true
	})
	h.store.prober.trying.Wait() // hangs if anything still runs
}

// TestTheProberEndsWithTheFile closes the file alone, as a rotation does, where a try would find nothing to write to.
func TestTheProberEndsWithTheFile(t *testing.T) {
	h, jonas, _, thread, _ := small(t)
	h.store.prober.every = time.Millisecond
	fill(t, jonas, thread)
	if err := h.store.closeFile(); err != nil {
		t.Fatal(err)
	}
	h.store.reader, h.store.writer, h.store.vfs = nil, nil, nil
	h.store.prober.trying.Wait() // hangs if anything still runs
}

// TestCloseWaitsForATry closes a prober in the middle of a try.
func TestCloseWaitsForATry(t *testing.T) {
	var p prober
	p.every = time.Millisecond
	begun, ended := make(chan struct{}), false
	p.start(func(ctx context.Context) bool {
		close(begun)
		<-ctx.Done() // hangs if nobody ends it
		ended = true
		return false
	})
	<-begun
	p.close()
	if !ended {
		t.Error("close did not wait")
	}
}

func TestAMissedChangeOfTheStorageIsToldAfterAll(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	slow, _ := watch(t, anna)
	h.store.hub.storage(false)
	for range watchBuffer {
		h.clock.pass(time.Second)
		h.write(jonas, thread, "x")
	}
	got := heard(slow)
	if len(got) < 2 || got[0] != (Change{Kind: Reload}) || got[1] != (Change{Kind: StorageChanged}) {
		t.Errorf("heard %+v", got)
	}
}

// TestADamagedPageHidesOneEntry writes over the pages of a long entry: reading it answers ErrDamaged, all else is there.
func TestADamagedPageHidesOneEntry(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	other := h.thread(jonas, "Another", "anna")
	h.write(jonas, other, "whole")
	bad := h.write(jonas, thread, longText)
	after := h.write(jonas, thread, "behind it")
	var pages []int64
	err := h.store.read(t.Context(), "look", func(x *tx) (err error) {
		pages, err = x.ids(t.Context(), `SELECT pageno FROM dbstat WHERE name = 'entry' AND pagetype = 'overflow'`)
		return err
	})
	if err != nil || len(pages) < 10 {
		t.Fatal(pages, err)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	file := must(os.OpenFile(h.dbPath(), os.O_RDWR, 0))(t)
	for _, page := range pages {
		must(file.WriteAt(bytes.Repeat([]byte{0xff}, 100), (page-1)*4096))(t)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	h.open()
	anna = h.store.As(anna.who)
	_, err = anna.Entry(t.Context(), thread, bad.Number)
	wantErr(t, err, ErrDamaged)
	_, err = anna.Entries(t.Context(), thread, Span{})
	wantErr(t, err, ErrDamaged)
	must(anna.Threads(t.Context()))(t)
	if got := must(anna.Entry(t.Context(), thread, after.Number))(t); got.Text != "behind it" {
		t.Errorf("the entry behind it: %+v", got)
	}
	if got := must(anna.Entries(t.Context(), other, Span{}))(t); len(got.Entries) != 1 || got.Entries[0].Text != "whole" {
		t.Errorf("the other thread: %+v", got)
	}
	must(anna.Write(t.Context(), other, "and written", 0))(t)
}

// TestWhatAFailureMeans takes failures from files that are no practice: plain, without a database, not there.
func TestWhatAFailureMeans(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "garbage"), bytes.Repeat([]byte("garbage "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	fail := func(name string, statements ...string) (err error) {
		t.Helper()
		db := must(sql.Open("sqlite", filepath.Join(dir, name)))(t)
		defer func() { _ = db.Close() }()
		db.SetMaxOpenConns(1)
		for _, statement := range statements {
			_, err = db.ExecContext(t.Context(), statement)
		}
		if err == nil {
			t.Fatalf("%s does not fail", name)
		}
		return fmt.Errorf("wrapped: %w", err)
	}
	for name, test := range map[string]struct{ err, reading, writing error }{
		"not a database": {fail("garbage", `SELECT * FROM sqlite_schema`), ErrDamaged, ErrDamaged},
		"full":           {fail("full", `PRAGMA max_page_count = 1`, `CREATE TABLE t (x)`), nil, ErrReadOnly},
		"read-only":      {fail("read-only", `PRAGMA query_only = ON`, `CREATE TABLE t (x)`), nil, ErrReadOnly},
		"no folder":      {fail("none/db", `CREATE TABLE t (x)`), nil, ErrReadOnly},
		"wrong SQL":      {fail("db", `SELECT`), nil, nil},
		"none of these":  {ErrNotFound, nil, nil},
	} {
		for writing, want := range map[bool]error{false: test.reading, true: test.writing} {
			got := storageKind(test.err, writing)
			if !errors.Is(got, test.err) {
				t.Errorf("%s: %v does not hold what happened", name, got)
			}
			for _, kind := range []error{ErrDamaged, ErrReadOnly} {
				if errors.Is(got, kind) != errors.Is(want, kind) {
					t.Errorf("%s, writing %v: %v", name, writing, got)
				}
			}
		}
	}
}
