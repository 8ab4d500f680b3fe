package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"alcove/store"
	"alcove/tui"
)

// FuzzControlRequest: a line on the control socket is carried out or refused; it ends nothing else, and what it says does not
// get into the log.
func FuzzControlRequest(f *testing.F) {
	for _, line := range []string{
		`{"Protocol":1,"Verb":"pid","Args":{}}`, `{"Protocol":1,"Verb":"persons","Args":{}}`, `{"Protocol":1,"Verb":"disable","Args":"anna"}`,
		`{"Protocol":1,"Verb":"connect","Args":{"Client":"anna","Coach":"jonas"}}`, `{"Protocol":1,"Verb":"invite","Args":{"Handle":"a","Expires":-1}}`,
		`{"Protocol":2}`, `{"Protocol":1,"Verb":"pid"}`, `{"Verb":"\u001b[31m"}`, "\x00\xff", `[[[[`, `{"Protocol":1e400}`, `null`, ``,
	} {
		f.Add([]byte(line))
	}
	op := fakeOperator{
		invite:  func(in store.NewInvitation) (store.Invitation, error) { return store.Invitation{Code: "CODE"}, nil },
		persons: func() ([]store.Account, error) { return nil, nil },
		act:     func(string, ...string) error { return store.ErrNotFound },
	}
	known := map[string]bool{"pid": true, "place": true, "invite": true, "persons": true, "disable": true, "enable": true, "connect": true, "disconnect": true}
	f.Fuzz(func(t *testing.T, line []byte) {
		var log bytes.Buffer
		c := &control{verbs: verbs(op, tui.Place{}), log: slog.New(slog.NewTextHandler(&log, nil))}
		for verb := range c.verbs {
			if !known[verb] { // the fake has none of these
				delete(c.verbs, verb)
			}
		}
		result, err := c.do(context.Background(), nil, line)
		if log.Len() > 0 || err != nil && strings.Contains(err.Error(), "a bug") {
			t.Errorf("%q: %v, log %q", line, err, log.String())
		}
		if err == nil {
			if _, err := json.Marshal(result); err != nil {
				t.Error(err)
			}
		}
	})
}
