package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// ErrCrashed is what Run answers when the model, a command, the decoder or the renderer panicked.
var ErrCrashed = errors.New("a defect ended the program")

// Program runs one model over one connection. Its methods may be called from any goroutine but not by the model itself.
type Program struct {
	out    io.Writer
	report func(any)
	now    func() time.Time
	asks   bool    // the terminal may be asked about synchronised output
	screen *screen // the drawer's; at the end, when none is left, last's

	slow    atomic.Bool   // the last frame took long to write
	begun   chan struct{} // closed when the model has had Init
	over    chan struct{} // closed when it gets nothing more
	drawers sync.WaitGroup

	mu      sync.Mutex // guards what follows, and is held while the model works
	model   tea.Model
	size    tea.WindowSizeMsg
	ended   bool
	err     error  // why
	last    func() // to be done when it has ended; nil until it has begun
	work    work
	shown   bool // begun: there may be a drawer
	drawing bool // there is one
	caller  bool // who brings what is taken in draws what it changes, too
	due     time.Time
	frames  int // drawn
	keys    decoder
	escape  *time.Timer // nil until a sequence had to be waited for
}

// New makes a program that shows nothing before its Start. Writes to out must end: the program waits for the last one.
func New(model tea.Model, out io.Writer, o Options) *Program {
	p := &Program{
		out: out, report: o.Report, now: o.Now, asks: asksForSync(o.Env), screen: newScreen(o),
		begun: make(chan struct{}), over: make(chan struct{}),
		model: model, size: tea.WindowSizeMsg{Width: o.Width, Height: o.Height},
	}
	if p.report == nil {
		p.report = func(any) {}
	}
	if p.now == nil {
		p.now = time.Now
	}
	return p
}

// Run is Start that is back when the program is over, and answers why.
func (p *Program) Run(ctx context.Context) error {
	over := make(chan error, 1)
	p.Start(ctx, func(err error) { over <- err })
	return <-over
}

// Start shows the model until it quits, ctx ends, or the terminal cannot be written to. Then ended is called, in a goroutine
// of its own, with nil, what ctx ended with, or the writer's error; with ErrCrashed after a panic, and tea.ErrInterrupted
// after tea.Interrupt. By then the model gets nothing more and the terminal is left as it was. It is called once.
func (p *Program) Start(ctx context.Context, ended func(error)) {
	p.begin()
	unbind := context.AfterFunc(ctx, func() { p.end(context.Cause(ctx)) })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = func() {
		unbind()
		p.drawers.Wait()
		p.leave()
		ended(p.why())
	}
	if p.ended {
		go p.last()
	}
}

func (p *Program) begin() {
	defer close(p.begun)
	defer p.rescue()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asks {
		p.work.raw = append(p.work.raw, ansi.RequestModeSynchronizedOutput...)
	}
	cmd := p.model.Init()
	p.update(p.size)
	p.start(cmd)
	p.shown = true
	p.draw()
}

// Send hands the model a message, and is back when it has it, or when the program is over. Before Start it waits.
func (p *Program) Send(msg tea.Msg) {
	if !p.running() {
		return
	}
	defer p.rescue()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(msg)
}

// Resize says how large the terminal is now, in cells. The model hears it just before the next frame, so of many sizes in a
// short time only the last.
func (p *Program) Resize(width, height int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resize(tea.WindowSizeMsg{Width: width, Height: height})
}

// Read takes what the terminal sends until there is no more, then quits.
func (p *Program) Read(in io.Reader) {
	buf := make([]byte, readSize)
	for {
		n, err := in.Read(buf)
		if n > 0 {
			p.input(buf[:n], false, true)
			p.drawHere()
		}
		if err != nil {
			p.Send(tea.Quit())
			return
		}
	}
}

// Input takes a piece of what the terminal sends. What comes in one piece is shown in one frame.
func (p *Program) Input(b []byte) {
	if len(b) > 0 {
		p.input(b, false, false)
	}
}

// input decodes b; with final, an unfinished sequence is taken for what it is. What changes is drawn here if the caller
// does not.
func (p *Program) input(b []byte, final, drawn bool) {
	if !p.running() {
		return
	}
	defer p.rescue()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.caller = drawn
	defer func() { p.caller = false }()
	p.keys.decode(b, final, p.take)
	switch {
	case p.keys.waits() && p.escape == nil:
		p.escape = time.AfterFunc(escapeWait, func() { p.input(nil, true, false) })
	case p.keys.waits() && !final:
		p.escape.Reset(escapeWait)
	case p.escape != nil:
		p.escape.Stop()
	}
}

// running waits for the beginning, and says whether there is still a use in sending.
func (p *Program) running() bool {
	select {
	case <-p.over:
		return false
	case <-p.begun:
		return true
	}
}

// take does what a message asks of the program, or hands it to the model. The caller holds mu.
func (p *Program) take(msg tea.Msg) {
	if p.ended || msg == nil {
		return
	}
	switch msg := msg.(type) {
	case tea.QuitMsg:
		p.stop(nil)
	case tea.InterruptMsg:
		p.stop(tea.ErrInterrupted)
	case tea.SuspendMsg: // there is no shell to go back to
	case tea.WindowSizeMsg:
		p.resize(msg)
	default:
		if !p.serve(msg) {
			p.update(msg)
		}
	}
}

// update hands a message to the model. The caller holds mu.
func (p *Program) update(msg tea.Msg) {
	model, cmd := p.model.Update(msg)
	p.model = model
	p.start(cmd)
	p.work.view = true
	p.draw()
}

func (p *Program) resize(size tea.WindowSizeMsg) {
	if p.work.size == nil && size == p.size {
		return
	}
	p.work.size = &size
	p.draw()
}

// end ends the program, once, and says why. Nothing waits here.
func (p *Program) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop(err)
}

// stop is end where mu is held.
func (p *Program) stop(err error) {
	if p.ended {
		return
	}
	p.ended, p.err = true, err
	if p.escape != nil {
		p.escape.Stop()
	}
	close(p.over)
	if p.last != nil {
		go p.last()
	}
}

func (p *Program) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return fmt.Errorf("terminal program: %w", p.err)
	}
	return nil
}

// rescue ends the program at a panic. It is deferred before mu is locked, so that it runs after mu is free.
func (p *Program) rescue() {
	if r := recover(); r != nil {
		p.report(r)
		p.end(ErrCrashed)
	}
}
