package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"alcove/store"
)

// auditJSON is a record as 'alcove audit --json' prints it. Fields are added, never renamed.
type auditJSON struct {
	Seq     int64  `json:"seq"`
	At      string `json:"at"`
	Kind    string `json:"kind"`
	Actor   string `json:"actor,omitempty"` // a handle, "(erased)", or nothing for the operator
	Subject string `json:"subject,omitempty"`
	Peer    string `json:"peer,omitempty"`
	Thread  int64  `json:"thread,omitempty"`
	Detail  string `json:"detail,omitempty"`
	MAC     string `json:"mac"`
}

// byOperator stands where nobody of the practice did it. No handle has brackets.
const byOperator = "(operator)"

func (a *app) auditCommand() *cobra.Command {
	var asJSON, head bool
	var since time.Duration
	var person string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "List who did what, and who opened which thread, the newest last",
		Long: "Lists the audit log: who did what to whom and when, and who opened which thread; never what was written.\n" +
			"--head checks every record of it and prints the last one's number and mac. Keep those elsewhere: a later\n" +
			"log that does not hold that record with that mac is not the same log.",
		Args: usageArgs(cobra.NoArgs),
	}
	a.withPractice(cmd, func(ctx context.Context, p practice, _ []string) error {
		switch {
		case head && (since != 0 || person != ""):
			return usagef("--head is of the whole log, so --since and --person say nothing")
		case since < 0:
			return usagef("--since %v must be longer than nothing", since)
		case head:
			return a.printHead(ctx, p, asJSON)
		}
		q := store.AuditQuery{Person: person}
		if since > 0 {
			q.Since = a.now().Add(-since)
		}
		if asJSON {
			return a.printAuditJSON(ctx, p, q)
		}
		return a.printAudit(ctx, p, q)
	})
	f := cmd.Flags()
	f.DurationVar(&since, "since", 0, "only what happened in this time until now, such as 24h")
	f.StringVar(&person, "person", "", "only what somebody did, or what was done to them; a handle")
	f.BoolVar(&head, "head", false, "check the whole log, and print its last record's number and mac")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// eachAudit asks for the log, a stretch at a time.
func eachAudit(ctx context.Context, op operator, q store.AuditQuery, do func([]store.AuditRecord) error) error {
	for {
		records, err := op.Audit(ctx, q)
		if err != nil || len(records) == 0 {
			return err
		}
		if err := do(records); err != nil {
			return fmt.Errorf("print: %w", err)
		}
		q.After = records[len(records)-1].Seq
	}
}

func (a *app) printAudit(ctx context.Context, op operator, q store.AuditQuery) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SEQ\tAT\tKIND\tBY\tTO\tTHREAD\tDETAIL")
	err := eachAudit(ctx, op, q, func(records []store.AuditRecord) error {
		for _, r := range records {
			to, thread := r.Subject, "-"
			if r.Peer != "" {
				to += " with " + r.Peer
			}
			if r.Thread != 0 {
				thread = fmt.Sprint(r.Thread)
			}
			line := fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s", r.Seq, rfc3339(r.At), r.Kind, cmp.Or(r.Actor, byOperator), cmp.Or(to, "-"), thread, cmp.Or(r.Detail, "-"))
			fmt.Fprintln(w, line)
		}
		return w.Flush()
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// printAuditJSON prints one array, a record on each line, without holding them all.
func (a *app) printAuditJSON(ctx context.Context, op operator, q store.AuditQuery) error {
	before := "[\n"
	err := eachAudit(ctx, op, q, func(records []store.AuditRecord) error {
		var page strings.Builder
		for _, r := range records {
			line, err := json.Marshal(auditJSON{
				Seq: r.Seq, At: rfc3339(r.At), Kind: string(r.Kind), Actor: r.Actor, Subject: r.Subject, Peer: r.Peer,
				Thread: r.Thread, Detail: r.Detail, MAC: fmt.Sprintf("%x", r.MAC),
			})
			if err != nil {
				return err
			}
			page.WriteString(before + "  ")
			page.Write(line)
			before = ",\n"
		}
		_, err := io.WriteString(a.stdout, page.String())
		return err
	})
	if err != nil {
		return err
	}
	end := "\n]\n"
	if before == "[\n" {
		end = "[]\n"
	}
	_, err = io.WriteString(a.stdout, end)
	return err
}

func (a *app) printHead(ctx context.Context, op operator, asJSON bool) error {
	head, err := op.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(struct {
			Seq int64  `json:"seq"`
			MAC string `json:"mac"`
		}{head.Seq, fmt.Sprintf("%x", head.MAC)})
	}
	_, err = fmt.Fprintf(a.stdout, "%d %x\n", head.Seq, head.MAC)
	return err
}

// logAudit puts the end of the audit log into the server's own, which is kept elsewhere: so that one that was cut short, by
// whoever has all keys, is found out.
func (h host) logAudit(ctx context.Context) {
	head, err := h.store.Operator().AuditHead(ctx)
	if err != nil {
		h.log.Error("the audit log cannot be trusted", "error", err)
		return
	}
	h.log.Info("audit log", "seq", head.Seq, "mac", fmt.Sprintf("%x", head.MAC))
}
