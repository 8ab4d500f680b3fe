package cryptvfs

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"sync"
	"sync/atomic"
)

const (
	tagSize    = 16
	prefixSize = 12 // the half of a nonce that selects a derived key
	nonceSize  = 24
	overhead   = tagSize + nonceSize

	// Nonces under one derived key are 96 random bits. NIST allows 2^32 of
	// them; a quarter of that, and a new prefix is drawn.
	sealsPerPrefix = 1 << 30

	// A file that was opened often carries as many prefixes. Beyond this many
	// the cache of derived keys is dropped and refilled: a derivation costs
	// about a microsecond.
	maxPrefixes = 4096
)

// xaes is XAES-256-GCM (https://c2sp.org/XAES-256-GCM), cut in two where the
// specification allows it: the derivation, which depends on the first half of
// the nonce, and plain AES-256-GCM under the derived key with the second half.
// Kept apart, pages written by one opening of the file share one derivation.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

func newXAES(key *[32]byte) (*xaes, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	x := &xaes{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	msb := x.k1[0] >> 7
	for i := 0; i < len(x.k1)-1; i++ {
		x.k1[i] = x.k1[i]<<1 | x.k1[i+1]>>7
	}
	// Multiply, not branch: the key must not be seen in the timing.
	x.k1[len(x.k1)-1] = x.k1[len(x.k1)-1]<<1 ^ msb*0b1000_0111
	return x, nil
}

// derive returns the AES-256-GCM for every nonce that begins with prefix.
func (x *xaes) derive(prefix *[prefixSize]byte) (cipher.AEAD, error) {
	var key [2 * aes.BlockSize]byte
	for i := range 2 {
		m := key[i*aes.BlockSize:][:aes.BlockSize]
		m[1], m[2] = byte(i+1), 'X'
		copy(m[4:], prefix[:])
		for j := range m {
			m[j] ^= x.k1[j]
		}
		x.block.Encrypt(m, m)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// sealer seals and opens records in place under one 32-byte key. It is safe
// for concurrent use.
type sealer struct {
	x *xaes

	last    atomic.Pointer[derivation] // what was asked for before: mostly the same
	mu      sync.RWMutex
	derived map[[prefixSize]byte]*derivation // guarded by mu

	writeMu sync.Mutex
	prefix  [prefixSize]byte // guarded by writeMu
	aead    cipher.AEAD      // guarded by writeMu
	seals   int              // guarded by writeMu
}

// derivation is a prefix with what it selects.
type derivation struct {
	prefix [prefixSize]byte
	aead   cipher.AEAD
}

func newSealer(key *[32]byte) (*sealer, error) {
	x, err := newXAES(key)
	if err != nil {
		return nil, err
	}
	return &sealer{x: x, derived: make(map[[prefixSize]byte]*derivation)}, nil
}

// seal turns record, which is plaintext and [overhead] bytes of room, into
// ciphertext, tag and nonce.
func (s *sealer) seal(record, ad []byte) error {
	n := len(record) - overhead
	nonce := record[n+tagSize:]
	aead, err := s.writer(nonce)
	if err != nil {
		return err
	}
	rand.Read(nonce[prefixSize:])
	aead.Seal(record[:0], nonce[prefixSize:], record[:n], ad)
	return nil
}

// open turns a sealed record back into plaintext and zeroes the room behind
// it. It reports whether the record is authentic; when it is not, nothing of
// its content is left in record.
func (s *sealer) open(record, ad []byte) bool { return s.openTo(record, record, ad) }

// openTo is open with the plaintext in dst: record itself, or memory apart from
// it, which is as long or has no room behind the plaintext.
func (s *sealer) openTo(dst, record, ad []byte) bool {
	n := len(record) - overhead
	nonce := record[n+tagSize:]
	aead, err := s.reader((*[prefixSize]byte)(nonce))
	if err == nil {
		_, err = aead.Open(dst[:0], nonce[prefixSize:], record[:n+tagSize], ad)
	}
	if err != nil {
		clear(dst)
		return false
	}
	clear(dst[n:])
	return true
}

// writer returns the AEAD to seal with and puts its prefix into nonce.
func (s *sealer) writer(nonce []byte) (cipher.AEAD, error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if s.aead == nil || s.seals >= sealsPerPrefix {
		rand.Read(s.prefix[:])
		aead, err := s.x.derive(&s.prefix)
		if err != nil {
			return nil, err
		}
		s.aead, s.seals = aead, 0
	}
	s.seals++
	copy(nonce, s.prefix[:])
	return s.aead, nil
}

func (s *sealer) reader(prefix *[prefixSize]byte) (cipher.AEAD, error) {
	if d := s.last.Load(); d != nil && d.prefix == *prefix {
		return d.aead, nil
	}
	s.mu.RLock()
	d := s.derived[*prefix]
	s.mu.RUnlock()
	if d == nil {
		aead, err := s.x.derive(prefix)
		if err != nil {
			return nil, err
		}
		d = &derivation{prefix: *prefix, aead: aead}
		s.keep(d)
	}
	s.last.Store(d)
	return d.aead, nil
}

func (s *sealer) keep(d *derivation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.derived) >= maxPrefixes {
		clear(s.derived)
	}
	s.derived[d.prefix] = d
}
