package cryptvfs

import (
	"crypto/rand"
	"fmt"
	"log/slog"
)

// Key is the key of a database file. However it is printed, it prints as
// "[key]".
type Key [32]byte

// NewKey returns a random key.
func NewKey() Key {
	var k Key
	rand.Read(k[:])
	return k
}

const printedKey = "[key]"

// String hides the key.
func (Key) String() string { return printedKey }

// Format hides the key from every verb.
func (Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, printedKey) }

// LogValue hides the key from slog.
func (Key) LogValue() slog.Value { return slog.StringValue(printedKey) }

// MarshalText hides the key from encoders.
func (Key) MarshalText() ([]byte, error) { return []byte(printedKey), nil }
