package sshserver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/tui"
)

func TestExitCodesAndUsage(t *testing.T) {
	p := newPractice(t)
	n := p.thread("The tax letter").Number
	c := p.client("anna")
	for _, test := range []struct {
		command  string
		code     int
		out, err string // parts of them
	}{
		{"help", 0, "threads [--json]", ""},
		{"help write", 0, "write N [--json]\n", ""},
		{"help frobnicate", 2, "", "There is no command frobnicate"},
		{"help write read", 2, "", "read does not belong here"},
		{"whoami", 0, "anna, Anna K., client\nSHA256:", ""},
		{"whoami extra", 2, "", "whoami [--json]"},
		{"threads", 0, "The tax letter", ""},
		{"threads --loud", 2, "", "--loud does not belong here"},
		{"frobnicate", 2, "", "There is no command frobnicate"},
		{"read", 2, "", "N is missing"},
		{"read seven", 2, "", "seven is not a number"},
		{"read -5", 2, "", "-5 is not a number"},
		{"read 99999999999999999999", 2, "", "is not a number"},
		{fmt.Sprintf("read %d --since yesterday", n), 2, "", "yesterday is neither"},
		{fmt.Sprintf("read %d --since", n), 2, "", "is missing"},
		{"new", 2, "", "TITLE is missing"},
		{"search", 2, "", "WORDS is missing"},
		{"search nothing-of-the-kind", 0, "", "Nothing was found"},
		{"export --format pdf", 2, "", "pdf is not a format"},
		{"keys frobnicate", 2, "", "keys add"},
		{"keys remove SHA256:none", 1, "", "no such thing"},
		{"whoami\x00", 2, "", "cannot be read"},
		{strings.Repeat("a", 100<<10), 2, "", "cannot be read"},
		{strings.Repeat("a", 255<<10), 2, "", "cannot be read"}, // more does not go into a packet
		{`read "1`, 2, "", "cannot be read"},
		{`whoami '; rm -rf /'`, 2, "", "does not belong here"},
		{"`whoami`", 2, "", "There is no command"},
		{"new 'A title' --with nobody", 1, "", "no such thing"},
		{"new 'A title' --with piet", 1, "", "no such thing"}, // another client of the same coach
	} {
		t.Run(test.command[:min(30, len(test.command))], func(t *testing.T) {
			r := runOn(t, c, test.command, "")
			if r.code != test.code || !strings.Contains(r.out, test.out) || !strings.Contains(r.err, test.err) {
				t.Errorf("exit %d\nout %q\nerr %q\nwant exit %d, out with %q, err with %q", r.code, r.out, r.err, test.code, test.out, test.err)
			}
			if test.out == "" && r.out != "" {
				t.Errorf("printed %q on stdout", r.out)
			}
		})
	}
}

func TestRowsHaveNoTrailingBlanks(t *testing.T) {
	p := newPractice(t)
	p.thread("Empty")
	p.thread("The tax letter", "text")
	if r := p.run("anna", "threads", ""); strings.Contains(r.out, " \n") || strings.Count(r.out, "\n") != 2 {
		t.Errorf("printed %q", r.out)
	}
}

func TestAHitInJSONIsTheLineInPieces(t *testing.T) {
	p := newPractice(t)
	p.thread("Letters", "The tax letter from last week")
	var hits []hitJSON
	must(t, json.Unmarshal([]byte(p.run("anna", "search tax --json", "").out), &hits))
	if len(hits) != 1 || hits[0].Before != "The " || hits[0].Match != "tax" || hits[0].Behind != " letter from last week" {
		t.Errorf("got %+v", hits)
	}
	if got := part("a\x1b[31m \u202e b "); strings.ContainsAny(got, "\x1b\u202e") || !strings.HasSuffix(got, " ") {
		t.Errorf("a piece is %q", got)
	}
}

func TestNotAllowedAndNotThereAnswerAlike(t *testing.T) {
	p := newPractice(t)
	hidden := p.thread("Between anna and jonas", "text").Number
	c := p.client("piet")
	for _, command := range []string{"read %d", "read %d --json", "write %d", "read %d --since 1"} {
		there := runOn(t, c, fmt.Sprintf(command, hidden), "text")
		not := runOn(t, c, fmt.Sprintf(command, hidden+1), "text")
		if there != not || there.code != 1 || there.err == "" {
			t.Errorf("%s: for a thread that is hidden %+v, for none %+v", command, there, not)
		}
	}
}

func TestWriteReadAndUnread(t *testing.T) {
	p := newPractice(t)
	r := p.run("anna", "new The tax letter --with jonas", "First line\r\nsecond line\r\n")
	if r.code != 0 {
		t.Fatalf("new: %+v", r)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(r.out), 10, 64)
	must(t, err)
	if r := p.run("anna", fmt.Sprintf("write %d", n), "Second entry\n"); r.code != 0 || strings.TrimSpace(r.out) == "" {
		t.Fatalf("write: %+v", r)
	}
	unread := func() int {
		t.Helper()
		th, err := p.as("jonas").Thread(context.Background(), n)
		must(t, err)
		return th.Unread
	}
	if got := unread(); got != 2 {
		t.Fatalf("unread %d, want 2", got)
	}
	entries, err := p.as("jonas").Entries(context.Background(), n, store.Span{})
	must(t, err)
	first, second := entries.Entries[0], entries.Entries[1]
	if first.Text != "First line\nsecond line" || second.Text != "Second entry" {
		t.Fatalf("stored %q and %q", first.Text, second.Text)
	}

	t.Run("skipping unread ones marks nothing", func(t *testing.T) {
		tomorrow := time.Now().Add(48 * time.Hour).UTC()
		for _, since := range []string{
			strconv.FormatInt(first.Number, 10), tomorrow.Format(time.RFC3339), tomorrow.Format(time.DateOnly),
		} {
			r := p.run("jonas", fmt.Sprintf("read %d --since %s", n, since), "")
			if r.code != 0 || !strings.Contains(r.err, "unread entries before") || strings.Contains(r.out, "First line") || unread() != 2 {
				t.Errorf("since %s: %+v, unread %d", since, r, unread())
			}
		}
	})
	t.Run("reading all marks all", func(t *testing.T) {
		r := p.run("jonas", fmt.Sprintf("read %d", n), "")
		want := fmt.Sprintf("%d  Anna K., %s\n  First line\n  second line\n\n%d  Anna K., ", first.Number, first.At.UTC().Format("2006-01-02 15:04"), second.Number)
		if !strings.HasPrefix(r.out, want) || unread() != 0 {
			t.Errorf("printed %q, want it to begin with %q; unread %d", r.out, want, unread())
		}
	})
	t.Run("nothing newer", func(t *testing.T) {
		r := p.run("jonas", fmt.Sprintf("read %d --since %d", n, second.Number), "")
		if r.code != 0 || r.out != "" || r.err != "Nothing newer is written there.\n" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("reading on", func(t *testing.T) {
		r := p.run("jonas", fmt.Sprintf("read %d --since %d --json", n, first.Number), "")
		var got []entryJSON
		must(t, json.Unmarshal([]byte(r.out), &got))
		if len(got) != 1 || got[0].Text != "Second entry" || got[0].Author.Handle != "anna" || got[0].Mine || got[0].At == nil {
			t.Errorf("got %+v", got)
		}
	})
}

func TestWhatCannotBeWritten(t *testing.T) {
	p := newPractice(t)
	n := p.thread("Empty").Number
	for name, test := range map[string]struct{ text, say string }{
		"nothing":    {"", "nothing written yet"},
		"blanks":     {" \n\n", "nothing written yet"},
		"no UTF-8":   {"a\xff", "not text"},
		"too long":   {strings.Repeat("a", store.MaxEntry+1), "too long"},
		"far too it": {strings.Repeat("a", 3*store.MaxEntry), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.run("anna", fmt.Sprintf("write %d", n), test.text)
			if r.code != 1 || r.out != "" || !strings.Contains(r.err, test.say) {
				t.Errorf("exit %d, out %q, err %q", r.code, r.out, r.err)
			}
		})
	}
	if page, err := p.as("anna").Entries(context.Background(), n, store.Span{}); err != nil || len(page.Entries) != 0 {
		t.Errorf("%d entries were written (%v)", len(page.Entries), err)
	}
}

func TestACutConnectionWritesNothing(t *testing.T) {
	for name, cut := range map[string]func(c *gossh.Client, s *gossh.Session){
		"the connection": func(c *gossh.Client, _ *gossh.Session) { _ = c.Close() },
		"the channel":    func(_ *gossh.Client, s *gossh.Session) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			n := p.thread("Cut").Number
			c := p.client("anna")
			s, err := c.NewSession()
			must(t, err)
			in, err := s.StdinPipe()
			must(t, err)
			must(t, s.Start(fmt.Sprintf("write %d", n)))
			_, err = io.WriteString(in, "half a tho")
			must(t, err)
			cut(c, s)
			_ = c.Close()
			must(t, p.stop()) // waits for the command
			if page, err := p.as("anna").Entries(context.Background(), n, store.Span{}); err != nil || len(page.Entries) != 0 {
				t.Errorf("%d entries were written (%v)", len(page.Entries), err)
			}
		})
	}
}

// gone is a channel whose client answers no more, though all it sent can still be read.
type gone struct{ gossh.Channel }

func (gone) SendRequest(string, bool, []byte) (bool, error) { return false, io.EOF }

func TestWhatNeverArrivedIsNotMarkedRead(t *testing.T) {
	p := newPractice(t)
	n := p.thread("The tax letter", "Text").Number
	me, err := p.as("jonas").Me(context.Background())
	must(t, err)
	words := tui.WordsFor("en")
	c := &call{
		visit: &visit{channel: &channel{raw: gone{}}, journal: p.as("jonas"), me: me, words: words}, words: &words.Shell.Command,
		zone: time.UTC, now: time.Now, args: []string{strconv.FormatInt(n, 10)}, out: bufio.NewWriter(io.Discard),
	}
	must(t, read(context.Background(), c))
	if th, err := p.as("jonas").Thread(context.Background(), n); err != nil || th.Unread != 1 {
		t.Errorf("unread %d (%v), want 1", th.Unread, err)
	}
}

func TestTextOfAClientThatIsGoneCountsForNothing(t *testing.T) {
	c := &call{
		visit: &visit{channel: &channel{raw: gone{}}}, words: &tui.WordsFor("en").Shell.Command, in: strings.NewReader("half a tho"),
	}
	if text, err := c.text(); err == nil || text != "" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestOutputIsCleanWithAndWithoutATerminal(t *testing.T) {
	p := newPractice(t)
	n := p.thread("Title", "red \x1b[31m and \x1b]0;title\x07 and \u202eback\n7  Jonas W., 2026-01-01 10:00\n  forged").Number
	for _, command := range []string{
		fmt.Sprintf("read %d", n), fmt.Sprintf("read %d --json", n), "search forged", "export", "export --format json", "threads",
	} {
		bare := p.run("jonas", command, "")
		s, err := p.client("jonas").NewSession()
		must(t, err)
		must(t, s.RequestPty("xterm", 24, 80, gossh.TerminalModes{}))
		tty, err := s.Output(command)
		must(t, err)
		for _, out := range []string{bare.out, string(tty)} {
			if strings.ContainsAny(out, "\x1b\x07\u202e") {
				t.Errorf("%s printed %q", command, out)
			}
			if strings.Contains(out, "\n7  Jonas W.") || strings.Contains(out, "\r\n7  Jonas W.") {
				t.Errorf("%s: a text passes for another's heading: %q", command, out)
			}
		}
		if got := strings.ReplaceAll(string(tty), "\r\n", "\n"); got != bare.out && !strings.Contains(command, "export") {
			t.Errorf("%s with a terminal printed\n%q\nand without\n%q", command, got, bare.out)
		}
		if strings.Count(string(tty), "\n") != strings.Count(string(tty), "\r\n") {
			t.Errorf("%s: lines end without a carriage return", command)
		}
	}
}

func TestCommandsSpeakThePersonsLanguage(t *testing.T) {
	p := newPractice(t)
	if r := p.run("anna", "frobnicate", "", "LANG", "de_AT.UTF-8"); !strings.Contains(r.err, "Den Befehl frobnicate gibt es nicht") {
		t.Errorf("with LANG=de: %q", r.err)
	}
	must(t, p.as("anna").SaveSettings(context.Background(), store.Settings{Language: "en"}))
	if r := p.run("anna", "frobnicate", "", "LANG", "de_AT.UTF-8"); !strings.Contains(r.err, "There is no command") {
		t.Errorf("with a setting: %q", r.err)
	}
}

func TestSearchFoldsAndTellsWhere(t *testing.T) {
	p := newPractice(t)
	n := p.thread("Notes", "Nothing here", "Eine Übung am Abend").Number
	r := p.run("jonas", "search ubung --json", "")
	var hits []hitJSON
	must(t, json.Unmarshal([]byte(r.out), &hits))
	if len(hits) != 1 || hits[0].Thread != n || hits[0].Match != "Übung" {
		t.Errorf("found %+v", hits)
	}
	if r := p.run("piet", "search ubung --json", ""); r.out != "[]\n" {
		t.Errorf("a stranger found %q", r.out)
	}
}

func TestKeys(t *testing.T) {
	p := newPractice(t)
	second := newKey(t)
	pub := string(gossh.MarshalAuthorizedKey(second.PublicKey()))
	fingerprint := gossh.FingerprintSHA256(second.PublicKey())
	if r := p.run("anna", "keys add", strings.TrimSpace(pub)+" anna@laptop\n"); r.code != 0 || !strings.Contains(r.out, fingerprint) {
		t.Fatalf("add: %+v", r)
	}
	if r := p.run("anna", "keys", ""); !strings.Contains(r.out, "not confirmed yet") {
		t.Errorf("before it was confirmed: %+v", r)
	}
	if _, err := p.dial("x", gossh.PublicKeys(second)); err == nil {
		t.Error("a key that nobody has confirmed signs in")
	}
	c, err := p.dial("anna", gossh.PublicKeys(second))
	must(t, err)
	defer c.Close()
	r := runOn(t, c, "keys --json", "")
	var list []keyJSON
	must(t, json.Unmarshal([]byte(r.out), &list))
	if len(list) != 2 || list[1].Fingerprint != fingerprint || list[1].Comment != "anna@laptop" || !list[1].Current || list[0].Current || list[1].Pending {
		t.Errorf("keys are %+v", list)
	}
	nobodys := newKey(t).PublicKey()
	theirs, none := p.run("piet", "keys add", pub), p.run("piet", "keys add", string(gossh.MarshalAuthorizedKey(nobodys)))
	none.out = strings.ReplaceAll(none.out, gossh.FingerprintSHA256(nobodys), fingerprint)
	if theirs != none || theirs.code != 0 || !strings.Contains(theirs.out, "once: ssh -p 2222 piet@practice.example") {
		t.Errorf("a key of somebody else: %+v, of nobody: %+v", theirs, none)
	}
	if r := p.run("anna", "keys add", "ssh-rsa AAAA"); r.code != 1 || !strings.Contains(r.err, "not a public key") {
		t.Errorf("no key: %+v", r)
	}
	if r := p.run("anna", "keys remove "+fingerprint, ""); r.code != 0 {
		t.Errorf("remove: %+v", r)
	}
	if r := p.run("anna", "keys remove "+gossh.FingerprintSHA256(p.keys["anna"].PublicKey()), ""); r.code != 1 || !strings.Contains(r.err, "last one") {
		t.Errorf("the last one: %+v", r)
	}
	if _, err := p.dial("x", gossh.PublicKeys(second)); err == nil {
		t.Error("a removed key still signs in")
	}
}

func TestNewWithATerminalDoesNotReadTheKeyboard(t *testing.T) {
	p := newPractice(t)
	s, err := p.client("anna").NewSession()
	must(t, err)
	must(t, s.RequestPty("xterm", 24, 80, gossh.TerminalModes{}))
	in, err := s.StdinPipe() // stays open, as a keyboard does
	must(t, err)
	defer in.Close()
	out, err := s.Output("new Alone")
	must(t, err)
	if _, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64); err != nil {
		t.Errorf("printed %q", out)
	}
}
