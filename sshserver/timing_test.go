package sshserver

import (
	"context"
	"slices"
	"testing"
	"time"

	"alcove/store"
)

// BenchmarkTiming measures whether the time of an answer tells a stranger what the answer does not: whose key is known,
// whose handle, how much of a code is right. It prints medians and their difference, in milliseconds, and decides nothing;
// the target is a difference under 1 ms. Run it by "task timing", on a machine that does nothing else.
func BenchmarkTiming(b *testing.B) {
	const tries, dearTries = 2000, 100 // words cost an Argon2 each
	p := newPractice(b)
	code := p.invite("karla", store.RoleClient, "Karla", "jonas")
	wrong := code[:len(code)-1] + "2"
	if wrong == code {
		wrong = code[:len(code)-1] + "3"
	}
	ctx := context.Background()
	anna, mine := p.keys["anna"].PublicKey(), newKey(b).PublicKey()
	r := rawDial(b, p.addr)
	asked := 0
	ask := func(rest []byte) {
		if asked++; asked%100 == 0 { // the server takes no more of one connection
			_ = r.Close()
			r = rawDial(b, p.addr)
		}
		_, err := r.try("anna", "publickey", rest)
		must(b, err)
	}
	for _, c := range []struct {
		name     string
		tries    int
		one, two func()
	}{
		{"a known and an unknown key", tries, func() { ask(query(anna)) }, func() { ask(query(mine)) }},
		{
			"a right and a wrong code", tries,
			func() { _, err := p.store.CheckCode(ctx, code); must(b, err) },
			func() { _, _ = p.store.CheckCode(ctx, wrong) },
		},
		{
			"a proved key that is known and one that is not", tries,
			func() { _, err := p.store.SignInKey(ctx, anna.Marshal()); must(b, err) },
			func() { _, _ = p.store.SignInKey(ctx, mine.Marshal()) },
		},
		{
			"words for a known and an unknown handle", dearTries,
			func() { _, _ = p.store.SignInWords(ctx, "anna", "one two three four five six") },
			func() { _, _ = p.store.SignInWords(ctx, "nobody", "one two three four five six") },
		},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				one, two := medians(c.tries, c.one, c.two)
				b.ReportMetric(one, "ms/one")
				b.ReportMetric(two, "ms/two")
				b.ReportMetric(max(one-two, two-one), "ms/apart")
			}
		})
	}
}

// medians runs two things in turn, each first every second time, and answers their medians in milliseconds.
func medians(tries int, one, two func()) (float64, float64) {
	took := func(f func()) float64 {
		begun := time.Now()
		f()
		return float64(time.Since(begun).Nanoseconds()) / 1e6
	}
	var ones, twos []float64
	for i := range tries {
		if i%2 == 0 {
			ones, twos = append(ones, took(one)), append(twos, took(two))
		} else {
			twos, ones = append(twos, took(two)), append(ones, took(one))
		}
	}
	slices.Sort(ones)
	slices.Sort(twos)
	return ones[tries/2], twos[tries/2]
}
