// What the slot file and the key ring have in common. Big endian throughout, as everywhere in this package:
//
//	bytes  what
//	n      name of the kind of file, with a line end: "alcove-slots\n", "alcove-ring\n"
//	1      version
//	16     instance
//	...    body
//	32     HMAC-SHA256 of all before, under a sub-key of the master: what somebody edited is an error
//	32     SHA-256 of all before: damage is told from a wrong key, and without any key
//
// The name, the version and the closing sum stay in every later version, so that "newer" can be told from "damaged".

package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
)

// What can be wrong with a slot file or a key ring. A missing one is fs.ErrNotExist, one that is in the way fs.ErrExist.
var (
	ErrWrongFile    = errors.New("not the kind of file it should be")
	ErrFileDamaged  = errors.New("damaged; put its copy back")
	ErrFileNewer    = errors.New("written by a newer Alcove")
	ErrNotAuthentic = errors.New("not written with this practice's master key: edited, or another practice's")
)

const (
	macSize      = sha256.Size
	envelopeTail = macSize + sha256.Size
)

// envelope is the parts of such a file.
type envelope struct {
	content  []byte // all of it
	instance Instance
	body     []byte
}

// newEnvelope closes a body.
func newEnvelope(name string, v byte, instance Instance, body, macKey []byte) envelope {
	content := make([]byte, 0, len(name)+1+len(instance)+len(body)+envelopeTail)
	content = append(content, name...)
	content = append(content, v)
	content = append(content, instance[:]...)
	content = append(content, body...)
	content = append(content, mac(macKey, content)...)
	sum := sha256.Sum256(content)
	return envelope{content: append(content, sum[:]...), instance: instance, body: body}
}

// parseEnvelope tells what needs no key: ErrWrongFile, ErrFileDamaged, ErrFileNewer.
func parseEnvelope(name string, v byte, content []byte) (envelope, error) {
	e := envelope{content: content}
	if !bytes.HasPrefix(content, []byte(name)) {
		return e, ErrWrongFile
	}
	start := len(name) + 1 + len(e.instance)
	end := len(content) - envelopeTail
	if end < start {
		return e, ErrFileDamaged
	}
	if sum := sha256.Sum256(content[:end+macSize]); !bytes.Equal(sum[:], content[end+macSize:]) {
		return e, ErrFileDamaged
	}
	switch written := content[len(name)]; {
	case written > v:
		return e, ErrFileNewer
	case written != v:
		return e, ErrFileDamaged
	}
	copy(e.instance[:], content[len(name)+1:])
	e.body = content[start:end]
	return e, nil
}

// authentic says whether the file was closed with this key.
func (e envelope) authentic(macKey []byte) bool {
	end := len(e.content) - envelopeTail
	return end >= 0 && hmac.Equal(mac(macKey, e.content[:end]), e.content[end:end+macSize])
}

func mac(key, content []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(content)
	return h.Sum(nil)
}

// fileError says which file an error is about.
func fileError(what, path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the %s %s is missing; put its copy back: %w", what, path, err)
	}
	return fmt.Errorf("the %s %s: %w", what, path, err)
}

// cursor takes fields off the front of a body. Once one was missing, all that follow are zero.
type cursor struct {
	rest  []byte
	short bool
}

// take answers the next n bytes, or as many zeros.
func (c *cursor) take(n int) []byte {
	if c.short = c.short || n > len(c.rest); c.short {
		return make([]byte, n)
	}
	field := c.rest[:n:n]
	c.rest = c.rest[n:]
	return field
}

func (c *cursor) byte() byte     { return c.take(1)[0] }
func (c *cursor) uint32() uint32 { return binary.BigEndian.Uint32(c.take(4)) }
func (c *cursor) uint64() uint64 { return binary.BigEndian.Uint64(c.take(8)) }
func (c *cursor) int64() int64   { return int64(c.uint64()) }

// whole says whether every field was there and nothing is left.
func (c *cursor) whole() bool { return !c.short && len(c.rest) == 0 }
