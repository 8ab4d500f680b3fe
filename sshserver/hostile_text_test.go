package sshserver

// What a text may do to hurt, line by line of the list of bad inputs "text", and the tests that show its outcome. The attacks of
// the first three lines are those of store/safetext/hostile, which every output's test draws from: here the wire and the
// commands, in tui the pages and the linear mode (hostile_text_test.go), in cmd/alcove the operator's terminal.
//
//	OSC 0/8/52, DCS, DSR, APC, 8-bit C1, CR overwrite       TestHostileTextOnTheWire, TestHostileTextThatNothingCleanedBefore,
//	                                                        safetext TestHostileText, tui TestHostileTextOnEveryPage
//	an ESC at a chunk's edge                                TestAfterSignIn, TestKeysInPiecesAreTheSameKeys
//	U+202A-E, U+2066-9, U+200B-F alone, tags, ZWJ chains,
//	10^4 combining marks                                    safetext TestHostileText, tui TestHostileTextIsNeutral
//	our chrome or another author's header, forged           TestHostileTextIsQuoted, tui TestLinearQuotesAllThatPeopleWrote
//	deep Markdown, 10^6 headings, a table of 10^4 columns   tui TestHostileTextIsBounded

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/store/safetext"
	"alcove/store/safetext/hostile"
	"alcove/tui"
)

// TestHostileTextOnTheWire: whatever somebody writes, another's terminal is told to do just what it is told for honest text
// of the same shape. The commands tell it nothing at all; nor does the log. HOSTILE_TEXT sets how many entries are drawn.
func TestHostileTextOnTheWire(t *testing.T) {
	total := hostile.Count(100)
	batch := min(total, 500)
	source := hostile.New(6)
	screens := map[bool]map[string]bool{true: {}, false: {}}
	plain := map[bool][]string{}
	for done := 0; done < total; done += batch {
		lines, entries := drawn(source.Line, 5), drawn(source.Entry, batch)
		for i, evil := range []bool{true, false} {
			w := wire{newPractice(t), lines[i], entries[i]}
			w.furnish()
			plain[evil] = append(plain[evil], w.commands()...)
			for _, kind := range w.screen() {
				screens[evil][kind] = true
			}
			if kinds := hostile.Sequences(w.p.log.String()); len(kinds) > 0 {
				t.Errorf("the log holds %v", kinds)
			}
			must(t, w.p.stop())
		}
		t.Logf("%d entries", done+batch)
	}
	if !maps.Equal(screens[true], screens[false]) {
		t.Errorf("hostile text gives %v\nneutral text gives %v", slices.Sorted(maps.Keys(screens[true])), slices.Sorted(maps.Keys(screens[false])))
	}
	if !slices.Equal(plain[true], plain[false]) {
		t.Errorf("the commands print other lines of ours around hostile text:\n%q\n%q", plain[true], plain[false])
	}
}

// drawn is n hostile texts and their twins.
func drawn(draw func() (string, string), n int) (texts [2][]string) {
	for range n {
		text, twin := draw()
		texts[0], texts[1] = append(texts[0], text), append(texts[1], twin)
	}
	return texts
}

// wire is a practice in which piet has written to jonas.
type wire struct {
	p              *practice
	lines, entries []string
}

// lastWord stands at the end of all that piet wrote, in letters that no attack has.
const lastWord = "ÆØÅÆØÅ"

func (w wire) furnish() {
	t, ctx, piet, jonas := w.p.t, context.Background(), w.p.as("piet"), w.p.as("jonas")
	t.Helper()
	w.p.join("mira", store.RoleClient, firstFitting(w.lines[0], store.MaxName), "jonas")
	_, err := w.p.as("mira").NewThread(ctx, firstFitting(w.lines[1], store.MaxTitle), []string{"jonas"}, w.entries[0])
	must(t, err)
	th, err := piet.NewThread(ctx, "T", []string{"jonas"}, "")
	must(t, err)
	for i, text := range w.entries {
		e, err := piet.Write(ctx, th.Number, text, 0)
		if errors.Is(err, store.ErrTooLong) {
			continue
		}
		must(t, err)
		if i%10 == 0 {
			_, err = piet.Edit(ctx, th.Number, e.Number, e.Revision, text+" needle", 0)
			must(t, err)
		}
	}
	_, err = piet.Write(ctx, th.Number, lastWord, 0)
	must(t, err)
	_, err = jonas.SaveDraft(ctx, store.Draft{Thread: th.Number, Text: w.entries[1]})
	must(t, err)
	key := publicKey(newKey(t))
	key.Comment = firstFitting(w.lines[2], 60)
	must(t, jonas.AddKey(ctx, key))
}

// firstFitting is as much of a line as may be stored when each of its characters may be shown by its code point.
func firstFitting(line string, most int) string {
	runes := []rune(line)
	if len(safetext.Line(line)) > most {
		runes = runes[:min(len(runes), most/9)]
	}
	return string(runes)
}

// commands runs all that print what others wrote, with a terminal and without. It answers the lines of ours in those outputs
// where nothing but entries differs.
func (w wire) commands() (ours []string) {
	t, c := w.p.t, w.p.client("jonas")
	t.Helper()
	own := func(prefix string) func(string) bool {
		return func(line string) bool {
			return strings.TrimRight(line, "\r\n") != "" && !strings.HasPrefix(line, prefix)
		}
	}
	for _, run := range []struct {
		command, stdin string
		ours           func(line string) bool
	}{
		{"threads", "", nil}, {"threads --json", "", nil}, {"read 2", "", own("  ")}, {"read 2 --json", "", nil}, {"read 1", "", nil},
		{"search needle", "", nil}, {"search needle --json", "", nil}, {"search T", "", nil}, {"keys", "", nil}, {"keys --json", "", nil},
		{"whoami", "", nil}, {"export", "", nil}, {"export --format json", "", nil}, {"linear", "2\nearlier\nhistory\n1\nback\npeople\nquit\n", nil},
		{gossipy(w.lines[3]), "", nil}, {"help " + gossipy(w.lines[4]), "", nil}, {"read " + gossipy(w.lines[4]), "", nil},
	} {
		for _, pty := range []bool{false, true} {
			out := runWith(t, c, run.command, run.stdin, pty)
			if kinds := hostile.Sequences(out); len(kinds) > 0 {
				t.Errorf("%q, with a terminal %v, gives %v", run.command, pty, kinds)
			}
			if out == "" {
				t.Errorf("%q printed nothing", run.command)
			}
			if run.ours != nil && !pty {
				for line := range strings.Lines(out) {
					if run.ours(line) {
						ours = append(ours, clockless(line))
					}
				}
			}
		}
	}
	return ours
}

// gossipy is a line as a word of a command, without what ends commands.
func gossipy(line string) string {
	return "'" + strings.NewReplacer("'", "", "\x00", "").Replace(line) + "'"
}

// clockless is a line without its time of day.
func clockless(line string) string {
	if at := strings.Index(line, ", 20"); at >= 0 {
		return line[:at]
	}
	return line
}

// runWith answers all that a command sent, on both streams.
func runWith(t testing.TB, c *gossh.Client, command, stdin string, pty bool) string {
	t.Helper()
	s, err := c.NewSession()
	must(t, err)
	defer s.Close()
	out := &safeBuffer{}
	s.Stdout, s.Stderr, s.Stdin = out, out, strings.NewReader(stdin)
	if pty {
		must(t, s.RequestPty("xterm-256color", 24, 80, nil))
	}
	exitCode(t, s.Run(command))
	return out.String()
}

// screen opens jonas' screen, reads the thread from its start to its end, and answers what the terminal was told to do.
func (w wire) screen() []string {
	t := w.p.t
	t.Helper()
	x := open(t, w.p.client("jonas"), "xterm-256color", 80, 24)
	atEnd := func() bool { return x.shows(lastWord) }
	for _, step := range []struct{ keys, shows string }{
		{"", "Piet V."}, {"j", "> 2"}, {"p", "< Home   People"}, {"h", "> 2"}, {"\r", "─ Reply ─"}, {"\tg", "entry 1, "},
	} {
		x.typeKeys(t, step.keys)
		eventually(t, fmt.Sprintf("%q after %q", step.shows, step.keys), func() bool { return x.shows(step.shows) })
	}
	for !atEnd() {
		// A page, which may look like the one before, and the next entry, which has another number. While it is still being read
		// the keys change nothing, so they are pressed again.
		before, pressed := len(x.out.String()), time.Time{}
		eventually(t, "the next entry", func() bool {
			if len(x.out.String()) > before || atEnd() {
				return true
			}
			if time.Since(pressed) > time.Second {
				x.typeKeys(t, " ]")
				pressed = time.Now()
			}
			return false
		})
	}
	x.typeKeys(t, "\x12")
	eventually(t, "the readers", func() bool { return !atEnd() })
	shown := x.out.String()
	must(t, x.Close())
	return slices.DeleteFunc(hostile.Sequences(shown), moves)
}

// moves says whether a sequence moves the cursor, clears cells, or begins or ends a look of the theme. Which of these a frame
// takes depends on every letter in it, and on which frames the connection had time for; that none comes out of an entry is
// shown where the frame is drawn, in tui.
func moves(kind string) bool {
	if final, ok := strings.CutPrefix(kind, "CSI "); ok && len(final) == 1 {
		return strings.Contains("@ABCDEFGHJKLMPSTXZ`abdefr", final)
	}
	return slices.Contains([]string{
		"U+0008", "U+000D", "ESC D", "ESC M", "CSI ?7h", "CSI ?7l", // no wrapping while a wide letter is drawn
		"SGR ", "SGR 0", "SGR 1", "SGR 3", "SGR 4", "SGR 22", "SGR 23", "SGR 24",
	}, kind)
}

// TestHostileTextThatNothingCleanedBefore gives the commands what an older or a damaged copy might hold: the cleaning at the
// output alone must do.
func TestHostileTextThatNothingCleanedBefore(t *testing.T) {
	source := hostile.New(7)
	w := &tui.WordsFor("en").Shell.Command
	for range max(500, hostile.Count(0)/20) {
		text, _ := source.Entry()
		title, _ := source.Line()
		who := store.Person{Handle: "piet", Name: title, Role: store.RoleClient}
		key := store.Key{Fingerprint: "SHA256:x", Type: title, Comment: title}
		th := store.Thread{Number: 1, Title: title, Members: []store.Person{who}, LastAuthor: who, ReadMark: 1}
		e := store.Entry{Thread: 1, Number: 1, Author: who, Text: text, Revision: 2, EditedAt: time.Unix(1, 0)}
		hit := store.Hit{Thread: 1, Entry: 1, Title: title, Author: who, Before: text, Match: title, Behind: text}
		before := []store.Revision{{Revision: 1, Text: text}}
		drafts := []store.Draft{{Thread: 1, Text: text}}
		head := exportHead{me: store.Me{Person: who}, keys: []store.Key{key}, people: []store.Acquaintance{{Person: who}}}
		for name, show := range map[string]func(c *call){
			"read": func(c *call) { c.entryLines(e) }, "read --json": func(c *call) { must(t, c.json(asEntry(e))) },
			"search": func(c *call) { c.hitLine(hit); c.hitLine(store.Hit{Thread: 1, Title: title}) }, "search --json": func(c *call) { must(t, c.json(asHit(hit))) },
			"threads":        func(c *call) { fmt.Fprintln(c.out, c.others(th)) },
			"threads --json": func(c *call) { must(t, c.json(asThread(th))) },
			"keys":           func(c *call) { fmt.Fprintln(c.out, c.keyName(key)) },
			"keys --json":    func(c *call) { must(t, c.json(asKey(key))) },
			"export":         func(c *call) { exported(t, &exportMarkdown{c: c}, head, th, e, before, drafts) },
			"export --json":  func(c *call) { exported(t, &exportJSON{c: c}, head, th, e, before, drafts) },
		} {
			var out bytes.Buffer
			c := &call{visit: &visit{me: store.Me{Person: store.Person{Handle: "jonas"}}}, words: w, zone: time.UTC, now: time.Now, out: bufio.NewWriter(&out)}
			show(c)
			must(t, c.out.Flush())
			if kinds := hostile.Sequences(out.String()); len(kinds) > 0 || hostile.Crowded(out.String()) != "" {
				t.Errorf("%s gives %v:\n%+q", name, kinds, out.String())
			}
		}
	}
}

func exported(t *testing.T, to exporter, head exportHead, th store.Thread, e store.Entry, before []store.Revision, drafts []store.Draft) {
	t.Helper()
	to.begin(head)
	to.thread(th)
	to.entry(e, before)
	to.threadEnd()
	to.drafts(drafts)
	must(t, to.end())
}

// TestHostileTextIsQuoted: around the entries stand the same lines of ours, whatever the entries are.
func TestHostileTextIsQuoted(t *testing.T) {
	source := hostile.New(9)
	who := store.Person{Handle: "piet", Name: "Piet V.", Role: store.RoleClient}
	ours := func(text string) (lines []string) {
		var out bytes.Buffer
		c := &call{visit: &visit{words: tui.WordsFor("en")}, words: &tui.WordsFor("en").Shell.Command, zone: time.UTC, now: func() time.Time { return time.Unix(1, 0) }, out: bufio.NewWriter(&out)}
		e := store.Entry{Thread: 1, Number: 1, Author: who, Text: text, Revision: 2}
		exported(t, &exportMarkdown{c: c}, exportHead{me: store.Me{Person: who}}, store.Thread{Number: 1, Title: "T", Members: []store.Person{who}}, e,
			[]store.Revision{{Revision: 1, Text: text}}, []store.Draft{{Thread: 1, Text: text}})
		must(t, c.out.Flush())
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(line, ">") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	want := ours("honest")
	for range hostile.Count(1000) {
		text, _ := source.Entry()
		if got := ours(text); !slices.Equal(got, want) {
			t.Fatalf("%+q gives the lines\n%q\nin the place of\n%q", text, got, want)
		}
	}
}
