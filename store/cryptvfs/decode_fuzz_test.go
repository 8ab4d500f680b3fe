package cryptvfs

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// What an attacker may write into the files, and what SQLite may ask of them. The key is fixed, for the processes that share
// one run of the fuzzer must agree on it.
var fuzzKey = Key{1, 2, 3}

func fuzzSealer(t testing.TB, use string) *sealer {
	t.Helper()
	s, err := deriveSealer(fuzzKey, [saltSize]byte{4}, use)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// FuzzPage: a page opens as what was sealed, in its own place, whole; and nothing else opens.
func FuzzPage(f *testing.F) {
	f.Add([]byte(magic), uint32(1), uint16(0), byte(1))
	f.Add([]byte("content"), uint32(2), uint16(pageSize-1), byte(0x80))
	f.Add(bytes.Repeat([]byte{0xff}, pageSize), uint32(lockPage), uint16(17), byte(0))
	f.Fuzz(func(t *testing.T, content []byte, n uint32, at uint16, flip byte) {
		if n == 0 {
			return // SQLite counts pages from 1
		}
		s, salt, ad := fuzzSealer(t, mainUse), [saltSize]byte{4}, [adSize]byte{}
		forged, out := make([]byte, pageSize), make([]byte, pageSize)
		copy(forged, content)
		if openPage(s, out, forged, n, &ad) {
			t.Fatalf("a forged page %d opens", n)
		}
		page := make([]byte, pageSize)
		copy(page[:usable], content)
		if n == 1 {
			copy(page, magic)
		}
		sealed := bytes.Clone(page)
		if err := sealPage(s, &salt, sealed, n, &ad); err != nil {
			t.Fatal(err)
		}
		if !openPage(s, out, sealed, n, &ad) || !bytes.Equal(out[:usable], page[:usable]) {
			t.Fatalf("page %d does not come back", n)
		}
		if n > 1 && openPage(s, out, sealed, n+1, &ad) {
			t.Fatal("a page opens in another's place")
		}
		i := int(at) % pageSize
		sealed[i] ^= flip
		inSalt := n == 1 && i < saltSize // another salt is another key
		if flip != 0 && !inSalt && openPage(s, out, sealed, n, &ad) {
			t.Fatalf("page %d opens with byte %d changed", n, i)
		}
	})
}

// FuzzWALHeader: a header is none, damaged, or the one that was sealed.
func FuzzWALHeader(f *testing.F) {
	f.Add([]byte{}, uint16(0), byte(1), false)
	f.Add(make([]byte, sealedHeaderSize), uint16(3), byte(1), false)
	f.Add(make([]byte, sealedHeaderSize), uint16(3), byte(1), true)
	f.Add(bytes.Repeat([]byte{0xff}, 2*sealedHeaderSize), uint16(sealedHeaderSize-1), byte(0x10), true)
	f.Fuzz(func(t *testing.T, content []byte, at uint16, flip byte, more bool) {
		s := fuzzSealer(t, walUse)
		if verdict, g, _ := readWALHeader(s, bytes.Clone(content), more); verdict == walGood || g != nil {
			t.Fatal("a forged header is good")
		}
		plain := make([]byte, sealedHeaderSize)
		copy(plain[:sealedHeaderSize-overhead], content)
		record := bytes.Clone(plain)
		if err := s.seal(record, walHeaderAD); err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(record)
		verdict, g, required := readWALHeader(s, record, more)
		if verdict != walGood || !bytes.Equal(g.header[:], plain[:walHeaderSize]) || required != binary.BigEndian.Uint32(plain[offRequired:]) ||
			g.safe != binary.BigEndian.Uint32(plain[offSafe:]) || !bytes.Equal(g.id[:], plain[offGeneration:offGeneration+generationIDSize]) {
			t.Fatalf("verdict %v, %+v, required %d", verdict, g, required)
		}
		changed[int(at)%len(changed)] ^= flip
		if verdict, _, _ := readWALHeader(s, changed, more); flip != 0 && verdict == walGood {
			t.Fatalf("good with byte %d changed", int(at)%len(changed))
		}
	})
}

// FuzzWALFrame: a frame opens in its place and its generation, whole, and nowhere else.
func FuzzWALFrame(f *testing.F) {
	f.Add([]byte("frame"), uint32(1), uint16(0), byte(1))
	f.Add(bytes.Repeat([]byte{0xff}, sealedFrameSize), uint32(1<<32-1), uint16(sealedFrameSize-1), byte(0x80))
	f.Fuzz(func(t *testing.T, content []byte, n uint32, at uint16, flip byte) {
		s, ad := fuzzSealer(t, walUse), [adSize]byte{}
		g, other := &generation{id: [generationIDSize]byte{1}}, &generation{id: [generationIDSize]byte{2}}
		frame := make([]byte, sealedFrameSize)
		copy(frame, content)
		if s.open(bytes.Clone(frame), frameAD(&ad, n, g)) {
			t.Fatal("a forged frame opens")
		}
		plain := bytes.Clone(frame[:frameSize+tailSize])
		if err := s.seal(frame, frameAD(&ad, n, g)); err != nil {
			t.Fatal(err)
		}
		if s.open(bytes.Clone(frame), frameAD(&ad, n+1, g)) || s.open(bytes.Clone(frame), frameAD(&ad, n, other)) {
			t.Fatal("a frame opens in another's place, or in another WAL")
		}
		changed := bytes.Clone(frame)
		changed[int(at)%len(changed)] ^= flip
		if flip != 0 && s.open(changed, frameAD(&ad, n, g)) {
			t.Fatalf("opens with byte %d changed", int(at)%len(changed))
		}
		if !s.open(frame, frameAD(&ad, n, g)) || !bytes.Equal(frame[:len(plain)], plain) {
			t.Fatal("does not come back")
		}
	})
}

// FuzzOffsets: an offset of SQLite's is a place in a frame, or no place at all.
func FuzzOffsets(f *testing.F) {
	for _, off := range []int64{0, 24, walHeaderSize, walHeaderSize + frameSize - 1, walHeaderSize + frameSize, 1 << 40, 1<<63 - 1, -1, -1 << 63} {
		f.Add(off)
	}
	f.Fuzz(func(t *testing.T, off int64) {
		frame, rest := split(off)
		switch {
		case frame == 0 && (rest == off && off < walHeaderSize || rest == -1 && off >= walHeaderSize):
		case frame > 0 && rest >= 0 && rest < frameSize && walHeaderSize+int64(frame-1)*frameSize+rest == off:
			if at := frameOffset(frame); at < sealedHeaderSize || (at-sealedHeaderSize)%sealedFrameSize != 0 {
				t.Errorf("frame %d lies at %d", frame, at)
			}
		default:
			t.Errorf("%d is frame %d, %d", off, frame, rest)
		}
		if isPage(off) && int64(uint32(off/pageSize)+1) != off/pageSize+1 {
			t.Errorf("%d is a page, but which?", off)
		}
	})
}
