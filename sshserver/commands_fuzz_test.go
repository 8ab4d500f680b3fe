package sshserver

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/store/safetext/hostile"
	"alcove/tui"
)

// typed is a channel on which nothing is sent.
type typed struct {
	gossh.Channel
	err bytes.Buffer
}

func (s *typed) Write(p []byte) (int, error) { return len(p), nil }
func (s *typed) Read([]byte) (int, error)    { return 0, io.EOF }
func (s *typed) Stderr() io.ReadWriter       { return &s.err }

// FuzzCommandLine: a command line is understood, or answered by a sentence of bounded length in which nothing acts.
func FuzzCommandLine(f *testing.F) {
	for _, raw := range []string{
		"read 1 --since 2026-11-19", "read '1' --json", "new --with anna --with=jonas \"A title\" -- --json", "search -- --x", "help read", "help", "export --format=md",
		"read 99999999999999999999", "read -1", "read 1 2", "write 0x10", "keys remove", "--", "--=", "'", "\"\\", "a\x00b", "\xff", "''", "rm -rf ~; $(id) `id`", strings.Repeat("a ", 5000),
	} {
		f.Add(raw)
	}
	for _, a := range hostile.Attacks() {
		f.Add(a.Text)
		f.Add("read '" + a.Text + "'")
	}
	flags := map[string]map[string]bool{
		"read": {"since": true, "json": false}, "new": {"with": true, "json": false}, "search": {"json": false}, "export": {"format": true},
		"keys": {"json": false}, "write": {"json": false}, "threads": {"json": false}, "whoami": {"json": false},
	}
	words := tui.WordsFor("en")
	f.Fuzz(func(t *testing.T, raw string) {
		v := &visit{channel: &channel{raw: &typed{}, command: raw}, words: words}
		var err error
		if args, _ := split(raw); len(args) > 0 && flags[args[0]] != nil && utf8.ValidString(raw) && !strings.Contains(raw, "\x00") {
			c := &call{visit: v, words: &words.Shell.Command, zone: time.UTC, args: args[1:]}
			var rest []string
			if rest, err = c.parse(args[0], flags[args[0]]); err == nil {
				_, err = c.number(args[0], rest)
			}
			if err == nil {
				_, err = c.since()
			}
		} else if len(args) > 0 && args[0] == "linear" {
			return
		} else {
			err = (&Server{}).runCommand(v)
		}
		if err == nil {
			return
		}
		var wrong misuse
		if !errors.As(err, &wrong) {
			t.Fatalf("%q: %v", raw, err)
		}
		if kinds := hostile.Sequences(wrong.say); len(kinds) > 0 || len(wrong.say) > 10*len(raw)+4000 {
			t.Errorf("%q gives %v: %q", raw, kinds, wrong.say)
		}
	})
}

// FuzzTypedLine: what somebody types at a terminal is echoed, and handed on in lines, as far as it prints.
func FuzzTypedLine(f *testing.F) {
	for _, keys := range []string{"read\r", "a\x7f\x7f\b\x15b\r\n", "\x1b[A\x1bOPx\x1b", "\x1b[31;", "ü字👩\x7f\x7f\r", "\x03", "a\x04\x04", "\u009b2J\u202e\r", "\xff\xfe\r"} {
		f.Add(keys)
	}
	for _, a := range hostile.Attacks() {
		f.Add(a.Text + "\r")
	}
	f.Fuzz(func(t *testing.T, keys string) {
		var echo bytes.Buffer
		r := &lineReader{in: bufio.NewReader(strings.NewReader(keys)), echo: &echo}
		lines, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		echoed := strings.ReplaceAll(echo.String(), "\b \b", "")
		acts := func(r rune) bool { return r != '\r' && r != '\n' && !unicode.IsPrint(r) }
		if strings.ContainsFunc(echoed, acts) || strings.ContainsFunc(string(lines), acts) {
			t.Errorf("%+q is echoed as %+q and read as %+q", keys, echoed, lines)
		}
		if len(lines) > 3*len(keys)+store.MaxEntry || !utf8.Valid(lines) {
			t.Errorf("%+q became %d bytes", keys, len(lines))
		}
	})
}
