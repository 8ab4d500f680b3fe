package sshserver

// What strangers do to hurt: one test for each line of the list of bad inputs "before sign-in", named after it, over real
// connections. Each shows the outcome, that a member who is connected meanwhile goes on, and that memory, goroutines and
// the processor come back to where they were. Those of members stand in abuse_test.go.

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"math/big"
	"net"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"alcove/store"
)

func TestBeforeSignIn(t *testing.T) {
	for line, does := range map[string]func(t *testing.T, p *practice){
		"TCP open and silent, closed in 20 s":                           silent,
		"one byte a second, the same":                                   oneByteAtATime,
		"10 MB banner line, closed, under 64 kB kept":                   longBanner,
		"garbage KEXINIT, only that connection":                         garbageKexInit,
		"RSA of 16k bits, refused, under 50 ms CPU":                     hugeRSA,
		"200 auth requests, cut":                                        manyRequests,
		"user name changed between attempts, never crosses accounts":    changingUser,
		"user name of 64 kB, with NUL, escapes, right-to-left, refused": oddUser,
		"none, password, GSSAPI, certificates, refused":                 otherMethods,
		"known and unknown key, same reply":                             sameReply,
		"an invitation used twice at once, one wins":                    invitationTwice,
		"wrong codes, slowed, then locked, and neighbours keep working": wrongCodes,
	} {
		t.Run(line, func(t *testing.T) {
			now := time.Now() // stands still: on a slow machine wrong codes would be half forgotten
			p := newPractice(t, func(s *Server) {
				s.limits.Hello, s.limits.Handshake = time.Second, patient
				s.guesses.now = func() time.Time { return now }
			})
			p.bears(t, func() { does(t, p) })
		})
	}
	if l := DefaultLimits(); l.Hello != 20*time.Second || l.Handshake != time.Minute {
		t.Errorf("strangers have %v and %v, want 20 s and 60 s", l.Hello, l.Handshake)
	}
}

// bears lets somebody act and sees to it that all comes back to where it was, and a member goes on meanwhile.
func (p *practice) bears(t *testing.T, act func()) {
	t.Helper()
	kept := p.client("jonas")
	whoIs(t, kept) // now all that serves a connection runs
	const perConnection, connections = 32 << 20, 2
	goroutines, before := runtime.NumGoroutine(), held()
	done := make(chan struct{})
	var most uint64
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				most = max(most, live())
			}
		}
	})
	act()
	close(done)
	watch.Wait()
	if most > before+perConnection*connections {
		t.Errorf("memory rose from %d to %d kB", before>>10, most>>10)
	}
	if got := whoIs(t, kept); got != "jonas" {
		t.Errorf("the member's connection answers %q", got)
	}
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "no more memory than before", func() bool { return held() < before+(4<<20) })
	const watched = 200 * time.Millisecond
	eventually(t, "the processor rests", func() bool {
		begun := busy()
		<-time.After(watched)
		return busy()-begun < watched.Seconds()/4
	})
}

// live is how many bytes the heap holds, garbage among them.
func live() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func held() uint64 {
	runtime.GC()
	return live()
}

func (p *practice) connect() net.Conn {
	p.t.Helper()
	c, err := net.Dial("tcp", p.addr)
	must(p.t, err)
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

func silent(t *testing.T, p *practice) {
	closes(t, p.connect())
	closes(t, rawGreet(t, p.addr).Conn) // after its version
}

func oneByteAtATime(t *testing.T, p *practice) {
	c := p.connect()
	var sender sync.WaitGroup
	sender.Go(func() {
		for _, b := range []byte("SSH-2.0-slow" + strings.Repeat("x", 240) + strings.Repeat("slow", 1000)) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
			<-time.After(10 * time.Millisecond)
		}
	})
	closes(t, c)
	_ = c.Close()
	sender.Wait()
}

func longBanner(t *testing.T, p *practice) {
	for _, line := range []string{"x", strings.Repeat("x", 200) + "\n", "SSH-2.0-x"} {
		c := p.connect()
		var sender sync.WaitGroup
		sender.Go(func() {
			for range (10 << 20) / len(line) {
				if _, err := io.WriteString(c, line); err != nil {
					return
				}
			}
		})
		closes(t, c)
		_ = c.Close()
		sender.Wait()
	}
}

func garbageKexInit(t *testing.T, p *practice) {
	random := make([]byte, 4096)
	_, _ = rand.Read(random)
	for _, packet := range [][]byte{
		append([]byte{20}, random...), {20}, rawKexInit()[:100], append([]byte{21}, random[:10]...), {1}, {30, 0, 0, 0, 0},
	} {
		r := rawGreet(t, p.addr)
		must(t, r.write(packet))
		closes(t, r.Conn)
	}
	for _, bytes := range [][]byte{random, {0xff, 0xff, 0xff, 0xff, 4, 20}, {0, 0, 0, 0, 0, 0}, {0, 3, 0xff, 0xff, 4, 20}} {
		r := rawGreet(t, p.addr)
		_, err := r.Write(bytes)
		must(t, err)
		closes(t, r.Conn)
	}
}

func hugeRSA(t *testing.T, p *practice) {
	modulus := make([]byte, 16384/8)
	_, _ = rand.Read(modulus)
	modulus[0] |= 0x80
	modulus[len(modulus)-1] |= 1
	public := gossh.Marshal(struct {
		Type string
		E, N *big.Int
	}{gossh.KeyAlgoRSA, big.NewInt(1<<24 - 1), new(big.Int).SetBytes(modulus)})
	signature := make([]byte, len(modulus))
	signature[1] = 1
	for name, rest := range map[string][]byte{
		"asked for": gossh.Marshal(struct {
			Signed    bool
			Algorithm string
			Key       []byte
		}{false, gossh.KeyAlgoRSASHA512, public}),
		"proved": gossh.Marshal(struct {
			Signed         bool
			Algorithm      string
			Key, Signature []byte
		}{true, gossh.KeyAlgoRSASHA512, public, gossh.Marshal(gossh.Signature{Format: gossh.KeyAlgoRSASHA512, Blob: signature})}),
	} {
		least := 1.0
		for range 5 {
			r := rawDial(t, p.addr)
			begun := busy()
			if reply, err := r.try("anna", "publickey", rest); err == nil && reply[0] != authFailed {
				t.Errorf("%s: answered with %d", name, reply[0])
			}
			least = min(least, busy()-begun)
			_ = r.Close()
		}
		t.Logf("%s: %.1f ms of the processor", name, least*1000)
		// The power of such a number is what checking one proof takes, here 32 ms; a machine that is busy takes longer for both.
		begun := busy()
		n := new(big.Int).SetBytes(modulus)
		new(big.Int).Exp(new(big.Int).Sub(n, big.NewInt(2)), big.NewInt(1<<24-1), n)
		if floor := busy() - begun; least > 4*floor+0.020 {
			t.Errorf("%s: took %.0f ms of the processor, where one check takes %.0f", name, least*1000, floor*1000)
		}
	}
	_, said, err := p.told("join", gossh.PublicKeys(weakKey(t)))
	if err == nil || len(said) != 1 || !strings.Contains(said[0], "3072") {
		t.Errorf("2048 bits: %v, told %q", err, said)
	}
}

// weakKey is of a size that is not taken.
func weakKey(t *testing.T) gossh.Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	key, err := gossh.NewSignerFromKey(private)
	must(t, err)
	return key
}

func manyRequests(t *testing.T, p *practice) {
	annas, mine, weak := p.keys["anna"].PublicKey(), newKey(t), weakKey(t)
	for name, test := range map[string]struct {
		request     func(r *rawClient) ([]byte, error)
		least, most int
	}{
		"none":      {func(r *rawClient) ([]byte, error) { return r.try("anna", "none", nil) }, 10, 128},
		"queries":   {func(r *rawClient) ([]byte, error) { return r.try("anna", "publickey", query(annas)) }, 10, 128},
		"proofs":    {func(r *rawClient) ([]byte, error) { return r.try("anna", "publickey", r.prove("anna", mine)) }, 10, 128},
		"dear ones": {func(r *rawClient) ([]byte, error) { return r.try("anna", "publickey", r.prove("anna", weak)) }, 1, maxWeak},
	} {
		r, answered := rawDial(t, p.addr), 0
		for range 200 {
			reply, err := test.request(r)
			if err != nil {
				break
			}
			if reply[0] == authDone {
				t.Fatalf("%s: let in", name)
			}
			answered++
		}
		if answered < test.least || answered > test.most {
			t.Errorf("%s: %d of 200 were answered", name, answered)
		}
		_ = r.Close()
	}
}

func changingUser(t *testing.T, p *practice) {
	anna := p.keys["anna"]
	r := rawDial(t, p.addr)
	if reply, err := r.try("jonas", "publickey", query(p.keys["jonas"].PublicKey())); err != nil || reply[0] != authKeyGood {
		t.Fatalf("a query: %v %v", reply, err)
	}
	reply, err := r.try("jonas", "publickey", r.prove("jonas", anna)) // jonas is only a word
	must(t, err)
	if reply[0] != authDone {
		t.Errorf("anna as jonas: %d", reply[0])
	}
	p.logged("by=" + gossh.FingerprintSHA256(anna.PublicKey()))
	_ = r.Close()

	r = rawDial(t, p.addr) // a proof that was made for another name
	if reply, err := r.try("anna", "publickey", r.prove("jonas", p.keys["jonas"])); err == nil && reply[0] == authDone {
		t.Error("a proof for another name was taken")
	}
	_ = r.Close()

	r = rawDial(t, p.addr) // a name that changes after the first half of a sign-in
	reply, err = r.try("join", "publickey", r.prove("join", newKey(t)))
	must(t, err)
	if reply[0] != authFailed || reply[len(reply)-1] != 1 {
		t.Fatalf("no first half: %q", reply)
	}
	if reply, err := r.try("anna", "keyboard-interactive", make([]byte, 8)); err == nil {
		t.Errorf("went on as another: %d", reply[0])
	}
	_ = r.Close()
	if strings.Contains(p.log.String(), "by="+gossh.FingerprintSHA256(p.keys["jonas"].PublicKey())+"\n") &&
		strings.Count(p.log.String(), "signed in") != 2 {
		t.Errorf("jonas and anna sign in once each:\n%s", p.log.String())
	}
}

func oddUser(t *testing.T, p *practice) {
	for name, user := range map[string]string{
		"64 kB": strings.Repeat("a", 64<<10), "nul": "an\x00na", "escape": "an\x1b[31mna", "right to left": "an\u202ena",
		"no UTF-8": "an\xffna", "a line": "anna\nlevel=INFO msg=forged",
	} {
		if _, err := p.dial(user, gossh.PublicKeys(p.keys["anna"]), typing("x").method()); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
	if log := p.log.String(); strings.ContainsAny(log, "\x00\x1b\u202e") || strings.Contains(log, "\nlevel=INFO") || strings.Contains(log, "aaaaa") {
		t.Errorf("a user name reached the log as it was:\n%s", log[:min(len(log), 4000)])
	}
}

func otherMethods(t *testing.T, p *practice) {
	cert := &gossh.Certificate{
		Key: p.keys["anna"].PublicKey(), CertType: gossh.UserCert, ValidBefore: gossh.CertTimeInfinity, ValidPrincipals: []string{"anna"},
	}
	must(t, cert.SignCert(rand.Reader, p.keys["jonas"]))
	certified, err := gossh.NewCertSigner(cert, p.keys["anna"])
	must(t, err)
	for name, auth := range map[string][]gossh.AuthMethod{
		"none": nil, "password": {gossh.Password("anna")}, "certificate": {gossh.PublicKeys(certified)},
	} {
		if _, err := p.dial("anna", auth...); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
	r := rawDial(t, p.addr)
	for _, method := range []string{"none", "password", "gssapi-with-mic", "gssapi-keyex", "hostbased", ""} {
		rest := gossh.Marshal(struct {
			Flag bool
			Text string
		}{false, "anna"})
		if reply, err := r.try("anna", method, rest); err != nil || reply[0] != authFailed {
			t.Errorf("%q: %v %v", method, reply, err)
		}
	}
	_ = r.Close()
}

func sameReply(t *testing.T, p *practice) {
	var replies []string
	for _, user := range []string{"anna", "nobody", "join"} {
		for _, key := range []gossh.PublicKey{p.keys["anna"].PublicKey(), newKey(t).PublicKey()} {
			r := rawDial(t, p.addr)
			reply, err := r.try(user, "publickey", query(key))
			must(t, err)
			replies = append(replies, strings.ReplaceAll(string(reply), string(key.Marshal()), "KEY"))
			_ = r.Close()
		}
	}
	for _, reply := range replies {
		if reply != replies[0] || reply[0] != authKeyGood {
			t.Errorf("answered with %q and with %q", replies[0], reply)
		}
	}
}

func invitationTwice(t *testing.T, p *practice) {
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	var in sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		key := newKey(t)
		in.Go(func() {
			var c *gossh.Client
			if c, errs[i] = p.dial("join", gossh.PublicKeys(key), typing(code, code, code).method()); errs[i] == nil {
				_ = c.Close()
			}
		})
	}
	in.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("redeemed at once: %v and %v, want one of them in", errs[0], errs[1])
	}
}

func wrongCodes(t *testing.T, p *practice) {
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	guess := func(from string, lines ...string) (asked int, err error) {
		typed := typing(lines...)
		c, err := p.over(p.from(from), "join", typed.method())
		if err == nil {
			_ = c.Close()
		}
		return len(typed.shown), err
	}
	asked := 0
	for range maxWrong {
		n, err := guess("127.0.0.2", "wrong", "wrong", "wrong")
		if err == nil {
			t.Fatal("let in")
		}
		asked += n
	}
	if asked != maxWrong {
		t.Errorf("%d guesses were looked at, want %d", asked, maxWrong)
	}
	first, second := p.server.guesses.wrong(prefix("127.0.0.9/32")), p.server.guesses.wrong(prefix("127.0.0.9/32"))
	if first <= 0 || second <= first {
		t.Errorf("the first wrong one waits %v, the second %v", first, second)
	}
	if n, err := guess("127.0.0.2", code); err == nil || n != 0 {
		t.Errorf("a locked address is asked %d times: %v", n, err)
	}
	key := newKey(t)
	c, err := p.over(p.from("127.0.0.3"), "join", gossh.PublicKeys(key), typing(code).method())
	if err != nil {
		t.Errorf("a neighbour: %v", err)
	} else {
		_ = c.Close()
	}
	if c, err = p.over(p.from("127.0.0.2"), "x", gossh.PublicKeys(key)); err != nil { // a key is no guess
		t.Errorf("a key from the locked address: %v", err)
	} else {
		_ = c.Close()
	}
	if log := p.log.String(); strings.Contains(log, code) {
		t.Error("the code is in the log")
	}
}
