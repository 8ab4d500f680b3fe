package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// The keys of the house. A binding owns its words, so that the footer, the help and the palette cannot disagree with
// what the key does. Arrows always work; vim's letters are extra; digits choose, because phones have no arrows.

// Binding is one act and the keys for it.
type Binding struct {
	keys  []string // as tea.KeyPressMsg.String says them; the first is the one the palette presses
	show  string   // how the footer names them
	does  string
	press tea.KeyPressMsg // what the palette sends for it; zero where the palette leaves it out
}

// Keys are the bindings that more than one page has, in one language. They are made once with its words and never change.
type Keys struct {
	Help, Search, Palette, Repaint, Leave                     Binding // the root's
	Up, Down, PageUp, PageDown, Top, Bottom, Open, Back, Next Binding // lists and forms
	New, People, Settings, Quit, Unread                       Binding // Home
	Send, Toggle, Copy, Again, Invite, Anew, Yes              Binding // single pages
}

func newKeys(w *Words) *Keys {
	k := w.Chrome.Keys
	moves := func(does string, keys ...string) Binding { return w.bind(does, keys...).moves() }
	return &Keys{
		Help: w.bind(k.Help, "?", "f1"), Search: w.bind(k.Search, "/"), Palette: moves(k.Palette, "ctrl+p"),
		Repaint: w.bind(k.Repaint, "ctrl+l"), Leave: w.bind(k.Leave, "ctrl+c"),
		Up: w.bind(k.Choose, "up", "k").as(k.UpDown), Down: w.bind(k.Choose, "down", "j").as(k.UpDown),
		PageUp:   w.bind(k.Page, "pgup", "ctrl+b").as(k.PageUpDown),
		PageDown: w.bind(k.Page, "pgdown", "ctrl+f", "space").as(k.PageUpDown),
		Top:      w.bind(k.Ends, "home", "g").as("g/G"), Bottom: w.bind(k.Ends, "end", "G").as("g/G"),
		Open: moves(k.Open, "enter", "l", "right"), Back: moves(k.Back, "esc", "h", "left"), Next: moves(k.Next, "tab"),
		New: w.bind(k.New, "n"), People: w.bind(k.People, "p"), Settings: w.bind(k.Settings, "s"),
		Quit: w.bind(k.Leave, "q"), Unread: w.bind(k.Unread, "u"),
		Send: w.bind(k.Send, "ctrl+s"), Toggle: moves(k.Toggle, "space"), Copy: w.bind(k.Copy, "c"), Again: w.bind(k.Again, "r"),
		Invite: w.bind(k.Invite, "i"), Anew: w.bind(k.Anew, "r"), Yes: w.bind(k.Yes, k.YesKey, strings.ToUpper(k.YesKey)).moves(),
	}
}

// bind names keys and what they do, in the language of w.
func (w *Words) bind(does string, keys ...string) Binding {
	return Binding{keys: keys, show: w.keyName(keys[0]), does: does, press: keyPress(keys[0])}
}

// as is the binding with another name for its keys, for pairs that move about: the palette leaves those out.
func (b Binding) as(show string) Binding { b.show = show; return b.moves() }

// moves is the binding as one that the palette leaves out: it moves about, which nobody looks for by words.
func (b Binding) moves() Binding { b.press = tea.KeyPressMsg{}; return b }

// doing is the binding with other words for what it does here.
func (b Binding) doing(does string) Binding { b.does = does; return b }

// Has says that the key is one of the binding's.
func (b Binding) Has(msg tea.KeyPressMsg) bool { return slices.Contains(b.keys, msg.String()) }

// Hint is the binding for the footer, the help and the palette.
func (b Binding) Hint() Hint { return Hint{Key: b.show, Does: b.does, press: b.press} }

// hintsOf are the hints of some bindings.
func hintsOf(keys ...*Binding) []Hint {
	all := make([]Hint, len(keys))
	for i, b := range keys {
		all[i] = b.Hint()
	}
	return all
}

// keyName says a key as keyboards sold with the language print it: "ctrl+s", "strg+s".
func (w *Words) keyName(key string) string {
	parts := strings.Split(key, "+")
	for i, part := range parts {
		if name, ok := w.Chrome.KeyNames[part]; ok {
			parts[i] = name
		}
	}
	return strings.Join(parts, "+")
}

// keyPress is the message a terminal would send for a key named as in Binding.keys.
func keyPress(name string) tea.KeyPressMsg {
	var k tea.KeyPressMsg
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		k.Mod, name = tea.ModCtrl, rest
	}
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "space": tea.KeySpace, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome,
		"end": tea.KeyEnd, "f1": tea.KeyF1, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
	}
	if code, ok := special[name]; ok {
		k.Code = code
		return k
	}
	k.Code, _ = utf8.DecodeRuneInString(name)
	if k.Mod == 0 {
		k.Text = name
	}
	return k
}

// digit is the number 1 to 9 that a key says, or 0.
func digit(msg tea.KeyPressMsg) int {
	if s := msg.String(); len(s) == 1 && s[0] >= '1' && s[0] <= '9' {
		return int(s[0] - '0')
	}
	return 0
}
