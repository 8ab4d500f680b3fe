package tui

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// What a session's screens hold, and what a key costs in them. The practice is in memory: its journals answer with texts of
// their own for each asker, as a store does that decrypts them.
//
//	go test ./tui -run '^$' -bench 'Held|Frame'

// quietJournal is a person's journal in which nothing happens, of a thread of their own: its texts are no other's.
type quietJournal struct {
	*fakeJournal
	own string // before each text; where all have the same, all see one thread
}

func (j quietJournal) Watch(context.Context) (<-chan store.Change, error) {
	return make(chan store.Change), nil
}

func (j quietJournal) Entries(ctx context.Context, thread int64, span store.Span) (store.Page, error) {
	page, err := j.fakeJournal.Entries(ctx, thread, span)
	for i := range page.Entries {
		e := &page.Entries[i]
		e.Text, e.Author.Handle, e.Author.Name = fmt.Sprint(j.own, e.Number, " ", e.Text), strings.Clone(e.Author.Handle), strings.Clone(e.Author.Name)
	}
	return page, err
}

func (j quietJournal) Threads(ctx context.Context) ([]store.Thread, error) {
	threads, err := j.fakeJournal.Threads(ctx)
	for i := range threads {
		threads[i].Title = strings.Clone(threads[i].Title)
	}
	return threads, err
}

// longEntry is 600 bytes of what people write.
const longEntry = `This week I kept to the *two-minute start* on four days out of five, and it went better than I thought:

- Monday and Tuesday before work, ten minutes each
- Wednesday not at all, because the meeting ran late
- Thursday twice, once in the **evening**, which I had not planned

> start before you feel ready

What I notice is that the hard part is not the writing, it is opening the file. Once it is open I go on by myself, and
more than once I looked up and half an hour was gone. For next week I would like to try it at another place, away from
the desk at which I do everything else, and see whether that helps.`

// busyPractice has a coach with 50 threads, the first of which holds 10,000 entries.
func busyPractice(b testing.TB) *practice {
	p := newPractice(b)
	for i := range 50 {
		p.thread(fmt.Sprintf("Thread number %d, about what it takes", i), []string{"jonas", "anna"}, "anna: "+longEntry, "jonas: "+longEntry)
	}
	t := p.threads[0]
	for range 10_000 - len(t.entries) {
		p.as([]string{"anna", "jonas"}[len(t.entries)%2]).append(t, longEntry)
	}
	t.marks["jonas"] = int64(len(t.entries))
	return p
}

// hours are the screens that a benchmark looks at, after their session has come to rest.
var hours = []struct {
	name string
	open bool   // the long thread
	same bool   // for all
	keys string // pressed in it
	text string // and written
}{
	{name: "home"}, {name: "thread", open: true}, {name: "one thread", open: true, same: true}, {name: "read back", open: true, keys: "esc" + strings.Repeat(" pgup", 60)},
	{name: "composer", open: true, text: longEntry},
}

// runAt brings a screen there. What waits for changes or for time goes on until ctx ends.
func runAt(ctx context.Context, b testing.TB, o Options, at int) *driver {
	d := &driver{t: b, ctx: ctx, app: New(ctx, o), queue: make(chan delivery)}
	d.run(d.app.Init())
	d.until(func() bool { return d.app.known && d.app.home.loaded && !d.app.home.previewing })
	page := func() *threadPage { return d.app.stack[1].page.(*threadPage) }
	rests := func() bool {
		p := page()
		return p.known && p.write.opened && !p.loading.earlier && !p.loading.later && !p.write.now().saving
	}
	if hours[at].open {
		_, cmd := d.app.Update(openThreadMsg{thread: 1})
		d.run(cmd)
		d.until(rests)
	}
	for key := range strings.FieldsSeq(hours[at].keys) {
		d.take(keyPress(key))
		d.until(rests)
	}
	for _, r := range hours[at].text {
		key := tea.KeyPressMsg{Code: r, Text: string(r)}
		if r == '\n' {
			key = keyPress("enter")
		}
		d.take(key)
		o.Journal.(quietJournal).p.pass(50 * time.Millisecond)
	}
	d.app.View()
	return d
}

// until takes in messages until something is so.
func (d *driver) until(done func() bool) {
	d.t.Helper()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case in := <-d.queue:
			d.take(in.msg)
			close(in.done)
		case <-deadline:
			d.t.Fatalf("it did not come to rest:\n%s", d.screen())
		}
	}
}

func BenchmarkHeld(b *testing.B) {
	const sessions = 100
	p := busyPractice(b)
	o := p.options("jonas")
	for at, hour := range hours {
		for _, size := range [][2]int{{80, 24}, {200, 50}} {
			o.Width, o.Height = size[0], size[1]
			b.Run(fmt.Sprintf("%s/%dx%d", hour.name, size[0], size[1]), func(b *testing.B) {
				for b.Loop() {
					ctx, cancel := context.WithCancel(b.Context())
					run := func(i int) *driver {
						if hour.same {
							i = 0
						}
						o.Journal = quietJournal{p.as("jonas"), fmt.Sprint(i, ": ")}
						return runAt(ctx, b, o, at)
					}
					first := run(0) // with what is made once for all
					before, goroutines := inUse(), runtime.NumGoroutine()
					held := make([]*driver, sessions)
					for i := range held {
						held[i] = run(i + 1)
					}
					after := inUse()
					b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/sessions, "heap-B/session")
					b.ReportMetric(float64(after.StackInuse-before.StackInuse)/sessions, "stack-B/session")
					b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/sessions, "goroutines/session")
					runtime.KeepAlive(first)
					runtime.KeepAlive(held)
					cancel()
				}
			})
		}
	}
}

func inUse() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// frames are keys, pressed in turns.
var frames = []struct {
	name   string
	at     int // which of the hours
	keys   [2]string
	budget float64 // allocations at 80x24
}{
	{"letter", 1, [2]string{"a", "backspace"}, 42}, {"letter in 600 bytes", 4, [2]string{"a", "backspace"}, 60},
	{"scroll", 3, [2]string{"up", "down"}, 60}, {"page", 3, [2]string{"pgup", "pgdown"}, 80}, {"home", 0, [2]string{"down", "up"}, 450},
}

func BenchmarkFrame(b *testing.B) {
	p := busyPractice(b)
	o := p.options("jonas")
	o.Journal = quietJournal{p.as("jonas"), ""}
	for _, c := range frames {
		for _, size := range [][2]int{{80, 24}, {200, 50}} {
			o.Width, o.Height = size[0], size[1]
			b.Run(fmt.Sprintf("%s/%dx%d", c.name, size[0], size[1]), func(b *testing.B) {
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				d := runAt(ctx, b, o, c.at)
				keys := [2]tea.KeyPressMsg{keyPress(c.keys[0]), keyPress(c.keys[1])}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					d.app.Update(keys[i%2])
					d.app.View()
				}
			})
		}
	}
	o.Width, o.Height = 80, 24
	b.Run("idle change/80x24", func(b *testing.B) {
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		d := runAt(ctx, b, o, 0)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			d.app.Update(store.Change{Kind: store.PresenceChanged, Who: p.person("anna").Person, On: i%2 == 0})
			d.app.View()
		}
	})
}
