package tui

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"alcove/store"
	"alcove/store/safetext"
)

// The linear mode is the screen for those who hear it, and for terminals that cannot draw: labelled lines in order,
// numbered choices, nothing rewritten, no drawing. The person's own terminal edits the lines.
//
// What people wrote is quoted (quote), so that none of it can be taken for a label of ours. New entries are said before the
// next prompt, never into a line that is being typed.

// errQuit ends the linear mode because the person said so.
var errQuit = errors.New("quit")

// linear is one linear session.
type linear struct {
	*session
	ctx     context.Context
	lines   <-chan string // closed at the end of the input
	out     io.Writer
	threads []store.Thread // as they were listed last
	lang    string         // of the client

	readOnly     atomic.Bool // nothing can be saved
	saidReadOnly bool        // as the person knows
}

// Linear runs the linear mode until the person quits or the input ends, which are no errors. It answers
// store.ErrSignedOut, after telling the person, when the account is disabled or the key removed, and the error of ctx or
// of out. The caller must see to it that reading from in ends soon after Linear has returned, for a read may be under way.
func Linear(ctx context.Context, o Options, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l := &linear{session: newSession(ctx, o), ctx: ctx, out: out, lang: o.Lang}
	if err := l.begin(o, in, cancel); err != nil {
		return l.end(err)
	}
	return l.end(l.home())
}

// begin learns who the person is, starts listening for the end of their account, and greets.
func (l *linear) begin(o Options, in io.Reader, cancel context.CancelCauseFunc) error {
	me, err := l.journal.Me(l.ctx)
	if err != nil {
		return err
	}
	l.me = me
	l.words = WordsFor(cmp.Or(me.Settings.Language, o.Lang))
	l.zone = cmp.Or(zoneOf(me.Settings), l.zone)
	l.lines = readLines(l.ctx, in)
	if me.Factor.Due {
		if err := l.mustFactor(); err != nil {
			return err
		}
	}
	changes, err := l.journal.Watch(l.ctx)
	if err != nil {
		return err
	}
	select {
	case c, open := <-changes: // how it was when the person came
		l.readOnly.Store(open && c.Kind == store.StorageChanged && !c.On)
	default:
	}
	go func() { // ends with the watch, that is, with ctx
		for c := range changes {
			switch c.Kind {
			case store.SignedOut:
				cancel(store.ErrSignedOut)
			case store.StorageChanged:
				l.readOnly.Store(!c.On)
			}
		}
	}()
	l.sayf(l.words.Chrome.Linear.Hello, givenName(me.Person))
	for _, notice := range o.Notices {
		l.sayf("%s", notice)
	}
	return nil
}

// readLines hands out lines until the input or ctx ends.
func readLines(ctx context.Context, in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, store.MaxEntry)
		for scanner.Scan() {
			select {
			case lines <- strings.TrimSuffix(scanner.Text(), "\r"):
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// end turns the reason of the end into the error of Linear, and tells the person what they should know.
func (l *linear) end(err error) error {
	if cause := context.Cause(l.ctx); cause != nil {
		err = cause
	}
	switch {
	case errors.Is(err, errQuit), errors.Is(err, io.EOF):
		return nil
	case errors.Is(err, store.ErrSignedOut):
		l.sayf("%s", l.words.Error.SignedOut)
	}
	return err
}

// sayf writes a line of ours. That the other end is gone shows when the input ends.
func (l *linear) sayf(format string, args ...any) { _, _ = fmt.Fprintf(l.out, format+"\n", args...) }

// sayStorage says once that nothing can be saved, and once that all can be again.
func (l *linear) sayStorage() {
	readOnly := l.readOnly.Load()
	if readOnly == l.saidReadOnly {
		return
	}
	l.saidReadOnly = readOnly
	if readOnly {
		l.sayf("%s", l.words.Chrome.Linear.ReadOnly)
	} else {
		l.sayf("%s", l.words.Chrome.Linear.Writable)
	}
}

// ask prompts and waits for a line.
func (l *linear) ask(prompt string) (string, error) {
	l.sayStorage()
	if _, err := io.WriteString(l.out, prompt); err != nil {
		return "", fmt.Errorf("write a prompt: %w", err)
	}
	return l.line()
}

func (l *linear) line() (string, error) {
	select {
	case line, open := <-l.lines:
		if !open {
			return "", io.EOF
		}
		return line, nil
	case <-l.ctx.Done():
		return "", l.ctx.Err()
	}
}

// command asks for a command or a number, until it gets one that is known. It answers the English verb, or the number.
func (l *linear) command(prompt string, numbers int, verbs ...string) (verb string, number int, err error) {
	var names []string
	for _, v := range verbs {
		names = append(names, l.verbName(v))
	}
	for {
		line, err := l.ask(prompt)
		if err != nil {
			return "", 0, err
		}
		line = strings.ToLower(strings.TrimSpace(line))
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= numbers {
			return "", n, nil
		}
		if line == "" {
			return "", 0, nil
		}
		for i, v := range verbs {
			if line == v || line == names[i] {
				return v, 0, nil
			}
		}
		l.sayf(l.words.Chrome.Linear.Unknown, strings.Join(names, ", "))
	}
}

// The commands, in English; the words have them in the person's language, and both are understood.
const (
	verbNew, verbSearch, verbPeople, verbHelp, verbQuit = "new", "search", "people", "help", "quit"
	verbWrite, verbBack, verbEarlier, verbList          = "write", "back", "earlier", "list"
	verbEdit, verbWithdraw, verbUndo, verbHistory       = "edit", "withdraw", "undo", "history"
	verbInvite, verbSettings                            = "invite", "settings"
)

func (l *linear) verbName(verb string) string {
	v := l.words.Chrome.Linear.Verbs
	return map[string]string{
		verbNew: v.New, verbSearch: v.Search, verbPeople: v.People, verbHelp: v.Help, verbQuit: v.Quit, verbWrite: v.Write,
		verbBack: v.Back, verbEarlier: v.Earlier, verbList: v.List, verbEdit: v.Edit, verbWithdraw: v.Withdraw, verbUndo: v.Undo,
		verbHistory: v.History, verbInvite: v.Invite, verbSettings: v.Settings,
	}[verb]
}

func (l *linear) verbNames(verbs []string) string {
	names := make([]string, len(verbs))
	for i, v := range verbs {
		names[i] = l.verbName(v)
	}
	return strings.Join(names, ", ")
}

// home lists the threads and does what the person says, until they quit.
func (l *linear) home() error {
	verbs := []string{verbNew, verbSearch, verbPeople, verbSettings, verbList, verbHelp, verbQuit}
	if l.me.Role == store.RoleCoach {
		verbs = slices.Insert(verbs, 3, verbInvite)
	}
	list := true
	for {
		if list {
			if err := l.list(); err != nil {
				return err
			}
		}
		w := l.words.Chrome.Linear
		prompt := fmt.Sprintf(w.ChooseNone, l.verbNames(verbs))
		if n := len(l.threads); n > 0 {
			prompt = fmt.Sprintf(w.Choose, n, l.verbNames(verbs))
		}
		verb, number, err := l.command(prompt, len(l.threads), verbs...)
		if err != nil {
			return err
		}
		list = number > 0 || !slices.Contains([]string{verbHelp, verbPeople, verbInvite, verbSettings}, verb)
		if number > 0 {
			err = l.thread(l.threads[number-1].Number)
		} else {
			err = l.do(verb)
		}
		if err = l.explainTo(err); err != nil {
			return err
		}
	}
}

func (l *linear) do(verb string) error {
	switch verb {
	case verbNew:
		return l.newThread()
	case verbSearch:
		return l.search()
	case verbPeople:
		return l.people()
	case verbInvite:
		return l.invite()
	case verbSettings:
		return l.settings()
	case verbHelp:
		for _, text := range l.words.Chrome.Linear.Help {
			l.sayf("%s", text)
		}
	case verbQuit:
		return errQuit
	}
	return nil
}

// explainTo tells the person of an error that they can go on after; it answers the others.
func (l *linear) explainTo(err error) error {
	switch {
	case err == nil || errors.Is(err, errQuit) || errors.Is(err, io.EOF) || errors.Is(err, store.ErrSignedOut) || l.ctx.Err() != nil:
		return err
	}
	l.sayf("%s", l.explain(err))
	return nil
}

// readThreads reads all threads as Home has them.
func (l *linear) readThreads() error {
	l.threads = nil
	for span := (store.HomeSpan{Limit: 200}); ; span.After = l.threads[len(l.threads)-1].Number {
		page, err := l.journal.Home(l.ctx, span)
		l.threads = append(l.threads, page.Threads...)
		if err != nil || page.Later == 0 || len(page.Threads) == 0 {
			return err
		}
	}
}

// list says what is new and names the threads.
func (l *linear) list() error {
	if err := l.readThreads(); err != nil {
		return err
	}
	w := l.words.Chrome.Linear
	unread, in := 0, 0
	for _, t := range l.threads {
		if t.Unread > 0 {
			unread, in = unread+t.Unread, in+1
		}
	}
	switch {
	case len(l.threads) == 0:
		l.sayf("%s", w.NoThreads)
	case unread == 0:
		l.sayf("%s", w.NothingNew)
	default:
		l.sayf("%s %s.", w.New.N(unread), w.InThreads.N(in))
	}
	for i, t := range l.threads {
		line := fmt.Sprintf(w.Thread, i+1, l.title(t), l.members(t))
		if t.Unread > 0 {
			line += ", " + w.Unread.N(t.Unread)
		}
		if !t.DraftAt.IsZero() {
			line += ", " + w.Draft
		}
		l.sayf("%s", line)
	}
	return nil
}

func (l *linear) members(t store.Thread) string {
	if others := l.others(t); others != "" {
		return fmt.Sprintf(l.words.Chrome.Linear.WithPeople, others)
	}
	return l.words.Chrome.Linear.OnlyYou
}

// others names the other members; it is empty when there are none.
func (l *linear) others(t store.Thread) string {
	var names []string
	for _, m := range t.Members {
		if m.Handle != l.me.Handle {
			names = append(names, fullName(m))
		}
	}
	return strings.Join(names, ", ")
}

// quote says a text that a person wrote. Every line of it is marked, so that nobody can put a label of ours, or an entry,
// into another's mouth.
func (l *linear) quote(text string) {
	for line := range strings.SplitSeq(safetext.Text(text), "\n") {
		l.sayf("| %s", line)
	}
}
