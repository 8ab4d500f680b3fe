package cryptvfs

import (
	"sync"
	"sync/atomic"
)

// generation is one life of the WAL, from the writing of its header to the
// next. Its id is random, and a frame of another generation does not open.
type generation struct {
	id     [generationIDSize]byte
	header [walHeaderSize]byte // SQLite's
	safe   uint32              // pages of the main file that were on disk when it began
}

// walState is what the connections know of their WAL together.
//
// Recovery has to tell a torn frame from a changed one. Every frame therefore
// carries the number of frames that were known to be on disk when it was
// written, and that number must never be too high, or a power cut would look
// like tampering. Only committed frames count, since others may be overwritten
// by their transaction or by the next one; and writing frame n takes back all
// that was known of n and what follows, for instance when a commit failed.
type walState struct {
	current atomic.Pointer[generation]

	mu        sync.Mutex
	attached  int    // handles
	written   uint32 // highest frame this process wrote
	committed uint32 // highest frame that ends a transaction
	synced    uint32 // committed frames that are on disk
	required  uint32 // frames that the header says must be there
	unsynced  bool   // and that is not known to be on disk
}

func (w *walState) generation() *generation { return w.current.Load() }

// live reports whether there is anything in the WAL.
func (w *walState) live() bool { return w.current.Load() != nil }

// certainFrames is how many frames no crash explains the loss of.
func (w *walState) certainFrames() uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(w.written, w.required)
}

func (w *walState) requiredFrames() uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.required
}

// beforeWrite returns the number of synced frames that frame n may state.
func (w *walState) beforeWrite(n uint32) uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committed = min(w.committed, n-1)
	w.synced = min(w.synced, n-1)
	return w.synced
}

func (w *walState) afterWrite(n uint32, commits, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !ok:
		w.written = min(w.written, n-1)
	case commits:
		w.committed = n
		fallthrough
	default:
		w.written = max(w.written, n)
	}
}

// sync runs the sync and notes what it made safe. Another connection may write
// meanwhile: only what was committed before counts.
func (w *walState) sync(do func() error) error {
	w.mu.Lock()
	g, committed := w.current.Load(), w.committed
	w.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if g == w.current.Load() {
		w.synced = max(w.synced, min(committed, w.committed))
	}
	return nil
}

// end runs the truncation of the WAL to nothing.
func (w *walState) end(do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	w.begin(nil)
	return nil
}

// begin starts a generation. The caller holds w.mu.
func (w *walState) begin(g *generation) {
	w.current.Store(g)
	w.written, w.committed, w.synced, w.required, w.unsynced = 0, 0, 0, 0, false
}

// detach gives up a handle. The last one forgets what it knew: the file may be
// deleted now, or replaced before it is opened again.
func (w *walState) detach() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.attached--; w.attached == 0 {
		w.begin(nil)
	}
}
