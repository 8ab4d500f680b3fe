// Package hostile draws text that means harm to who reads it, and reads what a terminal was sent. It is for the tests of
// whatever shows what people wrote; nothing else imports it.
//
// The property that those tests hold: an attack and its neutral twin, of the same shape but of letters, give the same set of
// escape sequences. The same seed draws the same text on every machine.
package hostile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
)

// Attack is one way to do harm, and the honest text that stands in its place in the twin.
type Attack struct{ Name, Text, Neutral string }

// Attacks are the lines of the list of bad inputs that are text, and their kin.
func Attacks() []Attack {
	return []Attack{
		{"OSC 0, title", "\x1b]0;you are root\x07", "you are root"},
		{"OSC 8, link", "\x1b]8;;http://evil\x1b\\bank\x1b]8;;\x1b\\", "bank"},
		{"OSC 52, clipboard", "\x1b]52;c;cm0gLXJmIH4=\x07", "clipboard"},
		{"OSC without an end", "\x1b]0;", "title"},
		{"OSC 1337, iTerm2", "\x1b]1337;File=inline=1:AAAA\x07", "file"},
		{"DCS, DECRQSS", "\x1bP$q\"p\x1b\\", "request"},
		{"DCS, sixel", "\x1bPq#0;2;0;0;0#0~~@@\x1b\\", "picture"},
		{"DSR", "\x1b[6n\x1b[c\x1b[>q", "where are you"},
		{"APC, kitty picture", "\x1b_Gf=24,s=1,v=1;AAAA\x1b\\", "picture"},
		{"PM and SOS", "\x1b^a\x1b\\\x1bXb\x1b\\", "message"},
		{"SGR, hidden", "\x1b[8mhidden\x1b[31337m", "hidden"},
		{"clear and home", "\x1b[2J\x1b[H\x1b[3J", "clear"},
		{"other screen", "\x1b[?1049l\x1b[?25l", "screen"},
		{"reset", "\x1bc\x1b[!p", "reset"},
		{"character set", "\x1b(0\x0e\x0f", "set"},
		{"ESC alone", "\x1b", "e"},
		{"8-bit CSI and OSC", "\u009b31m\u009d52;c;AAAA\u009c", "red"},
		{"8-bit DCS, APC, PM, SOS", "\u0090q\u009c\u009fG\u009c\u009ea\u009c\u0098b\u009c", "strings"},
		{"CR overwrites", "refused\raccepted", "refused accepted"},
		{"back over", "no\b\byes", "no yes"},
		{"bell, VT, FF, NUL, DEL", "\a\v\f\x00\x7f", "bell"},
		{"line separators", "a\u2028b\u2029c\u0085d", "a b c d"},
		{"bidi override", "abc\u202Egpj.exe\u202C", "abc.exe.jpg"},
		{"bidi embeddings", "\u202A\u202B\u202D", "turned"},
		{"bidi isolates", "\u2066a\u2067b\u2068c\u2069\u061C", "abc"},
		{"marks of direction", "a\u200E\u200Fb\u05D0\u200E\u200E", "ab"},
		{"zero width", "pass\u200Bword\u200C\u200D\u2060\uFEFF", "password"},
		{"tags", "a\U000E0069\U000E0067\U000E006E\U000E007F", "a"},
		{"variants as data", "a\uFE00\uFE0F\U000E0100\U000E01EF", "a"},
		{"fillers", "\u3164\u115F\u1160\uFFA0\u2800\u034F", "nothing"},
		{"ZWJ chain", "x" + strings.Repeat("\U0001F469\u200D", 40), "family \U0001F469\u200D\U0001F467"},
		{"Zalgo", "Z" + strings.Repeat("\u0351\u0489", 60), "Z"},
		{"mark without a base", " \u0301\u20E3", "mark"},
		{"conjuncts", strings.Repeat("\u0915\u094D", 60), "letters"},
		{"conjuncts in many looks", strings.Repeat("*\u0915\u094D\u0901\u0901\u0901*\u0915\u094D\u0901\u0901\u0901", 40), strings.Repeat("*a*a", 40)},
		{"styles in many looks", strings.Repeat("a*\uFE0F\u20E3 ", 20), strings.Repeat("a*a ", 20)},
		{"skin tones in many looks", strings.Repeat("*\U0001F3FB*\U0001F3FB", 40), strings.Repeat("*a*a", 40)},
		{"private use, no characters", "\uE000\U0010FFFF\uFFFE", "private"},
		{"entities, decimal", "&#27;[31m&#27;]0;x&#7;&#155;2J&#13;&#8238;&#0;", "entities"},
		{"entities, hexadecimal", "&#x1b;[31m&#x9B;2J&#x202e;&#xE0041;&#xd;", "entities"},
		{"entities by name", "&Tab;&NewLine;&zwj;&lrm;&rlm;&shy;&ZeroWidthSpace;&NoBreak;", "entities"},
		{"escaped marks", "\\\x1b[31m\\\u202E", "marks"},
		{"printf", "%s%n%!d(MISSING)\\x1b[31m\\033[0m", "%s"},
		{"our rule", "\u2500\u2500\u2500 Alcove (3) \u2500\u2500\u2500", "Alcove"},
		{"another's header", "Jonas Weber   today, 10:15", "Jonas"},
	}
}

// forgeries are whole lines of our own outputs.
func forgeries() []string {
	return []string{
		" < Home   A title                    Jonas, Piet   ? help", "──────────────────────────────", " JW Jonas Weber  today 10:15",
		"1  Jonas W., 2026-11-19 10:41", "Entry 2 of 2, Jonas, today, 10:41, new:", "| Entry 2 of 2", "### 3. Jonas W., 2026-11-19 10:41",
		"> quoted", "## Thread 7: Another", "you can read on: enter", "! saved", "Code / Code: ", "{\"handle\":\"jonas\"}", "    1  Jonas",
	}
}

// wraps are the places in Markdown where text can stand.
func wraps() []string {
	return []string{
		"%s", "%s", "%s", "# %s", "> %s", "> > - %s", "- %s", "1. %s", "- [x] %s", "`%s`", "```\n%s\n```", "```%s\nx\n```", "    %s", "[%s](https://a.example)",
		"[a](https://a.example/%s)", "[a](<%s>)", "[a](javascript:%s)", "[a](b \"%s\")", "![%s](c)", "<https://a.example/%s>", "<mailto:%s>",
		"|%s|\n|-|\n|%[1]s|", "**%s**", "*%s*", "~~%s~~", "\\%s", "<b>%s</b>", "a%sb", "a\n%s\nb",
	}
}

// Source draws texts.
type Source struct {
	random  *rand.Rand
	attacks []Attack
	wraps   []string
	forged  []string
}

// New makes a source; sources of one seed draw the same.
func New(seed uint64) *Source {
	return &Source{rand.New(rand.NewPCG(seed, 4)), Attacks(), wraps(), forgeries()} //nolint:gosec // tests must draw the same again
}

// Entry draws a text of some lines and its twin. It is UTF-8 that says something, of a few kilobytes at most, mostly less.
func (s *Source) Entry() (text, twin string) {
	var bad, good strings.Builder
	if s.random.IntN(8) == 0 { // so that an escape stands where a buffer of some size ends
		edge := strings.Repeat("x", 1<<(5+s.random.IntN(7))-1-s.random.IntN(3))
		bad.WriteString(edge)
		good.WriteString(edge)
	}
	for range 1 + s.random.IntN(4) {
		b, g := s.part()
		bad.WriteString(b + "\n")
		good.WriteString(g + "\n")
	}
	return bad.String() + "x", good.String() + "x"
}

// part draws some lines.
func (s *Source) part() (text, twin string) {
	switch s.random.IntN(10) {
	case 0:
		forged := s.forged[s.random.IntN(len(s.forged))]
		return forged, forged
	case 1:
		return s.soup(), "soup \U0001F469" // for what a renderer does about wide letters
	case 2:
		return s.large()
	}
	wrap, a := s.wraps[s.random.IntN(len(s.wraps))], s.attack()
	return fmt.Sprintf(wrap, a.Text), fmt.Sprintf(wrap, a.Neutral)
}

// Line draws a line for a title, a name or a comment, of at most 30 characters, and its twin, which may be longer.
func (s *Source) Line() (text, twin string) {
	a := s.attack()
	text = "T " + a.Text
	if s.random.IntN(4) == 0 {
		text, a.Neutral = "T "+s.soup(), "soup \U0001F469"
	}
	if r := []rune(text); len(r) > 30 { // each may be shown by its code point
		text = string(r[:30])
	}
	twin = "T " + firstLine(a.Neutral)
	for _, r := range text { // as long as the text will be with its characters shown by their code points
		if r < ' ' || r > '~' {
			twin += " letters"
		}
	}
	return text, twin
}

func (s *Source) attack() Attack { return s.attacks[s.random.IntN(len(s.attacks))] }

// soup is characters that decide on one another, thrown together.
func (s *Source) soup() string {
	characters := []rune(" aZ0*_`<>|\\&#;[]()\x1b\a\b\r\t\x00\x7f\u0085\u009b\u009c\u00AD\u0301\u0489\u05D0\u061C\u064E\u0645\u0915\u094D\u0D4E\u0E01\u0E33\u1100\u1161\u11A8" +
		"\u180E\u200B\u200C\u200D\u200E\u200F\u2028\u202A\u202E\u2066\u2069\u20E3\u2764\u2800\u3164\uFE0F\uFEFF\uFF9E\uFFF9\uFFFD\U0001F1E9\U0001F3FB\U0001F469\U000E0041\U000E0100")
	out := make([]rune, 1+s.random.IntN(40))
	for i := range out {
		out[i] = characters[s.random.IntN(len(characters))]
	}
	return string(out)
}

// large is much of one thing.
func (s *Source) large() (text, twin string) {
	n := 1 + s.random.IntN(40)
	if s.random.IntN(50) == 0 {
		n *= 25
	}
	shapes := []struct{ text, twin string }{
		{strings.Repeat(">", n) + " a", ""}, {strings.Repeat("- ", n) + "a", ""}, {strings.Repeat("# a\n", n), ""}, {strings.Repeat("*a ", n), ""},
		{strings.Repeat("[", n), ""}, {strings.Repeat("a ", n), ""}, {strings.Repeat("a", n), ""},
		{strings.Repeat("|a", n) + "\n" + strings.Repeat("|-", n) + "\n" + strings.Repeat("|b", n), ""},
		{"a" + strings.Repeat("\u0301", 10*n), "a"}, {strings.Repeat("\u200D", n), "a"}, {strings.Repeat("\x1b[", n), strings.Repeat("a", n)},
		{strings.Repeat("\u202E", n), strings.Repeat("a", n)},
	}
	shape := shapes[s.random.IntN(len(shapes))]
	if shape.twin == "" {
		shape.twin = shape.text
	}
	return shape.text, shape.twin
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Count is how many texts a test draws: a few, or what HOSTILE_TEXT says in the long run (task hostile-text).
func Count(few int) int {
	if n, err := strconv.Atoi(os.Getenv("HOSTILE_TEXT")); err == nil && n > 0 {
		return n
	}
	return few
}
