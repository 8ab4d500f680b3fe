package store

import (
	"bytes"
	"strings"
	"testing"
)

// german is a text of about 600 bytes as people write them.
const german = `Ich habe heute früh lange über den Brief nachgedacht, den du mir geschickt hast, und am Ende habe ich ihn doch nicht beantwortet. Es war wie immer: ich setze mich hin, mache mir einen Tee, räume den Tisch auf, und nach zwanzig Minuten stehe ich wieder in der Küche. Diesmal habe ich aber bemerkt, was dazwischen passiert. Sobald ich den ersten Satz schreiben will, höre ich die Stimme meines Vaters, der sagt, dass man so nicht anfängt. Am Donnerstag möchte ich mit dir darüber sprechen, wenn es passt. Bis dahin versuche ich, jeden Tag nur zehn Minuten daran zu arbeiten. `

// BenchmarkFold is what a search does with a text once it is open.
func BenchmarkFold(b *testing.B) {
	text := []byte(strings.Repeat(german, 100))
	f := newFolder()
	var to []byte
	b.Run("fold", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			to = f.add(to[:0], text)
		}
	})
	for _, w := range []string{"nothing", "xylophon", "fahrradreifen", "see", "unterwegs"} {
		b.Run("index "+w, func(b *testing.B) {
			b.SetBytes(int64(len(to)))
			for b.Loop() {
				bytes.Index(to, []byte(w))
			}
		})
	}
}

func BenchmarkNeedle(b *testing.B) {
	text := []byte(strings.Repeat(german, 100))
	f := newFolder()
	to := f.add(nil, text)
	for _, w := range []string{"nothing", "xylophon", "fahrradreifen", "see", "unterwegs"} {
		n := newNeedle([]byte(w))
		b.Run("index "+w, func(b *testing.B) {
			b.SetBytes(int64(len(to)))
			for b.Loop() {
				n.in(to, 0)
			}
		})
	}
}

func BenchmarkVariants(b *testing.B) {
	ascii := []byte(strings.Repeat("Ich habe heute frueh lange ueber den Brief nachgedacht, den du mir geschickt hast, und ", 700))
	germ := []byte(strings.Repeat(german, 100))
	f := newFolder()
	to := make([]byte, 0, 70000)
	b.Run("ascii", func(b *testing.B) {
		for b.Loop() {
			to = f.add(to[:0], ascii)
		}
	})
	b.Run("german", func(b *testing.B) {
		for b.Loop() {
			to = f.add(to[:0], germ)
		}
	})
	b.Run("memmove", func(b *testing.B) {
		for b.Loop() {
			to = append(to[:0], germ...)
		}
	})
}
