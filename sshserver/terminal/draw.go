package terminal

import (
	"fmt"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Some frames may follow each other at once, so that an answer to a key waits for nothing; a storm of messages costs only
// as many as an eye can tell apart. One that changes nothing on the terminal is none: a page that comes in several readings
// must not wait for those that nobody sees.
const (
	framesAtOnce = 4
	frameGap     = time.Second / 60
)

// work is what the drawer has not done yet.
type work struct {
	view    bool               // the model may look otherwise
	size    *tea.WindowSizeMsg // to be told to the model
	repaint bool
	synced  bool   // the terminal knows synchronised output
	raw     []byte // for the terminal, as it is, before the frame
}

func (w *work) nothing() bool {
	return !w.view && w.size == nil && !w.repaint && !w.synced && len(w.raw) == 0
}

// draw sees to it that there is a drawer. The caller holds mu.
func (p *Program) draw() {
	if !p.caller && p.takeTurn() {
		go p.drawer()
	}
}

// takeTurn says whether the caller, who holds mu, draws from now on.
func (p *Program) takeTurn() bool {
	if p.drawing || p.ended || !p.shown || p.work.nothing() {
		return false
	}
	p.drawing = true
	p.drawers.Add(1)
	return true
}

// giveBack ends the turn of who draws, if there is nothing to draw. The caller holds mu.
func (p *Program) giveBack() bool {
	p.drawing = !p.ended && !p.work.nothing()
	return !p.drawing
}

// drawer draws while there is something to do. What happens while it waits for a slow terminal is one frame.
func (p *Program) drawer() {
	defer p.drawers.Done()
	defer p.rescue()
	for {
		wait, more := p.pace()
		if !more || wait > 0 && !p.rest(wait) || !p.frame() {
			return
		}
	}
}

// drawHere draws one frame in the goroutine of the reader, so that a letter waits for no other. Where the frame has to wait
// for its time, or the last one took long to write, it is left to a drawer: the reader has keys to take in.
func (p *Program) drawHere() {
	defer p.rescue()
	if !p.takeTurnAtOnce() {
		return
	}
	defer p.drawers.Done()
	if !p.frame() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.giveBack() {
		p.drawers.Add(1)
		go p.drawer()
	}
}

func (p *Program) takeTurnAtOnce() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.slow.Load() || p.due.Add(frameGap).After(now) {
		p.draw()
		return false
	}
	if !p.takeTurn() {
		return false
	}
	p.book(now)
	return true
}

// pace says whether there is something to draw, and how long it must wait.
func (p *Program) pace() (wait time.Duration, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.giveBack() {
		return 0, false
	}
	now := p.now()
	p.book(now)
	return p.due.Sub(now), true
}

// book reckons a frame that is due. The caller holds mu.
func (p *Program) book(now time.Time) {
	if first := now.Add(-framesAtOnce * frameGap); p.due.Before(first) {
		p.due = first
	}
	p.due = p.due.Add(frameGap)
}

// unbook takes back what the last frame was reckoned as.
func (p *Program) unbook() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = p.due.Add(-frameGap)
}

// rest waits, and says whether the program still runs.
func (p *Program) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.over:
		return false
	}
}

// frame draws one, and says whether there may be more.
func (p *Program) frame() bool {
	view, raw := p.look()
	begun := p.now()
	drawn, err := p.write(view, raw)
	if err != nil {
		p.end(err)
		return false
	}
	if !drawn {
		p.unbook()
	}
	p.slow.Store(p.now().Sub(begun) > frameGap)
	return true
}

// look takes what there is to do, and how the model looks.
func (p *Program) look() (view tea.View, raw []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if size := p.work.size; size != nil && !p.ended {
		p.size = *size
		p.screen.resize(size.Width, size.Height)
		p.update(*size)
	}
	if p.work.repaint {
		p.screen.repaint()
	}
	if p.work.synced {
		p.screen.sync = true
	}
	raw, p.work = p.work.raw, work{}
	p.frames++
	return p.model.View(), raw
}

// buffers are of frames that are being written.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// write brings the terminal to a view, and what else it is sent before that. It answers whether the view changed anything.
func (p *Program) write(view tea.View, raw []byte) (drawn bool, err error) {
	err = p.send(func(b []byte) []byte {
		b = append(b, raw...)
		all := p.screen.draw(b, view)
		drawn = len(all) > len(b)
		return all
	})
	return drawn, err
}

func (p *Program) send(made func([]byte) []byte) error {
	buf, _ := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	*buf = made((*buf)[:0])
	if len(*buf) == 0 {
		return nil
	}
	if _, err := p.out.Write(*buf); err != nil {
		return fmt.Errorf("write to the terminal: %w", err)
	}
	return nil
}

// leave draws the last frame, if the model quit, and leaves the terminal as it was. No drawer is left.
func (p *Program) leave() {
	defer p.rescue()
	p.lastFrame()
	_ = p.send(p.screen.leave) // a terminal that is gone need not be left tidy
}

func (p *Program) lastFrame() {
	defer p.rescue()
	if p.why() != nil {
		return
	}
	_, _ = p.write(p.look()) // a terminal that is gone ends all the same
}
