package sshserver

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
	"alcove/tui"
)

// answers plays a person at keyboard-interactive prompts and keeps what they were shown.
type answers struct {
	mu    sync.Mutex
	say   func(question string) string
	shown []string
	echo  []bool
}

func typing(lines ...string) *answers {
	a := &answers{}
	a.say = func(string) string {
		if len(lines) == 0 {
			return ""
		}
		line := lines[0]
		lines = lines[1:]
		return line
	}
	return a
}

func (a *answers) method() gossh.AuthMethod {
	return gossh.KeyboardInteractive(func(_, instruction string, questions []string, echos []bool) ([]string, error) {
		if instruction != "" {
			return nil, errors.New("an instruction, which OpenSSH hides under -q")
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		var out []string
		for i, q := range questions {
			a.shown = append(a.shown, q)
			a.echo = append(a.echo, echos[i])
			out = append(out, a.say(q))
		}
		return out, nil
	})
}

// whoIs is the handle that a connection is signed in as.
func whoIs(t *testing.T, c *gossh.Client) string {
	t.Helper()
	r := runOn(t, c, "whoami", "")
	handle, _, _ := strings.Cut(r.out, ",")
	return handle
}

// signerThatLies proves to hold one key while it offers another.
type signerThatLies struct {
	gossh.Signer
	signs gossh.Signer
}

func (s signerThatLies) Sign(r io.Reader, data []byte) (*gossh.Signature, error) {
	return s.signs.Sign(r, data)
}

func TestAPersonIsKnownByTheKeyTheyProved(t *testing.T) {
	p := newPractice(t)
	stranger := newKey(t)
	for name, keys := range map[string][]gossh.Signer{
		"alone":             {p.keys["anna"]},
		"after a stranger":  {stranger, p.keys["anna"]},
		"before a stranger": {p.keys["anna"], stranger},
		"before the coach":  {p.keys["anna"], p.keys["jonas"]},
		"fourth of five":    {stranger, newKey(t), newKey(t), p.keys["anna"], newKey(t)},
	} {
		for _, user := range []string{"", "root", "jonas"} {
			t.Run(name+" as "+user, func(t *testing.T) {
				c, err := p.dial(user, gossh.PublicKeys(keys...))
				must(t, err)
				defer c.Close()
				if got := whoIs(t, c); got != "anna" {
					t.Errorf("signed in as %q, want anna", got)
				}
			})
		}
	}
}

func TestOfferingAKeyIsNotHoldingIt(t *testing.T) {
	p := newPractice(t)
	mine := newKey(t)
	coach := signerThatLies{p.keys["jonas"], mine}
	for name, keys := range map[string][]gossh.Signer{
		"offer the coach's, sign with mine": {coach},
		"mine first":                        {mine, coach},
		"coach's first":                     {coach, mine},
	} {
		t.Run(name, func(t *testing.T) {
			if c, err := p.dial("jonas", gossh.PublicKeys(keys...)); err == nil {
				t.Errorf("let in as %q", whoIs(t, c))
			}
		})
	}
	t.Run("query the coach's, then prove a client's", func(t *testing.T) {
		c, err := p.dial("jonas", gossh.PublicKeys(queryOnly{p.keys["jonas"]}, p.keys["anna"]))
		must(t, err)
		defer c.Close()
		if got := whoIs(t, c); got != "anna" {
			t.Errorf("signed in as %q, want anna", got)
		}
	})
}

// queryOnly is a key that is offered and never signed with.
type queryOnly struct{ gossh.Signer }

func (queryOnly) Sign(io.Reader, []byte) (*gossh.Signature, error) {
	return &gossh.Signature{Format: "none"}, nil
}

func TestStrangersAreToldWhatToDoOnce(t *testing.T) {
	p := newPractice(t)
	var said []string
	tell := func(m string) error { said = append(said, m); return nil }
	config := p.clientConfig("root", gossh.PublicKeys(newKey(t), newKey(t)))
	config.BannerCallback = tell
	if _, err := gossh.Dial("tcp", p.addr, config); err == nil {
		t.Fatal("let in")
	}
	if len(said) != 1 || !strings.Contains(said[0], "ssh -p 2222 join@practice.example") || !strings.Contains(said[0], "Einladung") {
		t.Errorf("told %q, want one sentence in both languages", said)
	}

	// An agent whose other key is known is told the first time only.
	agent := []gossh.Signer{newKey(t), newKey(t), p.keys["anna"]}
	for i, want := range []int{1, 0, 0} {
		said = nil
		config := p.clientConfig("root", gossh.PublicKeys(agent...))
		config.BannerCallback = tell
		c, err := gossh.Dial("tcp", p.addr, config)
		must(t, err)
		_ = c.Close()
		if len(said) != want {
			t.Errorf("connection %d was told %d sentences, want %d: %q", i+1, len(said), want, said)
		}
	}
}

func TestJoinWithAKey(t *testing.T) {
	p := newPractice(t)
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	key := newKey(t)
	typed := typing("WRONG-CODE", strings.ToLower(code))
	c, err := p.dial("join", gossh.PublicKeys(key), typed.method())
	must(t, err)
	if got := whoIs(t, c); got != "karla" {
		t.Errorf("joined as %q, want karla", got)
	}
	if len(typed.shown) != 2 || !strings.Contains(typed.shown[1], "not right") || typed.echo[0] {
		t.Errorf("was shown %q (echo %v), want a hidden prompt and then what was wrong", typed.shown, typed.echo)
	}
	_ = c.Close()

	c, err = p.dial("somebody", gossh.PublicKeys(key))
	must(t, err)
	_ = c.Close()

	t.Run("again", func(t *testing.T) {
		said := ""
		config := p.clientConfig("join", gossh.PublicKeys(key))
		config.BannerCallback = func(m string) error { said += m; return nil }
		c, err := gossh.Dial("tcp", p.addr, config)
		must(t, err)
		defer c.Close()
		if !strings.Contains(said, "known here already") {
			t.Errorf("was told %q", said)
		}
	})
	t.Run("the same code by another key", func(t *testing.T) {
		typed := typing(code, code, code)
		if _, err := p.dial("join", gossh.PublicKeys(newKey(t)), typed.method()); err == nil {
			t.Fatal("a used code let somebody in")
		}
		if !strings.Contains(typed.shown[1], "used already") {
			t.Errorf("was shown %q", typed.shown)
		}
	})
}

func TestACodeMayBeTriedThreeTimes(t *testing.T) {
	p := newPractice(t)
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	typed := typing("wrong", "wrong", "wrong", code, code, code)
	if _, err := p.dial("join", gossh.PublicKeys(newKey(t)), gossh.RetryableAuthMethod(typed.method(), 5)); err == nil {
		t.Error("the fourth try was let in")
	}
	if len(typed.shown) != 3 {
		t.Errorf("was asked %d times, want 3", len(typed.shown))
	}
}

func TestARunOutCodeSaysSo(t *testing.T) {
	p := newPractice(t)
	old := p.invite("karla", store.RoleClient, "Karla", "jonas")
	p.invite("karla", store.RoleClient, "Karla", "jonas")
	typed := typing(old, old, old)
	if _, err := p.dial("join", gossh.PublicKeys(newKey(t)), typed.method()); err == nil {
		t.Fatal("let in")
	}
	if !strings.Contains(typed.shown[1], "run out") {
		t.Errorf("was shown %q", typed.shown)
	}
}

func TestJoinWithoutAKeyGivesWords(t *testing.T) {
	p := newPractice(t)
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	var words []string
	wrongOnce := false
	typed := &answers{}
	typed.say = func(question string) string {
		if strings.Contains(question, "code") {
			return code
		}
		words = strings.Fields(regexp.MustCompile(`(?m)^    (.*)$`).FindStringSubmatch(question)[1])
		var n int
		if _, err := fmt.Sscanf(question[strings.LastIndex(question, "\n")+1:], "Word %d", &n); err != nil || n < 1 || n > len(words) {
			t.Errorf("asked %q with words %d", question, len(words))
			return ""
		}
		if !wrongOnce {
			wrongOnce = true
			if _, err := p.store.CheckCode(context.Background(), code); err != nil {
				t.Errorf("the code is used up before the words were confirmed: %v", err)
			}
			return "nonsense"
		}
		return words[n-1]
	}
	c, err := p.dial("join", typed.method())
	must(t, err)
	if got := whoIs(t, c); got != "karla" {
		t.Errorf("joined as %q, want karla", got)
	}
	_ = c.Close()
	if len(words) != 6 || !typed.echo[1] || typed.echo[0] {
		t.Fatalf("got %d words, echo %v", len(words), typed.echo)
	}

	c, err = p.dial("karla", typing("one two three four five six", strings.Join(words, " ")).method())
	must(t, err)
	if got := whoIs(t, c); got != "karla" {
		t.Errorf("signed in by words as %q, want karla", got)
	}
	_ = c.Close()
	if _, err = p.dial("anna", typing(strings.Join(words, " ")).method()); err == nil {
		t.Error("karla's words let somebody in as anna")
	}
	if log := p.log.String(); strings.Contains(log, words[0]+" "+words[1]) || strings.Contains(log, code) {
		t.Error("words or a code are in the log")
	}
}

func TestKnownAndUnknownHandlesAreAskedAlike(t *testing.T) {
	p := newPractice(t)
	var shown []string
	for _, handle := range []string{"anna", "nobody"} {
		typed := typing("a b c d e f", "", "x")
		if _, err := p.dial(handle, typed.method()); err == nil {
			t.Fatal("let in")
		}
		shown = append(shown, strings.Join(typed.shown, "\n"))
	}
	if shown[0] != shown[1] {
		t.Errorf("anna was asked\n%s\nand nobody\n%s", shown[0], shown[1])
	}
}

func TestTooManyWrongGuessesBarAPlace(t *testing.T) {
	now := time.Now()
	g := newGuesses(func() time.Time { return now })
	g.pause = 0
	here, there := placeOf(addr("192.0.2.1:5")), placeOf(addr("192.0.2.2:5"))
	for range maxWrong {
		if g.barred(here) {
			t.Fatal("barred too soon")
		}
		g.wrong(here)
	}
	if !g.barred(here) || g.barred(there) {
		t.Errorf("barred here %v, there %v; want here only", g.barred(here), g.barred(there))
	}
	now = now.Add(30 * time.Minute)
	if g.barred(here) {
		t.Error("still barred after half an hour")
	}
	g.pause = time.Hour
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	rest(ended, g.wrong(there)) // returns at once
}

type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }

func TestABarredPlaceIsToldAndAsksNothing(t *testing.T) {
	p := newPractice(t)
	for range maxWrong {
		p.server.guesses.wrong(placeOf(addr("127.0.0.1:1")))
	}
	said, typed := "", typing("x")
	config := p.clientConfig("anna", typed.method())
	config.BannerCallback = func(m string) error { said += m; return nil }
	if _, err := gossh.Dial("tcp", p.addr, config); err == nil {
		t.Fatal("let in")
	}
	if len(typed.shown) != 0 || !strings.Contains(said, "too many wrong tries") {
		t.Errorf("asked %q, told %q", typed.shown, said)
	}
	p.client("anna") // a key is no guess
}

func TestADisabledPersonIsToldSo(t *testing.T) {
	p := newPractice(t)
	must(t, p.store.Operator().Disable(context.Background(), "anna"))
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	words, err := p.store.NewWords(context.Background())
	must(t, err)
	_, err = p.store.RedeemWithWords(context.Background(), code, words)
	must(t, err)
	must(t, p.store.Operator().Disable(context.Background(), "karla"))
	for name, test := range map[string]struct {
		user  string
		keys  []gossh.Signer
		asked int
	}{
		"by key":   {"anna", []gossh.Signer{p.keys["anna"], newKey(t)}, 0},
		"by words": {"karla", nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			typed := &answers{say: func(string) string { return words.Reveal() }}
			_, said, err := p.told(test.user, gossh.PublicKeys(test.keys...), gossh.RetryableAuthMethod(typed.method(), 3))
			if err == nil || len(said) != 1 || !strings.Contains(said[0], "disabled") || len(typed.shown) != test.asked {
				t.Errorf("error %v, told %q, asked %q", err, said, typed.shown)
			}
		})
	}
}

func TestDemoTakesEverybodyAtTheirWord(t *testing.T) {
	p := newPractice(t, func(s *Server) { s.Demo = true })
	for _, auth := range [][]gossh.AuthMethod{nil, {gossh.PublicKeys(newKey(t))}} {
		c, err := p.dial("anna", auth...)
		must(t, err)
		if got := whoIs(t, c); got != "anna" {
			t.Errorf("signed in as %q", got)
		}
		_ = c.Close()
	}
	for _, auth := range [][]gossh.AuthMethod{nil, {gossh.PublicKeys(newKey(t)), typing("").method()}} {
		_, said, err := p.told("nobody", auth...)
		if err == nil || len(said) == 0 || !strings.Contains(said[0], "anna, coach or piet") || strings.Contains(strings.Join(said, ""), "not known") {
			t.Errorf("error %v, told %q", err, said)
		}
	}
}

// securityKey signs as a FIDO key does, with or without the touch of a finger.
type securityKey struct {
	public  gossh.PublicKey
	private ed25519.PrivateKey
	flags   byte
}

func newSecurityKey(t *testing.T, flags byte) securityKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	parsed, err := gossh.ParsePublicKey(gossh.Marshal(struct {
		Type string
		Key  []byte
		App  string
	}{gossh.KeyAlgoSKED25519, public, "ssh:"}))
	must(t, err)
	return securityKey{parsed, private, flags}
}

func (k securityKey) PublicKey() gossh.PublicKey { return k.public }

func (k securityKey) Sign(_ io.Reader, data []byte) (*gossh.Signature, error) {
	app, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	const counter = 7
	blob := append(app[:], k.flags)
	blob = binary.BigEndian.AppendUint32(blob, counter)
	blob = append(blob, message[:]...)
	rest := binary.BigEndian.AppendUint32([]byte{k.flags}, counter)
	return &gossh.Signature{Format: gossh.KeyAlgoSKED25519, Blob: ed25519.Sign(k.private, blob), Rest: rest}, nil
}

func TestASecurityKeyMustBeTouched(t *testing.T) {
	p := newPractice(t)
	for flags, want := range map[byte]bool{0x01: true, 0x00: false} {
		key := newSecurityKey(t, flags)
		code := p.invite(fmt.Sprintf("karla%d", flags), store.RoleClient, "Karla", "jonas")
		_, err := p.dial("join", gossh.PublicKeys(key), typing(code).method())
		if (err == nil) != want {
			t.Errorf("flags %d: let in %v, want %v (%v)", flags, err == nil, want, err)
		}
	}
}

func TestAPromptIsNoWayRoundTheKey(t *testing.T) {
	p := newPractice(t)
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	typed := typing("wrong", "wrong", "wrong", code, code, code)
	if _, err := p.dial("join", gossh.RetryableAuthMethod(typed.method(), 5), gossh.PublicKeys(newKey(t))); err == nil {
		t.Error("let in after three wrong codes")
	}
	if len(typed.shown) != maxTries {
		t.Errorf("asked %d times, want %d", len(typed.shown), maxTries)
	}
}

// A client whose locale is not UTF-8 shows other letters as octal numbers.
func TestSignInSpeaksASCII(t *testing.T) {
	for _, lang := range []string{"en", "de"} {
		said := fmt.Sprintf("%+v", tui.WordsFor(lang).Shell.SignIn)
		if odd := strings.IndexFunc(said, func(r rune) bool { return r > '~' }); odd >= 0 {
			t.Errorf("%s: not ASCII at %q", lang, said[odd:])
		}
	}
}
