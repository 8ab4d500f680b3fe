package tui

import (
	"fmt"
	"strings"

	"alcove/store"
	"alcove/store/safetext"
)

// Rows that more than their place in the list sets apart.
const (
	rowTheme  = "theme"
	rowZone   = "zone"
	rowFactor = "factor"
)

// arrange makes the rows: the settings as they are wanted, the ways to sign in, and who opened what.
func (p *settings) arrange() {
	w, set := p.s.words.Chrome.Settings, p.want
	pick := func(yes bool, a, b string) string {
		if yes {
			return a
		}
		return b
	}
	p.rows = []settingRow{
		p.language(),
		p.theme(),
		{id: "enter", label: w.Enter, value: pick(set.EnterSends, w.EnterSends, w.EnterBreaks), toggle: func(s *store.Settings) { s.EnterSends = !s.EnterSends }},
		{id: rowZone, label: w.Zone, value: pick(set.TimeZone == "", w.ServerZone, set.TimeZone)},
		{id: "presence", label: w.Presence, value: pick(set.HidePresence, w.Hidden, w.Shown), toggle: func(s *store.Settings) { s.HidePresence = !s.HidePresence }},
		{id: "typing", label: w.Typing, value: pick(set.HideTyping, w.Hidden, w.Shown), toggle: func(s *store.Settings) { s.HideTyping = !s.HideTyping }},
		{id: "color", label: w.Color, value: pick(set.NoColor, w.Off, w.On), toggle: func(s *store.Settings) { s.NoColor = !s.NoColor }},
		{id: "mouse", label: w.Mouse, value: pick(set.Mouse, w.On, w.Off), toggle: func(s *store.Settings) { s.Mouse = !s.Mouse }},
	}
	p.rows = append(p.rows, p.signIns()...)
	p.rows = append(p.rows, p.usageRows()...)
	p.rows = append(p.rows, p.erasureRows()...)
	p.rows = append(p.rows, p.openingRows()...)
	ids := make([]string, len(p.rows))
	for i, r := range p.rows {
		ids[i] = r.id
	}
	p.list.set(ids)
}

func (p *settings) language() settingRow {
	w := p.s.words.Chrome.Settings
	r := settingRow{id: "language", label: w.Language}
	for _, l := range [][2]string{{"", w.Auto}, {"en", "English"}, {"de", "Deutsch"}} {
		r.options = append(r.options, option{l[1], func(s *store.Settings) { s.Language = l[0] }})
		if l[0] == p.want.Language {
			r.value = l[1]
		}
	}
	return r
}

func (p *settings) theme() settingRow {
	w := p.s.words.Chrome.Settings
	r := settingRow{id: rowTheme, label: w.Theme, value: w.AutoTheme}
	r.options = []option{{w.AutoTheme, func(s *store.Settings) { s.Theme = "" }}}
	for _, name := range p.s.shared.themes.Names() {
		r.options = append(r.options, option{name, func(s *store.Settings) { s.Theme = name }})
		if name == p.want.Theme {
			r.value = name
		}
	}
	return r
}

// signIns are the ways to sign in, and how to change them. Only the ssh commands change them, because a key comes from
// the person's own machine.
func (p *settings) signIns() []settingRow {
	w := p.s.words.Chrome.Settings
	rows := []settingRow{{label: ""}, {label: w.Keys}}
	for i, k := range p.keys {
		r := settingRow{id: fmt.Sprint("key", i), label: safetext.Line(k.Type + " " + k.Comment)}
		if k.Fingerprint == "" {
			r.label = w.Words
		}
		r.value = strings.Join(p.about(k), ", ")
		rows = append(rows, r)
	}
	ssh := p.s.place.SSH("")
	return append(rows, p.factorRow(), settingRow{label: w.AddKey, value: ssh + " keys add < new_key.pub"},
		settingRow{label: w.RemoveKey, value: ssh + " keys remove SHA256:…"})
}

func (p *settings) factorRow() settingRow {
	w := p.s.words.Chrome
	r := settingRow{id: rowFactor, label: w.Factor.Heading, value: w.Settings.Off}
	if f := p.s.me.Factor; f.On {
		r.value = w.Factor.On.N(f.Spare)
	}
	return r
}

// about is what there is to say of a key, its fingerprint last, for that is what may be cut off. When it was used is kept by
// the hour at most, so the day is said and not the time.
func (p *settings) about(k store.Key) (about []string) {
	w := p.s.words
	if k.Current {
		about = append(about, w.Chrome.Settings.Current)
	}
	if k.Pending {
		about = append(about, w.Chrome.Settings.Pending)
	}
	if !k.LastUsed.IsZero() {
		clock := " " + k.LastUsed.In(p.s.zone).Format(w.Date.Clock)
		day := strings.TrimSuffix(When(k.LastUsed, p.s.now(), p.s.zone, w), clock)
		about = append(about, fmt.Sprintf(w.Chrome.Settings.LastUsed, day))
	}
	if k.Fingerprint != "" {
		about = append(about, k.Fingerprint)
	}
	return about
}
