package sshserver

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// calmAfter is how long no client must send anything for the server to be at rest; it is noticed within twice the time.
const calmAfter = 2 * time.Second

// calm gives memory back to the machine when a burst is over. What signing in and opening leave behind may be as much again
// as what sessions hold, and while nothing happens the collector would let it lie for minutes. While somebody is at work
// nothing is given back, and while nothing happens nothing wakes.
type calm struct {
	after time.Duration
	give  func()

	stirred atomic.Bool // since it was last looked at

	mu      sync.Mutex
	ended   bool
	timer   *time.Timer    // nil when there is nothing to wait for
	looking sync.WaitGroup // the timer, until it has done its last
}

// stir notes that something happens.
func (c *calm) stir() {
	if c.stirred.Load() {
		return // so that a busy server does not come to the lock
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stirred.Store(true)
	if c.timer == nil && !c.ended {
		c.looking.Add(1)
		c.timer = time.AfterFunc(c.after, c.look)
	}
}

// look gives back if nothing happened since it was last called, or else is called again.
func (c *calm) look() {
	c.mu.Lock()
	if c.stirred.Swap(false) && !c.ended {
		c.timer.Reset(c.after)
		c.mu.Unlock()
		return
	}
	c.timer = nil
	c.mu.Unlock()
	defer c.looking.Done()
	c.give()
}

// end waits for what is being given back. Nothing is any more.
func (c *calm) end() {
	c.mu.Lock()
	c.ended = true
	if c.timer != nil && c.timer.Stop() {
		c.timer = nil
		c.looking.Done()
	}
	c.mu.Unlock()
	c.looking.Wait()
}

// giveBack gives the machine what nothing uses, where that is worth a collection: a quarter of what is in use, and some MB.
func giveBack() {
	const worth = 4 << 20
	all := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
	}
	metrics.Read(all)
	live, held := all[0].Value.Uint64(), uint64(0)
	for _, part := range all[1:] {
		held += part.Value.Uint64()
	}
	if held < live+max(live/4, worth) {
		return
	}
	runtime.GC() // stacks shrink by half at each collection, and pools forget at the second
	debug.FreeOSMemory()
}
