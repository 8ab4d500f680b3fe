package cryptvfs

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"

	"modernc.org/libc"
)

const (
	generationIDSize = 16

	// Behind SQLite's own header: pages of the main file that are safe, frames
	// that must be there, id of the generation.
	offSafe          = walHeaderSize
	offRequired      = offSafe + 4
	offGeneration    = offRequired + 4
	sealedHeaderSize = offGeneration + generationIDSize + overhead
)

// walHeaderAD is the associated data of the WAL header.
var walHeaderAD = []byte("walh\x00\x00\x00\x00\x00\x00\x00\x00")

type walVerdict int

const (
	walNone walVerdict = iota
	walGood
	walBad
)

// readWALHeader opens the header of a WAL in place; more says that the file
// goes on behind it. A header that is missing or zero is one that a power cut
// kept from reaching the disk, and then there is no frame either: SQLite syncs
// the header before it writes the first.
func readWALHeader(s *sealer, record []byte, more bool) (verdict walVerdict, g *generation, required uint32) {
	if len(record) < sealedHeaderSize || !more && bytes.Count(record, []byte{0}) == len(record) {
		return walNone, nil, 0
	}
	if !s.open(record, walHeaderAD) {
		return walBad, nil, 0
	}
	return walGood, &generation{
		id:     [generationIDSize]byte(record[offGeneration:]),
		header: [walHeaderSize]byte(record),
		safe:   binary.BigEndian.Uint32(record[offSafe:]),
	}, binary.BigEndian.Uint32(record[offRequired:])
}

// writeHeader writes the header of g, with the number of frames that must be
// there from now on.
func (f *walFile) writeHeader(t *libc.TLS, g *generation, required uint32) error {
	record := f.buf.b[:sealedHeaderSize]
	copy(record, g.header[:])
	binary.BigEndian.PutUint32(record[offSafe:], g.safe)
	binary.BigEndian.PutUint32(record[offRequired:], required)
	copy(record[offGeneration:], g.id[:])
	if err := f.db.frames.seal(record, walHeaderAD); err != nil {
		return err
	}
	return f.low.write(t, record, 0)
}

// attach counts f in. The first handle reads what a process before this one
// left in the WAL.
func (f *walFile) attach(t *libc.TLS) error {
	w := &f.db.wal
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.attached == 0 {
		if err := f.resume(t); err != nil {
			return err
		}
	}
	w.attached++
	return nil
}

// resume reads the WAL header. The caller holds wal.mu.
func (f *walFile) resume(t *libc.TLS) error {
	size, err := f.low.size(t)
	if err != nil || size < sealedHeaderSize {
		return err
	}
	record := f.buf.b[:sealedHeaderSize]
	if err := f.low.read(t, record, 0); err != nil {
		return err
	}
	verdict, g, required := readWALHeader(f.db.frames, record, size > sealedHeaderSize)
	switch {
	case verdict == walNone:
		return nil
	case verdict == walBad:
		return f.db.damaged(AreaWALHeader, 0)
	case size < frameOffset(required+1):
		return f.db.damaged(AreaWALFrame, required)
	}
	f.db.proved.Store(true)
	f.db.wal.begin(g)
	f.db.wal.required = required
	// All that this WAL says is about to be written again by a checkpoint.
	// What the interrupted one put behind the pages that were safe when the
	// WAL began may be torn, and counts for nothing.
	f.db.extendMu.Lock()
	defer f.db.extendMu.Unlock()
	f.db.filled.Store(g.safe)
	return nil
}

// restart begins a new generation under SQLite's header.
func (f *walFile) restart(t *libc.TLS, header []byte) error {
	w := &f.db.wal
	w.mu.Lock()
	defer w.mu.Unlock()
	// The WAL begins anew only when all of the old one is in the main file
	// and synced.
	g := &generation{header: [walHeaderSize]byte(header), safe: f.db.filled.Load()}
	rand.Read(g.id[:])
	if err := f.writeHeader(t, g, 0); err != nil {
		return err
	}
	w.begin(g)
	return nil
}

// require writes down that n frames must be there, and syncs it.
func (f *walFile) require(t *libc.TLS, syncFlags int32, n func(w *walState) uint32) error {
	w := &f.db.wal
	w.mu.Lock()
	g, before, frames := w.current.Load(), w.required, n(w)
	if g == nil || frames == w.required && !w.unsynced {
		w.mu.Unlock()
		return nil
	}
	err := f.writeHeader(t, g, frames)
	w.unsynced = true
	w.required = frames
	if err != nil {
		w.required = max(before, frames) // which of them is on disk, who knows
	}
	w.mu.Unlock()
	// Not under the lock: others write frames meanwhile.
	if err == nil {
		err = f.low.sync(t, syncFlags)
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if g == w.current.Load() && frames == w.required {
		w.unsynced = false
	}
	return nil
}

// note writes down that what was synced just now must be there, but does not
// sync that: then the newest transaction has a witness too, whom only a power
// cut may silence.
func (f *walFile) note(t *libc.TLS) error {
	w := &f.db.wal
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.current.Load()
	if g == nil || w.synced <= w.required {
		return nil
	}
	// Also if the write fails: who knows what is on disk then.
	w.required, w.unsynced = w.synced, true
	return f.writeHeader(t, g, w.required)
}

// beforeCheckpoint is called before a page is written to the main file. From
// the first page that a checkpoint copies on, the main file may hold a part of
// any transaction that is synced: it is no longer a database without them, and
// recovery must not take damage there for a torn end.
func (f *walFile) beforeCheckpoint(t *libc.TLS) error {
	if f.checkpointSync == 0 {
		return nil
	}
	err := f.require(t, f.checkpointSync, func(w *walState) uint32 { return max(w.synced, w.required) })
	if err == nil {
		f.checkpointSync = 0
	}
	return err
}

// beforeOverwrite is called before frame n is written. It takes back the
// requirement when a commit that failed had been required all the same.
func (f *walFile) beforeOverwrite(t *libc.TLS, n uint32) error {
	if n > f.db.wal.requiredFrames() {
		return nil
	}
	return f.require(t, syncNormal, func(w *walState) uint32 { return min(w.required, n-1) })
}
