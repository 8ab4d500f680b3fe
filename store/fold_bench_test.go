package store

import (
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
	b.Run("trace", func(b *testing.B) {
		folded, noted := f.fold(text), &marks{}
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			noted.add(folded)
			noted.trace(len(text))
		}
	})
	for _, w := range []string{"xylophon", "see", "neue", "Querschläger"} {
		b.Run("find "+w, func(b *testing.B) {
			words := f.words(w)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				f.find(text, words)
			}
		})
	}
}
