package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"alcove/store"
)

func TestASecondFactorIsSetUpAndEnded(t *testing.T) {
	drive(t, "anna", nil, func(p *practice, d *driver) {
		d.press("s")
		d.press("end")
		for !strings.Contains(d.screen(), "> ") || !strings.Contains(d.chosen(), "Second factor") {
			before := d.screen()
			if d.press("up"); d.screen() == before {
				t.Fatal("no such row")
			}
		}
		d.shows("Second factor", "off")
		d.press("enter")
		d.shows("JBSW Y3DP EHPK 3PXP", "▀▀▀")
		d.write("654321")
		d.press("enter")
		d.shows("not the code", "654321")
		d.press("ctrl+u")
		d.write(fakeCode)
		d.press("enter")
		d.shows("shown this once", fakeSpare()[0], fakeSpare()[9])
		d.press("c")
		if d.clip != strings.Join(fakeSpare(), "\n")+"\n" {
			t.Errorf("copied %q", d.clip)
		}
		d.press("enter")
		d.shows("on, 10 recovery codes left")
		d.press("enter")
		d.shows("A code ends that")
		d.write(fakeCode)
		d.press("enter")
		d.shows("Your second factor is off.")
		if p.person("anna").Factor.On || strings.Contains(d.chosen(), "on, ") {
			t.Error("it is on still")
		}
	})
}

// chosen is the row that the cursor is on.
func (d *driver) chosen() string {
	c := d.app.View().Cursor
	lines := strings.Split(d.screen(), "\n")
	if c == nil || c.Y >= len(lines) {
		return ""
	}
	return lines[c.Y]
}

func TestNothingElseIsOpenWhileASecondFactorIsDue(t *testing.T) {
	prepare := func(p *practice, o *Options) {
		someWeeks(p, o)
		p.person("jonas").Factor.Due = true
		o.Journal = p.as("jonas")
	}
	drive(t, "jonas", prepare, func(p *practice, d *driver) {
		for _, keys := range []string{"", "esc", "ctrl+p", "f1", "q", "/", "tab", "left", "ctrl+l"} {
			d.press(keys)
			d.shows("Everything else waits", "JBSW")
		}
		if text := d.screen(); strings.Contains(text, "tax") || strings.Contains(text, "ctrl+p") {
			t.Errorf("more is shown:\n%s", text)
		}
		d.press("end ctrl+u")
		d.write(fakeCode)
		d.press("enter")
		d.shows(fakeSpare()[3])
		d.press("enter")
		d.shows("The tax letter")
		d.press("n")
		d.press("esc")
		// From now on changes are heard.
		if _, err := p.as("anna").NewThread(t.Context(), "Something new", []string{"jonas"}, "Hello"); err != nil {
			t.Fatal(err)
		}
		d.settle()
		d.shows("Something new")
	})
}

// An operator may take a second factor away in the middle of a session.
func TestASecondFactorThatBecomesDueCoversWhatIsOpen(t *testing.T) {
	drive(t, "anna", func(p *practice, o *Options) { someWeeks(p, o) }, func(p *practice, d *driver) {
		d.press("n")
		d.write("Half a title")
		p.mu.Lock()
		p.person("anna").Factor.Due = true
		p.as("anna").tellOthers(store.Change{Kind: store.SettingsChanged})
		p.mu.Unlock()
		d.settle()
		d.shows("Everything else waits")
		d.write(fakeCode)
		d.press("enter enter")
		d.shows("Half a title")
	})
}

func TestWhatCamerasReadFitsOrIsLeftOut(t *testing.T) {
	st := &Styles{}
	uri := factorURI("practice.example", "anna", fakeSecret)
	if uri != "otpauth://totp/practice.example:anna?secret="+fakeSecret {
		t.Errorf("the address is %s", uri)
	}
	if long := factorURI("a-rather-long-name.practice.example", "anna", fakeSecret); long != "otpauth://totp/Alcove:anna?secret="+fakeSecret {
		t.Errorf("the address is %s", long)
	}
	if odd := factorURI("::1", "a b", fakeSecret); !strings.Contains(odd, "/%3A%3A1:a%20b?") {
		t.Errorf("the address is %s", odd)
	}
	for _, size := range []struct{ width, height, lines int }{{80, 24, 21}, {46, 20, 20}, {37, 19, 19}, {36, 40, 0}, {80, 18, 0}} {
		code := drawQR(st, backgroundDark, uri, size.width, size.height)
		if len(code) != size.lines {
			t.Errorf("in %dx%d: %d lines", size.width, size.height, len(code))
		}
		for _, line := range code {
			if ansi.StringWidth(line) > size.width || !strings.HasPrefix(ansi.Strip(line), "  ") || !strings.HasSuffix(ansi.Strip(line), "  ") {
				t.Errorf("in %dx%d: no white around %q", size.width, size.height, line)
			}
		}
	}
	for name, test := range map[string]struct {
		paper Style
		back  background
		want  string
	}{
		"colour": {"30;107", backgroundDark, "30;107m"}, "none, dark": {"", backgroundDark, "\x1b[7m"}, "none, unknown": {"", backgroundUnknown, "\x1b[7m"},
		"none, light": {"", backgroundLight, " "},
	} {
		if got := drawQR(&Styles{Paper: test.paper}, test.back, uri, 80, 24)[3]; !strings.Contains(got, test.want) || test.want == " " && strings.Contains(got, "\x1b") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheSecretLeavesThePage(t *testing.T) {
	p := newPractice(t)
	f := newFactor(p.session("anna"), false)
	f.Update(f.Init()())
	if shown := fmt.Sprintf("%+v", f.secret); strings.Contains(shown, fakeSecret) {
		t.Error("printed")
	}
	f.Update(factorSetMsg{page: f, spare: fakeSpare()})
	if f.secret.Reveal() != "" || f.Typing() {
		t.Error("it is kept")
	}
}

func TestLinearSetsUpASecondFactor(t *testing.T) {
	p := newPractice(t)
	o := p.options("anna")
	said := speak(t, o, "settings", "5", "000000", fakeCode, "settings", "5", fakeCode, "quit")
	says(t, said, "Second factor: off", "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", "not the code", "shown this once", "10. "+fakeSpare()[9],
		"Second factor: on, 10 recovery codes left", "Your second factor is off.")
	if strings.ContainsAny(said, "█▀▄") {
		t.Error("a picture was said")
	}
}

func TestLinearDemandsASecondFactor(t *testing.T) {
	p := newPractice(t)
	p.thread("The tax letter", []string{"jonas", "anna"}, "anna: Hello")
	p.person("jonas").Factor.Due = true
	if said := speak(t, p.options("jonas"), "", "1"); strings.Contains(said, "tax") || !strings.Contains(said, "An empty line leaves.") {
		t.Errorf("said %s", said)
	}
	said := speak(t, p.options("jonas"), fakeCode, "quit")
	says(t, said, "coaches sign in with a second factor", fakeSpare()[0], "The tax letter")
}
