package store

import (
	"fmt"
	"strings"
	"testing"
)

// crowd is a coach with many clients, a thread with each, and entries in them.
func crowd(b *testing.B, clients, entries int) (*house, *Access, int64) {
	b.Helper()
	h := newHouse(b)
	coach := h.coach("jonas")
	h.store.demo = true // the pace is not measured here
	text := strings.Repeat("Ich habe heute lange über den Brief nachgedacht. ", 12)
	var last int64
	for i := range clients {
		handle := fmt.Sprint("client", i)
		client := h.client(handle, "jonas")
		last = h.thread(coach, "Thread with "+handle, handle)
		for j := range entries {
			h.write([]*Access{coach, client}[j%2], last, text)
		}
	}
	return h, coach, last
}

// BenchmarkStore reads what people wait for: the list of threads, that of people, a page of a thread, a search.
func BenchmarkStore(b *testing.B) {
	h, coach, thread := crowd(b, 40, 50)
	for name, do := range map[string]func() error{
		"threads": func() error { _, err := coach.Threads(h.ctx()); return err },
		"people":  func() error { _, err := coach.People(h.ctx()); return err },
		"page":    func() error { _, err := coach.Entries(h.ctx(), thread, Span{}); return err },
		"search":  func() error { return coach.Search(h.ctx(), "nothing", func(Hit) error { return nil }) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
