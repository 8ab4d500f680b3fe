package seal

import (
	"testing"
	"time"
)

// BenchmarkRing measures a ring of 30,000 owners, which is a practice of some thousand threads after many years.
func BenchmarkRing(b *testing.B) {
	const owners = 30_000
	keys := make(map[Owner]*DataKey, owners)
	for i := range int64(owners) {
		keys[Owner{Kind: "member", A: i / 2, B: i % 2}] = NewDataKey()
	}
	full := func(b *testing.B) *Ring {
		r := testRing(b)
		must(b, r.Carry(keys))
		return r
	}
	measure := func(name string, do func(b *testing.B, r *Ring)) {
		b.Run(name, func(b *testing.B) {
			r := full(b)
			for b.Loop() {
				do(b, r)
			}
		})
	}
	b.Run("carry all", func(b *testing.B) {
		for b.Loop() {
			must(b, testRing(b).Carry(keys))
		}
	})
	measure("carry all again", func(b *testing.B, r *Ring) { must(b, r.Carry(keys)) })
	measure("ask for all, carry one", func(b *testing.B, r *Ring) {
		for owner := range keys {
			if !r.Carries(owner) {
				b.Fatal(owner)
			}
		}
		must(b, r.Carry(map[Owner]*DataKey{person: NewDataKey()}))
	})
	measure("roll", func(b *testing.B, r *Ring) {
		_, err := r.Roll(day, time.Hour)
		must(b, err)
	})
	measure("erase", func(b *testing.B, r *Ring) {
		must(b, r.Erase(Erased{"person", int64(r.Generation()), day}, is(person)))
	})
	measure("open", func(b *testing.B, r *Ring) { reopenRing(b, r) })
	measure("copy", func(b *testing.B, r *Ring) { must(b, r.SaveCopy(r.file.path+".copy")) })
}
