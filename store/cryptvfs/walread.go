package cryptvfs

import (
	"encoding/binary"
	"errors"

	"modernc.org/libc"
)

func (f *walFile) read(t *libc.TLS, dst []byte, off int64) error {
	f.heldFor, f.scanned = 0, 0
	g := f.db.wal.generation()
	frame, rest := split(off)
	switch {
	case g == nil:
	case frame == 0 && rest == 0 && len(dst) == walHeaderSize:
		copy(dst, g.header[:])
		return nil
	case frame == 0 && rest == offWALChecksum && len(dst) == checksumSize:
		copy(dst, g.header[offWALChecksum:])
		return nil
	case frame > 0 && rest == 0 && len(dst) == frameSize:
		return f.scan(t, g, dst, frame)
	case frame > 0 && rest == frameHeaderSize && len(dst) == pageSize:
		if err := f.load(t, g, frame); err != nil {
			return err
		}
		copy(dst, f.buf.b[frameHeaderSize:])
		return nil
	case frame > 0 && rest == offFrameChecksum && len(dst) == checksumSize:
		if err := f.load(t, g, frame); err != nil {
			return err
		}
		copy(dst, f.buf.b[offFrameChecksum:])
		return nil
	}
	return &ShapeError{Op: "read", Area: AreaWALFrame, Offset: off, Length: len(dst)}
}

// tryLoad reads frame n into f.buf and opens it. authentic is false when the
// frame is not what was written there in this generation.
func (f *walFile) tryLoad(t *libc.TLS, g *generation, n uint32) (authentic bool, err error) {
	err = f.low.read(t, f.buf.b, frameOffset(n))
	if errors.Is(err, errShortRead) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return f.db.frames.open(f.buf.b, frameAD(&f.ad, n, g)), nil
}

// load is tryLoad for a frame that must be authentic.
func (f *walFile) load(t *libc.TLS, g *generation, n uint32) error {
	authentic, err := f.tryLoad(t, g, n)
	if err == nil && !authentic {
		err = f.db.damaged(AreaWALFrame, n)
	}
	return err
}

// scan answers the read of a whole frame: recovery does that, and the rewrite
// of checksums at the end of a transaction that overwrote its own frames.
//
// A frame that does not open ends recovery there, as if the WAL stopped: a
// power cut tears the frames that were being written, and frames of earlier
// generations lie behind the last of this one. But when a later frame of this
// generation or the header says that the frame had been synced, or when this
// process wrote it, no power cut explains it.
func (f *walFile) scan(t *libc.TLS, g *generation, dst []byte, n uint32) error {
	authentic, err := f.tryLoad(t, g, n)
	if err != nil {
		return err
	}
	if authentic {
		copy(dst, f.buf.b)
		f.scanned = n
		return nil
	}
	clear(dst)
	if n <= f.db.wal.certainFrames() {
		return f.db.damaged(AreaWALFrame, n)
	}
	size, err := f.low.size(t)
	if err != nil {
		return err
	}
	for later := n + 1; frameOffset(later+1) <= size; later++ {
		authentic, err := f.tryLoad(t, g, later)
		if err != nil {
			return err
		}
		if authentic && binary.BigEndian.Uint32(f.buf.b[frameSize:]) >= n {
			return f.db.damaged(AreaWALFrame, n)
		}
	}
	return nil
}
