package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"
)

// growthName is the scenario that is no part of all: it measures the others at each size, and takes long.
const growthName = "growth"

// growing are the scenarios that growth measures, by what of them grows.
var growing = []struct {
	by    string
	names []string
	most  func(Config) int
	with  func(*Config, int)
}{
	{"sessions", []string{"idle", "typing", "broadcast"}, func(c Config) int { return c.Sessions }, func(c *Config, n int) { c.Sessions, c.Entries = n, smallThread }},
	{"threads", []string{"storm"}, func(c Config) int { return c.Threads }, func(c *Config, n int) { c.Threads, c.Sessions = n, 10 }},
	{"entries", []string{"threads", "search", "cold"}, func(c Config) int { return c.Entries }, func(c *Config, n int) { c.Entries, c.Sessions = n, 10 }},
}

// growth is how the figures grow from ten to as many as are asked for, by tens. A size that the machine does not hold ends the
// row, with a message.
func growth(ctx context.Context, r *run) error {
	for _, g := range growing {
		for _, name := range g.names {
			var sizes []int
			var reports []Report
			for size := 10; size <= g.most(r.Config); size *= 10 {
				r.say("  %s, %d %s", name, size, g.by)
				report, err := r.smaller(ctx, name, size, g.with)
				switch {
				case ctx.Err() != nil, errors.Is(err, ErrKeyLost), errors.Is(err, ErrEntryLost), errors.Is(err, ErrFrame):
					return fmt.Errorf("%s, %d %s: %w", name, size, g.by, err)
				case err != nil:
					r.say("  it does not hold %d %s: %v", size, g.by, err)
				}
				if err != nil {
					break
				}
				sizes, reports = append(sizes, size), append(reports, report)
			}
			r.report.Growth = append(r.report.Growth, rows(g.by, sizes, reports)...)
		}
	}
	return nil
}

// smaller runs one scenario at another size, shortly.
func (r *run) smaller(ctx context.Context, name string, size int, with func(*Config, int)) (Report, error) {
	part := &run{Config: r.Config, dir: filepath.Join(r.dir, fmt.Sprintf("growth-%d", size))}
	with(&part.Config, size)
	part.Span = min(part.Span, 5*time.Second)
	i := slices.IndexFunc(scenarios(), func(s scenario) bool { return s.name == name })
	err := scenarios()[i].do(ctx, part)
	return part.report, err
}

// rows turns tables of some sizes into a row for each figure that all of them have, and that is not nothing everywhere.
func rows(by string, sizes []int, reports []Report) (all []Growth) {
	if len(reports) == 0 {
		return nil
	}
	for i, f := range reports[0].Figures {
		g := Growth{Scenario: f.Scenario, Name: f.Name, Unit: f.Unit, By: by, Sizes: sizes}
		var x []float64
		for n, report := range reports {
			if i >= len(report.Figures) {
				break
			}
			g.Ours, x = append(g.Ours, report.Figures[i].Ours), append(x, float64(sizes[n]))
		}
		if len(g.Ours) < len(sizes) || slices.Max(g.Ours) == 0 {
			continue
		}
		if e := exponent(x, g.Ours); !math.IsNaN(e) && !math.IsInf(e, 0) {
			g.Exponent = &e
		}
		all = append(all, g)
	}
	return all
}
