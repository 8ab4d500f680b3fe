package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// cheap is a cost at which a test does not wait.
var cheap = cost{memory: 64, time: 1, threads: 1}

func TestTheWordListIsTheOneOfTheEFF(t *testing.T) {
	const published = "addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e"
	sum := sha256.Sum256([]byte(effWords))
	if got := hex.EncodeToString(sum[:]); got != published {
		t.Errorf("sha256 %s, want %s", got, published)
	}
	fields := strings.Fields(effWords)
	if len(fields) != 2*effCount {
		t.Fatalf("%d words", len(fields)/2)
	}
	words, letters := map[string]bool{}, map[string]bool{}
	for i := 1; i < len(fields); i += 2 {
		words[fields[i]] = true
		letters[string(normalWords(fields[i]))] = true
	}
	if len(words) != effCount || len(letters) != effCount-1 {
		t.Errorf("%d words, %d by their letters", len(words), len(letters))
	}
	for word := range letters {
		for n := 1; n < len(word); n++ {
			if letters[word[:n]] {
				t.Errorf("%q begins with %q: words run together would not keep their one reading", word, word[:n])
			}
		}
	}
}

func TestSignInWords(t *testing.T) {
	ctx := context.Background()
	s := newSignIn(cheap)
	words, hash, err := s.New(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(strings.Fields(words)); got != wordCount {
		t.Fatalf("%d words", got)
	}
	_, other, err := s.New(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, hash, typed string
		want              bool
	}{
		{"as shown", hash, words, true},
		{"capitals", hash, strings.ToUpper(words), true},
		{"dashes", hash, strings.ReplaceAll(words, " ", "-"), true},
		{"run together", hash, strings.ReplaceAll(words, " ", ""), true},
		{"spaces, line end", hash, "  " + strings.ReplaceAll(words, " ", " \t ") + ".\r\n", true},
		{"five of them", hash, words[strings.Index(words, " "):], false},
		{"one letter more", hash, words + "x", false},
		{"nothing", hash, "", false},
		{"a flood", hash, words + strings.Repeat("x", 1<<20), false},
		{"somebody else's", other, words, false},
	} {
		if got, err := s.Verify(ctx, c.hash, c.typed); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestRealCost(t *testing.T) {
	ctx := context.Background()
	s := NewSignIn()
	words, hash, err := s.New(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(hash) {
		t.Errorf("hash %s", hash)
	}
	if ok, err := s.Verify(ctx, hash, words); err != nil || !ok {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestHashesThatAreRefused(t *testing.T) {
	const salt, sum = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	s := NewSignIn()
	for name, hash := range map[string]string{
		"empty":            "",
		"another kind":     "$argon2i$v=19$m=65536,t=3,p=1$" + salt + "$" + sum,
		"another version":  "$argon2id$v=16$m=65536,t=3,p=1$" + salt + "$" + sum,
		"too little space": "$argon2id$v=19$m=65535,t=3,p=1$" + salt + "$" + sum,
		"too few passes":   "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$" + sum,
		"no thread":        "$argon2id$v=19$m=65536,t=3,p=0$" + salt + "$" + sum,
		"all the memory":   "$argon2id$v=19$m=4294967295,t=3,p=1$" + salt + "$" + sum,
		"all the time":     "$argon2id$v=19$m=65536,t=4294967295,p=1$" + salt + "$" + sum,
		"a short salt":     "$argon2id$v=19$m=65536,t=3,p=1$AAAA$" + sum,
		"a short sum":      "$argon2id$v=19$m=65536,t=3,p=1$" + salt + "$AAAA",
		"something behind": "$argon2id$v=19$m=65536,t=3,p=1,x=1$" + salt + "$" + sum,
		"plus signs":       "$argon2id$v=19$m=+65536,t=3,p=1$" + salt + "$" + sum,
	} {
		if ok, err := s.Verify(context.Background(), hash, "words"); ok || !errors.Is(err, ErrBadHash) {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

func TestNoMoreThanTwoAtOnceAndTheOthersGiveUpWithTheirContext(t *testing.T) {
	s := newSignIn(cheap)
	_, hash, err := s.New(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for range atOnce {
		s.turns <- struct{}{} // two that never end
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Verify(ctx, hash, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Verify: %v", err)
	}
	if err := s.DummyVerify(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("DummyVerify: %v", err)
	}
	if _, _, err := s.New(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("New: %v", err)
	}
	<-s.turns
	if err := s.DummyVerify(context.Background(), "x"); err != nil {
		t.Errorf("with a turn free: %v", err)
	}
	<-s.turns

	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := s.DummyVerify(context.Background(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(s.turns) != 0 {
		t.Errorf("%d turns were not given back", len(s.turns))
	}
}

func TestCodes(t *testing.T) {
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$`)
	rapid.Check(t, func(t *rapid.T) {
		var c Code
		copy(c.bits[:], rapid.SliceOfN(rapid.Byte(), len(c.bits), len(c.bits)).Draw(t, "bits"))
		written := c.Reveal()
		if !form.MatchString(written) {
			t.Fatalf("written %s", written)
		}
		typed := strings.NewReplacer("0", "o", "1", "l", "-", " – ").Replace(strings.ToLower(written))
		for _, s := range []string{written, typed, strings.ReplaceAll(written, "-", "")} {
			if got, err := ParseCode(s); err != nil || got != c {
				t.Fatalf("%q: %v", s, err)
			}
		}
	})
	if one, other := NewCode(), NewCode(); one == other {
		t.Error("codes repeat")
	}
}

func TestWhatIsNoCode(t *testing.T) {
	for _, typed := range []string{
		"", "K7QM-2XWD-9RTA-P4H", "K7QM-2XWD-9RTA-P4HNN", "K7QM-2XWD-9RTA-P4HU", "K7QM_2XWD_9RTA_P4HN",
		"K7QM-2XWD-9RTA-P4H\xff", "K7QM-2XWD-9RTA-P4HÑ", strings.Repeat("-", 1<<16),
	} {
		if _, err := ParseCode(typed); !errors.Is(err, ErrNotCode) {
			t.Errorf("%.40q: %v", typed, err)
		}
	}
}

func TestCodeHashesAreKeyed(t *testing.T) {
	code := NewCode()
	elsewhere, err := (&Master{secret: [keySize]byte{5}}).Keys(Instance{9, 8, 7})
	if err != nil {
		t.Fatal(err)
	}
	a, b := testKeys(t).CodeHash(code), elsewhere.CodeHash(code)
	if string(a) == string(b) || string(a) == string(testKeys(t).CodeHash(NewCode())) {
		t.Error("equal for another key or another code")
	}
	if string(a) != string(testKeys(t).CodeHash(code)) {
		t.Error("not the same twice")
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("K7QM-2XWD-9RTA-P4HN")
	f.Add("k7qm 2xwd 9rta p4hn")
	f.Add("oiLl-0000-1111-ZZZZ")
	f.Add("U\x00\xff—")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseCode(typed)
		if err != nil {
			return
		}
		if again, err := ParseCode(code.Reveal()); err != nil || again != code {
			t.Errorf("%q reads as a code that does not read back: %v", typed, err)
		}
	})
}
