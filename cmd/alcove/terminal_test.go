package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/vt"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
)

// The command term of the stories is an ssh client in a terminal emulator:
//
//	term WHO open [-user U] [-key K] [-size 80x24] [-dark] [-term T] [-lang L]
//	                        connect; questions are asked on the screen
//	term WHO type TEXT      type it, key by key; \n is the enter key
//	term WHO paste TEXT     as one bracketed paste
//	term WHO key NAME...    enter, esc, tab, up, pgdn, ctrl+s, f1, a, ...
//	term WHO expect TEXT    wait until it is on the screen, blanks and line breaks counting alike
//	term WHO gone TEXT      wait until it is not
//	term WHO line TEXT      wait until a line of the screen is exactly that, but for blanks around it
//	term WHO find VAR REGEXP   wait for it, and set VAR to what its first group matches
//	term WHO screen         print the screen to stdout
//	term WHO resize WxH     change the size of the window
//	term WHO ended          wait until the server ends the session
//	term WHO cut            break the TCP connection, without a good-bye
//
// What was waited for and did not come is told with the screen as it was.

// How fast a hand is. Keys that come quicker than keyPace are a paste; one that is read together with escape is an alt key,
// for that is how terminals send those. So after escape the hand looks what it did, or for escLook that it did nothing.
const (
	keyPace = 25 * time.Millisecond
	escLook = 2 * time.Second
)

type terminal struct {
	mu    sync.Mutex // guards all below and the emulator
	emu   *vt.Emulator
	stdin io.Writer  // of the session; nil until it is open
	conn  net.Conn   // nil until connected
	typed []byte     // what answers the questions of the sign-in, until the session is open
	wake  *sync.Cond // typed grew, or the connection ended
	over  bool
	why   error     // the session's end
	ready time.Time // when the hand has come to the next key
	sess  *ssh.Session

	paper, ink color.Color // the terminal's own
}

func termCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: term WHO VERB [ARG...]")
	}
	who, verb, rest := args[0], args[1], args[2:]
	terms := storyOf(ts).terms
	if verb == "open" {
		if old := terms[who]; old != nil {
			old.cut()
		}
		t, err := openTerminal(ts.Getenv("ADDR"), ts.Getenv("KEYS"), who, rest)
		ts.Check(err)
		terms[who] = t
		return
	}
	t := terms[who]
	if t == nil {
		ts.Fatalf("%s has no terminal open", who)
	}
	if verb == "screen" {
		_, err := io.WriteString(ts.Stdout(), t.screen()+"\n")
		ts.Check(err)
		return
	}
	var err error
	if verb == "find" && len(rest) == 2 {
		var found string
		found, err = t.find(rest[1])
		ts.Setenv(rest[0], found)
	} else {
		err = t.do(verb, rest)
	}
	if err != nil {
		ts.Fatalf("term %s: %v\n%s", strings.Join(args, " "), err, framed(t.screen()))
	}
}

func (t *terminal) do(verb string, args []string) error {
	text := strings.Join(args, " ")
	switch verb {
	case "type":
		for _, r := range strings.ReplaceAll(text, `\n`, "\r") {
			if err := t.press(string(r)); err != nil {
				return err
			}
		}
		return nil
	case "paste":
		return t.press("\x1b[200~" + strings.ReplaceAll(text, `\n`, "\r") + "\x1b[201~")
	case "key":
		for _, name := range args {
			sequence, ok := keySequence(name)
			if !ok {
				return fmt.Errorf("no key is named %q", name)
			}
			if err := t.press(sequence); err != nil {
				return err
			}
		}
		return nil
	case "expect":
		return t.await(func(screen string) bool { return strings.Contains(flat(screen), flat(text)) })
	case "gone":
		return t.await(func(screen string) bool { return !strings.Contains(flat(screen), flat(text)) })
	case "line":
		return t.await(func(screen string) bool {
			for line := range strings.Lines(screen) {
				if strings.TrimSpace(line) == strings.TrimSpace(text) {
					return true
				}
			}
			return false
		})
	case "resize":
		return t.resize(text)
	case "ended":
		return t.awaitEnd()
	case "cut":
		t.cut()
		return nil
	}
	return fmt.Errorf("unknown verb %q", verb)
}

// press sends a key, not sooner after the one before than a hand can.
func (t *terminal) press(sequence string) error {
	t.mu.Lock()
	wait := time.Until(t.ready)
	t.mu.Unlock()
	<-time.After(wait)
	before := t.screen()
	err := t.send(sequence)
	if sequence == "\x1b" {
		for end := time.Now().Add(escLook); t.screen() == before && time.Now().Before(end); {
			<-time.After(keyPace)
		}
	}
	t.mu.Lock()
	t.ready = time.Now().Add(keyPace)
	t.mu.Unlock()
	return err
}

func (t *terminal) await(ok func(screen string) bool) error {
	return waitFor(func() error {
		if ok(t.screen()) {
			return nil
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.over && !ok(t.text()) { // what came last is on the screen before over is set
			return errGivenUp{fmt.Errorf("not on the screen, and the session has ended: %w", t.why)}
		}
		return errors.New("not so after all the time")
	})
}

// find waits for a match of the pattern and answers its first group.
func (t *terminal) find(pattern string) (found string, err error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	err = t.await(func(screen string) bool {
		groups := re.FindStringSubmatch(screen)
		if len(groups) < 2 {
			return false
		}
		found = groups[1]
		return true
	})
	return found, err
}

func (t *terminal) awaitEnd() error {
	return waitFor(func() error {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.over {
			return errors.New("the session goes on")
		}
		return nil
	})
}

func (t *terminal) resize(size string) error {
	width, height, err := parseSize(size)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emu.Resize(width, height)
	if t.sess == nil {
		return nil
	}
	return t.sess.WindowChange(height, width)
}

// screen is the text on the screen, a line each, without blanks at their ends.
func (t *terminal) screen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text()
}

func (t *terminal) text() string {
	lines := make([]string, t.emu.Height())
	for y := range lines {
		var line strings.Builder
		for x := 0; x < t.emu.Width(); {
			cell, width := t.emu.CellAt(x, y), 1
			if cell == nil || cell.Content == "" {
				line.WriteByte(' ')
			} else {
				line.WriteString(cell.Content)
				width = max(cell.Width, 1)
			}
			x += width
		}
		lines[y] = strings.TrimRight(line.String(), " ")
	}
	return strings.Join(lines, "\n")
}

// flat makes all blanks one, so that a sentence is found however it is broken into lines.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func framed(screen string) string {
	rule := strings.Repeat("=", 80)
	return rule + "\n" + strings.TrimRight(screen, "\n") + "\n" + rule
}

func parseSize(size string) (width, height int, err error) {
	if n, _ := fmt.Sscanf(size, "%dx%d", &width, &height); n != 2 {
		return 0, 0, fmt.Errorf("%q is not a size like 80x24", size)
	}
	return width, height, nil
}

// keySequence is what a terminal sends for a key.
func keySequence(name string) (string, bool) {
	named := map[string]string{
		"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "backspace": "\x7f",
		"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
		"pgup": "\x1b[5~", "pgdn": "\x1b[6~", "delete": "\x1b[3~", "f1": "\x1bOP",
	}
	if s, ok := named[name]; ok {
		return s, true
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 {
		return string(letter[0] & 0x1f), true
	}
	return name, utf8.RuneCountInString(name) == 1
}
