package tui

import (
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"

	"alcove/store/safetext"
)

// span is clean text of one look. Its text is free of line breaks, unless it is lineBreak.
type span struct {
	text  string
	style Style
}

const lineBreak = "\n"

// inline gathers the words of a block.
func (r *textRenderer) inline(block ast.Node, base Style) []span {
	r.run = safetext.Run{}
	return r.children(nil, block, base)
}

// piece cleans what stands behind the pieces before it. All that has a look of its own comes through here.
func (r *textRenderer) piece(text string, style Style) span {
	return span{r.run.Text(flat(text)), style}
}

func (r *textRenderer) children(out []span, parent ast.Node, style Style) []span {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out = r.node(out, n, style)
	}
	return out
}

func (r *textRenderer) node(out []span, n ast.Node, style Style) []span {
	switch n := n.(type) {
	case *ast.Text:
		out = append(out, r.piece(decode(n.Segment.Value(r.src)), style))
		if n.SoftLineBreak() || n.HardLineBreak() { // people who type lines mean lines
			r.run = safetext.Run{}
			out = append(out, span{lineBreak, style})
		}
		return out
	case *ast.CodeSpan:
		return append(out, r.piece("`"+r.rawText(n)+"`", style.With(r.styles.Code)))
	case *ast.Emphasis:
		if n.Level == 1 {
			return r.stressed(out, n, style, &r.emphasis, r.styles.Emphasis)
		}
		return r.stressed(out, n, style, &r.strong, r.styles.Strong)
	case *extast.Strikethrough: // the marks stay: many terminals cannot strike through
		out = append(out, r.piece("~~", style))
		out = r.children(out, n, style)
		return append(out, r.piece("~~", style))
	case *ast.Link:
		out = r.children(out, n, style)
		return append(out, r.address(n.Destination, n.Title, style)...)
	case *ast.Image:
		out = append(out, r.piece("["+r.words.Text.Image+": ", style))
		out = r.children(out, n, style)
		out = append(out, r.piece("]", style))
		return append(out, r.address(n.Destination, n.Title, style)...)
	case *ast.AutoLink:
		return append(out, r.address(n.Label(r.src), nil, style)[1:]...)
	case *extast.TaskCheckBox:
		if n.IsChecked {
			return append(out, r.piece("[x] ", style))
		}
		return append(out, r.piece("[ ] ", style))
	}
	return r.children(out, n, style)
}

// stressed adds a look once, however often it is nested in itself.
func (r *textRenderer) stressed(out []span, n ast.Node, style Style, depth *int, look Style) []span {
	if *depth == 0 {
		style = style.With(look)
	}
	*depth++
	out = r.children(out, n, style)
	*depth--
	return out
}

// address is where a link leads, always told: the words of a link can claim anything. Only addresses of the web and of
// mail look like one.
func (r *textRenderer) address(destination, title []byte, style Style) []span {
	to, look := decode(destination), style
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if len(to) > len(scheme) && strings.EqualFold(to[:len(scheme)], scheme) {
			look = style.With(r.styles.Link)
		}
	}
	out := []span{r.piece(" ", style), r.piece("<"+to+">", look)}
	if len(title) > 0 {
		out = append(out, r.piece(` "`+decode(title)+`"`, style))
	}
	return out
}

// rawText is what stands in a code span, where nothing is decoded.
func (r *textRenderer) rawText(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(r.src))
		}
	}
	return b.String()
}

// decode takes the escapes and entities out of Markdown text. What they turn into is not clean: "&#27;" must not come alive.
func decode(raw []byte) string {
	if !bytes.ContainsAny(raw, `\&`) {
		return string(raw)
	}
	var b strings.Builder
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '\\' && i+1 < len(raw) && util.IsPunct(raw[i+1]):
			b.WriteByte(raw[i+1])
			i += 2
		case c == '&':
			text, n := entity(raw[i:])
			b.WriteString(text)
			i += n
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// maxEntity is longer than any entity's name, so that "&" is not looked up to the end of the text.
const maxEntity = 40

// entity decodes the entity that s begins with and tells how many bytes it took; "&" alone is itself.
func entity(s []byte) (string, int) {
	end := bytes.IndexByte(s[:min(len(s), maxEntity)], ';')
	if end < 0 {
		return "&", 1
	}
	text := html.UnescapeString(string(s[:end+1]))
	if strings.HasSuffix(text, ";") && text != ";" { // no such name
		return "&", 1
	}
	return text, end + 1
}

// oneLine cleans a line. The spaces at its ends stay.
func oneLine(s string) string { return safetext.Text(flat(s)) }

// flat puts spaces in the place of what would begin a line or jump in one.
func flat(s string) string {
	if strings.ContainsAny(s, "\r\n\t") {
		s = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ").Replace(s)
	}
	return s
}
