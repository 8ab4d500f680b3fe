package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"alcove/store"
	"alcove/store/seal"
)

// finding is what a check of the doctor's found. Fields are added, never renamed.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Level level  `json:"level"`
	Text  string `json:"text"`
	Mend  string `json:"mend,omitempty"` // what to do, as a command where one does it
}

// level is how bad a finding is.
type level string

const (
	fine    level = "ok"
	warning level = "warn" // to be looked at; it works as it is
	broken  level = "mend" // to be mended
)

// signs stand before the lines of findings.
func (l level) sign() string {
	return map[level]string{fine: "ok", warning: "! ", broken: "!!"}[l]
}

// errMend: the doctor found something.
var errMend = errors.New("to be mended")

// patient is what the checks look at.
type patient struct {
	app       *app
	dir       string
	server    int             // its process, 0 if none runs
	condition store.Condition // zero if unopened says why it is not known
	unopened  error
	panics    int    // in sessions of the server, since it began
	files     uint64 // that the server may have open, or one that began here would; 0 if that is not known
	slots     []seal.SlotInfo
	found     []finding
}

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether all is as it should be, and say how to mend what is not",
		Long: "Looks at the practice, its keys, its files and its machine, with or without a running server. It changes nothing and\n" +
			"needs no network. Lines begin with ok, ! for what should be looked at, and !! for what must be mended; then the exit\n" +
			"code is 1.",
		Args: usageArgs(cobra.NoArgs),
	}
	a.dataFlags(cmd)
	a.placeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		dir, err := a.dataDir()
		if err != nil {
			return err
		}
		found := a.examine(cmd.Context(), dir)
		if err := a.printFindings(found, asJSON); err != nil {
			return err
		}
		bad := 0
		for _, f := range found {
			if f.Level == broken {
				bad++
			}
		}
		if bad > 0 {
			return fmt.Errorf("%d of %d checks: %w", bad, len(found), errMend)
		}
		return nil
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// examine makes all checks, in the order in which they are printed.
func (a *app) examine(ctx context.Context, dir string) []finding {
	p := &patient{app: a, dir: dir}
	p.reach(ctx)
	for _, check := range []func(){
		p.checkPractice, p.checkStart, p.checkStorage, p.checkSessions, p.checkKeyFile, p.checkSlots, p.checkRights, p.checkLeftovers,
		p.checkBackup, p.checkCopies, p.checkErasures, p.checkClock, p.checkDisk, p.checkLimits, p.checkFiles, p.checkAddress,
	} {
		check()
	}
	return p.found
}

// reach asks the server, if one runs, and else looks at the files.
func (p *patient) reach(ctx context.Context) {
	r := &remote{dir: p.dir}
	pid, err := call[int](ctx, p.dir, "pid", nothing{})
	switch {
	case err == nil:
		p.server = pid
		p.condition, p.unopened = r.Condition(ctx)
		p.panics, _ = call[int](ctx, p.dir, "panics", nothing{})  // a server that cannot tell counts none
		p.files, _ = call[uint64](ctx, p.dir, "files", nothing{}) // and knows of no limit
	case errors.Is(err, errNoServer):
		p.files = openFilesAtMost()
		p.unopened = p.app.withKey(ctx, p.dir, func(cfg store.Config) (err error) {
			p.condition, err = store.Look(ctx, p.dir, cfg)
			return err
		})
	default:
		p.unopened = fmt.Errorf("ask the server: %w", err)
	}
	p.slots, _ = store.ListSlots(p.dir) // without them nothing opens, so unopened says it
}

func (p *patient) say(check string, l level, text, mend string) {
	p.found = append(p.found, finding{Check: check, OK: l == fine, Level: l, Text: text, Mend: mend})
}

func (p *patient) sayf(check string, l level, mend, format string, args ...any) {
	p.say(check, l, fmt.Sprintf(format, args...), mend)
}

func (a *app) printFindings(found []finding, asJSON bool) error {
	if asJSON {
		return a.printJSON(found)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, f := range found {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Level.sign(), f.Check, f.Text)
		for line := range strings.Lines(f.Mend) {
			fmt.Fprintf(w, "\t\t-> %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	return w.Flush()
}
