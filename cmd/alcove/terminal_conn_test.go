package main

import (
	"errors"
	"flag"
	"fmt"
	"image/color"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/crypto/ssh"
)

// The connection behind a terminal of the stories, from the dialling to the end of its session.

func openTerminal(addr, keys, who string, args []string) (*terminal, error) {
	flags := flag.NewFlagSet("open", flag.ContinueOnError)
	user := flags.String("user", who, "the user name to send")
	key := flags.String("key", who, "the key to sign in with; nobody for none")
	size := flags.String("size", "80x24", "of the window")
	dark := flags.Bool("dark", false, "the terminal is dark")
	kind := flags.String("term", "xterm-256color", "the terminal's type")
	lang := flags.String("lang", "en_US.UTF-8", "the client's LANG")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	width, height, err := parseSize(*size)
	if err != nil {
		return nil, err
	}
	config, err := clientConfig(keys, *key, *user)
	if err != nil {
		return nil, err
	}
	t := &terminal{emu: vt.NewEmulator(width, height)}
	t.paper, t.ink = color.White, color.Black
	if *dark {
		t.paper, t.ink = color.Black, color.White
	}
	t.emu.SetDefaultBackgroundColor(t.paper)
	t.emu.SetDefaultForegroundColor(t.ink)
	t.wake = sync.NewCond(&t.mu)
	config.BannerCallback = func(text string) error { t.print(text); return nil }
	config.Auth = append(config.Auth, ssh.RetryableAuthMethod(ssh.KeyboardInteractive(t.ask), 1))
	t.answerQueries()
	go func() {
		err := t.live(addr, config, *kind, *lang)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.over, t.why = true, err
		t.wake.Broadcast()
	}()
	return t, nil
}

// live is the connection from its beginning to its end.
func (t *terminal) live(addr string, config *ssh.ClientConfig, kind, lang string) error {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	t.mu.Lock()
	t.conn = conn
	t.mu.Unlock()
	c, channels, requests, err := ssh.NewClientConn(conn, addr, config)
	if err != nil {
		return err
	}
	client := ssh.NewClient(c, channels, requests)
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	if err := session.Setenv("LANG", lang); err != nil {
		return err
	}
	t.mu.Lock()
	width, height := t.emu.Width(), t.emu.Height()
	t.mu.Unlock()
	if err := session.RequestPty(kind, height, width, ssh.TerminalModes{}); err != nil {
		return err
	}
	stdin, err := session.StdinPipe()
	if err != nil {
		return err
	}
	session.Stdout, session.Stderr = screenWriter{t}, screenWriter{t}
	if err := session.Shell(); err != nil {
		return err
	}
	t.mu.Lock()
	t.stdin, t.sess = stdin, session
	if len(t.typed) > 0 { // typed ahead
		_, err = stdin.Write(t.typed)
	}
	t.mu.Unlock()
	return errors.Join(err, session.Wait())
}

// ask puts the questions of the sign-in on the screen and reads the answers from the keyboard, as ssh does.
func (t *terminal) ask(_, say string, questions []string, echos []bool) ([]string, error) {
	if say != "" {
		t.print(say + "\n")
	}
	answers := make([]string, len(questions))
	for i, q := range questions {
		t.print(q)
		line, err := t.readLine()
		if err != nil {
			return nil, err
		}
		if echos[i] {
			t.print(line)
		}
		t.print("\n")
		answers[i] = line
	}
	return answers, nil
}

func (t *terminal) readLine() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		if line, rest, ok := strings.Cut(string(t.typed), "\r"); ok {
			t.typed = []byte(rest)
			return line, nil
		}
		if t.over {
			return "", io.ErrUnexpectedEOF
		}
		t.wake.Wait()
	}
}

// print shows what the client itself says.
func (t *terminal) print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.emu.WriteString(strings.ReplaceAll(text, "\n", "\r\n"))
}

// screenWriter takes what the server sends.
type screenWriter struct{ t *terminal }

func (w screenWriter) Write(p []byte) (int, error) {
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	return w.t.emu.Write(p)
}

// answerQueries sends on what the emulator answers to the server's questions, until the emulator is closed. The emulator
// answers while it is written to, under the terminal's lock, so the answers wait in between.
func (t *terminal) answerQueries() {
	answers := make(chan string, 256)
	go func() {
		defer close(answers)
		buffer := make([]byte, 4096)
		for {
			n, err := t.emu.Read(buffer)
			if err != nil {
				return
			}
			answers <- string(buffer[:n])
		}
	}()
	go func() {
		for answer := range answers {
			_ = t.send(answer) // a session that ended needs no answer
		}
	}()
}

func (t *terminal) send(data string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return fmt.Errorf("the session has ended: %w", t.why)
	}
	if t.stdin == nil {
		t.typed = append(t.typed, data...)
		t.wake.Broadcast()
		return nil
	}
	_, err := io.WriteString(t.stdin, data)
	return err
}

// cut breaks the connection and lets go of the emulator.
func (t *terminal) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn != nil {
		_ = t.conn.Close() // it may be closed already
	}
	t.over = true
	t.wake.Broadcast()
	if pipe, ok := t.emu.InputPipe().(io.Closer); ok { // ends the reading of answers; the emulator's own Close races with it
		_ = pipe.Close()
	}
}
