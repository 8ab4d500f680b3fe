package bench

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestSizes ends at what was asked for.
func TestSizes(t *testing.T) {
	t.Parallel()
	for most, want := range map[int][]int{8: {8}, 10: {10}, 200: {10, 100, 200}, 10000: {10, 100, 1000, 10000}} {
		if got := sizes(most); !slices.Equal(got, want) {
			t.Errorf("up to %d: %v", most, got)
		}
	}
}

// TestGrowthKeepsWhatItHas has the rows of a run that a size ends, or the operator, and says what is missing.
func TestGrowthKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(stop func()) error // what typing of a thousand ends with
		rows int                     // of typing
		all  bool                    // the others are measured
		says string
	}{
		{"a machine too small", func(func()) error { return errors.New("no room") }, 2, true, "missing, for it could not be measured: typing of 1000 sessions"},
		{"a lost key", func(func()) error { return ErrKeyLost }, 2, false, "cut off at typing of 1000 sessions"},
		{"an interrupt", func(stop func()) error { stop(); return context.Canceled }, 2, false, "cut off at typing of 1000 sessions"},
		{"nothing", func(func()) error { return nil }, 4, true, "typing ends at 2500 sessions"},
	} {
		ctx, stop := context.WithCancel(context.Background())
		r := &run{Config: Config{Sessions: 10000, Threads: 10, Entries: 10, Progress: io.Discard}}
		err := r.grow(ctx, func(_ context.Context, name string, size int, _ func(*Config, int)) (Report, error) {
			if name == "typing" && size == 1000 {
				if err := c.end(stop); err != nil {
					return Report{}, err
				}
			}
			return Report{Figures: []Figure{{Scenario: name, Name: "a figure", Ours: float64(size)}}}, nil
		})
		stop()
		found := map[string]int{}
		for _, g := range r.report.Growth {
			found[g.Scenario] += len(g.Ours)
		}
		if found["idle"] != 4 || found["typing"] != c.rows || (found["search"] > 0) != c.all || (err == nil) != c.all {
			t.Errorf("%s: %v, %v", c.name, found, err)
		}
		if said := strings.Join(r.report.NotMeasured, "\n"); !strings.Contains(said, c.says) {
			t.Errorf("%s: said %q", c.name, said)
		}
	}
}
