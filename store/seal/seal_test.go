package seal

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var here = Where{Table: "entries", Column: "text", Thread: 4711, Row: 12, Author: 3, Revision: 1}

func testKeys(t testing.TB) *Keys {
	t.Helper()
	master := &Master{secret: [keySize]byte{1, 2, 3}}
	keys, err := master.Keys(Instance{9, 8, 7})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func places() *rapid.Generator[Where] {
	number := rapid.Int64Range(0, 3) // near each other, so that equal ones occur
	name := rapid.SampledFrom([]string{"", "a", "ab", "b", "entries", "text"})
	return rapid.Custom(func(t *rapid.T) Where {
		return Where{
			Table: name.Draw(t, "table"), Column: name.Draw(t, "column"), Thread: number.Draw(t, "thread"),
			Row: number.Draw(t, "row"), Author: number.Draw(t, "author"), Revision: number.Draw(t, "revision"),
		}
	})
}

func TestWhatIsSealedOpensThereAndNowhereElse(t *testing.T) {
	key := testKeys(t).People()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "text")
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "prefix")
		place, other := places().Draw(t, "place"), places().Draw(t, "other")

		record := key.Seal(bytes.Clone(prefix), place, text)
		if !bytes.HasPrefix(record, prefix) {
			t.Fatal("Seal did not append")
		}
		record = record[len(prefix):]
		if len(text) >= 4 && bytes.Contains(record, text) {
			t.Fatal("the text stands in the record")
		}
		got, err := key.Open(bytes.Clone(prefix), place, record)
		if err != nil || !bytes.Equal(got, append(bytes.Clone(prefix), text...)) {
			t.Fatalf("opened %x, %v", got, err)
		}
		got, err = key.Open(nil, other, record)
		if want := other == place; (err == nil) != want || !want && (!errors.Is(err, ErrOpen) || got != nil) {
			t.Fatalf("sealed at %+v, opened at %+v: %x, %v", place, other, got, err)
		}
	})
}

func TestPlacesAreUnambiguous(t *testing.T) {
	key := testKeys(t).People()
	rapid.Check(t, func(t *rapid.T) {
		a, b := places().Draw(t, "a"), places().Draw(t, "b")
		if bytes.Equal(key.place(a), key.place(b)) != (a == b) {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

func TestEveryFieldOfWhereIsBound(t *testing.T) {
	key := testKeys(t).People()
	record := key.Seal(nil, here, []byte("text"))
	for i := range reflect.TypeFor[Where]().NumField() {
		other := here
		field := reflect.ValueOf(&other).Elem().Field(i)
		if field.Kind() == reflect.String {
			field.SetString(field.String() + "x")
		} else {
			field.SetInt(field.Int() + 1)
		}
		if _, err := key.Open(nil, other, record); !errors.Is(err, ErrOpen) {
			t.Errorf("opens with another %s: %v", reflect.TypeFor[Where]().Field(i).Name, err)
		}
	}
}

func TestEveryChangedBitAndEveryCutIsAnError(t *testing.T) {
	key := testKeys(t).People()
	record := key.Seal(nil, here, []byte("a text of some length, over the smallest bucket"))
	for i := range len(record) * 8 {
		changed := bytes.Clone(record)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := key.Open(nil, here, changed); !errors.Is(err, ErrOpen) {
			t.Fatalf("bit %d changed: %v", i, err)
		}
	}
	for n := range record {
		if _, err := key.Open(nil, here, record[:n]); !errors.Is(err, ErrOpen) {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	if _, err := key.Open(nil, here, append(record, 0)); !errors.Is(err, ErrOpen) {
		t.Fatalf("one byte more: %v", err)
	}
}

func TestALengthThatLiesIsAnError(t *testing.T) {
	key := testKeys(t).People()
	nonce := make([]byte, sealedAt-nonceAt)
	for name, body := range map[string][]byte{
		"longer than the record": {smallestPad: 0, 0: smallestPad + 1},
		"no number at all":       bytes.Repeat([]byte{0xff}, smallestPad),
	} {
		record := key.aead.Seal(append([]byte{version}, nonce...), nonce, body, key.place(here))
		if got, err := key.Open(nil, here, record); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
}

// newThreadKey is how a thread got its key before there was a key ring.
func newThreadKey(t *testing.T, keys *Keys, thread int64) (key *Key, wrapped []byte) {
	t.Helper()
	secret := NewDataKey()
	key, err := secret.Key(keys.instance)
	if err != nil {
		t.Fatal(err)
	}
	return key, keys.threadKeys.Seal(nil, threadKeyAt(thread), secret.secret[:])
}

func TestOtherKeysDoNotOpen(t *testing.T) {
	keys := testKeys(t)
	first, wrapped := newThreadKey(t, keys, 1)
	second, _ := newThreadKey(t, keys, 1)
	record := first.Seal(nil, here, []byte("text"))
	for name, key := range map[string]*Key{"another thread's": second, "the people's": keys.People()} {
		if _, err := key.Open(nil, here, record); !errors.Is(err, ErrOpen) {
			t.Errorf("%s key: %v", name, err)
		}
	}
	again, err := keys.ThreadKey(1, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(nil, here, record); err != nil || string(got) != "text" {
		t.Errorf("the unwrapped key opens %q, %v", got, err)
	}
	if _, err := keys.ThreadKey(2, wrapped); !errors.Is(err, ErrOpen) {
		t.Errorf("unwrapped for another thread: %v", err)
	}
	elsewhere, err := (&Master{secret: [keySize]byte{1, 2, 3}}).Keys(Instance{1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.ThreadKey(1, wrapped); !errors.Is(err, ErrOpen) {
		t.Errorf("unwrapped in another practice: %v", err)
	}
}

func TestHandleHashesAreKeyed(t *testing.T) {
	elsewhere, err := (&Master{secret: [keySize]byte{1, 2, 3}}).Keys(Instance{1})
	if err != nil {
		t.Fatal(err)
	}
	keys := testKeys(t)
	anna := keys.HandleHash("anna")
	if len(anna) != 32 || !bytes.Equal(anna, testKeys(t).HandleHash("anna")) {
		t.Errorf("not the same again: %x", anna)
	}
	for name, other := range map[string][]byte{"another practice's": elsewhere.HandleHash("anna"), "another handle's": keys.HandleHash("annb")} {
		if bytes.Equal(anna, other) {
			t.Errorf("%s hash is the same", name)
		}
	}
}

func TestMatchesKnowsTheMasterAndTheInstance(t *testing.T) {
	check := testKeys(t).Check()
	for _, c := range []struct {
		name     string
		secret   byte
		instance byte
		want     bool
	}{{"same", 1, 9, true}, {"other master", 2, 9, false}, {"other instance", 1, 8, false}} {
		keys, err := (&Master{secret: [keySize]byte{c.secret, 2, 3}}).Keys(Instance{c.instance, 8, 7})
		if err != nil {
			t.Fatal(err)
		}
		if got := keys.Matches(check); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if testKeys(t).Matches(nil) {
		t.Error("no check at all matches")
	}
}

func TestAWipedMasterGivesNoKeys(t *testing.T) {
	master := &Master{secret: [keySize]byte{1}}
	master.Wipe()
	if _, err := master.Keys(Instance{}); err == nil {
		t.Error("keys were derived from zeros")
	}
}

func TestPadding(t *testing.T) {
	for n, want := range map[int]int{0: 32, 31: 32, 32: 32, 33: 36, 36: 36, 100: 104, 1000: 1024, 1025: 1088, 262147: 270336} {
		if got := padme(n); got != want {
			t.Errorf("padme(%d) = %d, want %d", n, got, want)
		}
	}
	last := 0
	for n := range 300_000 {
		p := padme(n)
		if p < n || p < last || padme(p) != p || n > smallestPad && float64(p) > 1.12*float64(n) {
			t.Fatalf("padme(%d) = %d after %d", n, p, last)
		}
		last = p
	}
	key := testKeys(t).People()
	if a, b := key.Seal(nil, here, []byte("yes")), key.Seal(nil, here, []byte("certainly not")); len(a) != len(b) {
		t.Errorf("short texts differ in length: %d and %d", len(a), len(b))
	}
}

func TestSealingTwiceDiffers(t *testing.T) {
	key := testKeys(t).People()
	if bytes.Equal(key.Seal(nil, here, nil), key.Seal(nil, here, nil)) {
		t.Error("the nonce is not random")
	}
}

func TestSealingIsLeanWithRoomGiven(t *testing.T) {
	key := testKeys(t).People()
	text := bytes.Repeat([]byte("x"), 600)
	record := key.Seal(nil, here, text)
	room, into := make([]byte, 0, 2*len(record)), make([]byte, 0, 2*len(record))
	allocs := testing.AllocsPerRun(100, func() {
		record = key.Seal(room, here, text)
		if _, err := key.Open(into, here, record); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 6 { // a place and a cipher each way; nothing that grows with the text
		t.Errorf("%v allocations", allocs)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	keys := testKeys(t)
	code := NewCode()
	secrets := []any{
		&Master{secret: [keySize]byte{1, 2, 3}}, Master{secret: [keySize]byte{1, 2, 3}}, keys, keys.People(), code,
		NewDataKey(), *NewDataKey(), &FileKey{}, FileKey{}, NewRecovery(), *NewRecovery(), NewRecovery().Secret(),
		*NewRecovery().Secret(), testRing(t),
	}
	for _, secret := range secrets {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%08b", "%c", "%o"} {
			if got := fmt.Sprintf(verb, secret); got != shown {
				t.Errorf("%s of a %T prints %q", verb, secret, got)
			}
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "secret", secret)
		if !strings.Contains(log.String(), "secret="+shown) {
			t.Errorf("a %T is logged as %q", secret, log.String())
		}
	}
	type holder struct{ keys *Keys }
	if got := fmt.Sprintf("%+v", holder{keys}); strings.Contains(got, "check") {
		t.Errorf("inside another struct: %s", got)
	}
}

func FuzzOpen(f *testing.F) {
	key := testKeys(f).People()
	f.Add(key.Seal(nil, here, []byte("text")))
	f.Add(key.Seal(nil, Where{}, []byte("text")))
	f.Add([]byte{})
	f.Add([]byte{version})
	f.Add(make([]byte, smallest))
	f.Fuzz(func(t *testing.T, record []byte) {
		text, err := key.Open(nil, here, record)
		if err != nil && (!errors.Is(err, ErrOpen) || text != nil) {
			t.Errorf("%x, %v", text, err)
		}
		if err == nil && string(text) != "text" {
			t.Errorf("a forgery: %x", record)
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	key := testKeys(b).People()
	text := bytes.Repeat([]byte("x"), 600)
	var record, out []byte
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		record = key.Seal(record[:0], here, text)
		out, _ = key.Open(out[:0], here, record)
	}
	_ = out
}
