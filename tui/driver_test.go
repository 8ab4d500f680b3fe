package tui

import (
	"context"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// driver runs an App as a program would, without a terminal: Cmds in goroutines, their messages in the order they come.
// It lives in a synctest bubble, whose clock stands still until the test sleeps, so that nothing here waits for real.
type driver struct {
	t     testing.TB
	ctx   context.Context // of the connection
	app   *App
	queue chan delivery
	runs  atomic.Int32 // Cmds that have not come to an end
	quit  bool
	clip  string // what was sent to the clipboard
}

type delivery struct {
	msg  tea.Msg
	done chan struct{} // closed when Update has had it
}

// drive runs test with the screen of a person, after it has settled.
func drive(t *testing.T, handle string, prepare func(p *practice, o *Options), test func(p *practice, d *driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t)
		o := p.options(handle)
		if prepare != nil {
			prepare(p, &o)
		}
		ctx, cancel := context.WithCancel(t.Context())
		d := &driver{t: t, ctx: ctx, app: New(ctx, o), queue: make(chan delivery, 1000)}
		defer func() { // what waits for changes or for time must end with the connection
			cancel()
			time.Sleep(time.Hour) //nolint:forbidigo // the bubble's clock
		}()
		d.run(d.app.Init())
		d.settle()
		test(p, d)
	})
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	d.runs.Add(1)
	go func() {
		defer d.runs.Add(-1)
		d.deliver(cmd())
	}()
}

// deliver hands a message over and waits until it was taken, as bubbletea's sequences do.
func (d *driver) deliver(msg tea.Msg) {
	if msg == nil {
		return
	}
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, cmd := range batch {
			d.run(cmd)
		}
		return
	}
	if v := reflect.ValueOf(msg); v.IsValid() && v.Type() == reflect.TypeOf(tea.Sequence(tea.Quit, tea.Quit)()) {
		for i := range v.Len() {
			if cmd, ok := v.Index(i).Interface().(tea.Cmd); ok && cmd != nil {
				d.deliver(cmd())
			}
		}
		return
	}
	done := make(chan struct{})
	d.queue <- delivery{msg, done}
	select {
	case <-done:
	case <-d.ctx.Done():
	}
}

// settle takes in messages until none are under way but those that wait for a change or for time.
func (d *driver) settle() {
	for {
		synctest.Wait()
		select {
		case in := <-d.queue:
			d.take(in.msg)
			close(in.done)
		default:
			return
		}
	}
}

func (d *driver) take(msg tea.Msg) {
	if _, ok := msg.(tea.QuitMsg); ok {
		d.quit = true
		return
	}
	if v := reflect.ValueOf(msg); v.IsValid() && v.Type() == reflect.TypeOf(tea.SetClipboard("")()) {
		d.clip = v.String()
		return
	}
	_, cmd := d.app.Update(msg)
	d.run(cmd)
}

func (d *driver) send(msg tea.Msg) {
	d.take(msg)
	d.settle()
}

// press presses keys by their names, separated by spaces.
func (d *driver) press(keys string) {
	for key := range strings.FieldsSeq(keys) {
		d.send(keyPress(key))
	}
}

// write types text letter by letter.
func (d *driver) write(text string) {
	for _, r := range text {
		d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func (d *driver) wait(span time.Duration) {
	time.Sleep(span) //nolint:forbidigo // the bubble's clock, which stands still otherwise
	d.settle()
}

// screen is what is to be read, without colours.
func (d *driver) screen() string { return ansi.Strip(d.view()) }

// view is a frame; it is the one that a screen would draw which keeps nothing.
func (d *driver) view() string {
	d.t.Helper()
	kept := d.app.View().Content
	d.app.last = lastFrame{}
	for _, o := range d.app.stack {
		if p, is := o.page.(*threadPage); is {
			p.last, p.write.last = keptLine[statusline]{}, keptLine[ruleline]{}
		}
	}
	if fresh := d.app.View().Content; kept != fresh {
		d.t.Fatalf("kept of the last frame:\n%s\n\nmade anew:\n%s", ansi.Strip(kept), ansi.Strip(fresh))
	}
	return kept
}

func (d *driver) shows(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.screen(), text) {
			d.t.Fatalf("the screen does not show %q:\n%s", text, d.screen())
		}
	}
}

func (d *driver) hides(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if strings.Contains(d.screen(), text) {
			d.t.Fatalf("the screen shows %q:\n%s", text, d.screen())
		}
	}
}
