// Package bench measures what a practice asks of its machine, beside the least that an SSH server can ask: it fills a
// practice in a scratch folder, has it served by the real program in a process of its own, lets members sign in over real
// connections and type into the real composer, and does the same with a floor (floor.go), by turns. Its members are also
// those of the flood. Timings are figures and never decide anything; what fails a run is a key, a frame or an entry lost.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"alcove/store"
)

// What must not be, however slow a machine is.
var (
	ErrKeyLost   = errors.New("a key was lost")
	ErrEntryLost = errors.New("an entry was lost")
	ErrFrame     = errors.New("a screen is not what it should be")
)

// ErrPlan is the kind of errors about what was asked for; their text is for the operator.
var ErrPlan = errors.New("bench")

// Config is what to measure, and what a run needs of the program that it is in.
type Config struct {
	Scenarios []string // by name; none is all of Names
	Sessions  int
	Entries   int           // of what is called large
	Threads   int           // of a practice with many
	Span      time.Duration // for which each side is measured, in Rounds pieces
	Rounds    int
	Seed      uint64
	Keep      string    // a folder for the practices, used again where it has them; none: a scratch folder, deleted
	Progress  io.Writer // messages

	Addr string       // of a server that runs already, on loopback; none: of its own
	Keys []ssh.Signer // of its people, a session each

	Create func(ctx context.Context, data string) (*store.Store, error)      // makes a practice and opens it
	Serve  func(ctx context.Context, data, config string) (*exec.Cmd, error) // a command that serves one
	Floor  func(ctx context.Context) (*exec.Cmd, error)                      // a command that runs ServeFloor
}

// scenario is one thing to measure.
type scenario struct {
	name     string
	anywhere bool // it can be measured on a server that is not ours
	do       func(context.Context, *run) error
}

func scenarios() []scenario {
	return []scenario{
		{"idle", true, idle},
		{"typing", true, typing},
		{"scroll", false, scroll},
		{"storm", false, storm},
		{"broadcast", false, broadcast},
		{"threads", false, threads},
		{"search", false, search},
		{"writes", false, writes},
		{"mixed", false, mixed},
		{"cold", false, cold},
		{growthName, false, growth},
	}
}

// Names are the scenarios that there are.
func Names() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// run is a measurement under way.
type run struct {
	Config
	dir    string
	report Report
}

// Run measures. Its errors are ErrPlan for what cannot be asked for; ErrKeyLost, ErrEntryLost and ErrFrame are what no machine
// excuses; every other one means that it could not measure. With an error it answers what was measured before, or nil. It
// stops all that it started, and deletes what it need not keep.
func Run(ctx context.Context, cfg Config) (_ *Report, err error) {
	chosen, err := cfg.choose()
	if err != nil {
		return nil, err
	}
	r := &run{Config: cfg, dir: cfg.Keep, report: Report{NotMeasured: notMeasured()}}
	if r.dir == "" {
		if r.dir, err = os.MkdirTemp("", "alcove-bench-"); err != nil {
			return nil, fmt.Errorf("make a scratch folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	} else if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder to keep: %w", err)
	}
	for _, s := range chosen {
		r.say("%s", s.name)
		err := s.do(ctx, r)
		if ctx.Err() != nil {
			return &r.report, fmt.Errorf("%s: %w", s.name, context.Cause(ctx)) // what else went wrong came of that
		}
		if err != nil {
			return &r.report, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return &r.report, nil
}

// choose checks what was asked for.
func (c *Config) choose() ([]scenario, error) {
	all := scenarios()
	if c.Sessions < 1 || c.Sessions > maxSessions || c.Span < time.Second || c.Rounds < 1 || c.Entries < 10 || c.Threads < 1 {
		return nil, fmt.Errorf("%w: there must be from 1 to %d sessions, at least 1s, 10 entries and 1 thread", ErrPlan, maxSessions)
	}
	if c.Addr != "" && len(c.Keys) < c.Sessions {
		return nil, fmt.Errorf("%w: a server that runs already needs a person's key for each session, and here are %d for %d", ErrPlan, len(c.Keys), c.Sessions)
	}
	var chosen []scenario
	for _, s := range all {
		switch wanted := slices.Contains(c.Scenarios, s.name); {
		case wanted && c.Addr != "" && !s.anywhere:
			return nil, fmt.Errorf("%w: %s fills a practice of its own, so it cannot be measured on another server", ErrPlan, s.name)
		case wanted, len(c.Scenarios) == 0 && s.name != growthName && (s.anywhere || c.Addr == ""):
			chosen = append(chosen, s)
		}
	}
	for _, name := range c.Scenarios {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("%w: there is no scenario %q; there are %s", ErrPlan, name, strings.Join(Names(), ", "))
		}
	}
	return chosen, nil
}

const maxSessions = 20000

// sheet adds lines of one scenario to the table.
type sheet struct {
	run          *run
	scenario, of string
}

// of is the part of the table for a scenario and so much of what it was measured on.
func (r *run) of(scenario string, count int, what string) sheet {
	return sheet{r, scenario, fmt.Sprintf("%d %s", count, what)}
}

// add puts a line into the table, unless the figure could not be measured, and says it: who ends a long run has what there is.
func (s sheet) add(name, unit string, ours, floor float64, b *budget) {
	f, ok := newFigure(s.scenario, s.of, name, unit, ours, floor, b)
	if !ok {
		return
	}
	s.run.report.Figures = append(s.run.report.Figures, f)
	s.run.say("  %s: %s %s; floor %s", name, number(ours), unit, cmp.Or(maybe(f.Floor), "none"))
}

func (r *run) say(format string, args ...any) { fmt.Fprintf(r.Progress, format+"\n", args...) }

// notMeasured is what the figures do not tell.
func notMeasured() []string {
	missing := []string{
		"Not measured: a network (all went over loopback, and the members took their share of the same processors), terminals\n" +
			"that draw, other clients than Go's, and what else this machine does. A ratio is to a bare SSH server in the same run.",
	}
	if runtime.GOOS != "linux" {
		missing = append(missing, "Not measured here: memory and processor time of the server, which only Linux tells.")
	}
	return missing
}
