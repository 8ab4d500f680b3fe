package cryptvfs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkSeal and BenchmarkOpen are the cipher alone, a page each.
func BenchmarkSeal(b *testing.B) { benchPage(b, false) }

func BenchmarkOpen(b *testing.B) { benchPage(b, true) }

func benchPage(b *testing.B, open bool) {
	key := NewKey()
	s, err := newSealer((*[32]byte)(&key))
	if err != nil {
		b.Fatal(err)
	}
	page, sealed, ad := make([]byte, pageSize), make([]byte, pageSize), []byte("page")
	if err := s.seal(sealed, ad); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(pageSize)
	b.ReportAllocs()
	for b.Loop() {
		if !open {
			if err := s.seal(page, ad); err != nil {
				b.Fatal(err)
			}
			continue
		}
		copy(page, sealed)
		if !s.open(page, ad) {
			b.Fatal("does not open")
		}
	}
}

// BenchmarkCopy is a backup of some 20 MB.
func BenchmarkCopy(b *testing.B) {
	db := newEnv(b).open()
	fillNotes(b, db, 12_000)
	dir := b.TempDir()
	for i := 0; b.Loop(); i++ {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := Copy(b.Context(), db, path, NewKey()); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(info.Size())
	}
}
