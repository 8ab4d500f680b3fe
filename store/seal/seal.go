// Package seal encrypts the texts of a practice before SQL sees them: titles, entries, revisions, drafts and names. It
// also keeps the keys for that and the key of the database file, and seals what a backup says of itself. It knows nothing of
// the store; the store decides what is sealed and where.
//
// The way of the keys:
//
//	key file, passphrase, recovery key -> Slots -> Master -> sub-keys of one instance (HKDF-SHA256)
//	sub-keys -> FileKey of the database; Keys; epoch keys of a Ring -> one random DataKey per owner, wrapped -> Key
//
// Deleting the wrapped key of an owner makes every record of it unreadable, in every copy of the database that lacks the
// wrapped key; destroying the epoch that wrapped it does so in the others.
//
// # Records, version 1
//
//	offset  bytes  what
//	0       1      version, 1
//	1       24     nonce, random; never a counter, for a restored database would repeat it
//	25      n+16   XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) of the padded text, with its tag
//
// The padded text is the length of the text as an unsigned varint, the text, and zeros up to a Padmé bucket of at least
// 32 bytes. Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PETS
// 2019) lets a length tell O(log log n) bits and costs at most 12 %.
//
// The associated data ties a record to its place. It is a list of fields, each as its length (4 bytes, big endian) and its
// bytes, so that no two places have the same encoding: version (1 byte), instance (16), table, column, and thread, row,
// author, revision (8 each, big endian). A record that was moved to another place does not open.
//
// # What cannot be promised
//
// Key bytes are cleared where this package is their only holder. Go's collector may have copied them before, the ciphers
// keep their own copy for as long as they live, and the operating system may swap: who reads the memory of a running
// server reads the practice.
package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/crypto/chacha20poly1305"
)

// ErrOpen is the answer to every record that does not authenticate: changed, cut, moved to another place, or sealed with
// another key. Which of these it was cannot be told apart.
var ErrOpen = errors.New("sealed record does not open")

const (
	version     = 1
	nonceAt     = 1
	sealedAt    = nonceAt + chacha20poly1305.NonceSizeX
	smallestPad = 32
	smallest    = sealedAt + smallestPad + chacha20poly1305.Overhead
	keySize     = chacha20poly1305.KeySize
)

// Where is the place of a record: the column of a row, and what the row must not be taken for. Fields that a table does
// not have stay zero. A record opens at the place it was sealed for, and nowhere else.
type Where struct {
	Table, Column                 string
	Thread, Row, Author, Revision int64
}

// Key seals and opens the records of one owner. It is safe for concurrent use. Hand it
// on as a pointer only, so that no format verb can reach the bytes.
type Key struct {
	hidden
	aead     cipher.AEAD
	instance Instance
}

func newKey(secret []byte, instance Instance) (*Key, error) {
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	return &Key{aead: aead, instance: instance}, nil
}

// Seal appends the record of text at where to dst, which may be nil, and returns it. dst and text must not overlap.
func (k *Key) Seal(dst []byte, where Where, text []byte) []byte {
	var nonce [chacha20poly1305.NonceSizeX]byte
	_, _ = rand.Read(nonce[:]) // never fails: the runtime ends the process first
	return k.seal(dst, where, text, nonce[:])
}

// Size is how long the record of a text of so many bytes is.
func Size(text int) int {
	var prefix [binary.MaxVarintLen64]byte
	return sealedAt + padme(binary.PutUvarint(prefix[:], uint64(text))+text) + chacha20poly1305.Overhead
}

// seal is Seal with the nonce given, for the known answers of the tests.
func (k *Key) seal(dst []byte, where Where, text, nonce []byte) []byte {
	var prefix [binary.MaxVarintLen64]byte
	length := binary.PutUvarint(prefix[:], uint64(len(text)))
	padded := padme(length + len(text))

	dst = grow(dst, sealedAt+padded+chacha20poly1305.Overhead)
	dst = append(dst, version)
	dst = append(dst, nonce...)
	body := len(dst)
	dst = append(dst, prefix[:length]...)
	dst = append(dst, text...)
	end := body + padded
	clear(dst[len(dst):end])
	return k.aead.Seal(dst[:body], nonce, dst[body:end], k.place(where))
}

// Open appends the text of a record that was sealed at where to dst, which may be nil, and returns it. Every record that
// is not exactly what Seal made for this place under this key is ErrOpen, and dst is then nil.
func (k *Key) Open(dst []byte, where Where, record []byte) ([]byte, error) {
	if len(record) < smallest || record[0] != version {
		return nil, ErrOpen
	}
	start := len(dst)
	dst, err := k.aead.Open(dst, record[nonceAt:sealedAt], record[sealedAt:], k.place(where))
	if err != nil {
		return nil, ErrOpen
	}
	length, n := binary.Uvarint(dst[start:])
	if n <= 0 || length > uint64(len(dst)-start-n) {
		return nil, ErrOpen
	}
	end := start + copy(dst[start:], dst[start+n:start+n+int(length)])
	clear(dst[end:]) // what the shift left behind the text
	return dst[:end], nil
}

// place is the associated data of a record, as the package comment has it.
func (k *Key) place(w Where) []byte {
	ad := make([]byte, 0, 8*4+1+len(k.instance)+len(w.Table)+len(w.Column)+4*8)
	ad = appendField(ad, []byte{version})
	ad = appendField(ad, k.instance[:])
	ad = appendField(ad, []byte(w.Table))
	ad = appendField(ad, []byte(w.Column))
	for _, number := range [...]int64{w.Thread, w.Row, w.Author, w.Revision} {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(number))
		ad = appendField(ad, b[:])
	}
	return ad
}

func appendField(list, field []byte) []byte {
	list = binary.BigEndian.AppendUint32(list, uint32(len(field)))
	return append(list, field...)
}

// grow gives dst room for n more bytes, so that a record is built and encrypted in place.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	return append(make([]byte, 0, len(dst)+n), dst...)
}

// padme rounds a length up to its bucket: a number whose binary form has no more significant digits than the binary form
// of its exponent has digits.
func padme(n int) int {
	if n <= smallestPad {
		return smallestPad
	}
	exponent := bits.Len(uint(n)) - 1
	zeros := exponent - bits.Len(uint(exponent))
	mask := 1<<zeros - 1
	return (n + mask) &^ mask
}
