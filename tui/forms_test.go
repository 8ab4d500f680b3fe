package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"alcove/store"
)

func TestNewThread(t *testing.T) {
	drive(t, "jonas", nil, func(p *practice, d *driver) {
		d.press("n")
		d.shows("Only you will be able to read it.")
		d.hides(">") // the title has the keys
		d.write("Next steps")
		d.press("enter")
		d.write("1")
		d.shows("[x] Anna Klein, client", "You and Anna Klein will be able to read it.")
		d.hides("see each other")
		d.press("down space")
		d.shows("You, Anna Klein and Piet Jansen will be able to read it.", "They will see each")
		d.write("1")
		d.shows("You and Piet Jansen will be able to read it.")
		d.press("enter")
		d.shows("< Home   Next steps")
		got, err := p.as("piet").Thread(t.Context(), 1)
		if err != nil || got.Title != "Next steps" || len(got.Members) != 2 {
			t.Fatalf("the thread is %+v, %v", got, err)
		}
		d.send(backMsg{})
		d.press("n") // a new form, not the one that was sent
		d.hides("Next steps", "[x]")
	})
}

func TestNewThreadLosesNothing(t *testing.T) {
	var j *fakeJournal
	drive(t, "jonas", func(_ *practice, o *Options) { j, _ = o.Journal.(*fakeJournal) }, func(p *practice, d *driver) {
		d.press("n ctrl+s")
		d.shows("! A thread needs a title.")
		d.write("Next steps")
		d.press("tab")
		d.write("2")
		j.breakVerb("NewThread", errors.New("disk full"))
		d.press("ctrl+s")
		d.shows("! That did not work", "Next steps", "[x] Piet Jansen")
		d.press("esc")
		d.shows("n brings it back")
		d.press("n")
		d.shows("Next steps", "[x] Piet Jansen")
		j.breakVerb("NewThread", nil)
		d.take(keyPress("ctrl+s")) // twice, before the first could be answered
		d.send(keyPress("ctrl+s"))
		if n := j.called("NewThread"); n != 2 || len(p.threads) != 1 {
			t.Fatalf("NewThread was called %d times for %d threads", n, len(p.threads))
		}
	})
}

func TestALongListOfPeopleFiltersByTyping(t *testing.T) {
	drive(t, "jonas", func(p *practice, _ *Options) {
		for i := range 30 {
			handle := fmt.Sprintf("client%d", i)
			p.add(handle, fmt.Sprintf("Client Number%d", i), store.RoleClient, "jonas")
			p.person("jonas").connected = append(p.person("jonas").connected, handle)
		}
	}, func(_ *practice, d *driver) {
		d.press("n tab")
		d.write("jans")
		d.shows("Filter: jans_", "[ ] Piet Jansen")
		d.hides("Anna Klein")
		d.write("1")
		d.press("backspace backspace backspace backspace")
		d.shows("[x] Piet Jansen")
	})
}

func TestInvite(t *testing.T) {
	drive(t, "jonas", nil, func(p *practice, d *driver) {
		d.press("p i ctrl+s")
		d.shows("! An invitation needs a name.")
		d.write("Jörg Groß")
		d.shows("  joerg__")
		d.press("esc i") // what was typed is still there
		d.shows("Jörg Groß")
		d.press("enter backspace backspace g enter")
		d.shows("Invitation for Jörg Groß", "K7QM-2XRT-9WPD-4HNE", "the code is shown only this once")
		d.press("c")
		d.shows("Sent to your terminal's clipboard, if it allows that.")
		if !strings.Contains(d.clip, "ssh -p 2222 join@practice.example") || !strings.Contains(d.clip, "K7QM-2XRT-9WPD-4HNE") {
			t.Fatalf("copied was %q", d.clip)
		}
		if p.person("joeg").Name != "Jörg Groß" {
			t.Fatal("the person has another name")
		}
		d.press("esc")
		d.shows("Jörg Groß", "not joined yet")
		d.hides("K7QM")
	})
}

func TestANewInvitationIsConfirmedByAnotherKey(t *testing.T) {
	var j *fakeJournal
	drive(t, "jonas", func(p *practice, o *Options) {
		p.person("anna").joined = false
		j, _ = o.Journal.(*fakeJournal)
	}, func(_ *practice, d *driver) {
		d.press("p r")
		d.shows("A new code makes the old one useless.")
		d.press("r")
		d.hides("A new code", "K7QM")
		if n := j.called("Invite"); n != 0 {
			t.Fatal("the key that asked also confirmed")
		}
		d.press("r y")
		d.shows("Invitation for Anna Klein", "K7QM-2XRT-9WPD-4HNE")
		d.press("esc down r") // Piet has joined
		d.hides("A new code")
	})
}

func TestPeopleAreLiveAndLeadToAThread(t *testing.T) {
	drive(t, "jonas", nil, func(p *practice, d *driver) {
		d.press("p")
		d.hides("here now")
		p.arrive("piet", true)
		d.settle()
		d.shows("here now")
		d.press("down enter")
		d.shows("< People   New thread", "[x] Piet Jansen", "You and Piet Jansen")
	})
	drive(t, "anna", nil, func(_ *practice, d *driver) {
		d.send(goMsg{toPeople})
		d.shows("! That is not for this role.")
	})
}

func TestTypingOnAProposedHandleReplacesIt(t *testing.T) {
	for name, test := range map[string]struct {
		write func(d *driver)
		want  string
	}{
		"typed":             {func(d *driver) { d.write("ak") }, "  ak___"},
		"pasted":            {func(d *driver) { d.send(tea.PasteMsg{Content: "ak"}) }, "  ak___"},
		"its end corrected": {func(d *driver) { d.press("backspace x") }, "  berx___"},
		"after the arrow":   {func(d *driver) { d.press("home x") }, "  xbert___"},
	} {
		t.Run(name, func(t *testing.T) {
			drive(t, "jonas", nil, func(_ *practice, d *driver) {
				d.press("p i")
				d.write("Bert Müller")
				d.press("tab")
				d.shows("  bert___")
				test.write(d)
				d.shows(test.want)
			})
		})
	}
}

func TestProposeHandle(t *testing.T) {
	for _, test := range []struct{ name, taken, want string }{
		{"Anna Klein", "", "anna"}, {"Anna Klein", "anna", "anna.k"}, {"Anna Klein", "anna anna.k", "anna.kl"},
		{"Anna K", "anna anna.k", "anna.k2"}, {"Anna", "anna anna2", "anna3"}, {"J Groß", "", "j.g"}, {"李雷", "anna", ""},
		{"Zoë O'Hara-Smith", "zoe zoe.o", "zoe.oh"},
	} {
		if got := proposeHandle(test.name, strings.Fields(test.taken)); got != test.want {
			t.Errorf("%q beside %q: %q, want %q", test.name, test.taken, got, test.want)
		}
	}
}

func TestSuggestHandle(t *testing.T) {
	tests := map[string]string{
		"Anna Klein": "anna.klein", "Jörg Groß": "joerg.gross", "Zoë  O'Hara-Smith": "zoe.ohara.smith", "  Ürün ": "ueruen",
		"3PO": "po", "李雷": "", "Ana María": "ana.maria", "Łukasz": "lukasz", "jo\u0308rg": "joerg",
		strings.Repeat("ab ", 20): "ab.ab.ab.ab.ab.ab.ab.ab.ab.ab.ab",
	}
	got := map[string]string{}
	for name := range tests {
		got[name] = suggestHandle(name)
	}
	if diff := cmp.Diff(tests, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestConnectCard(t *testing.T) {
	inv := store.Invitation{Code: "K7QM-2XRT", Person: store.Person{Handle: "anna", Name: "Anna {code} Klein"}, ExpiresAt: testNow}
	for _, lang := range []string{"en", "de"} {
		card := ConnectCard(WordsFor(lang), Place{"h.example", 2222, "SHA256:abc"}, inv)
		for _, want := range []string{
			"K7QM-2XRT", "SHA256:abc", "2026-11-19 10:41 UTC", "  ssh -p 2222 join@h.example\n", "  ssh -p 2222 h.example\n",
			"IdentitiesOnly=yes", "ssh -p 2222 anna@h.example", "PuTTY", "Termius", "ConnectBot", "Blink", "macOS", "Windows 10, 11", "Anna {code} Klein",
		} {
			if !strings.Contains(card, want) {
				t.Errorf("%s: no %q in\n%s", lang, want, card)
			}
		}
		for line := range strings.Lines(card) {
			if len([]rune(line)) > 80 {
				t.Errorf("%s: the line %q is longer than 79", lang, line)
			}
		}
		if at22 := ConnectCard(WordsFor(lang), Place{"h.example", 22, ""}, inv); !strings.Contains(at22, "ssh join@h.example\n") {
			t.Errorf("%s: names port 22 in a command", lang)
		}
	}
}

func TestSettingsAreShownAndStoredAtOnce(t *testing.T) {
	drive(t, "anna", nil, func(p *practice, d *driver) {
		d.press("s 3")
		d.shows("sends; ctrl+j breaks the line", "Saved.")
		d.press("down down enter enter") // presence, and back again
		d.press("8")
		want := store.Settings{EnterSends: true, Mouse: true}
		if diff := cmp.Diff(want, p.person("anna").Settings); diff != "" {
			t.Fatal(diff)
		}
		d.press("1 3")
		d.shows("Einstellungen", "Gespeichert.")
		d.press("1 esc")
		d.shows("Einstellungen")
	})
}

func TestThemesAreTriedOnAndTakenOrNot(t *testing.T) {
	drive(t, "anna", nil, func(p *practice, d *driver) {
		before := *d.app.s.styles
		d.press("s 2 down down")
		if *d.app.s.styles == before {
			t.Fatal("moving through the themes changes nothing")
		}
		d.shows("looks like this")
		d.press("esc")
		if *d.app.s.styles != before || p.person("anna").Settings.Theme != "" {
			t.Fatal("esc did not bring the theme back")
		}
		d.press("2 end enter")
		names := d.app.s.shared.themes.Names()
		if got := p.person("anna").Settings.Theme; got != names[len(names)-1] {
			t.Fatalf("the theme stored is %q", got)
		}
	})
}

func TestTheTimeZoneIsChecked(t *testing.T) {
	drive(t, "anna", nil, func(p *practice, d *driver) {
		d.press("s 4")
		d.hides("up/down") // there is nothing to choose from
		d.write("Berlin")
		d.press("enter")
		d.shows("! There is no time zone of that name.", "Berlin____")
		d.press("ctrl+u")
		d.write("Europe/Berlin")
		d.press("enter")
		d.shows("Europe/Berlin", "Saved.")
		if got := p.person("anna").Settings.TimeZone; got != "Europe/Berlin" || d.app.s.zone.String() != got {
			t.Fatalf("the zone is %q, shown in %v", got, d.app.s.zone)
		}
		d.press("4 ctrl+u enter")
		d.shows("the server's")
	})
}

func TestASettingThatCannotBeStoredIsTakenBack(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(_ *practice, o *Options) { j, _ = o.Journal.(*fakeJournal) }, func(_ *practice, d *driver) {
		j.breakVerb("SaveSettings", errors.New("disk full"))
		d.press("s 8")
		d.shows("! That did not work")
		if d.app.View().MouseMode != tea.MouseModeNone {
			t.Fatal("the screen shows a setting that is not stored")
		}
	})
}

func TestSettingsListTheWaysToSignIn(t *testing.T) {
	drive(t, "anna", func(p *practice, o *Options) {
		o.Width = 120
		p.person("anna").keys = []store.Key{
			{Fingerprint: "SHA256:one", Type: "ssh-ed25519", Comment: "laptop\x1b[31m", Current: true, LastUsed: testNow},
			{Fingerprint: "SHA256:two", Type: "ssh-rsa", Pending: true, LastUsed: testNow.Add(-24 * time.Hour)},
			{Type: "words"},
		}
	}, func(_ *practice, d *driver) {
		d.press("s")
		d.shows("ssh-ed25519 laptop", "(this one), last used today, SHA256:one\n", "not confirmed: sign in with it once, last used yesterday, SHA256:two\n", "sign-in words",
			"ssh -p 2222 practice.example keys add", "keys remove SHA256:")
		if strings.Contains(d.app.View().Content, "laptop\x1b[31m") {
			t.Fatal("a key's comment reached the screen as it is")
		}
	})
}

func TestSettingsTellWhoOpenedOnesThreads(t *testing.T) {
	var j *fakeJournal
	drive(t, "anna", func(p *practice, o *Options) {
		o.Width = 120
		j, _ = o.Journal.(*fakeJournal)
		jonas := p.person("jonas").Person
		jonas.Name += "\x1b[31m"
		for seq := range int64(50) {
			p.person("anna").openings = append(p.person("anna").openings, store.Opening{
				Seq: 100 - seq, Kind: store.AuditThreadRead, Who: jonas, Title: fmt.Sprintf("Thread %d\x1b[31m", 100-seq), At: testNow.Add(-time.Duration(seq) * time.Hour),
			})
		}
		p.person("anna").openings[49].Who = store.Person{}
	}, func(_ *practice, d *driver) {
		d.press("s")
		d.shows("Who opened your threads", "Jonas Weber", "Thu 19 Nov 10:41, read: Thread 100")
		if strings.Contains(d.app.View().Content, "\x1b[31m") {
			t.Fatal("a name or a title reached the screen as it is")
		}
		if got := j.called("Openings"); got != 1 {
			t.Fatalf("%d pages were read at first", got)
		}
		d.press("end")
		d.shows("Thread 81")
		d.hides("Thread 51")
		d.press("end end")
		d.shows("an erased account", "read: Thread 51")
		if got := j.called("Openings"); got != 3 {
			t.Fatalf("%d pages were read", got)
		}
		d.press("enter home")
		d.shows("Language")
	})
	drive(t, "anna", nil, func(_ *practice, d *driver) {
		d.press("s end")
		d.shows("Nobody else has opened one yet.")
	})
	drive(t, "anna", func(_ *practice, o *Options) {
		j, _ = o.Journal.(*fakeJournal)
		j.breakVerb("Openings", store.ErrDamaged)
	}, func(_ *practice, d *driver) {
		d.press("s")
		d.shows("! A stored record is damaged", "Language")
		d.hides("Nobody else")
	})
}

func TestOneAsksToBeErased(t *testing.T) {
	var j *fakeJournal
	setup := func(_ *practice, o *Options) {
		o.Width = 120
		j, _ = o.Journal.(*fakeJournal)
	}
	drive(t, "anna", setup, func(_ *practice, d *driver) {
		d.press("s")
		d.shows("Your account", "enter: ask to have it erased")
		d.press("end enter") // the last that can be chosen while nobody has opened anything
		d.shows("Ask to be erased?", "for good")
		d.press("n")
		d.shows("enter: ask to have it erased")
		d.press("enter enter") // the key that asked says no
		d.shows("enter: ask to have it erased")
		if j.called("AskErasure") != 0 {
			t.Fatal("it was asked for without a yes")
		}
		d.press("enter y")
		d.shows("enter takes it back")
		d.press("enter")
		d.shows("enter: ask to have it erased")
		if j.called("AskErasure") != 1 || j.called("WithdrawErasureRequest") != 1 {
			t.Fatal("asked or withdrawn more than once")
		}
		j.breakVerb("AskErasure", store.ErrReadOnly)
		d.press("enter y")
		d.shows("enter: ask to have it erased")
	})
}

func TestATitleThatWasErased(t *testing.T) {
	drive(t, "jonas", func(p *practice, o *Options) {
		someWeeks(p, o)
		for _, thread := range p.threads {
			thread.Title, thread.TitleGone = "", true
		}
	}, func(_ *practice, d *driver) {
		d.shows("(erased)")
		d.press("1")
		d.shows("< Home   (erased)")
	})
}

func TestPaletteFindsAndRuns(t *testing.T) {
	drive(t, "jonas", someWeeks, func(_ *practice, d *driver) {
		d.press("ctrl+p")
		d.shows("new thread", "n\n", "The tax letter", "Old matters")
		d.write("peop")
		d.shows(" > 1  people")
		d.press("enter")
		d.shows("< Home   People")
		d.press("ctrl+p")
		d.write("invite a")
		d.press("enter") // a key of the page under the palette
		d.shows("< People   Invite a client")
		d.press("ctrl+p")
		d.write("oldmat")
		d.press("1")
		d.shows("Old matters")
		d.press("ctrl+p")
		d.write("xyzzy")
		d.shows("Nothing has these letters.")
		d.press("enter esc")
		d.shows("Old matters")
	})
	drive(t, "anna", someWeeks, func(_ *practice, d *driver) {
		d.press("ctrl+p")
		d.hides("people")
	})
}

func TestHelpScrolls(t *testing.T) {
	drive(t, "anna", func(p *practice, o *Options) { someWeeks(p, o); o.Width, o.Height = 40, 20 }, func(_ *practice, d *driver) {
		d.press("?")
		d.hides("to-end encryption.")
		d.press("G")
		d.shows("to-end encryption.")
		d.press("g")
		d.shows("Keys here: Home", "1-9            open", "h j k l        as the arrows", "ctrl+p         commands, threads")
	})
}
