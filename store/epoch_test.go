package store

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// reopened closes the practice, lets change do something to its files, and opens it again.
func (h *house) reopened(change func()) {
	h.t.Helper()
	if err := h.store.Close(); err != nil {
		h.t.Fatal("close:", err)
	}
	change()
	h.open()
}

// month lets 31 days go by, and tends.
func (h *house) month() {
	h.t.Helper()
	h.clock.pass(31 * 24 * time.Hour)
	if err := h.store.Tend(h.ctx()); err != nil {
		h.t.Fatal("tend:", err)
	}
}

func (h *house) epochs() (numbers []uint32) {
	for _, epoch := range h.store.ring.Epochs() {
		numbers = append(numbers, epoch.Number)
	}
	return numbers
}

// keysByEpoch counts the data keys.
func (h *house) keysByEpoch() map[uint32]int {
	h.t.Helper()
	count := map[uint32]int{}
	for _, w := range must(h.keyRows())(h.t) {
		count[w.epoch]++
	}
	return count
}

func (h *house) keyRows() (all []keyRow, err error) {
	err = h.store.read(h.ctx(), "look", func(t *tx) error {
		all, err = t.keysBefore(h.ctx(), 1<<30, keyRow{})
		return err
	})
	return all, err
}

// told is all that two people can read of each other and of one thread.
func told(t testing.TB, a *Access, thread int64) (texts []string) {
	t.Helper()
	found := must(a.Thread(t.Context(), thread))(t)
	texts = append(texts, found.Title)
	for _, entry := range must(a.Entries(t.Context(), thread, Span{}))(t).Entries {
		texts = append(texts, entry.Author.Name+": "+entry.Text)
		for _, old := range must(a.Revisions(t.Context(), thread, entry.Number))(t) {
			texts = append(texts, "before: "+old.Text)
		}
	}
	for _, draft := range must(a.Drafts(t.Context()))(t) {
		texts = append(texts, "draft: "+draft.Text)
	}
	for _, key := range must(a.Keys(t.Context()))(t) {
		texts = append(texts, "key: "+key.Comment)
	}
	return texts
}

// letter is a practice with some of everything, and what jonas can read.
func letter(t *testing.T) (h *house, jonas, anna *Access, thread int64, texts []string) {
	h, jonas, anna, thread = pair(t)
	first := h.write(jonas, thread, "How did it feel?")
	h.write(anna, thread, "Better than I thought.")
	must(jonas.Edit(t.Context(), thread, first.Number, 1, "How did the start feel?", 0))(t)
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "That is a real step."}))(t)
	return h, jonas, anna, thread, told(t, jonas, thread)
}

func TestEpochsTurnEachMonth(t *testing.T) {
	h, jonas, _, thread, texts := letter(t)
	check := func(epochs ...uint32) {
		t.Helper()
		if diff := cmp.Diff(epochs, h.epochs()); diff != "" {
			t.Error("epochs:", diff)
		}
		if keys := slices.Collect(maps.Keys(h.keysByEpoch())); len(keys) != 1 || keys[0] != epochs[len(epochs)-1] {
			t.Errorf("data keys are wrapped by the epochs %v", keys)
		}
		if diff := cmp.Diff(texts, told(t, jonas, thread)); diff != "" {
			t.Error("texts:", diff)
		}
	}
	check(1)
	h.month()
	check(1, 2)
	h.month()
	check(2, 3)
	for _, w := range must(h.keyRows())(t) {
		if !h.store.ring.Carries(w.owner) {
			t.Errorf("the key of a %s is not carried", w.owner.Kind)
		}
	}
	generation := h.store.ring.Generation()
	if err := h.store.Tend(t.Context()); err != nil || h.store.ring.Generation() != generation {
		t.Errorf("nothing was due, and the ring is of generation %d, was %d: %v", h.store.ring.Generation(), generation, err)
	}
	h.reopened(func() { h.clock.pass(31 * 24 * time.Hour) })
	jonas = h.store.As(jonas.who)
	check(3, 4)
}

func TestManyDataKeysAreWrappedAnew(t *testing.T) {
	h, jonas, _, _ := pair(t)
	h.store.demo = true
	for range keyBatch + 10 {
		h.thread(jonas, "one more")
	}
	before := h.keysByEpoch()[1]
	h.month()
	if after := h.keysByEpoch(); after[2] == 0 || len(after) != 1 {
		t.Errorf("%d keys, now %v", before, after)
	}
	h.month()
	carried := 0
	for _, w := range must(h.keyRows())(t) {
		if h.store.ring.Carries(w.owner) {
			carried++
		}
	}
	if carried != keyBatch { // as many as keyRows reads
		t.Errorf("%d of %d are carried", carried, keyBatch)
	}
}

// TestATurnThatWasCutOff rolls the ring, as if a kill had come before the database followed.
func TestATurnThatWasCutOff(t *testing.T) {
	h, jonas, _, thread, texts := letter(t)
	must(h.store.ring.Roll(h.clock.Now(), horizon))(t)
	h.reopened(func() {})
	if keys := h.keysByEpoch(); keys[2] == 0 || len(keys) != 1 {
		t.Errorf("data keys: %v", keys)
	}
	if diff := cmp.Diff(texts, told(t, h.store.As(jonas.who), thread)); diff != "" {
		t.Error("texts:", diff)
	}
}

func TestAnOldBackupOpensPastTheHorizon(t *testing.T) {
	h, jonas, _, thread, texts := letter(t)
	var backup []byte
	h.reopened(func() { backup = must(os.ReadFile(h.dbPath()))(t) })
	for range 4 {
		h.month()
	}
	if slices.Contains(h.epochs(), 1) {
		t.Fatal("the epoch of the backup is still there")
	}
	h.reopened(func() { h.file(dbFile, backup) })
	if diff := cmp.Diff(texts, told(t, h.store.As(jonas.who), thread)); diff != "" {
		t.Error("texts:", diff)
	}
	if keys := h.keysByEpoch(); keys[1] != 0 {
		t.Errorf("data keys: %v", keys)
	}
}

func TestAnOldRingIsRefused(t *testing.T) {
	h, _, _, _ := pair(t)
	ring := filepath.Join(h.dir, ringFile)
	old := must(os.ReadFile(ring))(t)
	h.month()
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	current := must(os.ReadFile(ring))(t)
	h.file(ringFile, old)
	before := filesIn(t, h.dir)
	_, err := Open(t.Context(), h.dir, h.config())
	wantErr(t, err, ErrOldRing)
	if diff := cmp.Diff(before, filesIn(t, h.dir)); diff != "" {
		t.Error("the folder changed:", diff)
	}
	h.file(ringFile, current)
	h.open()
}

// filesIn is the content of all files in a folder.
func filesIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, entry := range must(os.ReadDir(dir))(t) {
		files[entry.Name()] = must(os.ReadFile(filepath.Join(dir, entry.Name())))(t)
	}
	return files
}

func TestADataKeyThatIsLostHoldsNoEpoch(t *testing.T) {
	h, jonas, anna, thread, _ := letter(t)
	h.sql(`UPDATE data_key SET wrapped = x'00' WHERE kind = 'member' AND b = (SELECT id FROM person WHERE handle = 'anna')`)
	page := must(jonas.Entries(t.Context(), thread, Span{}))(t)
	if page.Entries[0].Damaged || !page.Entries[1].Damaged {
		t.Errorf("entries: %+v", page.Entries)
	}
	_, err := anna.Write(t.Context(), thread, "sealed under nothing", 0)
	wantErr(t, err, ErrDamaged)
	var log bytes.Buffer
	h.store.log = slog.New(slog.NewTextHandler(&log, nil))
	h.month()
	h.month()
	if slices.Contains(h.epochs(), 1) {
		t.Error("it keeps its epoch")
	}
	if keys := h.keysByEpoch(); keys[1] != 1 || !bytes.Contains(log.Bytes(), []byte("nothing opens")) {
		t.Errorf("keys: %v, log: %s", keys, log.Bytes())
	}
	if text := must(jonas.Entry(t.Context(), thread, 1))(t).Text; text != "How did the start feel?" {
		t.Errorf("got %q", text)
	}
}

func TestATurnByHand(t *testing.T) {
	h, jonas, _, thread, texts := letter(t)
	if err := h.store.turnEpoch(context.Background()); err != nil {
		t.Fatal(err)
	}
	if keys := h.keysByEpoch(); keys[2] == 0 || len(keys) != 1 {
		t.Errorf("data keys: %v", keys)
	}
	if diff := cmp.Diff(texts, told(t, jonas, thread)); diff != "" {
		t.Error("texts:", diff)
	}
}
