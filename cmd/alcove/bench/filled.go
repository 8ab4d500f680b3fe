package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// filled is what a practice was filled with, kept beside it.
type filled struct {
	What  string // the seed and the content
	Whole bool   // nothing is missing, and nothing was written since
	Bytes int64  // of texts
	Rare  int64  // entries with the rare word
}

// fillOnce makes the practice, unless it was kept from another run. What is written into is made anew each time.
func (r *run) fillOnce(ctx context.Context, dir string, c content) (done filled, err error) {
	mark, data := filepath.Join(dir, "filled.json"), filepath.Join(dir, "data")
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %+v", r.Seed, c))
	what := hex.EncodeToString(sum[:])
	if text, err := os.ReadFile(mark); err == nil {
		if err := json.Unmarshal(text, &done); err != nil || done.What != what {
			return done, fmt.Errorf("%w: %s was filled for another run; name another folder, or delete it", ErrPlan, dir)
		}
		if done.Whole {
			return done, nil
		}
		if err := os.RemoveAll(data); err != nil {
			return done, fmt.Errorf("delete the practice of another run: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return done, fmt.Errorf("make a folder for the practice: %w", err)
	}
	if err := (filled{What: what}).keep(mark); err != nil {
		return done, err
	}
	st, err := r.Create(ctx, data)
	if err != nil {
		return done, err
	}
	f := filling{st: st, seed: r.Seed, say: r.progress("writing the practice")}
	if err := errors.Join(f.fill(ctx, c), st.Close()); err != nil {
		return done, fmt.Errorf("fill the practice: %w", err)
	}
	done = filled{what, !c.changes, f.bytes.Load(), f.rare.Load()}
	return done, done.keep(mark)
}

// keep writes it beside the practice.
func (f filled) keep(mark string) error {
	text, err := json.Marshal(f)
	if err == nil {
		err = os.WriteFile(mark, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("mark the practice as filled: %w", err)
	}
	return nil
}

// progress says now and then how far something is.
func (r *run) progress(what string) func(done, all int) {
	var mu sync.Mutex
	last := time.Now()
	return func(done, all int) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(last) >= 5*time.Second {
			last = now
			r.say("  %s: %d of %d", what, done, all)
		}
	}
}
