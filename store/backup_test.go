package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// backupFolder is a folder for backups, and the path of one in it.
func backupFolder(t testing.TB) (folder, file string) {
	t.Helper()
	folder = closedFolder(t)
	return folder, filepath.Join(folder, "a.backup")
}

func (h *house) backUp(file string) BackupInfo {
	h.t.Helper()
	return must(h.store.Operator().Backup(h.ctx(), file, nil))(h.t)
}

// keyed is the house's config for what is not in its folder.
func (h *house) keyed() Config {
	cfg := h.config()
	cfg.KeyFile, cfg.Demo = filepath.Join(h.dir, keyFile), true
	return cfg
}

// restore opens what Restore makes of a backup of the house.
func (h *house) restore(file string) *house {
	h.t.Helper()
	dir := filepath.Join(h.t.TempDir(), "restored")
	must(Restore(h.ctx(), file, "", dir, h.keyed(), nil, nil))(h.t)
	r := &house{t: h.t, dir: dir, clock: h.clock}
	r.store = must(Open(h.ctx(), dir, h.keyed()))(h.t)
	h.t.Cleanup(func() { _ = r.store.Close() })
	return r
}

// lasting are the rows that a restore brings back as they were: all but the log, which goes on, the keys, which an epoch may
// have wrapped anew, and what the practice knows of itself.
func (h *house) lasting() []string {
	return slices.DeleteFunc(h.rows(), func(line string) bool {
		return strings.HasPrefix(line, "INSERT INTO practice ") || strings.HasPrefix(line, "INSERT INTO audit") ||
			strings.HasPrefix(line, "INSERT INTO data_key ") || strings.HasPrefix(line, "INSERT INTO ring_copy ")
	})
}

func names(t testing.TB, folder string) (found []string) {
	t.Helper()
	for _, entry := range must(os.ReadDir(folder))(t) {
		found = append(found, entry.Name())
	}
	return found
}

// fullHouse has one of everything: drafts, revisions, settings, somebody who left, an open invitation.
func fullHouse(t *testing.T) (h *house, jonas *Access, thread int64) {
	h = newHouse(t)
	sample(h)
	jonas = h.coach("carla")
	h.client("piet", "carla")
	thread = h.thread(jonas, "A canary title", "piet")
	entry := h.write(jonas, thread, "a canary")
	must(jonas.Edit(h.ctx(), thread, entry.Number, 1, "an edited canary", 0))(t)
	must(jonas.SaveDraft(h.ctx(), Draft{Thread: thread, Text: "a canary draft"}))(t)
	if err := jonas.SaveSettings(h.ctx(), Settings{Language: "de"}); err != nil {
		t.Fatal(err)
	}
	left := h.client("fred", "carla")
	other := h.thread(jonas, "Left", "fred")
	h.write(left, other, "before he left")
	if err := left.Leave(h.ctx(), other); err != nil {
		t.Fatal(err)
	}
	h.invite(t, NewInvitation{Role: RoleClient, Handle: "nina", Name: "Nina", With: []string{"carla"}})
	return h, jonas, thread
}

func TestABackupHoldsEverything(t *testing.T) {
	h, _, _ := fullHouse(t)
	folder, file := backupFolder(t)
	info := h.backUp(file)
	if want := int64(len(slices.DeleteFunc(h.rows(), func(line string) bool { return !strings.HasPrefix(line, "INSERT INTO entry ") }))); info.Counter != 1 || info.Rows["entry"] != want {
		t.Errorf("the manifest says %+v, want %d entries", info, want)
	}
	if got := names(t, folder); !slices.Equal(got, []string{"a.backup", ringFile}) {
		t.Errorf("in the folder of the backup: %v", got)
	}
	v := must(VerifyBackup(t.Context(), file, "", h.keyed(), nil))(t)
	if v.Texts < 20 || v.Erased != 0 || v.Pages == 0 || v.Backup.Counter != 1 || v.Audit.Seq != info.Audit.Seq {
		t.Errorf("verified: %+v", v)
	}
	if got := names(t, folder); len(got) != 2 {
		t.Errorf("verify left %v", got)
	}
	r := h.restore(file)
	if diff := cmp.Diff(h.lasting(), r.lasting()); diff != "" {
		t.Error("rows (-before +restored):", diff)
	}
	if got := r.log(info.Audit.Seq); !slices.Contains(got, string(AuditRestored)+" by the operator") {
		t.Errorf("recorded: %v", got)
	}
	jonas := r.store.As(must(r.store.SignInDemo(t.Context(), "jonas"))(t))
	thread := must(jonas.Threads(t.Context()))(t)[0]
	r.write(jonas, thread.Number, "It goes on.")
	must(r.store.Operator().Verify(t.Context(), nil))(t)
}

func TestABackupIsUnreadable(t *testing.T) {
	h, _, _ := fullHouse(t)
	_, file := backupFolder(t)
	h.store.extras = func() (map[string][]byte, error) { return map[string][]byte{"x": []byte("a canary key")}, nil }
	h.backUp(file)
	content := must(os.ReadFile(file))(t)
	for _, word := range []string{"canary", "SQLite format", "CREATE TABLE", "carla", "entry"} {
		if bytes.Contains(content, []byte(word)) {
			t.Errorf("%q stands in it", word)
		}
	}
	if mode := must(os.Stat(file))(t).Mode().Perm(); mode != 0o600 {
		t.Errorf("others can read it: %v", mode)
	}
}

func TestWhereNoBackupGoes(t *testing.T) {
	h := newHouse(t)
	folder, file := backupFolder(t)
	h.file("there", []byte("mine"))
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := h.rows()
	for path, want := range map[string]error{
		file:                                  fs.ErrExist,
		"relative.backup":                     errRelative,
		filepath.Join(h.dir, "a.backup"):      errBesideData,
		filepath.Join(folder, "no", "backup"): fs.ErrNotExist,
	} {
		_, err := h.store.Operator().Backup(t.Context(), path, nil)
		wantErr(t, err, want)
	}
	if content := must(os.ReadFile(file))(t); string(content) != "mine" {
		t.Errorf("the file that was there now holds %q", content)
	}
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
	if diff := cmp.Diff(before, h.rows()); diff != "" {
		t.Error("a backup that was refused wrote (-before +after):", diff)
	}
	// An appearing file is not replaced either.
	taken := filepath.Join(folder, "taken.backup")
	h.store.extras = func() (map[string][]byte, error) { return nil, os.WriteFile(taken, []byte("mine"), 0o600) }
	_, err := h.store.Operator().Backup(t.Context(), taken, nil)
	wantErr(t, err, fs.ErrExist)
	if content := must(os.ReadFile(taken))(t); string(content) != "mine" {
		t.Errorf("the file that came in between now holds %q", content)
	}
}

// TestABackupThatFailsLeavesNothing, and one at a time.
func TestABackupThatFailsLeavesNothing(t *testing.T) {
	h := newHouse(t)
	folder, file := backupFolder(t)
	failure := errors.New("no")
	h.store.extras = func() (map[string][]byte, error) {
		if _, err := h.store.Operator().Backup(t.Context(), filepath.Join(folder, "second.backup"), nil); !errors.Is(err, errBackingUp) {
			t.Error("a second one at the same time:", err)
		}
		return nil, failure
	}
	_, err := h.store.Operator().Backup(t.Context(), file, nil)
	wantErr(t, err, failure)
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	h.store.extras = func() (map[string][]byte, error) { cancel(); return nil, nil }
	if _, err := h.store.Operator().Backup(ctx, file, nil); !errors.Is(err, context.Canceled) {
		t.Error("when it was stopped:", err)
	}
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left behind when it was stopped: %v", got)
	}
}

// TestTheRingLiesBesideTheBackups as it is now, whatever lay there.
func TestTheRingLiesBesideTheBackups(t *testing.T) {
	h := newHouse(t)
	folder, file := backupFolder(t)
	h.backUp(file)
	must(h.store.ring.Roll(h.clock.Now(), time.Hour))(t)
	h.backUp(filepath.Join(folder, "b.backup"))
	want := must(os.ReadFile(filepath.Join(h.dir, ringFile)))(t)
	if got := must(os.ReadFile(filepath.Join(folder, ringFile)))(t); !bytes.Equal(got, want) {
		t.Error("the copy is not the present ring")
	}
	own := closedFolder(t)
	if err := h.store.Operator().KeepRingCopy(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	if err := h.store.turnEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	want = must(os.ReadFile(filepath.Join(h.dir, ringFile)))(t)
	if got := must(os.ReadFile(filepath.Join(own, ringFile)))(t); !bytes.Equal(got, want) {
		t.Error("the copy in the server's folder is not the present ring")
	}
	wantErr(t, h.store.Operator().KeepRingCopy(t.Context(), h.dir), errBesideData) // whose ring it would write over
	other := newHouse(t)
	if _, err := other.store.Operator().Backup(t.Context(), filepath.Join(folder, "other.backup"), nil); err == nil {
		t.Error("a second practice wrote its ring over that of the first")
	}
}

// TestTheLogIsEmptiedAfterALongRead: what is withdrawn meanwhile does not wait, and is gone from the WAL afterwards.
func TestTheLogIsEmptiedAfterALongRead(t *testing.T) {
	h := newHouse(t)
	jonas := h.coach("jonas")
	thread := h.thread(jonas, "A thread")
	entry := h.write(jonas, thread, "to be withdrawn")
	var said strings.Builder
	h.store.log = slog.New(slog.NewTextHandler(&said, nil))
	wal := func() int64 { return must(os.Stat(h.dbPath() + "-wal"))(t).Size() }
	end := h.store.readLong(t.Context())
	err := h.store.read(t.Context(), "read for long", func(x *tx) error {
		var n int
		if err := x.one(t.Context(), []any{&n}, `SELECT count(*) FROM entry`); err != nil {
			return err
		}
		_, err := jonas.Withdraw(t.Context(), thread, entry.Number)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if wal() == 0 {
		t.Error("the WAL was emptied while it was read")
	}
	end()
	if wal() != 0 || said.Len() > 0 {
		t.Errorf("the WAL has %d bytes; %s", wal(), said.String())
	}
}

func TestHowFarABackupIs(t *testing.T) {
	h, _, _ := fullHouse(t)
	_, file := backupFolder(t)
	var told []Progress
	tell := func(p Progress) { told = append(told, p) }
	must(h.store.Operator().Backup(h.ctx(), file, tell))(t)
	must(Restore(h.ctx(), file, "", filepath.Join(t.TempDir(), "r"), h.keyed(), nil, tell))(t)
	var doing []string
	for _, p := range told {
		doing = append(doing, p.Doing)
		if p.Done > p.Total {
			t.Errorf("%+v", p)
		}
	}
	want := []string{DoingCopy, DoingCopy, DoingCheck, DoingRows, DoingEncrypt, DoingCheck, DoingRows}
	if diff := cmp.Diff(want, doing); diff != "" {
		t.Error("told (-want +got):", diff)
	}
}

// TestAnUnfinishedBackupIsNoWayIn: in a folder that others can write to, a link where the unfinished backup goes must not lead
// the clearing away to the files of the practice.
func TestAnUnfinishedBackupIsNoWayIn(t *testing.T) {
	h := newHouse(t)
	folder, file := backupFolder(t)
	before := must(os.ReadFile(h.dbPath()))(t)
	if err := os.Symlink(h.dir, file+partialSuffix); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Operator().Backup(t.Context(), file, nil); err == nil {
		t.Error("a backup was made")
	}
	if after := must(os.ReadFile(h.dbPath()))(t); len(after) < len(before) {
		t.Error("the database is gone")
	}
	if copies := must(h.store.Operator().RingCopies(t.Context()))(t); len(copies) != 0 {
		t.Errorf("%s counts as a folder with backups: %+v", folder, copies)
	}
}
