package store

import (
	"fmt"
	"strings"
	"testing"
)

// practice is a practice for measuring, filled in few transactions. Whoever is in a thread is in it with one coach.
type practice struct {
	*house
	jonas, clara *Access // jonas is in all threads, clara in the first fifty
	threads      []int64
}

const listText = "Ich habe heute lange über den Brief nachgedacht, und ein Satz davon steht jetzt auf dem Papier. "

// newPractice has so many threads, each with a client of its own and one entry.
func newPractice(b *testing.B, threads int) *practice {
	b.Helper()
	h := newHouse(b)
	p := &practice{house: h, jonas: h.coach("jonas"), clara: h.coach("clara")}
	h.store.demo = true
	for done := 0; done < threads; {
		err := h.store.write(h.ctx(), "fill", func(t *tx) error {
			for range min(1000, threads-done) {
				client, err := t.addPerson(h.ctx(), p.jonas.who.person, RoleClient, fmt.Sprint("client", done), fmt.Sprint("Name of client ", done))
				if err != nil {
					return err
				}
				if err := t.connect(h.ctx(), 0, client.id, p.jonas.who.person); err != nil {
					return err
				}
				members := []int64{p.jonas.who.person, client.id}
				if done < 50 {
					members = append(members, p.clara.who.person)
				}
				r, err := t.addThread(h.ctx(), fmt.Sprint("What moved this week, ", done), members)
				if err != nil {
					return err
				}
				p.threads = append(p.threads, r.number)
				if _, err := t.addEntry(h.ctx(), self{id: members[done%2]}, r, listText); err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return p
}

// fill writes so many entries into a thread, by its two members in turn.
func (p *practice) fill(b *testing.B, thread int64, entries int) {
	b.Helper()
	members := must(p.ids(`SELECT person FROM member WHERE thread = ? ORDER BY rowid`, thread))(b)
	for done := 0; done < entries; {
		err := p.store.write(p.ctx(), "fill", func(t *tx) error {
			for range min(5000, entries-done) {
				me := self{id: members[done%2]}
				r, err := t.room(p.ctx(), me, thread)
				if err != nil {
					return err
				}
				if _, err := t.addEntry(p.ctx(), me, r, strings.Repeat(listText, 6)); err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func (p *practice) ids(query string, args ...any) (ids []int64, err error) {
	err = p.store.read(p.ctx(), "look", func(t *tx) (err error) {
		ids, err = t.ids(p.ctx(), query, args...)
		return err
	})
	return ids, err
}

func measure(b *testing.B, name string, do func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLists reads what Home and its neighbours show, in practices of several sizes: jonas is in all threads, clara in
// fifty of them.
func BenchmarkLists(b *testing.B) {
	for _, threads := range []int{50, 1000, 10_000} {
		p := newPractice(b, threads)
		for name, a := range map[string]*Access{"all": p.jonas, "fifty": p.clara} {
			of := fmt.Sprintf("threads=%d/in=%s/", threads, name)
			measure(b, of+"Threads", func() error { _, err := a.Threads(p.ctx()); return err })
			measure(b, of+"Home", func() error { _, err := a.Home(p.ctx(), HomeSpan{}); return err })
			measure(b, of+"HomeEnd", func() error { _, err := a.Home(p.ctx(), HomeSpan{End: true}); return err })
			measure(b, of+"HomeAround", func() error { _, err := a.Home(p.ctx(), HomeSpan{Around: p.threads[7:8]}); return err })
			measure(b, of+"News", func() error { _, err := a.News(p.ctx()); return err })
			measure(b, of+"NextUnread", func() error { _, err := a.NextUnread(p.ctx(), p.threads[7]); return err })
			measure(b, of+"Thread", func() error { _, err := a.Thread(p.ctx(), p.threads[7]); return err })
			measure(b, of+"People", func() error { _, err := a.People(p.ctx()); return err })
			measure(b, of+"Me", func() error { _, err := a.Me(p.ctx()); return err })
		}
	}
}

// BenchmarkLongThread pages through threads of several lengths, and counts what is unread in them.
func BenchmarkLongThread(b *testing.B) {
	p := newPractice(b, 3)
	for i, entries := range []int{100, 10_000, 100_000} {
		thread := p.threads[i]
		p.fill(b, thread, entries)
		of := fmt.Sprintf("entries=%d/", entries)
		for name, span := range map[string]Span{
			"end": {}, "start": {After: FromStart}, "middle": {After: int64(entries / 2)},
		} {
			measure(b, of+name, func() error { _, err := p.jonas.Entries(p.ctx(), thread, span); return err })
		}
		measure(b, of+"unread", func() error { _, err := p.jonas.Thread(p.ctx(), thread); return err })
		measure(b, of+"mark", func() error { return p.jonas.MarkRead(p.ctx(), thread, 0) })
		p.mark(p.jonas, thread, int64(entries+1))
		measure(b, of+"read", func() error { _, err := p.jonas.Thread(p.ctx(), thread); return err })
	}
}

// BenchmarkOpenings pages through a log of who opened what.
func BenchmarkOpenings(b *testing.B) {
	p := newPractice(b, 200)
	clients := must(p.ids(`SELECT person FROM member WHERE person <> ?1 AND person <> ?2 ORDER BY thread`, p.jonas.who.person, p.clara.who.person))(b)
	threads := must(p.ids(`SELECT thread FROM member WHERE person <> ?1 AND person <> ?2 ORDER BY thread`, p.jonas.who.person, p.clara.who.person))(b)
	for done := 0; done < 50_000; {
		err := p.store.write(p.ctx(), "fill", func(t *tx) error {
			for range 10_000 {
				i := done % len(clients)
				if err := t.audit(p.ctx(), act{kind: AuditThreadRead, actor: clients[i], thread: threads[i]}); err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for name, a := range map[string]*Access{"all": p.jonas, "fifty": p.clara} {
		measure(b, name, func() error { _, err := a.Openings(p.ctx(), 0, 20); return err })
	}
}
