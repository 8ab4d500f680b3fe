package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// gather lets writes begin only when so many wait, so that they share a transaction: release lets them go.
func (h *house) gather(t failer) (waiting func(int), release func()) {
	t.Helper()
	c := must(h.store.writer.take(context.Background()))(t)
	return func(people int) {
			t.Helper()
			there := func() int {
				h.store.commits.mu.Lock()
				defer h.store.commits.mu.Unlock()
				n := len(h.store.commits.waiting)
				if h.store.commits.busy {
					n++
				}
				return n
			}
			for deadline := time.Now().Add(soon); there() != people; time.Sleep(100 * time.Microsecond) {
				if time.Now().After(deadline) {
					t.Fatal("there wait", there())
				}
			}
		}, func() {
			h.store.writer.give(c)
		}
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

// TestEachVerbHasItsOwnFate lets verbs share transactions, each with a fate of its own, and looks at what is there after
// the practice was opened anew: the entries of those that were answered well and no others, told of in their order.
func TestEachVerbHasItsOwnFate(t *testing.T) {
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		if round > 25 && !t.Failed() { // every round opens a practice and waits for the disk
			return
		}
		h, jonas, anna, thread := pair(t)
		changes, _ := watch(t, anna)
		heard(changes)
		names := []string{"ended in the queue", "alone"}
		for name := range fates {
			names = append(names, name)
		}
		slices.Sort(names)
		drawn := rapid.SliceOfN(rapid.SampledFrom(names), 1, 30).Draw(rt, "fates")
		waiting, release := h.gather(rt)
		good := make([]bool, len(drawn))
		var all sync.WaitGroup
		for i, name := range drawn {
			ctx, end := context.WithCancel(context.Background())
			all.Go(func() {
				defer end()
				defer func() {
					if r := recover(); r != nil && (name != "panics" || r != errMine) {
						t.Error(name, "panics:", r)
					}
				}()
				fate, run := fates[name], h.store.write
				switch name {
				case "ended in the queue":
					fate = fates["well"]
				case "alone":
					fate, run = fates["well"], h.store.writeAlone
				}
				err := run(ctx, "try", func(x *tx) error {
					me, err := x.check(ctx, jonas.who)
					if err != nil {
						return err
					}
					r, err := x.room(ctx, me, thread)
					if err == nil {
						_, err = x.addEntry(ctx, me, r, fmt.Sprint("entry of ", i))
					}
					if err != nil {
						return err
					}
					return fate(ctx, end, x)
				})
				good[i] = err == nil
				if err != nil && !errors.Is(err, errMine) && !(errors.Is(err, context.Canceled) && strings.HasPrefix(name, "ended")) {
					t.Error(name, "answers", err)
				}
			})
			waiting(i + 1)
			if name == "ended in the queue" && i > 0 {
				end()
				waiting(i)
				drawn = slices.Clone(drawn)
				all.Go(func() { // in its place, so that the next finds as many waiting
					_ = h.store.write(context.Background(), "nothing", func(*tx) error { return nil })
				})
				waiting(i + 1)
			}
		}
		release()
		all.Wait()
		h.check(t, jonas, thread, drawn, good, heard(changes))
	})
}

// check compares what is there after a new start with what was answered and told.
func (h *house) check(t *testing.T, jonas *Access, thread int64, drawn []string, good []bool, told []Change) {
	t.Helper()
	if err := h.store.Close(); err != nil {
		t.Error(err)
	}
	h.open()
	var want, got []string
	for i, name := range drawn {
		if should := name == "well" || name == "alone" || name == "ended in the queue" && i == 0; should != good[i] {
			t.Errorf("%d of %v: %s was answered %v", i, drawn, name, good[i])
		}
		if good[i] {
			want = append(want, fmt.Sprint("entry of ", i))
		}
	}
	var numbers, heard []int64
	for _, e := range must(h.store.As(jonas.who).Entries(t.Context(), thread, Span{}))(t).Entries {
		got = append(got, e.Text)
		numbers = append(numbers, e.Number)
	}
	for _, c := range told {
		if c.Kind == EntryWritten {
			heard = append(heard, c.Entry)
		}
	}
	if diff := cmp.Diff(numbers, heard); diff != "" {
		t.Errorf("what is there, and what was told: %s", diff)
	}
	slices.Sort(want) // who was taken back with others ran again, later
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("of %v, what was answered well, and what is there: %s", drawn, diff)
	}
	if err := h.store.Close(); err != nil {
		t.Error(err)
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
	for range 20 {
		all.Go(func() { write(nothing) })
	}
	for deadline := time.Now().Add(soon); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		n := len(w.waiting)
		w.mu.Unlock()
		if n == 19 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("they do not wait")
		}
	}
	h.store.writer.give(c)
	all.Wait()
	if told > 10 { // one, unless this machine takes more than maxHold for nothing
		t.Errorf("%d commits", told)
	}
	if w.busy || len(w.waiting) > 0 {
		t.Error("the turn is still somebody's")
	}
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
