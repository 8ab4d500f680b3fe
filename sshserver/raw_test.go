package sshserver

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// rawClient speaks SSH as badly as it is told to, which x/crypto's client never would: RFC 4253 with curve25519-sha256
// (RFC 8731) and aes128-gcm@openssh.com (RFC 5647), and nothing else.
type rawClient struct {
	net.Conn
	in      *bufio.Reader
	version string // the server's
	offer   kexInit
	session []byte
	send    *gcmHalf // nil before the key exchange
	receive *gcmHalf
}

// kexInit is RFC 4253, section 7.1.
type kexInit struct {
	Cookie                                   [16]byte `sshtype:"20"`
	Kex, HostKeys                            []string
	CiphersIn, CiphersOut, MACsIn, MACsOut   []string
	CompressIn, CompressOut, LangIn, LangOut []string
	Follows                                  bool
	Reserved                                 uint32
}

func rawKexInit() []byte {
	gcm, mac, none := []string{gossh.CipherAES128GCM}, []string{gossh.HMACSHA256ETM}, []string{"none"}
	return gossh.Marshal(kexInit{
		Kex: []string{gossh.KeyExchangeCurve25519}, HostKeys: []string{gossh.KeyAlgoED25519},
		CiphersIn: gcm, CiphersOut: gcm, MACsIn: mac, MACsOut: mac, CompressIn: none, CompressOut: none,
	})
}

// gcmHalf seals or opens the packets of one direction.
type gcmHalf struct {
	aead  cipher.AEAD
	nonce [12]byte
}

func (h *gcmHalf) next() []byte {
	nonce := append([]byte(nil), h.nonce[:]...)
	binary.BigEndian.PutUint64(h.nonce[4:], binary.BigEndian.Uint64(h.nonce[4:])+1)
	return nonce
}

// rawGreet connects and exchanges versions.
func rawGreet(t testing.TB, addr string) *rawClient {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	must(t, c.SetDeadline(time.Now().Add(patient)))
	r := &rawClient{Conn: c, in: bufio.NewReader(c)}
	_, err = io.WriteString(c, "SSH-2.0-raw\r\n")
	must(t, err)
	r.version, err = r.in.ReadString('\n')
	must(t, err)
	r.version = r.version[:len(r.version)-2]
	return r
}

// rawDial goes on to the end of the key exchange and asks for the service that signs in.
func rawDial(t testing.TB, addr string) *rawClient {
	t.Helper()
	r := rawGreet(t, addr)
	must(t, r.exchange())
	must(t, r.write(gossh.Marshal(struct {
		Name string `sshtype:"5"`
	}{"ssh-userauth"})))
	_, err := r.read(6)
	must(t, err)
	return r
}

func (r *rawClient) exchange() error {
	mine := rawKexInit()
	if err := r.write(mine); err != nil {
		return err
	}
	theirs, err := r.read(20)
	if err != nil {
		return err
	}
	if err := gossh.Unmarshal(theirs, &r.offer); err != nil {
		return err
	}
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	if err := r.write(gossh.Marshal(struct {
		Q []byte `sshtype:"30"`
	}{key.PublicKey().Bytes()})); err != nil {
		return err
	}
	packet, err := r.read(31)
	if err != nil {
		return err
	}
	var reply struct {
		HostKey, Q, Signature []byte `sshtype:"31"`
	}
	if err := gossh.Unmarshal(packet, &reply); err != nil {
		return err
	}
	public, err := ecdh.X25519().NewPublicKey(reply.Q)
	if err != nil {
		return err
	}
	shared, err := key.ECDH(public)
	if err != nil {
		return err
	}
	secret := gossh.Marshal(struct{ K *big.Int }{new(big.Int).SetBytes(shared)})
	hash := sha256.Sum256(append(gossh.Marshal(struct {
		VC, VS             string
		IC, IS, KS, QC, QS []byte
	}{"SSH-2.0-raw", r.version, mine, theirs, reply.HostKey, key.PublicKey().Bytes(), reply.Q}), secret...))
	r.session = hash[:]
	if err := r.write([]byte{21}); err != nil {
		return err
	}
	if _, err := r.read(21); err != nil {
		return err
	}
	r.send, err = newHalf(secret, hash[:], 'A', 'C')
	if err == nil {
		r.receive, err = newHalf(secret, hash[:], 'B', 'D')
	}
	return err
}

func newHalf(secret, hash []byte, iv, key byte) (*gcmHalf, error) {
	derive := func(letter byte) []byte {
		h := sha256.New()
		for _, part := range [][]byte{secret, hash, {letter}, hash} {
			h.Write(part)
		}
		return h.Sum(nil)
	}
	block, err := aes.NewCipher(derive(key)[:16])
	if err != nil {
		return nil, err
	}
	h := &gcmHalf{}
	copy(h.nonce[:], derive(iv))
	h.aead, err = cipher.NewGCM(block)
	return h, err
}

func (r *rawClient) write(payload []byte) error {
	const block = 16
	head := 5 // the length counts to the blocks until there are keys
	if r.send != nil {
		head = 1
	}
	padding := block - (head+len(payload))%block
	if padding < 4 {
		padding += block
	}
	packet := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	body := append([]byte{byte(padding)}, payload...)
	body = append(body, make([]byte, padding)...)
	if r.send != nil {
		body = r.send.aead.Seal(nil, r.send.next(), body, packet)
	}
	_, err := r.Write(append(packet, body...))
	return err
}

// read answers the next packet of a kind; others but a farewell are passed over.
func (r *rawClient) read(kinds ...byte) ([]byte, error) {
	for {
		var length [4]byte
		if _, err := io.ReadFull(r.in, length[:]); err != nil {
			return nil, err
		}
		n := int(binary.BigEndian.Uint32(length[:]))
		if r.receive != nil {
			n += r.receive.aead.Overhead()
		}
		if n > 1<<20 {
			return nil, fmt.Errorf("a packet of %d bytes", n)
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r.in, body); err != nil {
			return nil, err
		}
		if r.receive != nil {
			var err error
			if body, err = r.receive.aead.Open(nil, r.receive.next(), body, length[:]); err != nil {
				return nil, err
			}
		}
		payload := body[1 : len(body)-int(body[0])]
		for _, kind := range kinds {
			if payload[0] == kind {
				return payload, nil
			}
		}
		if payload[0] == 1 {
			return nil, errors.New("disconnected")
		}
	}
}

// Replies to a try at signing in, RFC 4252.
const authFailed, authDone, authKeyGood = 51, 52, 60

// try sends one request of RFC 4252 and answers what came back, whole.
func (r *rawClient) try(user, method string, rest []byte) ([]byte, error) {
	request := gossh.Marshal(struct {
		User, Service, Method string `sshtype:"50"`
	}{user, "ssh-connection", method})
	if err := r.write(append(request, rest...)); err != nil {
		return nil, err
	}
	return r.read(authFailed, authDone, authKeyGood)
}

// query asks whether a key would do.
func query(key gossh.PublicKey) []byte {
	return gossh.Marshal(struct {
		Signed    bool
		Algorithm string
		Key       []byte
	}{false, key.Type(), key.Marshal()})
}

// prove is the rest of a request signed for a user of this connection.
func (r *rawClient) prove(user string, key gossh.Signer) []byte {
	type proof struct {
		Signed    bool
		Algorithm string
		Key       []byte
	}
	algorithm := key.PublicKey().Type()
	if algorithm == gossh.KeyAlgoRSA {
		algorithm = gossh.KeyAlgoRSASHA512
	}
	rest := gossh.Marshal(proof{true, algorithm, key.PublicKey().Marshal()})
	signed := gossh.Marshal(struct {
		Session               []byte
		Kind                  byte
		User, Service, Method string
	}{r.session, 50, user, "ssh-connection", "publickey"})
	by, ok := key.(gossh.AlgorithmSigner)
	if !ok {
		panic("a key that does not say by which algorithm it signs")
	}
	sig, err := by.SignWithAlgorithm(rand.Reader, append(signed, rest...), algorithm)
	if err != nil {
		panic(err)
	}
	return append(rest, gossh.Marshal(struct{ Signature []byte }{gossh.Marshal(sig)})...)
}

// The lists of security.md, point 9, as a client sees them: a change in the library must not widen them.
func TestAlgorithms(t *testing.T) {
	p := newPractice(t)
	r := rawDial(t, p.addr)
	want := kexInit{
		Cookie:     r.offer.Cookie,
		Kex:        []string{"mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org", "kex-strict-s-v00@openssh.com"},
		HostKeys:   []string{"ssh-ed25519"},
		CiphersIn:  []string{"chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com"},
		CiphersOut: []string{"chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com", "aes128-gcm@openssh.com"},
		MACsIn:     []string{"hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"},
		MACsOut:    []string{"hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"},
		CompressIn: []string{"none"}, CompressOut: []string{"none"}, LangIn: r.offer.LangIn, LangOut: r.offer.LangOut,
	}
	if got, want := fmt.Sprint(r.offer), fmt.Sprint(want); got != want {
		t.Errorf("offers\n%s\nwant\n%s", got, want)
	}
	if r.version != "SSH-2.0-Alcove" {
		t.Errorf("greets with %q; it must tell no version", r.version)
	}
	reply, err := r.try("x", "none", nil)
	must(t, err)
	if want := gossh.Marshal(struct {
		Methods []string `sshtype:"51"`
		Partial bool
	}{[]string{"publickey", "keyboard-interactive"}, false}); string(reply) != string(want) {
		t.Errorf("asks with %q", reply)
	}
}
