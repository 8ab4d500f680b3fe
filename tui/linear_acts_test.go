package tui

import (
	"testing"

	"alcove/store"
)

func TestLinearEditsAndSaysTheHistory(t *testing.T) {
	p := newPractice(t)
	thread := p.thread("T", []string{"anna", "jonas"}, "anna: first try", "jonas: hm")
	said := speak(t, p.options("anna"), "1", "history", "1", "edit", "2", "edit", "7", "edit", "", "edit", "1", "better", "words", ".", "history", "1", "edit", "1", "half", ".q", "quit")
	says(t, said, "This entry was never edited.", "Only its author can change an entry.", "There is no such thing here",
		"Write the whole entry anew. It says now:\n| first try\nWrite.", "The entry is changed.",
		"Version 1, Thursday 19 November, 10:40:\n| first try\nVersion 2, Thursday 19 November, 10:41:\n| better\n| words\n", "Kept as a draft.")
	j := p.as("anna")
	if e, _ := j.Entry(t.Context(), thread, 1); e.Text != "better\nwords" {
		t.Errorf("the entry is %q", e.Text)
	}
	if d, _ := j.Draft(t.Context(), thread, 1); d.Text != "half" {
		t.Errorf("the draft of the edit is %q", d.Text)
	}
}

func TestLinearWithdrawsAfterAYes(t *testing.T) {
	p := newPractice(t)
	thread := p.thread("T", []string{"anna", "jonas"}, "anna: a slip", "jonas: hm")
	said := speak(t, p.options("anna"), "1", "withdraw", "1", "", "quit")
	says(t, said, "Withdraw for everyone? y yes, else no: ")
	if e, _ := p.as("anna").Entry(t.Context(), thread, 1); e.Text != "a slip" {
		t.Fatal("withdrawn without a yes")
	}
	said = speak(t, p.options("anna"), "1", "withdraw", "1", "Y", "edit", "1", "quit")
	says(t, said, "This entry was withdrawn.", "That entry was withdrawn.")
	if e, _ := p.as("anna").Entry(t.Context(), thread, 1); e.WithdrawnAt.IsZero() {
		t.Error("not withdrawn")
	}
}

func TestLinearTakesBack(t *testing.T) {
	p := newPractice(t)
	thread := p.thread("T", []string{"anna", "jonas"})
	said := speak(t, p.options("anna"), "1", "undo", "write", "too early", ".", "undo", "undo", "quit")
	says(t, said, "Nothing written, nothing sent.", "Type undo within ten seconds", "Taken back. Kept as a draft.")
	if d, _ := p.as("anna").Draft(t.Context(), thread, 0); d.Text != "too early" || len(p.threads[0].entries) != 0 {
		t.Errorf("the draft is %q, of %d entries", d.Text, len(p.threads[0].entries))
	}
}

func TestLinearInvites(t *testing.T) {
	p := newPractice(t)
	said := speak(t, p.options("jonas"), "invite", "Meral Aydin", "", "invite", "", "people", "quit")
	says(t, said, "Handle, or nothing for meral: ", "the code is shown only this once.", "Alcove: invitation for Meral Aydin", "Meral Aydin, client, not joined yet")
	said = speak(t, p.options("anna"), "invite", "people", "quit")
	says(t, said, "That is no command here", "1. Jonas Weber, coach")
}

func TestLinearSaysWhoOpenedThreads(t *testing.T) {
	p := newPractice(t)
	says(t, speak(t, p.options("anna"), "settings", "4", "quit"), "4. Who opened your threads\n", "Nobody else has opened one yet.\n")
	p.person("anna").openings = []store.Opening{
		{Seq: 7, Kind: store.AuditThreadSearched, Who: p.person("jonas").Person, Title: "The tax letter", At: testNow},
		{Seq: 6, Kind: store.AuditThreadRead, Thread: 4711, At: testNow},
	}
	says(t, speak(t, p.options("anna"), "settings", "4", "quit"),
		"Jonas Weber: Thursday 19 November, 10:41, searched: The tax letter\nan erased account: Thursday 19 November, 10:41, read: 4711\n")
}

func TestLinearSettings(t *testing.T) {
	p := newPractice(t)
	said := speak(t, p.options("anna"), "settings", "2", "settings", "1", "3", "einstellungen", "zurück", "ende")
	says(t, said, "1. Language: as your terminal says\n2. That you are here: shown to others\n", "2. That you are here: hidden", "3. Deutsch", "1. Sprache: Deutsch")
	if set := p.person("anna").Settings; set.Language != "de" || !set.HidePresence {
		t.Errorf("the settings are %+v", set)
	}
}
