package cryptvfs

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"

	"modernc.org/libc"
)

const sealedBlockSize = pageSize + overhead

// tempFiles numbers temporary files, so that a block of one does not open in
// another.
var tempFiles atomic.Uint64

// tempFile is a file that dies with its handle: temporary databases, statement
// journals, the runs of a sorter, and the rollback journal of a database that
// is being filled for the first time. They are read and written anywhere, so
// they are sealed in blocks of a page's size, under a key that is only ever in
// memory. Sorters read one file from several threads.
type tempFile struct {
	low *lower
	s   *sealer
	id  uint64

	mu  sync.Mutex
	n   int64   // bytes SQLite sees; the rest of the last block is zeros
	buf scratch // one sealed block
	ad  [adSize]byte
}

func newTempFile(t *libc.TLS, low *lower, s *sealer) (*tempFile, error) {
	buf, err := newScratch(t, sealedBlockSize)
	if err != nil {
		return nil, err
	}
	return &tempFile{low: low, s: s, id: tempFiles.Add(1), buf: buf}, nil
}

func (f *tempFile) blockAD(block int64) []byte {
	copy(f.ad[:], "temp")
	binary.BigEndian.PutUint64(f.ad[4:], uint64(block))
	binary.BigEndian.PutUint64(f.ad[12:], f.id)
	return f.ad[:20]
}

// load opens a block into f.buf; one behind the end is zeros.
func (f *tempFile) load(t *libc.TLS, block int64) error {
	if block*pageSize >= f.n {
		clear(f.buf.b)
		return nil
	}
	err := f.low.read(t, f.buf.b, block*sealedBlockSize)
	if err != nil && !errors.Is(err, errShortRead) {
		return err
	}
	if errors.Is(err, errShortRead) || !f.s.open(f.buf.b, f.blockAD(block)) {
		return &DamageError{Path: "(temporary file)", Area: AreaTemp, Number: uint32(block) + 1}
	}
	return nil
}

// store seals f.buf as a block.
func (f *tempFile) store(t *libc.TLS, block int64) error {
	if err := f.s.seal(f.buf.b, f.blockAD(block)); err != nil {
		return err
	}
	return f.low.write(t, f.buf.b, block*sealedBlockSize)
}

func (f *tempFile) read(t *libc.TLS, dst []byte, off int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	short := off+int64(len(dst)) > f.n
	if short {
		kept := max(0, f.n-off)
		clear(dst[kept:])
		dst = dst[:kept]
	}
	for len(dst) > 0 {
		if err := f.load(t, off/pageSize); err != nil {
			return err
		}
		n := copy(dst, f.buf.b[off%pageSize:pageSize])
		dst, off = dst[n:], off+int64(n)
	}
	if short {
		return errShortRead
	}
	return nil
}

func (f *tempFile) write(t *libc.TLS, src []byte, off int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.extend(t, off); err != nil {
		return err
	}
	for len(src) > 0 {
		block, at := off/pageSize, off%pageSize
		if at != 0 || len(src) < pageSize {
			if err := f.load(t, block); err != nil {
				return err
			}
		}
		n := copy(f.buf.b[at:pageSize], src)
		if err := f.store(t, block); err != nil {
			return err
		}
		src, off = src[n:], off+int64(n)
		f.n = max(f.n, off)
	}
	return nil
}

// extend makes the file at least size bytes long, with zeros.
func (f *tempFile) extend(t *libc.TLS, size int64) error {
	for block := (f.n + pageSize - 1) / pageSize; block*pageSize < size; block++ {
		clear(f.buf.b)
		if err := f.store(t, block); err != nil {
			return err
		}
	}
	f.n = max(f.n, size)
	return nil
}

func (f *tempFile) truncate(t *libc.TLS, size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if size < 0 {
		return &ShapeError{Op: "truncate", Area: AreaTemp, Offset: size}
	}
	if size >= f.n {
		return f.extend(t, size)
	}
	if at := size % pageSize; at != 0 {
		if err := f.load(t, size/pageSize); err != nil {
			return err
		}
		clear(f.buf.b[at:])
		if err := f.store(t, size/pageSize); err != nil {
			return err
		}
	}
	f.n = size
	return f.low.truncate(t, (size+pageSize-1)/pageSize*sealedBlockSize)
}

// sync does nothing: what nobody can read after a crash need not survive it.
func (f *tempFile) sync(*libc.TLS, int32) error { return nil }

func (f *tempFile) size(*libc.TLS) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n, nil
}

func (f *tempFile) control(t *libc.TLS, op int32, arg uintptr) error {
	return control(t, f.low, op, arg)
}

func (f *tempFile) characteristics(t *libc.TLS) int32 { return characteristics(t, f.low) }

func (f *tempFile) close(t *libc.TLS) error {
	err := f.low.close(t)
	f.buf.free(t)
	return err
}
