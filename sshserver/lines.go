package sshserver

import (
	"fmt"
	"io"

	"golang.org/x/term"
)

// lines is where a visit reads and writes text. Without a terminal, the client edits its own lines. With one, the client
// sends bare keys, so the echo, the editing and the end of input (ctrl+d) are done here.
func (v *visit) lines() (io.Reader, io.Writer) {
	if !v.channel.hasTerm {
		return v.Session, v.Session
	}
	t := term.NewTerminal(v.channel.raw, "")
	if err := t.SetSize(v.channel.size.columns, v.channel.size.rows); err != nil {
		return v.Session, v.Session
	}
	return &lineReader{terminal: t}, t
}

// lineReader reads edited lines from a terminal.
type lineReader struct {
	terminal *term.Terminal
	rest     []byte
}

// Read answers the next line, or what is left of it.
func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		line, err := r.terminal.ReadLine()
		if err != nil && err != term.ErrPasteIndicator { //nolint:errorlint // documented to be compared
			if err == io.EOF { //nolint:errorlint // a reader answers it bare
				return 0, io.EOF
			}
			return 0, fmt.Errorf("read line: %w", err)
		}
		r.rest = []byte(line + "\n")
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
