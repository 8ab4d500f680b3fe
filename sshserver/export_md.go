package sshserver

import (
	"fmt"
	"strings"

	"alcove/store"
	"alcove/store/safetext"
)

// exportMarkdown writes a document to read. Entries are quoted, so that no text can pass for a heading of the export.
type exportMarkdown struct {
	c   *call
	err error
}

func (x *exportMarkdown) begin(e exportHead) {
	w := x.c.words
	x.print("# "+w.ExportTitle+"\n\n", line(e.me.Name), x.c.clock(x.c.now()))
	x.print("%s, %s\n\n## %s\n\n", line(e.me.Handle), x.c.role(e.me.Role), w.ExportKeys)
	for _, k := range e.keys {
		x.print("- %s\n", x.c.keyName(k))
	}
	x.print("\n## %s\n\n", w.ExportPeople)
	for _, p := range e.people {
		x.print("- %s, %s, %s\n", line(p.Name), line(p.Handle), x.c.role(p.Role))
	}
}

func (x *exportMarkdown) thread(t store.Thread) {
	w := x.c.words
	names := make([]string, len(t.Members))
	for i, m := range t.Members {
		names[i] = line(m.Name)
	}
	x.print("\n## "+w.ExportThread+"\n\n", t.Number, x.c.title(t))
	x.print(w.ExportMembers+"\n", strings.Join(names, ", "))
	if t.ReadMark > 0 {
		x.print("\n"+w.ExportReadTo+"\n", t.ReadMark)
	}
}

func (x *exportMarkdown) entry(e store.Entry, before []store.Revision) {
	w := x.c.words
	x.print("\n### %d. %s, %s", e.Number, line(e.Author.Name), x.c.clock(e.At))
	switch {
	case !e.WithdrawnAt.IsZero():
		x.print(", %s %s", w.Withdrawn, x.c.clock(e.WithdrawnAt))
	case !e.EditedAt.IsZero():
		x.print(", %s %s", w.Edited, x.c.clock(e.EditedAt))
	}
	x.print("\n")
	x.quote(e.Text, e.Damaged)
	for _, r := range before {
		x.print("\n#### "+w.ExportRevision+"\n", r.Revision, x.c.clock(r.At))
		x.quote(r.Text, r.Damaged)
	}
}

func (x *exportMarkdown) threadEnd() {}

func (x *exportMarkdown) drafts(list []store.Draft) {
	w := x.c.words
	if len(list) > 0 {
		x.print("\n## %s\n", w.ExportDrafts)
	}
	for _, d := range list {
		if d.Entry == 0 {
			x.print("\n### "+w.ExportNew, d.Thread)
		} else {
			x.print("\n### "+w.ExportEditOf, d.Entry, d.Thread)
		}
		x.print(", %s\n", x.c.clock(d.SavedAt))
		x.quote(d.Text, d.Damaged)
	}
}

func (x *exportMarkdown) end() error { return x.err }

func (x *exportMarkdown) quote(text string, damaged bool) {
	if damaged {
		x.print("\n%s\n", x.c.visit.words.Error.Damaged)
		return
	}
	if text == "" {
		return
	}
	x.print("\n")
	for l := range strings.SplitSeq(safetext.Text(text), "\n") {
		x.print("%s\n", strings.TrimRight("> "+l, " "))
	}
}

func (x *exportMarkdown) print(format string, args ...any) {
	if x.err == nil {
		_, x.err = fmt.Fprintf(x.c.out, format, args...)
	}
}
