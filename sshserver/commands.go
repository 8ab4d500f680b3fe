package sshserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"alcove/store"
	"alcove/store/safetext"
	"alcove/tui"
)

// call is one command of a person: `ssh HOST VERB ARGS`. Data goes to out, sentences to the client's stderr. Whatever
// people wrote passes through line or safetext.Text on its way out, terminal or none.
type call struct {
	*visit
	words *tui.CommandWords
	place tui.Place
	zone  *time.Location
	now   func() time.Time
	args  []string // behind the verb
	flags map[string][]string
	in    io.Reader
	out   *bufio.Writer
}

// command is a verb. usage is its line in the help, whose first word it is.
type command struct {
	verb string
	run  func(ctx context.Context, c *call) error
}

func (s *Server) commands() []command {
	return []command{
		{"help", help}, {"whoami", whoami}, {"threads", threads}, {"new", newThread}, {"read", read}, {"write", write},
		{"search", search}, {"export", export}, {"keys", keys},
		{"linear", func(ctx context.Context, c *call) error { return s.runLinear(ctx, c.visit) }},
	}
}

// misuse is an error in how a command was called: exit 2.
type misuse struct{ say string }

func (e misuse) Error() string { return e.say }

// refusal is a failure with a sentence of its own: exit 1.
type refusal struct{ say string }

func (e refusal) Error() string { return e.say }

// command serves sessions that name one.
func (s *Server) command(v *visit) {
	code, say := s.outcome(v, s.runCommand(v))
	v.channel.leave(say, code)
}

// runCommand finds the verb and runs it.
func (s *Server) runCommand(v *visit) error {
	raw := v.channel.command
	args, whole := split(raw)
	w := &v.words.Shell.Command
	if v.channel.tooLong || !whole || len(args) == 0 || !utf8.ValidString(raw) || strings.ContainsRune(raw, 0) {
		return misuse{w.TooLong + "\n" + usage(w, "")}
	}
	for _, cmd := range s.commands() {
		if cmd.verb != args[0] {
			continue
		}
		in, out := v.lines()
		if cmd.verb != "linear" { // which says them itself
			v.say(v.notices)
		}
		c := &call{
			visit: v, words: w, place: s.Place, zone: s.zone(v.me), now: s.Now, args: args[1:], in: in, out: bufio.NewWriterSize(out, 16<<10),
		}
		if err := cmd.run(v.channel, c); err != nil {
			return err
		}
		return c.out.Flush() // the client is gone, nothing to tell
	}
	return misuse{fmt.Sprintf(w.UnknownVerb, line(args[0])) + "\n" + usage(w, "")}
}

// outcome is the exit code of an error and what to say of it.
func (s *Server) outcome(v *visit, err error) (code int, say string) {
	var wrong misuse
	var no refusal
	switch {
	case err == nil:
		return exitOK, ""
	case errors.As(err, &wrong):
		return exitUsage, wrong.say
	case errors.As(err, &no):
		return exitFailed, no.say
	}
	say = v.words.Explain(err)
	if v.channel.Err() == nil && (say == v.words.Error.Other || errors.Is(err, store.ErrDamaged)) {
		s.Log.Error("command", "person", v.me.Handle, "err", err)
	}
	return exitFailed, say
}

// usage is how a verb is called, or all of them.
func usage(w *tui.CommandWords, verb string) string {
	var lines []string
	for _, h := range w.Help {
		if name, _, _ := strings.Cut(h.Command, " "); verb == "" || name == verb {
			lines = append(lines, h.Command)
		}
	}
	return fmt.Sprintf(w.Usage, strings.Join(lines, "\n  "))
}

// parse takes the flags out of the arguments and answers the rest. takes names them and says which have a value.
func (c *call) parse(verb string, takes map[string]bool) (rest []string, err error) {
	c.flags = map[string][]string{}
	wrong := func(sentence, what string) error {
		return misuse{fmt.Sprintf(sentence, line(what)) + "\n" + usage(c.words, verb)}
	}
	for i := 0; i < len(c.args); i++ {
		arg := c.args[i]
		if arg == "--" {
			return append(rest, c.args[i+1:]...), nil
		}
		name, isFlag := strings.CutPrefix(arg, "--")
		if !isFlag {
			rest = append(rest, arg)
			continue
		}
		name, value, given := strings.Cut(name, "=")
		needs, known := takes[name]
		switch {
		case !known || given && !needs:
			return nil, wrong(c.words.BadFlag, arg)
		case needs && !given && i+1 == len(c.args):
			return nil, wrong(c.words.Missing, arg+" ...")
		case needs && !given:
			i++
			value = c.args[i]
		}
		c.flags[name] = append(c.flags[name], value)
	}
	return rest, nil
}

// asJSON says whether data is to come as JSON.
func (c *call) asJSON() bool { return len(c.flags["json"]) > 0 }

// value is a flag's, the last one given.
func (c *call) value(flag string) string {
	if v := c.flags[flag]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// number reads the one argument that a verb takes, a thread's number.
func (c *call) number(verb string, rest []string) (int64, error) {
	switch len(rest) {
	case 0:
		return 0, misuse{fmt.Sprintf(c.words.Missing, "N") + "\n" + usage(c.words, verb)}
	case 1:
	default:
		return 0, misuse{fmt.Sprintf(c.words.BadFlag, line(rest[1])) + "\n" + usage(c.words, verb)}
	}
	n, err := strconv.ParseInt(rest[0], 10, 64)
	if err != nil || n <= 0 {
		return 0, misuse{fmt.Sprintf(c.words.BadNumber, line(rest[0])) + "\n" + usage(c.words, verb)}
	}
	return n, nil
}

// none refuses arguments where there are none to be.
func (c *call) none(verb string, rest []string) error {
	if len(rest) > 0 {
		return misuse{fmt.Sprintf(c.words.BadFlag, line(rest[0])) + "\n" + usage(c.words, verb)}
	}
	return nil
}

// say says sentences beside the data.
func (v *visit) say(sentences []string) {
	for _, sentence := range sentences {
		_, _ = fmt.Fprintln(v.channel.errors(), sentence) // a client that is gone need not hear it
	}
}

// near says how near the person is to what they may use up, after something was written. That it cannot be read is not
// told: it was written, and whoever is there meets an error.
func (c *call) near(ctx context.Context) {
	if used, err := c.journal.Usage(ctx); err == nil {
		c.say(c.visit.words.NearCaps(used))
	}
}

// note says something beside the data.
func (c *call) note(sentence string) {
	_, _ = fmt.Fprintln(c.channel.errors(), sentence) // a client that is gone need not hear it
}

// text reads stdin to its end: UTF-8 of a size that an entry may have. A connection that broke before the end, and so
// might have cut the text, is an error.
func (c *call) text() (string, error) {
	const most = 2 * store.MaxEntry // line ends may shrink it
	data, err := io.ReadAll(io.LimitReader(c.in, most+1))
	if err != nil {
		return "", refusal{c.words.NoStdin}
	}
	if len(data) > most {
		return "", store.ErrTooLong
	}
	if !c.present() { // the end of input and the end of the connection look alike from here
		return "", refusal{c.words.CutStdin}
	}
	if !utf8.Valid(data) {
		return "", store.ErrNotText
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	return strings.TrimRight(strings.ReplaceAll(text, "\r", "\n"), "\n"), nil
}

// present asks the client to answer: only one that is there does, and it has taken in all that was sent before.
func (c *call) present() bool {
	_, err := c.channel.raw.SendRequest("keepalive@openssh.com", true, nil)
	return err == nil
}

// clock is a time as the person reads it.
func (c *call) clock(t time.Time) string { return t.In(c.zone).Format("2006-01-02 15:04") }

// line is what somebody wrote, as one line that does nothing to a terminal.
func line(s string) string { return safetext.Line(s) }
