package safetext_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"alcove/store/safetext"
)

// neutral is honest text that must come out as it went in.
var neutral = map[string]string{
	"English":              "It worked better than I thought:\n  - took out the letter, set the timer\n\n| \"start before you feel ready\"",
	"German":               "Übermäßig große Füße – „so nicht“, 20 € für’s Erste … naïve Façade",
	"Vietnamese":           "Tôi sẽ gọi cho anh vào ngày mai; tiếng Việt đẹp lắm",
	"Vietnamese, NFD":      "tie\u0302\u0301ng Vie\u0323\u0302t",
	"Hebrew":               "שלום לכולם, מה שלומך?",
	"Hebrew, pointed":      "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים",
	"Hebrew with LRM":      "אני כותב ב-C++\u200E, תודה",
	"Arabic":               "السَّلامُ عليكم ورحمة الله",
	"Persian with ZWNJ":    "می\u200Cخواهم کتاب\u200Cها را بخوانم",
	"Hindi":                "मैं कल सुबह फिर से कोशिश करूँगा। क्\u200Dष और क्\u200Cष",
	"Marathi eyelash":      "दर\u094D\u200Dया",
	"Bengali ya-phala":     "র\u200D\u09CDযাব",
	"Sanskrit conjunct":    "कार्त्स्न्यम्",
	"Sinhala":              "ශ්\u200Dරී ලංකාව",
	"Tamil":                "வணக்கம், எப்படி இருக்கிறீர்கள்?",
	"Thai":                 "ฉันดื่มน้ำทุกเช้า ที่นี่",
	"Lao":                  "ສະບາຍດີ ນ້ຳ",
	"Burmese, secret":      "လျှို့ဝှက်ချက်",
	"Khmer":                "ខ្ញុំចង់និយាយជាមួយអ្នក",
	"Tibetan":              "བཀྲ་ཤིས་བདེ་ལེགས། རྒྱུ",
	"Korean":               "내일 다시 해 볼게요",
	"Korean, NFD":          "\u1112\u1161\u11AB\u1100\u1173\u11AF\u1112\u1161\u11AB\u1100\u1173\u11AF",
	"Japanese":             "明日もう一度やってみます。　ﾀﾞﾒ",
	"Chinese":              "我明天再试一次，好吗？",
	"Greek and Russian":    "Καλημέρα σας — доброе утро, ёлка",
	"signs":                "½ × 3 ≈ 1,5 → ✓ § ¶ © № … “a” ‘b’ «c»\u00A0!",
	"emoji":                "😀 👍🏽 🇩🇪🇫🇷 1️⃣ #️⃣ ❤️ ☎︎ ℹ️ ‼️",
	"emoji family":         "👨‍👩‍👧‍👦",
	"emoji families":       "👨‍👩‍👧‍👦👨‍👩‍👧‍👦👩‍🚀👩‍🚀",
	"emoji kiss":           "👩🏻‍❤️‍💋‍👩🏼",
	"emoji trades":         "👩🏾‍🚀 🧑‍⚖️ 🕵🏻‍♂️ 🏳️‍🌈 ❤️‍🔥 🐦‍⬛ 🙂‍↔️",
	"emoji newer than Go":  "\U0001FAE9 \U0001FADC",
	"braille":              "⠓⠑⠇⠇⠕⠀⠺⠕⠗⠇⠙",
	"a code point written": "<U+202E> is what it is called",
}

func TestNeutralTextIsUnchangedAndCostsNothing(t *testing.T) {
	for name, s := range neutral {
		t.Run(name, func(t *testing.T) {
			if got := safetext.Text(s); got != s {
				t.Errorf("got  %+q\nwant %+q", got, s)
			}
			if allocs := testing.AllocsPerRun(10, func() { safetext.Text(s) }); allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
			if one := strings.ReplaceAll(s, "\n", " "); safetext.Line(one) != one {
				t.Errorf("as a line %+q", safetext.Line(one))
			}
		})
	}
}

func TestHostileText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"OSC 0, title", "\x1b]0;you are root\x07", "<U+001B>]0;you are root<U+0007>"},
		{"OSC 8, link", "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\", `<U+001B>]8;;http://x<U+001B>\y<U+001B>]8;;<U+001B>\`},
		{"OSC 52, clipboard", "\x1b]52;c;ZXZpbA==\x07", "<U+001B>]52;c;ZXZpbA==<U+0007>"},
		{"DCS", "\x1bPq#0\x1b\\", `<U+001B>Pq#0<U+001B>\`},
		{"DSR", "\x1b[6n", "<U+001B>[6n"},
		{"APC", "\x1b_Gf=24\x1b\\", `<U+001B>_Gf=24<U+001B>\`},
		{"SGR", "\x1b[31mred\x1b[0m", "<U+001B>[31mred<U+001B>[0m"},
		{"ESC at the end", "abc\x1b", "abc<U+001B>"},
		{"ESC, soft hyphen, [", "\x1b\u00AD[2J", "<U+001B>[2J"},
		{"C1 in UTF-8: CSI, OSC, ST", "\u009B2J\u009D0;x\u009C", "<U+009B>2J<U+009D>0;x<U+009C>"},
		{"C1 as bytes", "\x9b2J\x9d0;x\x9c", "\uFFFD2J\uFFFD0;x\uFFFD"},
		{"C0 and DEL", "a\x00b\x08c\x0bd\x0ce\x0ef\x7fg", "a<U+0000>b<U+0008>c<U+000B>d<U+000C>e<U+000E>f<U+007F>g"},
		{"CR overwrites", "refused\raccepted", "refused\naccepted"},
		{"CRLF", "a\r\nb\r\r\nc", "a\nb\n\nc"},
		{"tab", "a\tb", "a    b"},
		{"bidi override", "abc\u202Egpj.exe", "abc<U+202E>gpj.exe"},
		{"bidi embeddings", "\u202A\u202B\u202C\u202D", "<U+202A><U+202B><U+202C><U+202D>"},
		{"bidi isolates, ALM", "\u2066\u2067\u2068\u2069\u061C", "<U+2066><U+2067><U+2068><U+2069><U+061C>"},
		{"zero width", "a\u200Bb\u2060c\uFEFFd", "a<U+200B>b<U+2060>c<U+FEFF>d"},
		{"BOM at the start, once", "\uFEFF\uFEFFa", "<U+FEFF>a"},
		{"joiners alone", "a\u200Cb\u200Dc", "a<U+200C>b<U+200D>c"},
		{"joiner at the end", "می\u200C", "می<U+200C>"},
		{"two joiners", "می\u200C\u200Cخ", "می<U+200C><U+200C>خ"},
		{"marks of direction alone", "a\u200E\u200Fb", "a<U+200E><U+200F>b"},
		{"two marks of direction", "א\u200E\u200Eב", "א\u200E<U+200E>ב"},
		{"tags", "a\U000E0041\U000E007F", "a<U+E0041><U+E007F>"},
		{"tag flag", "🏴\U000E0067\U000E007F", "🏴<U+E0067><U+E007F>"},
		{"separators", "a\u2028b\u2029c", "a<U+2028>b<U+2029>c"},
		{"annotation", "\uFFF9a\uFFFAb\uFFFB", "<U+FFF9>a<U+FFFA>b<U+FFFB>"},
		{"private use", "\uE000\U000F0000\U00100000", "<U+E000><U+F0000><U+100000>"},
		{"unassigned, not a character", "\u0378\uFFFE\U0010FFFF", "<U+0378><U+FFFE><U+10FFFF>"},
		{"surrogate, overlong, cut", "\xed\xa0\x80 \xc0\xaf \xe2\x82", "\uFFFD\uFFFD\uFFFD \uFFFD\uFFFD \uFFFD\uFFFD"},
		{"fillers", "\u3164\u115F\u034F\uFFA0", "<U+3164><U+115F><U+034F><U+FFA0>"},
		{"variants as hidden data", "a\uFE0F1\uFE0F\uFE0F字\U000E0100", "a<U+FE0F>1\uFE0F<U+FE0F>字<U+E0100>"},
		{"variant after a code point", "\u202E\uFE0F", "<U+202E><U+FE0F>"},
		{"mark without a base", "\u0301a\n\u0301b \u0301c", "<U+0301>a\n<U+0301>b <U+0301>c"},
		{"mark after a tab, a control", "\t\u0301\x00\u0301", "    <U+0301><U+0000>\u0301"},
		{"Zalgo", "Z" + strings.Repeat("\u0351", 10_000) + "a", "Z" + strings.Repeat("\u0351", 6) + "\uFFFDa"},
		{"Zalgo with joiners", "क" + strings.Repeat("\u0901", 6) + "\u200C\u0901", "क" + strings.Repeat("\u0901", 6) + "<U+200C>\u0901"},
		{"ZWJ chain", "👩" + strings.Repeat("\u200D👩", 5), "👩" + strings.Repeat("\u200D👩", 3) + "<U+200D>👩\u200D👩"},
		{"skin tones", "👩" + strings.Repeat("🏻", 9), "👩" + strings.Repeat("🏻", 6) + "\uFFFD"},
		{"conjuncts", strings.Repeat("क\u094D", 8), strings.Repeat("क\u094D", 6) + "<U+0915>\u094Dक\u094D"},
		{"conjuncts with joiners", strings.Repeat("क\u094D", 6) + "\u200Dक", strings.Repeat("क\u094D", 6) + "<U+200D>क"},
		{"prepended letters", strings.Repeat("\u0D4E", 8), strings.Repeat("\u0D4E", 6) + "<U+0D4E>\u0D4E"},
		{"a joiner before what is shown", "\u1820\u200D\u180B", "\u1820<U+200D><U+180B>"},
		{"Mongolian vowel separator", "a\u180Eb", "a<U+180E>b"},
		{"joiners between flags, before a skin tone", "🇩\u200D🇪 👩\u200D🏻", "🇩<U+200D>🇪 👩<U+200D>🏻"},
		{"jamo", strings.Repeat("\u1100", 8), strings.Repeat("\u1100", 6) + "<U+1100>\u1100"},
		{"soft hyphen", "Donau\u00ADdampf", "Donaudampf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := safetext.Text(c.in)
			if got != c.want {
				t.Errorf("got  %+q\nwant %+q", got, c.want)
			}
			holds(t, c.in)
		})
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"breaks and tabs", "a\nb\r\nc\rd\te", "a b c d e"},
		{"ends", " \n\t\u00A0\u3000a b\u2800 \n", "a b"},
		{"nothing but space", "\u00A0\u2800\u3000\n", ""},
		{"forged header", "x\n Jonas, today 10:15", "x  Jonas, today 10:15"},
		{"mark behind the space", " \u0301a", "<U+0301>a"},
		{"turned name", "Anna\u202E", "Anna<U+202E>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := safetext.Line(c.in); got != c.want {
				t.Errorf("got  %+q\nwant %+q", got, c.want)
			}
			holds(t, c.in)
		})
	}
}

func TestValid(t *testing.T) {
	for s, want := range map[string]bool{"": true, "grüß": true, "\x1b": true, "gr\xfc": false, "\xed\xa0\x80": false} {
		if got := safetext.Valid(s); got != want {
			t.Errorf("Valid(%q) = %v", s, got)
		}
	}
}

// TestWhatHoldsForMixtures throws together the characters that decide on one another, which bytes alone hardly ever meet.
func TestWhatHoldsForMixtures(t *testing.T) {
	parts := []string{
		" ", "\n", "\r", "\t", "a", "1", ">", "\x1b", "\xff", "\u00AD", "\u009B", "\u2800", "\uFEFF", "\uFFFD", "\u0301", "\uFE0F",
		"\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u202E", "א", "م", "\u064E", "क", "\u094D", "\u0901", "\u0D4E", "\u0E33",
		"ก", "\u0E35", "\u1100", "\u1161", "\u11A8", "가", "각", "👩", "🏻", "❤", "🇩", "\u20E3", "\U000E0041", "\U000E0100", "\uFF9E", "字",
		strings.Repeat("\u0301", 6), strings.Repeat("क\u094D", 5), strings.Repeat("👩\u200D", 3), strings.Repeat("\u0D4E", 5),
	}
	rapid.Check(t, func(t *rapid.T) {
		holds(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 14).Draw(t, "parts"), ""))
	})
}

type errorer interface {
	Helper()
	Errorf(format string, args ...any)
}

// holds checks what is promised of every cleaned text.
func holds(t errorer, in string) {
	t.Helper()
	text, line := safetext.Text(in), safetext.Line(in)
	if again := safetext.Text(text); again != text {
		t.Errorf("Text of %+q is not stable:\n%+q\n%+q", in, text, again)
	}
	if again := safetext.Line(line); again != line {
		t.Errorf("Line of %+q is not stable:\n%+q\n%+q", in, line, again)
	}
	if strings.Contains(line, "\n") || line != strings.TrimSpace(line) {
		t.Errorf("Line of %+q is %+q", in, line)
	}
	for _, out := range []string{text, line} {
		if !utf8.ValidString(out) {
			t.Errorf("%+q is not UTF-8", out)
		}
		if r := strings.IndexFunc(out, forbidden); r >= 0 {
			t.Errorf("%+q holds a character that is not allowed, from %+q", out, out[r:])
		}
		for _, action := range terminalActions(out) {
			t.Errorf("%+q makes a terminal act: %s", out, action)
		}
		if cluster := largestCluster(out); utf8.RuneCountInString(cluster) > 60 {
			t.Errorf("%+q has one cell of %d characters", out, utf8.RuneCountInString(cluster))
		}
	}
}

// forbidden is written down once more, in another way than the package has it.
func forbidden(r rune) bool {
	switch {
	case r == '\n', 0x1F000 <= r && r <= 0x1FAFF, r == 0x200C, r == 0x200D, r == 0x200E, r == 0x200F, r == 0xFE0E, r == 0xFE0F:
		return false
	}
	assigned := unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs)
	return !assigned || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Bidi_Control)
}

// terminalActions is what a terminal would do on seeing s, other than print and break lines.
func terminalActions(s string) (actions []string) {
	did := func(format string, args ...any) { actions = append(actions, fmt.Sprintf(format, args...)) }
	p := ansi.NewParser()
	p.SetHandler(ansi.Handler{
		Execute: func(b byte) {
			if b != '\n' {
				did("control %#x", b)
			}
		},
		HandleCsi: func(cmd ansi.Cmd, _ ansi.Params) { did("CSI %#x", int(cmd)) },
		HandleEsc: func(cmd ansi.Cmd) { did("ESC %#x", int(cmd)) },
		HandleDcs: func(cmd ansi.Cmd, _ ansi.Params, _ []byte) { did("DCS %#x", int(cmd)) },
		HandleOsc: func(cmd int, _ []byte) { did("OSC %d", cmd) },
		HandlePm:  func([]byte) { did("PM") },
		HandleApc: func([]byte) { did("APC") },
		HandleSos: func([]byte) { did("SOS") },
	})
	p.Parse([]byte(s))
	if state := p.StateName(); state != "GroundState" {
		did("waits in %s", state)
	}
	return actions
}

// largestCluster is the longest run of characters that the screen puts into one cell.
func largestCluster(s string) (largest string) {
	for s != "" {
		cluster, _, n, _ := ansi.DecodeSequence(s, ansi.NormalState, nil)
		if len(cluster) > len(largest) {
			largest = cluster
		}
		s = s[n:]
	}
	return largest
}

func BenchmarkText(b *testing.B) {
	for name, s := range map[string]string{
		"english": neutral["English"], "german": neutral["German"], "chinese": neutral["Chinese"], "hindi": neutral["Hindi"],
		"hostile": "\x1b]52;c;ZXZpbA==\x07 \u202E",
	} {
		s = strings.Repeat(s, 600/len(s)+1)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				safetext.Text(s)
			}
		})
	}
	b.Run("floor, a copy", func(b *testing.B) {
		s := strings.Repeat("a", 600)
		b.SetBytes(int64(len(s)))
		for b.Loop() {
			strings.Clone(s)
		}
	})
}

func TestNoCellGoesOverToTheNextPiece(t *testing.T) {
	for _, c := range []struct {
		pieces []string
		want   string
	}{
		{[]string{"a", "b", " ", "c"}, "ab c"},
		{[]string{"क\u094D", "क\u094D", "ष"}, "क\u094D<U+0915>\u094D<U+0937>"},
		{[]string{"\u0301", "a", "\u0301b"}, "<U+0301>a<U+0301>b"},
		{[]string{"*", "\uFE0Fx"}, "*<U+FE0F>x"},
		{[]string{"1", "\u20E3"}, "1<U+20E3>"},
		{[]string{"ก", "\u0E33"}, "ก<U+0E33>"},
		{[]string{"👩\u200D", "👩", "🏻"}, "👩<U+200D>👩<U+1F3FB>"},
		{[]string{"👩", "\u200D👩"}, "👩<U+200D>👩"},
		{[]string{"\u1112", "\u1161"}, "\u1112<U+1161>"},
		{[]string{"שלום ", "C++", "\u200E ", "א"}, "שלום C++\u200E א"},
	} {
		var run safetext.Run
		got := ""
		for _, piece := range c.pieces {
			got += run.Text(piece)
		}
		if got != c.want {
			t.Errorf("%+q: got %+q, want %+q", c.pieces, got, c.want)
		}
	}
}
