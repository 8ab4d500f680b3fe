// What opens a slot, and how the slot's key comes of it:
//
//	key file      the 32 bytes of the file (keyfile.go)
//	passphrase    Argon2id of its UTF-8 bytes in NFC, with the slot's salt, to 32 bytes
//	recovery key  the numbers of its ten words in the list, 2 bytes each (recovery.go)
//
// and from these HKDF-SHA256 with the slot's salt and a label of the kind, "alcove/slot/…". The label matters most where a
// key file was adopted: there the secret is the master key itself, and by its own label the slot's key is one more
// sub-key. Nothing is ever sealed under the master directly.

package seal

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// ErrPassphrase is the answer to a passphrase that no slot is made for: too short, too long, or not UTF-8.
var ErrPassphrase = errors.New("a passphrase must have 8 characters or more, better six random words")

const (
	shortestPassphrase = 8 // characters; Argon2id makes each try dear, but nothing makes up for a word of the dictionary
	longestPassphrase  = 1 << 10
)

// Kind is what a slot is opened by.
type Kind uint8

// The kinds of slots. Their numbers stand in files.
const (
	KindKeyFile    Kind = 1
	KindPassphrase Kind = 2
	KindRecovery   Kind = 3
)

// String is the kind in English.
func (k Kind) String() string {
	switch k {
	case KindKeyFile:
		return "key file"
	case KindPassphrase:
		return "passphrase"
	case KindRecovery:
		return "recovery key"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

func (k Kind) known() bool { return KindKeyFile <= k && k <= KindRecovery }

func (k Kind) label() string {
	switch k {
	case KindKeyFile:
		return "alcove/slot/key-file"
	case KindPassphrase:
		return "alcove/slot/passphrase"
	case KindRecovery:
		return "alcove/slot/recovery"
	}
	panic("seal: a slot of no kind")
}

// Secret is what somebody has or knows to open a slot with. It prints as "[key]".
type Secret struct {
	hidden
	kind     Kind
	material []byte
}

// Kind says which slots the secret can open.
func (s *Secret) Kind() Kind { return s.kind }

// Wipe clears the secret. It opens nothing afterwards.
func (s *Secret) Wipe() {
	clear(s.material)
	s.material = nil
}

// KeyFileSecret reads a key file. Its errors are those of OpenKeyFile.
func KeyFileSecret(path string) (*Secret, error) {
	key, err := OpenKeyFile(path)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	return key.fileSecret(), nil
}

// KeyFileContentSecret is KeyFileSecret for what stands in a key file, where another process read it. ErrNotKeyFile,
// ErrKeyFileDamaged or ErrKeyFileNewer.
func KeyFileContentSecret(content []byte) (*Secret, error) {
	key, err := parseKeyFile(content)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	return key.fileSecret(), nil
}

func (m *Master) fileSecret() *Secret {
	return &Secret{kind: KindKeyFile, material: append([]byte(nil), m.secret[:]...)}
}

// PassphraseSecret copies a passphrase; a line end that came with it is the caller's to cut off. It is normalised (NFC),
// so that an umlaut typed on another machine is the same. ErrPassphrase if none can be like this.
func PassphraseSecret(passphrase []byte) (*Secret, error) {
	if len(passphrase) > longestPassphrase || !utf8.Valid(passphrase) {
		return nil, ErrPassphrase
	}
	material := norm.NFC.Append(make([]byte, 0, 2*len(passphrase)), passphrase...)
	if utf8.RuneCount(material) < shortestPassphrase {
		clear(material)
		return nil, ErrPassphrase
	}
	return &Secret{kind: KindPassphrase, material: material}, nil
}

// RecoverySecret reads a recovery key as people type it. ErrNotRecovery says what is wrong with it.
func RecoverySecret(typed string) (*Secret, error) {
	r, err := parseRecovery(typed)
	if err != nil {
		return nil, err
	}
	return r.Secret(), nil
}

// costLimits are the least and the most that Argon2id may be asked to do. New slots ask for the least.
type costLimits struct{ floor, ceiling cost }

func realLimits() costLimits {
	return costLimits{
		floor:   cost{memory: 256 << 10, time: 4, threads: 4},
		ceiling: cost{memory: 1 << 20, time: 16, threads: 16},
	}
}

// passphraseTurns keeps Argon2id to two at once in the whole process, for the memory is the process's.
var passphraseTurns = make(chan struct{}, atOnce)

// slotKey derives the key of a slot. It waits for its turn if it must; the error is then that of ctx.
func (s *Secret) slotKey(ctx context.Context, h slotHead) (cipher.AEAD, error) {
	material := s.material
	if material == nil { // else a slot could be made that zeros open
		return nil, errors.New("deriving the key of a slot: the secret was wiped")
	}
	if s.kind == KindPassphrase {
		select {
		case passphraseTurns <- struct{}{}:
			defer func() { <-passphraseTurns }()
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("waiting to try a passphrase: %w", err)
		}
		material = argon2.IDKey(s.material, h.salt[:], h.cost.time, h.cost.memory, h.cost.threads, keySize)
		defer clear(material)
	}
	secret, err := hkdf.Key(sha256.New, material, h.salt[:], s.kind.label(), keySize)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of a slot: %w", err)
	}
	defer clear(secret)
	return newWrapper(secret)
}
