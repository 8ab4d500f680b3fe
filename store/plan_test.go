package store

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"
)

// TestNoQueryReadsAWholeTable runs everything there is to run and then asks SQLite how it goes about each statement.
func TestNoQueryReadsAWholeTable(t *testing.T) {
	s := newScene(t)
	for name, v := range verbs {
		if name == "Leave" {
			continue
		}
		for _, who := range []string{member, author} {
			_, _ = v.call(t.Context(), s.who[who], s) // what each answers, other tests look at
		}
	}
	jonas := s.who[author]
	must(jonas.TakeBack(t.Context(), s.thread, s.write(jonas, s.thread, "one").Number))(t)
	must(jonas.Withdraw(t.Context(), s.thread, s.write(jonas, s.thread, "two").Number))(t)
	if err := jonas.Leave(t.Context(), s.thread); err != nil {
		t.Error(err)
	}
	op := s.store.Operator()
	must(op.Person(t.Context(), "anna"))(t)
	must(op.Persons(t.Context()))(t)
	_, err := s.store.SignInKey(t.Context(), anyKey().Blob)
	wantErr(t, err, ErrNotFound)
	key := anyKey()
	if err := jonas.AddKey(t.Context(), key); err != nil {
		t.Error(err)
	}
	must(s.store.ConfirmKey(t.Context(), "jonas", key.Blob))(t)

	if err := s.store.packAll(t.Context()); err != nil { // it looks through what is loose
		t.Error(err)
	}
	scan := regexp.MustCompile(`^SCAN [a-z]\w*`) // and no "200-ROW VALUES CLAUSE"
	rare := regexp.MustCompile(`^(DELETE FROM (person|invitation) WHERE|UPDATE person SET invited_by|UPDATE gap SET nth = ranked)`)
	planned := regexp.MustCompile(`LIMIT \?`) // by its value: see pool
	for query := range s.statements() {
		if planned.MatchString(query) {
			t.Errorf("is prepared anew each time it runs: %s", query)
		}
		if query == accountQuery+` ORDER BY p.handle` || strings.Contains(query, "ring_copy") || rare.MatchString(query) {
			continue // the list of all; a handful of folders; an erasure
		}
		for _, step := range s.plan(t, query) {
			if scan.MatchString(step) && !strings.Contains(step, "CONSTANT") && !strings.Contains(step, "entry_loose") {
				t.Errorf("%s\nin: %s", step, query)
			}
		}
	}
}

// statements are all that the practice has prepared so far.
func (h *house) statements() map[string]bool {
	all := map[string]bool{}
	for _, p := range []*pool{h.store.reader, h.store.writer} {
		for range p.size {
			c := <-p.idle
			for query := range c.prepared {
				all[query] = true
			}
			p.idle <- c
		}
	}
	return all
}

func (h *house) plan(t *testing.T, query string) (steps []string) {
	t.Helper()
	switch strings.Fields(query)[0] {
	case "BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK":
		return nil
	}
	err := h.store.read(t.Context(), "explain", func(x *tx) error {
		return x.each(t.Context(), func(rows *sql.Rows) error {
			var id, parent, unused int
			var step string
			err := rows.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		}, `EXPLAIN QUERY PLAN `+query, make([]any, 256)...)
	})
	if err != nil {
		t.Errorf("%v\nin: %s", err, query)
	}
	return steps
}
