package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestNothingIsReadableOnDisk writes a canary wherever a text can go, and looks for it in every file, while the practice
// is open and after it was closed.
func TestNothingIsReadableOnDisk(t *testing.T) {
	h := newHouse(t)
	inv := h.invite(t, NewInvitation{Role: RoleCoach, Handle: "jonas", Name: "Name Canary"})
	key := anyKey()
	key.Comment = "comment canary"
	jonas := h.store.As(must(h.store.Redeem(t.Context(), inv.Code, key))(t))
	client := must(jonas.Invite(t.Context(), "anna", "Client Canary"))(t)
	thread := must(jonas.NewThread(t.Context(), "Title canary", []string{"anna"}, "first canary"))(t).Number
	entry := h.write(jonas, thread, strings.Repeat("entry canary ", 1000))
	must(jonas.Edit(t.Context(), thread, entry.Number, 1, "edited canary", 0))(t)
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "draft canary"}))(t)
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Entry: entry.Number, Text: "edit canary"}))(t)
	words := must(h.store.NewWords(t.Context()))(t)
	must(h.store.RedeemWithWords(t.Context(), client.Code, words))(t)

	secrets := [][]byte{[]byte("canary"), []byte(inv.Code), []byte(strings.ReplaceAll(inv.Code, "-", "")), []byte(words.Reveal())}
	lookFor(t, h.dir, secrets, 4) // the database, its WAL, the slots and the ring at least
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	lookFor(t, h.dir, secrets, 3)
}

func lookFor(t *testing.T, dir string, secrets [][]byte, least int) {
	t.Helper()
	looked := 0
	for _, file := range must(os.ReadDir(dir))(t) {
		if file.Name() == keyFile {
			continue
		}
		content := bytes.ToLower(must(os.ReadFile(filepath.Join(dir, file.Name())))(t))
		if len(content) > 0 {
			looked++
		}
		for i, secret := range secrets {
			if bytes.Contains(content, bytes.ToLower(secret)) {
				t.Errorf("%s holds secret %d in the open", file.Name(), i)
			}
		}
	}
	if looked < least {
		t.Errorf("looked into %d files, want at least %d", looked, least)
	}
}

// writeUntilKilled is set in the child of TestWhatWasAcknowledgedSurvivesAKill.
const writeUntilKilled = "ALCOVE_TEST_WRITE_UNTIL_KILLED"

// TestWhatWasAcknowledgedSurvivesAKill runs this test in another process that writes entries and drafts and prints each
// answer, kills it in the middle, and looks for all that was answered.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	if dir := os.Getenv(writeUntilKilled); dir != "" {
		writeForever(t, dir)
		return
	}
	h := newHouse(t)
	jonas := h.coach("jonas")
	thread := h.thread(jonas, "A thread")
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		acknowledged := killAWriter(t, h.dir, "TestWhatWasAcknowledgedSurvivesAKill", writeUntilKilled, 20+10*round)
		cfg := h.config()
		cfg.Demo = true
		h.store = must(Open(t.Context(), h.dir, cfg))(t)
		jonas = h.store.As(must(h.store.SignInDemo(t.Context(), "jonas"))(t))
		for _, ack := range acknowledged {
			number := must(strconv.ParseInt(ack, 10, 64))(t)
			if entry := must(jonas.Entry(t.Context(), thread, number))(t); entry.Text != fmt.Sprint("entry after ", number-1) {
				t.Errorf("entry %d: %q", number, entry.Text)
			}
		}
		last := must(strconv.Atoi(acknowledged[len(acknowledged)-1]))(t)
		draft := must(jonas.Draft(t.Context(), thread, 0))(t)
		var saved int
		if _, err := fmt.Sscanf(draft.Text, "draft %d", &saved); err != nil || saved < last {
			t.Errorf("entry %d was answered after its draft, yet the draft is %q", last, draft.Text)
		}
		var state string
		err := h.store.read(t.Context(), "check", func(x *tx) error { return x.one(t.Context(), []any{&state}, `PRAGMA integrity_check`) })
		if err != nil || state != "ok" {
			t.Errorf("integrity: %s, %v", state, err)
		}
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAWriter starts the child that does this job, reads so many answers and kills it; then reads what it had still answered.
func killAWriter(t *testing.T, dir, test, job string, answers int) (acknowledged []string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+test+"$")
	child.Env = append(os.Environ(), job+"="+dir)
	out := must(child.StdoutPipe())(t)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(time.Minute, func() { _ = child.Process.Kill() })
	defer hung.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if number, ok := strings.CutPrefix(lines.Text(), "wrote "); ok {
			acknowledged = append(acknowledged, number)
		}
		if len(acknowledged) == answers {
			if err := child.Process.Kill(); err != nil { // kill -9
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	if len(acknowledged) < answers {
		t.Fatalf("the writer answered %d times only", len(acknowledged))
	}
	return acknowledged
}

func writeForever(t *testing.T, dir string) {
	t.Helper()
	ctx := context.Background()
	s := must(Open(ctx, dir, Config{Demo: true}))(t)
	jonas := s.As(must(s.SignInDemo(ctx, "jonas"))(t))
	thread := must(jonas.Threads(ctx))(t)[0]
	draft := must(jonas.Draft(ctx, thread.Number, 0))(t)
	for last := int64(thread.Entries); ; last++ {
		draft.Text = fmt.Sprint("draft ", last+1)
		draft = must(jonas.SaveDraft(ctx, draft))(t)
		entry := must(jonas.Write(ctx, thread.Number, fmt.Sprint("entry after ", last), 0))(t)
		if _, err := io.WriteString(os.Stdout, fmt.Sprintln("wrote", entry.Number)); err != nil {
			return
		}
	}
}

func TestEveryConnectionIsSetUp(t *testing.T) {
	h := newHouse(t)
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1", "temp_store": "2"}
	for name, run := range map[string]func(context.Context, string, func(*tx) error) error{"0": h.store.write, "1": h.store.read} {
		want["query_only"] = name
		for range maxReaders { // each of them in turn
			err := run(t.Context(), "look", func(x *tx) error {
				for pragma, value := range want {
					var got string
					if err := x.one(t.Context(), []any{&got}, `PRAGMA `+pragma); err != nil || got != value {
						t.Errorf("%s is %s, want %s: %v", pragma, got, value, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
}
