package store

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"
	"pgregory.net/rapid"
)

// queue waits until so many write or wait for their turn.
func (w *commits) queue(t failer, people int) {
	t.Helper()
	there := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		n := len(w.waiting)
		if w.busy {
			n++
		}
		return n
	}
	for deadline := time.Now().Add(soon); there() != people; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("in the queue:", there())
		}
	}
}

// gather keeps the writer until release, so that writes wait and then share a transaction, however long that takes.
func (h *house) gather(t failer) (waiting func(people int), release func()) {
	t.Helper()
	c := must(h.store.writer.take(context.Background()))(t)
	h.store.commits.hold = time.Hour
	return func(people int) { h.store.commits.queue(t, people) }, func() { h.store.writer.give(c) }
}

var errMine = errors.New("mine")

// fates are what can become of a verb that has written something.
var fates = map[string]func(ctx context.Context, end context.CancelFunc, x *tx) error{
	"well":   func(context.Context, context.CancelFunc, *tx) error { return nil },
	"fails":  func(context.Context, context.CancelFunc, *tx) error { return errMine },
	"panics": func(context.Context, context.CancelFunc, *tx) error { panic(errMine) },
	"ended":  func(_ context.Context, end context.CancelFunc, _ *tx) error { end(); return nil },
	"wrong": func(ctx context.Context, _ context.CancelFunc, x *tx) error {
		if err := x.exec(ctx, `INSERT INTO gap (thread, number) VALUES (-1, 1)`); err != nil {
			return fmt.Errorf("%w: %w", errMine, err)
		}
		return nil
	},
	"takes all back": func(ctx context.Context, _ context.CancelFunc, x *tx) error { // as SQLite does after some failures
		_, err := x.conn.raw.ExecContext(ctx, `ROLLBACK`)
		return errors.Join(errMine, err)
	},
}

// alone and queued are fates of verbs that go well, or would.
const (
	alone  = "alone"
	queued = "ended in the queue"
)

// answers are what is answered to each fate; nil for those that are not here.
var answers = map[string]error{"fails": errMine, "wrong": errMine, "takes all back": errMine, "ended": context.Canceled, queued: context.Canceled}

// meet writes an entry and meets its fate.
func (h *house) meet(ctx context.Context, end context.CancelFunc, who *Access, thread int64, text, name string) error {
	run := h.store.write
	if name == alone {
		run = h.store.writeAlone
	}
	return run(ctx, "try", func(x *tx) error {
		me, err := x.check(ctx, who.who)
		if err != nil {
			return err
		}
		r, err := x.room(ctx, me, thread)
		if err == nil {
			_, err = x.addEntry(ctx, me, r, text)
		}
		if fate := fates[name]; err == nil && fate != nil {
			err = fate(ctx, end, x)
		}
		return err
	})
}

// TestEachVerbHasItsOwnFate lets verbs share transactions, each with a fate of its own, and looks at what is there after
// the practice was opened anew: the entries of those that were answered well and no others, told of in their order.
func TestEachVerbHasItsOwnFate(t *testing.T) {
	checks := flag.Lookup("rapid.checks").Value
	if before := checks.String(); before == "100" { // the default; every round opens a practice and waits for the disk
		if err := checks.Set("25"); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = checks.Set(before) }()
	}
	names := append(slices.Sorted(maps.Keys(fates)), alone, queued)
	rapid.Check(t, func(rt *rapid.T) {
		drawn := rapid.SliceOfN(rapid.SampledFrom(names), 1, 30).Draw(rt, "fates")
		h, jonas, anna, thread := pair(t)
		changes, _ := watch(t, anna)
		heard(changes)
		waiting, release := h.gather(rt)
		errs := make([]error, len(drawn))
		var all sync.WaitGroup
		for i, name := range drawn {
			ctx, end := context.WithCancel(context.Background())
			defer end()
			all.Go(func() {
				defer func() {
					if r := recover(); r != nil {
						errs[i] = fmt.Errorf("panic: %v", r)
					}
				}()
				errs[i] = h.meet(ctx, end, jonas, thread, fmt.Sprint("entry of ", i), name)
			})
			waiting(i + 1)
			if name == queued && i > 0 { // the first is not in the queue
				end()
				waiting(i)
				all.Go(func() { _ = h.store.write(context.Background(), "nothing", func(*tx) error { return nil }) })
				waiting(i + 1) // so that the next finds as many waiting
			}
		}
		release()
		all.Wait()
		var want []string
		for i, name := range drawn {
			switch answer := answers[name]; {
			case name == "panics":
				if errs[i] == nil || errs[i].Error() != "panic: mine" {
					rt.Errorf("verb %d: the panic became %v", i, errs[i])
				}
			case name == queued && i == 0, answer == nil:
				want = append(want, fmt.Sprint("entry of ", i))
				answer = nil
				fallthrough
			default:
				if !errors.Is(errs[i], answer) {
					rt.Errorf("verb %d, %s, answers %v", i, name, errs[i])
				}
			}
		}
		h.wantEntries(rt, jonas, thread, want, heard(changes))
	})
}

// wantEntries compares what is there after a new start with what was answered and told.
func (h *house) wantEntries(rt *rapid.T, who *Access, thread int64, want []string, told []Change) {
	rt.Helper()
	if err := h.store.Close(); err != nil {
		rt.Error(err)
	}
	h.open()
	defer func() { _ = h.store.Close() }()
	var got []string
	var numbers, heard []int64
	for _, e := range must(h.store.As(who.who).Entries(h.ctx(), thread, Span{}))(rt).Entries {
		got = append(got, e.Text)
		numbers = append(numbers, e.Number)
	}
	for _, c := range told {
		if c.Kind == EntryWritten {
			heard = append(heard, c.Entry)
		}
	}
	if diff := cmp.Diff(numbers, heard); diff != "" {
		rt.Errorf("what is there, and what was told: %s", diff)
	}
	slices.Sort(want) // who was taken back with others ran again, later
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Errorf("what was answered well, and what is there: %s", diff)
	}
}

// TestWhoWaitTogetherShareACommit counts the commits of twenty verbs that wait at the same time, and of one alone.
func TestWhoWaitTogetherShareACommit(t *testing.T) {
	h := newHouse(t)
	var w commits
	told := 0
	nothing := func(*conn) ([]notice, error) { return nil, nil }
	write := func(do func(*conn) ([]notice, error)) {
		if err := w.write(context.Background(), h.store.writer, false, do, func([]notice) { told++ }); err != nil {
			t.Error(err)
		}
	}
	write(nothing)
	if told != 1 {
		t.Fatalf("one verb alone: %d commits", told)
	}
	told = 0
	var all sync.WaitGroup
	c := must(h.store.writer.take(t.Context()))(t)
	w.hold = time.Hour
	for range 20 {
		all.Go(func() { write(nothing) })
	}
	w.queue(t, 20)
	h.store.writer.give(c)
	all.Wait()
	if told != 1 {
		t.Errorf("%d commits", told)
	}
	if w.busy || len(w.waiting) > 0 {
		t.Error("the turn is still somebody's")
	}
}

// TestNobodyIsAnsweredBeforeTheCommit lets everybody else run while SQLite is about to commit.
func TestNobodyIsAnsweredBeforeTheCommit(t *testing.T) {
	h, jonas, _, thread := pair(t)
	var answered, atCommit atomic.Int32
	var first sync.Once // those that follow are the packer's
	c := must(h.store.writer.take(t.Context()))(t)
	commits := func(hook func() int32) {
		if err := c.raw.Raw(func(driver any) error { driver.(sqlite.HookRegisterer).RegisterCommitHook(hook); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	commits(func() int32 {
		for range 10_000 {
			runtime.Gosched()
		}
		first.Do(func() { atCommit.Store(answered.Load()) })
		return 0
	})
	h.store.commits.hold = time.Hour
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, err := jonas.Write(context.Background(), thread, "one of many", 0); err != nil {
				t.Error(err)
			}
			answered.Add(1)
		})
		h.store.commits.queue(t, i+1)
	}
	h.store.writer.give(c)
	all.Wait()
	if n := atCommit.Load(); n != 0 {
		t.Errorf("%d were answered before they were on disk", n)
	}
	c = must(h.store.writer.take(t.Context()))(t)
	commits(nil)
	h.store.writer.give(c)
}

// TestAFailedCommitFailsAllOfThem has one verb leave behind what SQLite refuses only at the commit.
func TestAFailedCommitFailsAllOfThem(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	changes, _ := watch(t, anna)
	heard(changes)
	before := h.rows()
	waiting, release := h.gather(t)
	errs := make([]error, 3)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			if i != 1 {
				_, errs[i] = jonas.Write(context.Background(), thread, "with the bad one", 0)
				return
			}
			errs[i] = h.store.write(context.Background(), "break", func(x *tx) error {
				for _, statement := range []string{`PRAGMA defer_foreign_keys = ON`, `INSERT INTO gap (thread, number) VALUES (-1, 1)`} {
					if err := x.exec(context.Background(), statement); err != nil {
						return err
					}
				}
				return nil
			})
		})
		waiting(i + 1)
	}
	release()
	all.Wait()
	for i, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "FOREIGN KEY") {
			t.Errorf("verb %d answers %v", i, err)
		}
	}
	if diff := cmp.Diff(before, h.rows()); diff != "" {
		t.Error(diff)
	}
	if told := heard(changes); len(told) > 0 {
		t.Errorf("anna heard %+v", told)
	}
	h.write(jonas, thread, "and all is well again")
}

// TestOneThatDoesNotFitLeavesRoomForTheOthers lets a long text meet a full disk between two short ones, which run again.
func TestOneThatDoesNotFitLeavesRoomForTheOthers(t *testing.T) {
	h, jonas, _, thread, _ := small(t)
	written := fill(t, jonas, thread)
	waiting, release := h.gather(t)
	errs := make([]error, 3)
	var all sync.WaitGroup
	for i, text := range []string{"short", longText, "short as well"} {
		all.Go(func() { _, errs[i] = jonas.Write(context.Background(), thread, text, 0) })
		waiting(i + 1)
	}
	release()
	all.Wait()
	wantErr(t, errs[1], ErrReadOnly)
	if errs[0] != nil || errs[2] != nil {
		t.Errorf("the short ones answer %v and %v", errs[0], errs[2])
	}
	if page := must(jonas.Entries(t.Context(), thread, Span{}))(t); len(page.Entries) != written+2 {
		t.Errorf("%d entries, want %d", len(page.Entries), written+2)
	}
}

// writeTogether is the environment variable that makes a child of this test write until it is killed.
const writeTogether = "ALCOVE_TEST_WRITE_TOGETHER"

func TestWhatManyWroteSurvivesAKill(t *testing.T) {
	if dir := os.Getenv(writeTogether); dir != "" {
		writeTogetherForever(t, dir)
		return
	}
	h := newHouse(t)
	jonas := h.coach("jonas")
	thread := h.thread(jonas, "A thread")
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		answered := killAWriter(t, h.dir, "TestWhatManyWroteSurvivesAKill", writeTogether, 300)
		h.open()
		jonas = h.store.As(jonas.who)
		for _, line := range answered {
			var number int64
			var text string
			must(fmt.Sscan(line, &number, &text))(t)
			if entry := must(jonas.Entry(t.Context(), thread, number))(t); entry.Text != text {
				t.Errorf("entry %d is %q, and was answered as %q", number, entry.Text, text)
			}
		}
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func writeTogetherForever(t *testing.T, dir string) {
	t.Helper()
	ctx := context.Background()
	s := must(Open(ctx, dir, Config{Demo: true}))(t)
	jonas := s.As(must(s.SignInDemo(ctx, "jonas"))(t))
	thread := must(jonas.Threads(ctx))(t)[0].Number
	for i := range members {
		go func() {
			for n := 0; ; n++ {
				text := fmt.Sprint("of-", i, "-", n)
				entry := must(jonas.Write(ctx, thread, text, 0))(t)
				_, _ = io.WriteString(os.Stdout, fmt.Sprintln("wrote", entry.Number, text))
			}
		}()
	}
	select {}
}
