package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// growthName is the scenario that is no part of all: it measures the others at each size, and takes long.
const growthName = "growth"

// growing are the scenarios that growth measures, by what of them grows.
var growing = []struct {
	name, by string
	most     func(Config) int
	with     func(*Config, int)
}{
	{"idle", "sessions", func(c Config) int { return c.Sessions }, withSessions},
	{"typing", "sessions", func(c Config) int { return min(c.Sessions, mostTyping) }, withSessions},
	{"broadcast", "sessions", func(c Config) int { return min(c.Sessions, mostWatching) }, withSessions},
	{"storm", "threads", func(c Config) int { return c.Threads }, func(c *Config, n int) { c.Threads, c.Sessions = n, 10 }},
	{"threads", "entries", func(c Config) int { return c.Entries }, withEntries},
	{"search", "entries", func(c Config) int { return c.Entries }, withEntries},
	{"cold", "entries", func(c Config) int { return c.Entries }, withEntries},
}

// More who type, or watch one thread, two processors do not hold, for which the budgets are: beyond that a figure tells of the
// queue and not of the program.
const (
	mostTyping   = 2500
	mostWatching = 1000
)

func withSessions(c *Config, n int) { c.Sessions, c.Entries = n, smallThread }

func withEntries(c *Config, n int) { c.Entries, c.Sessions = n, 10 }

// growth is how the figures grow from ten to as many as are asked for, by tens. A size that the machine does not hold ends the
// row, with a message. Whatever ends the run, the rows say what was measured until then.
func growth(ctx context.Context, r *run) error { return r.grow(ctx, r.smaller) }

// grow has each scenario measured at each size.
func (r *run) grow(ctx context.Context, measure func(ctx context.Context, name string, size int, with func(*Config, int)) (Report, error)) error {
	var missing []string
	for _, g := range growing {
		begun, reports := len(r.report.Growth), []Report(nil)
		all := sizes(g.most(r.Config))
		for _, size := range all {
			r.say("  %s, %d %s", g.name, size, g.by)
			report, err := measure(ctx, g.name, size, g.with)
			if ctx.Err() != nil || errors.Is(err, ErrKeyLost) || errors.Is(err, ErrEntryLost) || errors.Is(err, ErrFrame) {
				r.note("Growth: cut off at %s of %d %s; what comes behind it is missing.", g.name, size, g.by)
				return fmt.Errorf("%s, %d %s: %w", g.name, size, g.by, err)
			}
			if err != nil {
				r.say("  it does not hold %d %s: %v", size, g.by, err)
				missing = append(missing, fmt.Sprintf("%s of %d %s", g.name, size, g.by))
				break
			}
			reports = append(reports, report)
			r.report.Growth = append(r.report.Growth[:begun], rows(g.by, all[:len(reports)], reports)...)
		}
	}
	if r.Sessions > mostWatching {
		r.note("Growth: typing ends at %d sessions and broadcast at %d, which is what two processors are asked to hold.", mostTyping, mostWatching)
	}
	if len(missing) > 0 {
		r.note("Growth: missing, for it could not be measured: %s.", strings.Join(missing, ", "))
	}
	return nil
}

// note adds to what was not measured.
func (r *run) note(format string, args ...any) {
	r.report.NotMeasured = append(r.report.NotMeasured, fmt.Sprintf(format, args...))
}

// sizes are the tens up to the most, and the most.
func sizes(most int) (all []int) {
	for size := 10; size < most; size *= 10 {
		all = append(all, size)
	}
	return append(all, most)
}

// smaller runs one scenario at another size, shortly.
func (r *run) smaller(ctx context.Context, name string, size int, with func(*Config, int)) (Report, error) {
	part := &run{Config: r.Config, dir: filepath.Join(r.dir, fmt.Sprintf("growth-%d", size))}
	with(&part.Config, size)
	part.Span, part.Rounds = min(part.Span, 5*time.Second), 1
	i := slices.IndexFunc(scenarios(), func(s scenario) bool { return s.name == name })
	err := scenarios()[i].do(ctx, part)
	return part.report, err
}

// rows turns tables of some sizes into a row for each figure that all of them have, and that is not nothing everywhere.
func rows(by string, sizes []int, reports []Report) (all []Growth) {
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
