package sshserver

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"alcove/store"
)

// imported is a practice's contents as somebody else would rebuild them from the file alone.
type imported struct {
	Format   string
	Version  int
	Person   personJSON
	Settings store.Settings
	Keys     []keyJSON
	People   []acquaintanceJSON
	Threads  []struct {
		Thread  threadJSON
		Entries []exportedEntryJSON
	}
	Drafts []draftJSON
}

func TestTheJSONExportIsComplete(t *testing.T) {
	ctx := context.Background()
	p := newPractice(t)
	anna := p.as("anna")
	must(t, anna.SaveSettings(ctx, store.Settings{Language: "en", Theme: "ink", TimeZone: "Europe/Berlin", HideTyping: true}))
	long := p.thread("Long")
	for range pageSize + 10 { // more than one page
		_, err := anna.Write(ctx, long.Number, "An entry", 0)
		must(t, err)
	}
	fill(t, p)

	r := p.run("anna", "export --format json", "")
	if r.code != 0 {
		t.Fatalf("export: %+v", r)
	}
	var got imported
	must(t, json.Unmarshal([]byte(r.out), &got))
	if diff := cmp.Diff(rebuild(t, anna), got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("rebuilt from the store (-) and from the export (+):\n%s", diff)
	}
	if len(got.Threads) != 3 || len(got.Drafts) != 2 || got.Settings.Theme != "ink" {
		t.Errorf("%d threads, %d drafts, settings %+v", len(got.Threads), len(got.Drafts), got.Settings)
	}
	for _, hidden := range []string{"coach's own", "withdrawn text"} {
		if strings.Contains(r.out, hidden) {
			t.Errorf("the export holds %q", hidden)
		}
	}

	md := p.run("anna", "export", "").out
	for _, part := range []string{
		"# Export for Anna K.", "## Thread", "> as it is now", "> as it was first", "Earlier text 1", "withdrawn", "> unsent\n", "> half an edit",
	} {
		if !strings.Contains(md, part) {
			t.Errorf("the Markdown export lacks %q", part)
		}
	}
}

// fill writes what an export might forget.
func fill(t *testing.T, p *practice) {
	t.Helper()
	ctx, anna, jonas := context.Background(), p.as("anna"), p.as("jonas")
	own, err := anna.NewThread(ctx, "My own pages", nil, "Alone")
	must(t, err)
	shared, err := jonas.NewThread(ctx, "From the coach", []string{"anna"}, "Hello")
	must(t, err)
	_, err = jonas.NewThread(ctx, "Notes", nil, "The coach's own")
	must(t, err)
	e, err := anna.Write(ctx, shared.Number, "as it was first", 0)
	must(t, err)
	e, err = anna.Edit(ctx, shared.Number, e.Number, e.Revision, "as it is now", 0)
	must(t, err)
	gone, err := anna.Write(ctx, shared.Number, "withdrawn text", 0)
	must(t, err)
	_, err = anna.Withdraw(ctx, shared.Number, gone.Number)
	must(t, err)
	err = anna.MarkRead(ctx, shared.Number, e.Number)
	must(t, err)
	for _, d := range []store.Draft{{Thread: own.Number, Text: "unsent"}, {Thread: shared.Number, Entry: e.Number, Text: "half an edit"}} {
		_, err := anna.SaveDraft(ctx, d)
		must(t, err)
	}
}

// rebuild reads through the store what the export is to hold.
func rebuild(t *testing.T, a *store.Access) imported {
	t.Helper()
	ctx := context.Background()
	me, err := a.Me(ctx)
	must(t, err)
	want := imported{Format: "alcove-export", Version: 1, Person: asPerson(me.Person), Settings: me.Settings}
	keys, err := a.Keys(ctx)
	must(t, err)
	for _, k := range keys {
		k.Current = true // the export was made by it
		want.Keys = append(want.Keys, asKey(k))
	}
	people, err := a.People(ctx)
	must(t, err)
	for _, q := range people {
		want.People = append(want.People, acquaintanceJSON{asPerson(q.Person), q.Joined, q.MayWrite, q.Threads})
	}
	threads, err := a.Threads(ctx)
	must(t, err)
	for _, th := range threads {
		page, err := a.Entries(ctx, th.Number, store.Span{After: store.FromStart, Limit: 500})
		must(t, err)
		var entries []exportedEntryJSON
		for _, e := range page.Entries {
			out := exportedEntryJSON{asEntry(e), []revisionJSON{}}
			revisions, err := a.Revisions(ctx, th.Number, e.Number)
			must(t, err)
			for _, r := range revisions {
				out.Revisions = append(out.Revisions, revisionJSON{Revision: r.Revision, At: utc(r.At), Text: r.Text})
			}
			entries = append(entries, out)
		}
		want.Threads = append(want.Threads, struct {
			Thread  threadJSON
			Entries []exportedEntryJSON
		}{asThread(th), entries})
	}
	drafts, err := a.Drafts(ctx)
	must(t, err)
	for _, d := range drafts {
		want.Drafts = append(want.Drafts, draftJSON{Thread: d.Thread, Entry: d.Entry, Text: d.Text, SavedAt: utc(d.SavedAt)})
	}
	return want
}
