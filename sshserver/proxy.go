package sshserver

// The PROXY protocol, by which a proxy in front of the server tells whose connection it passes on: versions 1 and 2 of
// https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt. Whatever is not exactly as it says is refused, and of what
// follows the header not a byte is read. Extensions behind the addresses are skipped.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

const (
	proxyV2      = "\r\n\r\n\x00\r\nQUIT\n" // the signature of version 2, and as long as what every header begins with
	maxProxyLine = 107                      // bytes of a header of version 1, with its line end
	maxProxyTail = 2 << 10                  // bytes of version 2 behind the first 16
)

var errProxyHeader = errors.New("no PROXY protocol header that is understood")

// readProxyHeader reads one header and answers whose connection it is. known is false where the proxy speaks for itself,
// as it does to see whether the server is there. Its errors are errProxyHeader or those of r.
func readProxyHeader(r io.Reader) (client netip.AddrPort, known bool, err error) {
	start := make([]byte, len(proxyV2), maxProxyLine)
	if _, err := io.ReadFull(r, start); err != nil {
		return netip.AddrPort{}, false, fmt.Errorf("read PROXY header: %w", err)
	}
	if string(start) == proxyV2 {
		return readProxyV2(r)
	}
	return readProxyV1(r, start)
}

// readProxyV1 reads the rest of "PROXY TCP4 192.0.2.1 198.51.100.1 56324 2222\r\n", byte by byte: its length is not known
// before, and what follows it belongs to SSH.
func readProxyV1(r io.Reader, line []byte) (client netip.AddrPort, known bool, err error) {
	if !bytes.HasPrefix(line, []byte("PROXY ")) {
		return netip.AddrPort{}, false, errProxyHeader
	}
	for !bytes.HasSuffix(line, []byte("\r\n")) {
		if len(line) == maxProxyLine {
			return netip.AddrPort{}, false, errProxyHeader
		}
		line = append(line, 0)
		if _, err := io.ReadFull(r, line[len(line)-1:]); err != nil {
			return netip.AddrPort{}, false, fmt.Errorf("read PROXY header: %w", err)
		}
	}
	f := strings.Split(strings.TrimSuffix(string(line), "\r\n"), " ")
	if f[1] == "UNKNOWN" {
		return netip.AddrPort{}, false, nil
	}
	if len(f) != 6 || f[1] != "TCP4" && f[1] != "TCP6" {
		return netip.AddrPort{}, false, errProxyHeader
	}
	from, okFrom := proxyAddress(f[2], f[4])
	to, okTo := proxyAddress(f[3], f[5])
	if four := f[1] == "TCP4"; !okFrom || !okTo || from.Addr().Is4() != four || to.Addr().Is4() != four {
		return netip.AddrPort{}, false, errProxyHeader
	}
	return from, true, nil
}

func proxyAddress(host, port string) (netip.AddrPort, bool) {
	addr, err := netip.ParseAddr(host)
	n, errPort := strconv.ParseUint(port, 10, 16)
	ok := err == nil && errPort == nil && addr.Zone() == "" && strconv.FormatUint(n, 10) == port
	return netip.AddrPortFrom(addr, uint16(n)), ok
}

// readProxyV2 reads what comes after the signature: a version and command, a family, a length, and so many bytes.
func readProxyV2(r io.Reader) (client netip.AddrPort, known bool, err error) {
	const local, proxied, unknown, tcp4, tcp6 = 0x20, 0x21, 0x00, 0x11, 0x21
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return netip.AddrPort{}, false, fmt.Errorf("read PROXY header: %w", err)
	}
	command, family, length := head[0], head[1], int(binary.BigEndian.Uint16(head[2:]))
	if command != local && command != proxied || length > maxProxyTail {
		return netip.AddrPort{}, false, errProxyHeader
	}
	tail := make([]byte, length)
	if _, err := io.ReadFull(r, tail); err != nil {
		return netip.AddrPort{}, false, fmt.Errorf("read PROXY header: %w", err)
	}
	size := map[byte]int{tcp4: 4, tcp6: 16}[family]
	switch {
	case command == local, family == unknown:
		return netip.AddrPort{}, false, nil
	case size == 0, length < 2*size+4: // no TCP, or cut
		return netip.AddrPort{}, false, errProxyHeader
	}
	addr, _ := netip.AddrFromSlice(tail[:size])
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(tail[2*size:])), true, nil
}
