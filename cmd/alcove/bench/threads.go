package bench

import (
	"context"
	"errors"
	"time"
)

// smallThread is how many entries the thread has that a large one is compared with.
const smallThread = 100

// threads is what a large thread costs over a small one: to open, to jump to its start, to page.
func threads(ctx context.Context, r *run) (err error) {
	ours, err := r.practice(ctx, "threads", twoThreads(r.Entries))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.end()) }()
	if err := ours.signIn(ctx); err != nil {
		return err
	}
	small, large := map[string][]float64{}, map[string][]float64{}
	for begin := time.Now(); time.Since(begin) < r.Span || len(small["open"]) == 0; {
		for _, t := range []struct {
			key  string
			into map[string][]float64
		}{{"1", small}, {"2", large}} {
			if err := ours.members[0].walk(ctx, t.key, t.into); err != nil {
				return err
			}
		}
	}
	s := r.of("threads", r.Entries, "entries, floor 100")
	for _, what := range []string{"open", "jump to the start", "page back", "jump to the end"} {
		s.add(what, "ms", median(large[what]), median(small[what]), &budget{factor: 1.2})
	}
	return nil
}

// twoThreads are a large one and, newer and so first on Home, a small one.
func twoThreads(entries int) content {
	return content{members: 1, threads: []threadContent{
		{title: "Large", with: []int{1}, entries: entries},
		{title: markHome, with: []int{1}, entries: smallThread},
	}}
}

// walk opens a thread from Home, goes to its start and back, reads a page, and leaves.
func (m *Member) walk(ctx context.Context, key string, into map[string][]float64) error {
	for _, step := range []struct{ name, keys, phrase string }{
		{"open", key, markOpen},
		{"", keyTab, ""},
		{"page back", pageUp, ""},
		{"jump to the start", "g", markStart},
		{"jump to the end", "G", markEnd},
		{"", keyEsc, ""},
	} {
		var took time.Duration
		var err error
		if step.phrase == "" {
			took, err = m.Step(ctx, step.keys)
		} else {
			took, err = m.Timed(ctx, step.keys, step.phrase)
		}
		if err != nil {
			return err
		}
		if step.name != "" {
			into[step.name] = append(into[step.name], Millis(took))
		}
	}
	return nil
}
