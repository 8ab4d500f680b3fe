package terminal

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// start runs a command in a goroutine of its own, which ends when the command does.
func (p *Program) start(cmd tea.Cmd) {
	if cmd != nil {
		go p.run(cmd)
	}
}

// run runs a command that nothing waits for: of a batch, each command then has its own goroutine and no more.
func (p *Program) run(cmd tea.Cmd) {
	defer p.rescue()
	msg := cmd()
	for batch, ok := msg.(tea.BatchMsg); ok && len(batch) > 0; batch, ok = msg.(tea.BatchMsg) {
		last := len(batch) - 1
		for _, c := range batch[:last] {
			p.start(c)
		}
		if msg = nil; batch[last] != nil {
			msg = batch[last]()
		}
	}
	if _, more := sequence(msg); more {
		p.finish(msg)
		return
	}
	p.bring(msg)
}

// bring is Send for the last that a goroutine does: it draws what that changed, too, with the stack that it has grown.
func (p *Program) bring(msg tea.Msg) {
	if p.running() && p.takeHere(msg) {
		p.drawer()
	}
}

// takeHere takes a message, and says whether the caller draws from now on.
func (p *Program) takeHere(msg tea.Msg) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.caller = true
	defer func() { p.caller = false }()
	p.take(msg)
	return p.takeTurn()
}

// finish takes in what a command answered, and runs what is in it to its end: a sequence goes on only then.
func (p *Program) finish(msg tea.Msg) {
	if batch, ok := msg.(tea.BatchMsg); ok {
		var all sync.WaitGroup
		for _, c := range batch {
			if c != nil {
				all.Go(func() { defer p.rescue(); p.finish(c()) })
			}
		}
		all.Wait()
		return
	}
	cmds, ok := sequence(msg)
	if !ok {
		p.Send(msg)
		return
	}
	for _, c := range cmds {
		if c != nil {
			p.finish(c())
		}
	}
}

// sequence is the commands of tea.Sequence, whose type is bubbletea's own.
func sequence(msg tea.Msg) ([]tea.Cmd, bool) {
	v, list := reflect.ValueOf(msg), reflect.TypeFor[[]tea.Cmd]()
	if !v.IsValid() || v.Kind() != reflect.Slice || v.Type().Elem() != list.Elem() {
		return nil, false
	}
	cmds, ok := v.Convert(list).Interface().([]tea.Cmd)
	return cmds, ok
}

// serve does what a message asks of the terminal, if it does. The caller holds mu.
func (p *Program) serve(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.RawMsg:
		p.raw(fmt.Sprint(msg.Msg))
		return true
	case tea.ModeReportMsg:
		if msg.Mode == ansi.ModeSynchronizedOutput && msg.Value == ansi.ModeReset { // known, and off
			p.work.synced = true
			p.draw()
		}
		return false // the model may want to know, too
	}
	if msg == tea.ClearScreen() {
		p.work.repaint = true
		p.draw()
		return true
	}
	asked := question(msg)
	if asked != "" {
		p.raw(asked)
	}
	return asked != ""
}

// question is what the terminal is sent for a message whose type is bubbletea's own, or "".
func question(msg tea.Msg) string {
	switch msg {
	case tea.RequestBackgroundColor():
		return ansi.RequestBackgroundColor
	case tea.RequestForegroundColor():
		return ansi.RequestForegroundColor
	case tea.RequestCursorColor():
		return ansi.RequestCursorColor
	case tea.RequestCursorPosition():
		return ansi.RequestCursorPositionReport
	case tea.RequestTerminalVersion():
		return ansi.RequestNameVersion
	case tea.ReadClipboard():
		return ansi.RequestSystemClipboard
	}
	text := reflect.ValueOf(msg)
	if text.Kind() != reflect.String {
		return ""
	}
	switch text.Type() {
	case reflect.TypeOf(tea.SetClipboard("")()):
		return ansi.SetSystemClipboard(text.String())
	case reflect.TypeOf(tea.SetPrimaryClipboard("")()):
		return ansi.SetPrimaryClipboard(text.String())
	}
	return ""
}

// raw sends the terminal something that is no frame. The caller holds mu.
func (p *Program) raw(s string) {
	p.work.raw = append(p.work.raw, s...)
	p.draw()
}

// asksForSync says whether a terminal may be asked what it knows, by bubbletea's rule: old ones print the question, and
// behind ssh only the names of new ones tell.
func asksForSync(env []string) bool {
	get := func(name string) (string, bool) {
		for _, v := range slices.Backward(env) {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
	term, _ := get("TERM")
	program, named := get("TERM_PROGRAM")
	_, remote := get("SSH_TTY")
	_, windows := get("WT_SESSION")
	knows := func(name string) bool { return strings.Contains(term, name) }
	return windows || !remote && (!named || !strings.Contains(program, "Apple")) ||
		slices.ContainsFunc([]string{"ghostty", "wezterm", "alacritty", "kitty", "rio"}, knows)
}
