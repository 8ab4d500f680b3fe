package sshserver

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"alcove/store"
)

// lines is where a visit reads and writes text. Without a terminal, the client edits its own lines. With one, the client
// sends bare keys, so the echo, the editing and the end of input (ctrl+d) are done here.
func (v *visit) lines() (io.Reader, io.Writer) {
	if !v.channel.hasTerm {
		return v.channel, v.channel
	}
	return &lineReader{in: bufio.NewReader(v.channel.raw), echo: v.channel.raw}, v.channel
}

// lineReader reads lines from a terminal as a typewriter would: it echoes what is typed, takes back what is erased, and
// rewrites nothing, for it serves terminals that know no more and programs that read them aloud.
type lineReader struct {
	in    *bufio.Reader
	echo  io.Writer
	typed []rune
	ready []byte // lines not yet handed out
	after rune   // the key before this one
}

// Read answers the next line, or what is left of it.
func (r *lineReader) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		key, _, err := r.in.ReadRune()
		if err == nil {
			err = r.key(key)
		}
		if err != nil {
			return 0, err // a reader answers io.EOF bare
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

const (
	ctrlC, ctrlD, ctrlU  = 0x03, 0x04, 0x15
	backspace, del, escp = 0x08, 0x7f, 0x1b
)

// key takes one key in. ctrl+c, and ctrl+d on an empty line, end the input.
func (r *lineReader) key(key rune) error {
	before := r.after
	r.after = key
	switch {
	case key == '\n' && before == '\r':
		return nil
	case key == '\r' || key == '\n':
		r.ready = []byte(string(r.typed) + "\n")
		r.typed = r.typed[:0]
		return r.show("\r\n")
	case key == ctrlC || key == ctrlD && len(r.typed) == 0:
		return io.EOF
	case key == backspace || key == del:
		return r.erase(1)
	case key == ctrlU:
		return r.erase(len(r.typed))
	case key == escp:
		return r.skipSequence()
	case unicode.IsPrint(key) && len(r.typed) < store.MaxEntry:
		r.typed = append(r.typed, key)
		return r.show(string(key))
	}
	return nil
}

// erase takes the last n characters back, cell by cell.
func (r *lineReader) erase(n int) error {
	n = min(n, len(r.typed))
	cut := len(r.typed) - n
	width := ansi.StringWidth(string(r.typed[cut:]))
	r.typed = r.typed[:cut]
	return r.show(strings.Repeat("\b \b", width))
}

// skipSequence drops what an arrow or function key sends: nothing here answers to one.
func (r *lineReader) skipSequence() error {
	if r.in.Buffered() == 0 {
		return nil
	}
	for first := true; ; first = false {
		b, err := r.in.ReadByte()
		if err != nil {
			return err // a reader answers io.EOF bare
		}
		if opens := first && (b == '[' || b == 'O'); !opens && (first || b >= 0x40 && b <= 0x7e) {
			return nil
		}
	}
}

func (r *lineReader) show(s string) error {
	if _, err := io.WriteString(r.echo, s); err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	return nil
}
