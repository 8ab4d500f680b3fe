package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAClosedPracticeIsOneFile closes a practice after every pooled connection has worked, and opens a copy of the
// database alone.
func TestAClosedPracticeIsOneFile(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	for i := range 30 {
		h.write(jonas, thread, fmt.Sprint("entry ", i))
	}
	for range maxReaders { // each of them in turn
		must(anna.Threads(t.Context()))(t)
	}
	if err := jonas.Search(t.Context(), "entry", func(Hit) error { return nil }); err != nil {
		t.Error(err)
	}
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, file := range must(os.ReadDir(h.dir))(t) {
		left = append(left, file.Name())
	}
	if want := []string{dbFile, keyFile, "alcove.lock", ringFile, slotsFile}; !slices.Equal(left, want) {
		t.Errorf("files: %v, want %v", left, want)
	}
	backup := t.TempDir()
	for _, name := range []string{dbFile, keyFile, slotsFile, ringFile} {
		if err := os.WriteFile(filepath.Join(backup, name), must(os.ReadFile(filepath.Join(h.dir, name)))(t), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(backup, 0o700); err != nil {
		t.Fatal(err)
	}
	h.dir = backup
	h.open()
	defer func() { _ = h.store.Close() }()
	page := must(h.another(anna).Entries(t.Context(), thread, Span{}))(t)
	if len(page.Entries) != 30 || page.Entries[29].Text != "entry 29" {
		t.Errorf("the copy has %d entries", len(page.Entries))
	}
}

// TestWithdrawnTextLeavesTheDisk looks for the sealed record of entries in all pages, before and after they go, while the
// practice is open. The long one stands on pages of its own.
func TestWithdrawnTextLeavesTheDisk(t *testing.T) {
	h, jonas, _, thread := pair(t)
	var entries []Entry
	for i := range 300 {
		h.clock.pass(time.Second) // nobody writes faster
		entries = append(entries, h.write(jonas, thread, strings.Repeat(fmt.Sprint("text ", i, " "), 1+i%40)))
	}
	long := h.write(jonas, thread, strings.Repeat("x", 100_000))
	last := h.write(jonas, thread, "too fast")
	edited := must(jonas.Edit(t.Context(), thread, entries[7].Number, 1, "another text", 0))(t)
	tests := map[string]struct {
		entry Entry
		drop  func(Entry) error
	}{
		"withdrawn":      {entries[150], func(e Entry) error { return second(jonas.Withdraw(t.Context(), thread, e.Number)) }},
		"edited":         {edited, func(e Entry) error { return second(jonas.Withdraw(t.Context(), thread, e.Number)) }},
		"long withdrawn": {long, func(e Entry) error { return second(jonas.Withdraw(t.Context(), thread, e.Number)) }},
		"taken back":     {last, func(e Entry) error { return second(jonas.TakeBack(t.Context(), thread, e.Number)) }},
	}
	for name, test := range tests {
		records := h.sealedTexts(thread, test.entry.Number)
		for _, record := range records {
			if !h.remembers(record) {
				t.Errorf("%s: the record is not on disk to begin with", name)
			}
		}
		if err := test.drop(test.entry); err != nil {
			t.Fatal(name, err)
		}
		for _, record := range records {
			if h.remembers(record) {
				t.Errorf("%s: the record is still there", name)
			}
		}
	}
}

// sealedTexts are the beginnings and ends of an entry's records, short enough to stand on one page.
func (h *house) sealedTexts(thread, entry int64) (records [][]byte) {
	h.t.Helper()
	err := h.store.read(h.ctx(), "look", func(x *tx) error {
		for _, table := range []string{"entry", "revision"} {
			err := x.each(h.ctx(), func(rows *sql.Rows) error {
				var body []byte
				if err := rows.Scan(&body); err != nil {
					return err
				}
				records = append(records, body[:24], body[len(body)-24:])
				return nil
			}, `SELECT body FROM `+table+` WHERE thread = ? AND number = ?`, thread, entry)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return records
}

// remembers says whether the database's pages, free ones too, hold some bytes, or its WAL holds anything.
func (h *house) remembers(record []byte) bool {
	h.t.Helper()
	var pages []byte
	err := h.store.write(h.ctx(), "look", func(x *tx) error {
		return x.conn.raw.Raw(func(driverConn any) (err error) {
			pages, err = driverConn.(interface{ Serialize() ([]byte, error) }).Serialize() // what it answers is not encrypted
			return err
		})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	wal, err := os.Stat(h.dbPath() + "-wal")
	return bytes.Contains(pages, record) || err == nil && wal.Size() > 0
}
