package cryptvfs

import (
	"encoding/binary"

	"modernc.org/libc"
)

// Sizes as SQLite sees them, and as they are on disk.
const (
	walHeaderSize   = 32
	frameHeaderSize = 24
	frameSize       = frameHeaderSize + pageSize
	checksumSize    = 8

	tailSize        = 4 // behind a frame: frames known to be synced
	sealedFrameSize = frameSize + tailSize + overhead
)

// Offsets in a frame header.
const (
	offFrameDBSize   = 4 // not zero: the frame commits a transaction
	offFrameSalt     = 8
	offFrameChecksum = 16
	offWALSalt       = 16 // in the WAL header
	offWALChecksum   = 24 // in the WAL header

	syncNormal = 2 // SQLITE_SYNC_NORMAL
)

// walFile is a connection's handle on the WAL.
type walFile struct {
	low  *lower
	db   *database
	main *pageFile // of the same connection
	buf  scratch   // one sealed frame
	ad   [adSize]byte

	// held is the header of the frame heldFor: SQLite writes a frame's header
	// and then its page, and they are sealed as one.
	held    [frameHeaderSize]byte
	heldFor uint32

	// scanned is the frame that was read whole in the call before this one,
	// and was authentic; 0 if that call was another.
	scanned uint32

	// checkpointSync is set, to the flags, by a sync of the WAL on this
	// handle: a checkpoint begins with one.
	checkpointSync int32
}

func newWALFile(t *libc.TLS, low *lower, main *pageFile) (*walFile, error) {
	buf, err := newScratch(t, sealedFrameSize)
	if err != nil {
		return nil, err
	}
	f := &walFile{low: low, db: main.db, main: main, buf: buf}
	if err := f.attach(t); err != nil {
		buf.free(t)
		return nil, err
	}
	main.wal = f
	return f, nil
}

// split takes an offset of SQLite's apart: the frame, counted from 1, and the
// offset in it. Frame 0 is the WAL header.
func split(off int64) (frame uint32, rest int64) {
	if off < walHeaderSize {
		return 0, off
	}
	off -= walHeaderSize
	if off/frameSize >= 1<<32-1 {
		return 0, -1 // no frame
	}
	return uint32(off/frameSize) + 1, off % frameSize
}

// frameOffset is where frame n lies on disk.
func frameOffset(n uint32) int64 {
	return sealedHeaderSize + int64(n-1)*sealedFrameSize
}

// frameAD binds a frame to its place and to the generation of the WAL.
func frameAD(ad *[adSize]byte, n uint32, g *generation) []byte {
	copy(ad[:], "walf")
	binary.BigEndian.PutUint64(ad[4:], uint64(n))
	copy(ad[12:], g.id[:])
	return ad[:12+generationIDSize]
}

func (f *walFile) write(t *libc.TLS, src []byte, off int64) error {
	heldFor, scanned := f.heldFor, f.scanned
	f.heldFor, f.scanned = 0, 0
	frame, rest := split(off)
	if frame == 0 && rest == 0 && len(src) == walHeaderSize {
		return f.restart(t, src)
	}
	g := f.db.wal.generation()
	if g != nil && frame > 0 {
		if err := f.beforeOverwrite(t, frame); err != nil {
			return err
		}
	}
	switch {
	case g == nil || frame == 0:
	case rest == 0 && len(src) == frameHeaderSize && scanned == frame:
		// The frame was read whole just now and is authentic: this is the
		// rewrite of its checksum. Nothing may follow, not even a sync, so it
		// is applied at once. (After a recovery that ended with this very
		// frame it is the header of a new frame instead; then the page follows
		// and is applied to the frame with the new header: the same result.)
		if err := f.load(t, g, frame); err != nil {
			return err
		}
		copy(f.buf.b, src)
		return f.put(t, g, frame)
	case rest == 0 && len(src) == frameHeaderSize:
		copy(f.held[:], src)
		f.heldFor = frame
		return nil
	case rest == frameHeaderSize && len(src) == pageSize:
		if heldFor != frame {
			// A transaction overwrites a page it wrote before: the header
			// stays until the rewrite at commit.
			if err := f.load(t, g, frame); err != nil {
				return err
			}
		} else {
			copy(f.buf.b, f.held[:])
		}
		if !wellFormed(src, binary.BigEndian.Uint32(f.buf.b), false) {
			break
		}
		copy(f.buf.b[frameHeaderSize:], src)
		return f.put(t, g, frame)
	}
	return &ShapeError{Op: "write", Area: AreaWALFrame, Offset: off, Length: len(src)}
}

// put seals the frame in f.buf and writes it as frame n.
func (f *walFile) put(t *libc.TLS, g *generation, n uint32) error {
	w := &f.db.wal
	commits := [4]byte(f.buf.b[offFrameDBSize:]) != [4]byte{} &&
		[8]byte(f.buf.b[offFrameSalt:]) == [8]byte(g.header[offWALSalt:])
	binary.BigEndian.PutUint32(f.buf.b[frameSize:], w.beforeWrite(n))
	if err := f.db.frames.seal(f.buf.b, frameAD(&f.ad, n, g)); err != nil {
		return err
	}
	err := f.low.write(t, f.buf.b, frameOffset(n))
	w.afterWrite(n, commits, err == nil)
	return err
}

func (f *walFile) truncate(t *libc.TLS, size int64) error {
	f.heldFor, f.scanned = 0, 0
	if size < 0 || size != 0 && size < walHeaderSize {
		return &ShapeError{Op: "truncate", Area: AreaWALFrame, Offset: size}
	}
	if size == 0 {
		return f.db.wal.end(func() error { return f.low.truncate(t, 0) })
	}
	// journal_size_limit is any number: keep every frame it touches.
	frames := (size - walHeaderSize + frameSize - 1) / frameSize
	return f.low.truncate(t, sealedHeaderSize+frames*sealedFrameSize)
}

func (f *walFile) sync(t *libc.TLS, flags int32) error {
	f.heldFor, f.scanned = 0, 0
	if err := f.db.wal.sync(func() error { return f.low.sync(t, flags) }); err != nil {
		return err
	}
	f.checkpointSync = flags
	return f.note(t)
}

func (f *walFile) size(t *libc.TLS) (int64, error) {
	if f.db.wal.generation() == nil {
		return 0, nil
	}
	size, err := f.low.size(t)
	if err != nil || size < sealedHeaderSize {
		return 0, err
	}
	return walHeaderSize + (size-sealedHeaderSize)/sealedFrameSize*frameSize, nil
}

func (f *walFile) control(t *libc.TLS, op int32, arg uintptr) error {
	return control(t, f.low, op, arg)
}

func (f *walFile) characteristics(t *libc.TLS) int32 { return characteristics(t, f.low) }

func (f *walFile) close(t *libc.TLS) error {
	f.main.wal = nil
	f.db.wal.detach()
	err := f.low.close(t)
	f.buf.free(t)
	return err
}
