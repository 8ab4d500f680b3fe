package sshserver

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// v2 is a header of version 2: command and family, addresses and ports.
func v2(command, family byte, tail ...byte) string {
	return proxyV2 + string([]byte{command, family, byte(len(tail) >> 8), byte(len(tail))}) + string(tail)
}

func TestProxyHeaders(t *testing.T) {
	four := []byte{192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 0x08, 0xae}
	six := append(netip.MustParseAddr("2001:db8::7").AsSlice(), netip.MustParseAddr("2001:db8::1").AsSlice()...)
	six = append(six, 0xdc, 0x04, 0x08, 0xae)
	const refused = "refused"
	for header, want := range map[string]string{
		"PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\n":  "192.0.2.7:56324",
		"PROXY TCP6 2001:db8::7 2001:db8::1 56324 2222\r\n": "[2001:db8::7]:56324",
		"PROXY UNKNOWN\r\n": "",
		"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n": "",
		v2(0x21, 0x11, four...):                        "192.0.2.7:56324",
		v2(0x21, 0x11, append(four, 0x04, 0, 1, 0)...): "192.0.2.7:56324", // an extension
		v2(0x21, 0x21, six...):                         "[2001:db8::7]:56324",
		v2(0x20, 0x00):                                 "",
		v2(0x20, 0x11, four...):                        "",
		v2(0x21, 0x00, 1, 2, 3):                        "",
		"PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\n" + "SSH-2.0-x\r\n": refused,
		"PROXY TCP4 192.0.2.7  198.51.100.1 56324 2222\r\n":                refused,
		"PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n":                      refused,
		"PROXY TCP4 192.0.2.7 198.51.100.1 056324 2222\r\n":                refused,
		"PROXY TCP4 192.0.2.7 198.51.100.1 65536 2222\r\n":                 refused,
		"PROXY TCP4 2001:db8::7 2001:db8::1 56324 2222\r\n":                refused,
		"PROXY TCP6 192.0.2.7 198.51.100.1 56324 2222\r\n":                 refused,
		"PROXY TCP6 fe80::1%eth0 2001:db8::1 56324 2222\r\n":               refused,
		"PROXY UDP4 192.0.2.7 198.51.100.1 56324 2222\r\n":                 refused,
		"proxy tcp4 192.0.2.7 198.51.100.1 56324 2222\r\n":                 refused,
		"PROXY UNKNOWN " + strings.Repeat("x", 100) + "\r\n":               refused,
		"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n":                               refused,
		v2(0x11, 0x11, four...):                                            refused, // another version
		v2(0x22, 0x11, four...):                                            refused, // another command
		v2(0x21, 0x12, four...):                                            refused, // UDP
		v2(0x21, 0x31, make([]byte, 216)...):                               refused, // a socket of Unix
		v2(0x21, 0x21, four...):                                            refused, // cut
		v2(0x20, 0x00, make([]byte, maxProxyTail+1)...):                    refused,
	} {
		const next = "SSH-2.0-next\r\n"
		in := strings.NewReader(header + next)
		client, known, err := readProxyHeader(iotest.OneByteReader(in))
		got := ""
		switch {
		case errors.Is(err, errProxyHeader):
			got = refused
		case err != nil:
			t.Errorf("%q: %v", header, err)
		case known:
			got = client.String()
		}
		if got != want {
			t.Errorf("%q is of %q, want %q", header, got, want)
		}
		if rest, _ := io.ReadAll(in); want != refused && string(rest) != next {
			t.Errorf("%q: %q is left for SSH", header, rest)
		}
	}
}

func FuzzProxyHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\nSSH-2.0-x"))
	f.Add([]byte("PROXY UNKNOWN\r\n"))
	f.Add([]byte(v2(0x21, 0x11, 192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 8, 0xae)))
	f.Add([]byte(v2(0x20, 0x00)))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		client, known, err := readProxyHeader(in)
		read := len(data) - in.Len()
		if read > len(proxyV2)+4+maxProxyTail {
			t.Fatalf("%d bytes were read", read)
		}
		if known != client.IsValid() || known && err != nil {
			t.Fatalf("answers %v, %v, %v", client, known, err)
		}
		if err != nil {
			return
		}
		again, _, err := readProxyHeader(bytes.NewReader(data[:read])) // of the header alone
		if err != nil || again != client {
			t.Fatalf("read again: %v, %v, want %v", again, err, client)
		}
	})
}

// from dials from an address of loopback's.
func (p *practice) from(local string) net.Conn {
	p.t.Helper()
	c, err := (&net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local + ":0")), Timeout: patient}).Dial("tcp", p.addr)
	must(p.t, err)
	p.t.Cleanup(func() { _ = c.Close() })
	return c
}

// over signs in on a connection that is there.
func (p *practice) over(c net.Conn, user string, auth ...gossh.AuthMethod) (*gossh.Client, error) {
	conn, chans, reqs, err := gossh.NewClientConn(c, p.addr, p.clientConfig(user, auth...))
	if err != nil {
		return nil, err
	}
	return gossh.NewClient(conn, chans, reqs), nil
}

func TestBehindAProxyTheClientCounts(t *testing.T) {
	p := newPractice(t, func(s *Server) {
		s.limits.Proxies, s.limits.PerAddress = []netip.Prefix{prefix("127.0.0.2/32")}, 1
		s.limits.Hello = time.Second
	})
	anna := gossh.PublicKeys(p.keys["anna"])
	via := func(proxy, client string) net.Conn {
		c := p.from(proxy)
		_, err := io.WriteString(c, "PROXY TCP4 "+client+" 198.51.100.1 56324 2222\r\n")
		must(t, err)
		return c
	}
	through := func(client string) net.Conn { return via("127.0.0.2", client) }
	c, err := p.over(through("192.0.2.7"), "anna", anna)
	must(t, err)
	if got := whoIs(t, c); got != "anna" {
		t.Errorf("signed in as %q", got)
	}
	if !strings.Contains(p.log.String(), "signed in\" addr=192.0.2.7:56324") {
		t.Error("the log does not say where anna is")
	}
	waits := through("192.0.2.8") // a stranger
	_, err = bufio.NewReader(waits).ReadString('\n')
	must(t, err)
	closes(t, through("192.0.2.8")) // a second one of the same address
	c, err = p.over(through("192.0.2.9"), "anna", anna)
	must(t, err)
	must(t, c.Close())
	closes(t, p.from("127.0.0.2")) // says nothing
	if _, err := p.over(via("127.0.0.3", "192.0.2.9"), "anna", anna); err == nil {
		t.Error("a header was believed that does not come from a proxy")
	}
	bare := p.from("127.0.0.2")
	if _, err := p.over(bare, "anna", anna); err == nil {
		t.Error("let in without a header")
	}
	for _, line := range []string{"addr=192.0.2.8 why=address", "addr=127.0.0.2 why=proxy", "addr=127.0.0.3 why=proxy"} {
		p.logged("msg=refused " + line)
	}
}
