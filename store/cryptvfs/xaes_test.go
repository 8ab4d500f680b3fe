package cryptvfs

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"testing"
)

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

type xaesVectors struct {
	Vectors []struct {
		Key, Nonce, K1, Plaintext, AAD, Ciphertext hexBytes
	}
	Accumulated []struct {
		Iterations int
		Hash       hexBytes
	}
}

func loadVectors(t *testing.T) (v xaesVectors) {
	t.Helper()
	if err := json.Unmarshal(mustRead(t, "testdata/xaes-256-gcm.json"), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Vectors) != 2 || len(v.Accumulated) != 2 {
		t.Fatal("vectors are missing")
	}
	return v
}

func xaesSeal(t *testing.T, x *xaes, nonce, plaintext, ad []byte) []byte {
	t.Helper()
	aead, err := x.derive((*[prefixSize]byte)(nonce))
	if err != nil {
		t.Fatal(err)
	}
	return aead.Seal(nil, nonce[prefixSize:], plaintext, ad)
}

func TestXAESVectors(t *testing.T) {
	for i, v := range loadVectors(t).Vectors {
		x, err := newXAES((*[32]byte)(v.Key))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x.k1[:], v.K1) {
			t.Errorf("vector %d: K1 = %x, want %x", i, x.k1, v.K1)
		}
		if got := xaesSeal(t, x, v.Nonce, v.Plaintext, v.AAD); !bytes.Equal(got, v.Ciphertext) {
			t.Errorf("vector %d: %x, want %x", i, got, v.Ciphertext)
		}
		// The same through a sealer, which has the nonce behind the record.
		s, err := newSealer((*[32]byte)(v.Key))
		if err != nil {
			t.Fatal(err)
		}
		record := append(bytes.Clone(v.Ciphertext), v.Nonce...)
		if !s.open(record, v.AAD) || !bytes.Equal(record[:len(v.Plaintext)], v.Plaintext) {
			t.Errorf("vector %d does not open", i)
		}
	}
}

// TestXAESAccumulated is the specification's randomised test: the hash of many
// ciphertexts of inputs drawn from SHAKE-128.
func TestXAESAccumulated(t *testing.T) {
	for _, a := range loadVectors(t).Accumulated {
		if a.Iterations > rounds(10_000, 1_000_000) {
			continue
		}
		in, out := sha3.NewSHAKE128(), sha3.NewSHAKE128()
		take := func(n int) []byte {
			b := make([]byte, n)
			if _, err := io.ReadFull(in, b); err != nil {
				t.Fatal(err)
			}
			return b
		}
		for range a.Iterations {
			x, err := newXAES((*[32]byte)(take(32)))
			if err != nil {
				t.Fatal(err)
			}
			nonce := take(nonceSize)
			plaintext := take(int(take(1)[0]))
			ad := take(int(take(1)[0]))
			out.Write(xaesSeal(t, x, nonce, plaintext, ad))
		}
		got := make([]byte, len(a.Hash))
		out.Read(got)
		if !bytes.Equal(got, a.Hash) {
			t.Errorf("%d iterations: %x, want %x", a.Iterations, got, a.Hash)
		}
	}
}

func TestSealer(t *testing.T) {
	key := NewKey()
	s, err := newSealer((*[32]byte)(&key))
	if err != nil {
		t.Fatal(err)
	}
	plain := []byte(text(1, 500))
	seal := func() []byte {
		record := append(bytes.Clone(plain), make([]byte, overhead)...)
		if err := s.seal(record, []byte("ad")); err != nil {
			t.Fatal(err)
		}
		return record
	}
	first, second := seal(), seal()
	nonce := len(plain) + tagSize
	if !bytes.Equal(first[nonce:nonce+prefixSize], second[nonce:nonce+prefixSize]) {
		t.Error("two records of one opening have different prefixes")
	}
	if bytes.Equal(first[nonce:], second[nonce:]) {
		t.Error("a nonce was used twice")
	}
	for at := range first {
		broken := bytes.Clone(first)
		broken[at] ^= 1
		if s.open(broken, []byte("ad")) {
			t.Fatalf("opens with byte %d changed", at)
		}
		if !bytes.Equal(broken, make([]byte, len(broken))) {
			t.Fatal("a record that does not open leaves bytes behind")
		}
	}
	if s.open(bytes.Clone(first), []byte("da")) {
		t.Error("opens with other associated data")
	}
	if !s.open(first, []byte("ad")) || !bytes.Equal(first, append(plain, make([]byte, overhead)...)) {
		t.Error("does not open")
	}

	// The prefix changes long before its nonces could repeat.
	s.seals = sealsPerPrefix
	if third := seal(); bytes.Equal(third[nonce:nonce+prefixSize], second[nonce:nonce+prefixSize]) {
		t.Error("the prefix was not changed")
	}
	for i := range maxPrefixes + 10 {
		if _, err := s.reader(&[prefixSize]byte{byte(i), byte(i >> 8)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.derived) > maxPrefixes {
		t.Errorf("%d derived keys are kept", len(s.derived))
	}
}

func TestSealDoesNotAllocate(t *testing.T) {
	key := NewKey()
	s, err := newSealer((*[32]byte)(&key))
	if err != nil {
		t.Fatal(err)
	}
	page := make([]byte, pageSize)
	ad := []byte("page")
	if n := testing.AllocsPerRun(100, func() {
		if s.seal(page, ad) != nil || !s.open(page, ad) {
			t.Fatal("does not open")
		}
	}); n != 0 {
		t.Errorf("%v allocations a page", n)
	}
}

func TestKeyIsNeverPrinted(t *testing.T) {
	k := NewKey()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
		for _, v := range []any{k, &k, struct{ K Key }{k}} {
			got := fmt.Sprintf(verb, v)
			if !bytes.Contains([]byte(got), []byte(printedKey)) {
				t.Errorf("%s of %T prints %s", verb, v, got)
			}
		}
	}
	if b, err := json.Marshal(k); err != nil || string(b) != `"[key]"` {
		t.Errorf("json: %s, %v", b, err)
	}
}
