package sshserver

import (
	"net/netip"
	"testing"
	"time"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func TestPenaltiesAddUpAndRunOff(t *testing.T) {
	now := time.Now()
	limits := DefaultLimits()
	p := newPenalties(&limits, func() time.Time { return now })
	here, there := prefix("192.0.2.1/32"), prefix("192.0.2.2/32")
	add := func(f fault, want time.Duration, wantShut bool) {
		t.Helper()
		if total, shut := p.add(here, f); total != want || shut != wantShut || p.shut(here) != wantShut {
			t.Errorf("%v makes %v (shut %v, %v), want %v (shut %v)", f, total, shut, p.shut(here), want, wantShut)
		}
	}
	add(authFail, 5*time.Second, false)
	add(noAuth, 6*time.Second, false)
	now = now.Add(4 * time.Second)
	add(authFail, 7*time.Second, false)
	add(late, 17*time.Second, true)
	now = now.Add(16 * time.Second)
	if !p.shut(here) {
		t.Error("once over the threshold, it is shut until all has run off")
	}
	if p.shut(there) {
		t.Error("a neighbour is shut out")
	}
	now = now.Add(2 * time.Second)
	if p.shut(here) {
		t.Error("still shut when all has run off")
	}
	add(authFail, 5*time.Second, false) // begins anew
	for range 1000 {
		p.add(here, invalid)
	}
	add(invalid, limits.Ceiling, true)
	now = now.Add(limits.Ceiling)
	if p.shut(here) {
		t.Error("longer than the ceiling")
	}
}

func TestThePenaltiesOfTheWorstAreKept(t *testing.T) {
	now := time.Now()
	limits := DefaultLimits()
	limits.Sources = 100
	p := newPenalties(&limits, func() time.Time { return now })
	source := func(i int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
	}
	for i := range 10 {
		p.add(source(i), invalid)
		p.add(source(i), invalid)
	}
	for i := range 10_000 {
		p.add(source(100+i), noAuth)
	}
	if len(p.sources.heap) != 100 || len(p.sources.leaves) != 100 {
		t.Errorf("%d and %d sources are kept, want 100", len(p.sources.heap), len(p.sources.leaves))
	}
	for i := range 10 {
		if !p.shut(source(i)) {
			t.Errorf("source %d was forgotten", i)
		}
	}
}

func TestRegularsAreFewAndOfLate(t *testing.T) {
	now := time.Now()
	r := newRegulars(func() time.Time { return now })
	r.networks.most = 2
	for _, n := range []string{"192.0.2.0/24", "198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24"} {
		now = now.Add(time.Minute)
		r.add(prefix(n))
	}
	if !r.has(prefix("192.0.2.0/24")) || r.has(prefix("198.51.100.0/24")) || !r.has(prefix("203.0.113.0/24")) {
		t.Error("the one whose last sign-in is longest ago was to go")
	}
	now = now.Add(regularFor)
	if r.has(prefix("192.0.2.0/24")) {
		t.Error("a week later it is still a regular")
	}
}

func TestWhatAnAddressCountsFor(t *testing.T) {
	for text, want := range map[string][2]string{
		"192.0.2.77:5":             {"192.0.2.77/32", "192.0.2.0/24"},
		"[::ffff:192.0.2.77]:5":    {"192.0.2.77/32", "192.0.2.0/24"},
		"[2001:db8:1:2:3:4:5:6]:5": {"2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		"[fe80::1%eth0]:5":         {"fe80::/64", "fe80::/64"},
	} {
		at := addressOf(addr(text)).Addr()
		if source, network := sourceOf(at).String(), networkOf(at).String(); source != want[0] || network != want[1] {
			t.Errorf("%s counts for %s and %s, want %v", text, source, network, want)
		}
	}
}
