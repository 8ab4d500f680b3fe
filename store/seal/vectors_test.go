package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// hexBytes is written as hexadecimal in testdata.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vectors reads a file of testdata, each of which names its source.
func vectors[V any](t testing.TB, name string) []V {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []V }
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) == 0 {
		t.Fatalf("%s holds no vectors", name)
	}
	return file.Vectors
}

func TestPublishedXChaCha20Poly1305(t *testing.T) {
	for _, v := range vectors[struct{ Key, Nonce, AD, Plaintext, Sealed hexBytes }](t, "xchacha20poly1305.json") {
		aead, err := chacha20poly1305.NewX(v.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got := aead.Seal(nil, v.Nonce, v.Plaintext, v.AD); !bytes.Equal(got, v.Sealed) {
			t.Errorf("sealed %x, want %x", got, v.Sealed)
		}
	}
}

func TestPublishedHKDF(t *testing.T) {
	for _, v := range vectors[struct{ Secret, Salt, Info, OKM hexBytes }](t, "hkdf_sha256.json") {
		got, err := hkdf.Key(sha256.New, v.Secret, v.Salt, string(v.Info), len(v.OKM))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, v.OKM) {
			t.Errorf("derived %x, want %x", got, v.OKM)
		}
	}
}

func TestPublishedArgon2id(t *testing.T) {
	type vector struct {
		Time           uint32
		MemoryKiB      uint32 `json:"memory_kib"`
		Threads        uint8
		Password, Salt string
		Hash           hexBytes
		Encoded        string
	}
	for _, v := range vectors[vector](t, "argon2id.json") {
		got := argon2.IDKey([]byte(v.Password), []byte(v.Salt), v.Time, v.MemoryKiB, v.Threads, hashSize)
		if !bytes.Equal(got, v.Hash) {
			t.Errorf("%s: hashed %x, want %x", v.Encoded, got, v.Hash)
		}
		if got := formatHash(cost{memory: v.MemoryKiB, time: v.Time, threads: v.Threads}, []byte(v.Salt), v.Hash); got != v.Encoded {
			t.Errorf("written %s, want %s", got, v.Encoded)
		}
	}
}

// TestKnownAnswers holds what this package writes against answers that an independent program computed from the format: a change here is a change
// that makes existing practices unreadable.
func TestKnownAnswers(t *testing.T) {
	type answers struct {
		Secret, Nonce, Record, Check, CodeHash hexBytes
		Instance                               hexBytes
		Where                                  Where
		Text, Code, KeyLine                    string
	}
	for _, v := range vectors[answers](t, "alcove1.json") {
		master := &Master{secret: [keySize]byte(v.Secret)}
		keys, err := master.Keys(Instance(v.Instance))
		if err != nil {
			t.Fatal(err)
		}
		if got := keys.People().seal(nil, v.Where, []byte(v.Text), v.Nonce); !bytes.Equal(got, v.Record) {
			t.Errorf("record %x, want %x", got, v.Record)
		}
		if got, err := keys.People().Open(nil, v.Where, v.Record); err != nil || string(got) != v.Text {
			t.Errorf("opened %q, %v", got, err)
		}
		if got := keys.Check(); !bytes.Equal(got, v.Check) {
			t.Errorf("check %x, want %x", got, v.Check)
		}
		code, err := ParseCode(v.Code)
		if err != nil {
			t.Fatal(err)
		}
		if got := keys.CodeHash(code); !bytes.Equal(got, v.CodeHash) {
			t.Errorf("code hash %x, want %x", got, v.CodeHash)
		}
		if got := string(formatKeyFile(master)); got != keyFileTop+v.KeyLine+"\n" {
			t.Errorf("key file %q", got)
		}
	}
}
