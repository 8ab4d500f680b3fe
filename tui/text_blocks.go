package tui

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// blocks draws what a document, quote or list item holds, with the blank lines that its author left between.
func (r *textRenderer) blocks(parent ast.Node, base Style) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if r.blankBefore(n) {
			r.emit(nil)
		}
		r.block(n, base)
	}
}

// blankBefore says whether a blank line parts a block from the one before it. The parser knows, with two exceptions.
func (r *textRenderer) blankBefore(n ast.Node) bool {
	if n.PreviousSibling() == nil {
		return false
	}
	if n.Kind() == extast.KindTable { // it does not say
		return true
	}
	if n.PreviousSibling().Kind() == ast.KindFencedCodeBlock && n.Parent().Kind() == ast.KindDocument { // it always says yes
		before := r.src[:bytes.LastIndexByte(r.src[:max(n.Pos(), 0)], '\n')+1]
		before = bytes.TrimRight(bytes.TrimSuffix(before, []byte("\n")), " \t\r")
		return bytes.HasSuffix(before, []byte("\n"))
	}
	return n.HasBlankPreviousLines()
}

func (r *textRenderer) block(n ast.Node, base Style) {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		r.paragraph(r.inline(n, base))
	case *ast.Heading:
		r.heading(n)
	case *ast.ThematicBreak:
		// Not a line across: the chrome has those.
		r.paragraph([]span{{"* * *", r.styles.Muted}})
	case *ast.FencedCodeBlock:
		r.code(n, n.Info)
	case *ast.CodeBlock:
		r.code(n, nil)
	case *ast.Blockquote:
		r.within(&linePrefix{first: "| ", rest: "| ", style: r.styles.Quote}, func() { r.blocks(n, r.styles.Quote) })
	case *ast.List:
		r.list(n, base)
	case *extast.Table:
		r.table(n, base)
	}
}

func (r *textRenderer) heading(n *ast.Heading) {
	style := r.styles.Heading
	if n.Level == 1 {
		style = style.With(attrUnderline)
	}
	words := r.inline(n, style)
	if len(words) == 0 {
		words = []span{{strings.Repeat("#", n.Level), style}}
	}
	r.paragraph(words)
}

// code draws a code block, which stands in a little, below what its author called it.
func (r *textRenderer) code(n ast.Node, info *ast.Text) {
	var text strings.Builder
	lines := n.Lines()
	for i := range lines.Len() {
		segment := lines.At(i)
		text.Write(segment.Value(r.src))
	}
	r.within(&linePrefix{first: "  ", rest: "  "}, func() {
		if info != nil {
			r.paragraph([]span{{oneLine(string(info.Segment.Value(r.src))), r.styles.Muted}})
		}
		r.verbatim(text.String(), r.styles.Code)
	})
}

func (r *textRenderer) list(list *ast.List, base Style) {
	margin := ""
	if list.Parent().Kind() == ast.KindDocument {
		margin = "  "
	}
	last := fmt.Sprint(list.Start + list.ChildCount() - 1)
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		if r.blankBefore(item) {
			r.emit(nil)
		}
		marker := "- "
		if list.IsOrdered() {
			marker = fmt.Sprintf("%*d%c ", len(last), number, list.Marker)
			number++
		}
		p := &linePrefix{first: margin + marker, rest: strings.Repeat(" ", len(margin+marker)), style: base}
		r.within(p, func() { r.blocks(item, base) })
	}
}
