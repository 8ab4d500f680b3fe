package hostile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Sequences is the set of all that a terminal is told to do by output, other than to print and to begin lines, sorted:
// control characters, escape sequences by their kind (looks by each look, strings by their number), and the characters that
// reorder or hide text. Bytes that are no UTF-8 are in it too, for some terminals take those as controls.
//
// The source of the forms is ECMA-48, 5th edition, 5.3 to 5.6 and 8.3, and xterm's ctlseqs for strings ended by BEL.
func Sequences(output string) []string {
	found := map[string]bool{}
	for i := 0; i < len(output); {
		r, size := utf8.DecodeRuneInString(output[i:])
		switch {
		case r == '\n':
		case r == '\r' && strings.HasPrefix(output[i+1:], "\n"):
		case r == ansi.ESC:
			var kinds []string
			kinds, size = sequence(output[i:])
			for _, kind := range kinds {
				found[kind] = true
			}
		case r == utf8.RuneError && size == 1:
			found[fmt.Sprintf("byte %02x", output[i])] = true
		case unicode.IsControl(r), unsafe(r):
			found[fmt.Sprintf("%U", r)] = true
		}
		i += size
	}
	return slices.Sorted(maps.Keys(found))
}

// unsafe are the characters that no output of ours has, wherever they stand.
func unsafe(r rune) bool {
	switch r {
	case 0x200C, 0x200D, 0x200E, 0x200F, 0xFE0E, 0xFE0F: // where a language needs them
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point)
}

// sequence reads the escape sequence that s begins with.
func sequence(s string) (kinds []string, size int) {
	if len(s) == 1 {
		return []string{"ESC alone"}, 1
	}
	switch s[1] {
	case '[':
		return control(s)
	case ']', 'P', '_', '^', 'X':
		return str(s)
	}
	end := 1
	for end < len(s) && s[end] >= 0x20 && s[end] <= 0x2F {
		end++
	}
	end = min(end+1, len(s))
	return []string{"ESC " + s[1:end]}, end
}

// control reads a CSI sequence: its kind is all but its numbers.
func control(s string) (kinds []string, size int) {
	end := 2
	for end < len(s) && s[end] >= 0x30 && s[end] <= 0x3F {
		end++
	}
	parameters := s[2:end]
	for end < len(s) && s[end] >= 0x20 && s[end] <= 0x2F {
		end++
	}
	if end == len(s) || s[end] < 0x40 || s[end] > 0x7E {
		return []string{"CSI without an end"}, end
	}
	between, final := s[2+len(parameters):end], s[end]
	if final == 'm' && between == "" && !strings.ContainsAny(parameters, "<=>?") {
		return looks(parameters), end + 1
	}
	private := ""
	if parameters != "" && strings.ContainsRune("<=>?", rune(parameters[0])) {
		private = parameters // the number is the mode's
	}
	return []string{fmt.Sprintf("CSI %s%s%c", private, between, final)}, end + 1
}

// looks takes the parameters of SGR apart, colours as a whole.
func looks(parameters string) (kinds []string) {
	for fields := strings.Split(parameters, ";"); len(fields) > 0; {
		n := 1
		if fields[0] == "38" || fields[0] == "48" || fields[0] == "58" {
			if len(fields) > 2 && fields[1] == "5" {
				n = 3
			} else if len(fields) > 4 && fields[1] == "2" {
				n = 5
			}
		}
		kinds = append(kinds, "SGR "+strings.Join(fields[:n], ";"))
		fields = fields[n:]
	}
	return kinds
}

// str reads OSC, DCS, APC, PM or SOS, up to ST or BEL; of OSC the number tells the kind.
func str(s string) (kinds []string, size int) {
	name := map[byte]string{']': "OSC", 'P': "DCS", '_': "APC", '^': "PM", 'X': "SOS"}[s[1]]
	st, bel := strings.Index(s, "\x1b\\"), strings.IndexByte(s, '\a')
	end, after := st, st+2
	if bel >= 0 && (st < 0 || bel < st) {
		end, after = bel, bel+1
	}
	if end < 0 {
		return []string{name + " without an end"}, len(s)
	}
	if name == "OSC" {
		number, _, _ := strings.Cut(s[2:end], ";")
		name += " " + number
	}
	return []string{name}, after
}

// Crowded is a cell of output that holds more characters than any honest one, or "". safetext's caps allow for 51: six letters
// that share the cell with six marks each, and the joiners between.
func Crowded(output string) string {
	const most = 60
	for output != "" {
		cluster, _, n, _ := ansi.DecodeSequence(output, ansi.NormalState, nil)
		if utf8.RuneCountInString(cluster) > most && !strings.HasPrefix(cluster, "\x1b") {
			return cluster
		}
		output = output[n:]
	}
	return ""
}
