package cryptvfs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Probe looks at the database at path before SQLite does, so that a program
// can say what is wrong and touch nothing. It returns nil when the file opens
// under key, or an error that is [ErrMissing], [ErrEmpty], [ErrShort],
// [ErrPlain], [ErrKey] or [ErrDamaged]. It reads a few pages; see [Check] for
// all of them.
//
// A database that is open in this process is not looked at: closing a second
// descriptor would drop the locks of the first. The answer is [ErrInUse].
func Probe(path string, key Key) error {
	if isOpen(path) {
		return fmt.Errorf("%s: %w", path, ErrInUse)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, ErrMissing)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w: not a file", path, ErrKey)
	}
	p := probe{f: f, path: path, size: info.Size()}
	return p.run(key)
}

type probe struct {
	f     io.ReaderAt
	path  string
	size  int64
	pages *sealer
}

func (p *probe) run(key Key) error {
	start := make([]byte, saltSize)
	if _, err := p.f.ReadAt(start, 0); err != nil && err != io.EOF {
		return err
	}
	if err := plausible(start, p.size); err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	var err error
	if p.pages, err = deriveSealer(key, [saltSize]byte(start), mainUse); err != nil {
		return err
	}
	first, page1, err := p.page(1)
	if err != nil {
		return err
	}
	wal, err := walOpens(p.path+"-wal", key, [saltSize]byte(start))
	switch {
	case err != nil:
		return err
	case wal == walGood:
		return nil // page 1 may be torn: recovery puts it right
	case !first && p.anyOther():
		return &DamageError{Path: p.path, Area: AreaPage, Number: 1}
	case !first:
		return fmt.Errorf("%s: %w", p.path, ErrKey)
	case wal == walBad:
		return &DamageError{Path: p.path + "-wal", Area: AreaWALHeader}
	case p.size < int64(binary.BigEndian.Uint32(page1[offPages:]))*pageSize:
		return fmt.Errorf("%s: %w", p.path, ErrShort)
	}
	return nil
}

// page reads page n and reports whether it opens.
func (p *probe) page(n uint32) (opens bool, page []byte, err error) {
	page = make([]byte, pageSize)
	if _, err := p.f.ReadAt(page, int64(n-1)*pageSize); err != nil && err != io.EOF {
		return false, nil, err
	}
	var ad [adSize]byte
	return openPage(p.pages, page, page, n, &ad), page, nil
}

// anyOther reports whether the second or the last page opens: then the key is
// right and page 1 is damaged behind its salt.
func (p *probe) anyOther() bool {
	for _, n := range []int64{2, p.size / pageSize} {
		if n > 1 {
			if opens, _, err := p.page(uint32(n)); err == nil && opens {
				return true
			}
		}
	}
	return false
}

// walOpens looks at the header of a WAL that was left behind.
func walOpens(path string, key Key, salt [saltSize]byte) (walVerdict, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return walNone, nil
	}
	if err != nil {
		return walNone, err
	}
	defer f.Close()
	record := make([]byte, sealedHeaderSize+1)
	n, err := f.ReadAt(record, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return walNone, err
	}
	s, err := deriveSealer(key, salt, walUse)
	if err != nil {
		return walNone, err
	}
	verdict, _, _ := readWALHeader(s, record[:min(n, sealedHeaderSize)], n > sealedHeaderSize)
	return verdict, nil
}
