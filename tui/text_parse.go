package tui

import (
	"bytes"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The Markdown that entries are read as: CommonMark with strikethrough, task lists and tables, and without three things.
//   - HTML, which therefore stays what it is: letters.
//   - Headings by underlining, for people type "---" below a line and mean a rule.
//   - Link references, which let a short text repeat a long address as often as it likes.
//
// The parser takes time or memory that grows faster than the text when it meets deep nesting, thousands of marks in one
// paragraph, or wide tables of short rows. Past these limits marks are plain characters.
const (
	maxNesting    = 12    // blocks within blocks; a list counts twice, for itself and for its item
	maxMarks      = 500   // tries to read an inline mark, in one block
	maxRun        = 6     // stars or underscores in a row: each two of them would nest once more
	maxTableCells = 5_000 // columns times lines
)

// markdown is one parser for all: it holds no state of what it reads.
var markdown = sync.OnceValue(func() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(shallow{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(thrifty{extension.NewTaskCheckBoxParser()}, 0),
			util.Prioritized(thrifty{parser.NewCodeSpanParser()}, 100),
			util.Prioritized(thrifty{parser.NewLinkParser()}, 200),
			util.Prioritized(thrifty{parser.NewAutoLinkParser()}, 300),
			util.Prioritized(thrifty{shortRuns{parser.NewEmphasisParser()}}, 500),
			util.Prioritized(thrifty{extension.NewStrikethroughParser()}, 500),
		),
		parser.WithParagraphTransformers(util.Prioritized(smallTables{extension.NewTableParagraphTransformer()}, 200)),
	)
})

// marksKey is where the count of thrifty stands in the parser's context.
var marksKey = parser.NewContextKey()

// parseMarkdown reads Markdown. It is not ok when the parser panics: an entry is somebody else's text, and a fault that
// it finds in the parser must not end the session of each member who opens the thread.
func parseMarkdown(src []byte) (doc ast.Node, ok bool) {
	defer func() {
		if recover() != nil {
			doc, ok = nil, false
		}
	}()
	return markdown().Parse(text.NewReader(src)), true
}

// shallow opens a block only where the nesting is below the limit.
type shallow struct{ parser.BlockParser }

func (s shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		if depth++; depth >= maxNesting {
			return nil, parser.NoChildren
		}
	}
	return s.BlockParser.Open(parent, reader, pc)
}

// thrifty counts the tries of all inline parsers in a block and stops at the limit.
type thrifty struct{ parser.InlineParser }

func (t thrifty) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	marks, _ := pc.ComputeIfAbsent(marksKey, func() any { return new(int) }).(*int)
	if *marks >= maxMarks {
		return nil
	}
	*marks++
	return t.InlineParser.Parse(parent, block, pc)
}

// CloseBlock is called by the parser at the end of each block.
func (t thrifty) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	pc.Set(marksKey, nil)
	if c, ok := t.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// shortRuns takes a long row of one mark as text.
type shortRuns struct{ parser.InlineParser }

func (s shortRuns) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if run := len(line) - len(bytes.TrimLeft(line, string(line[0]))); run > maxRun {
		block.Advance(run)
		return ast.NewTextSegment(segment.WithStop(segment.Start + run))
	}
	return s.InlineParser.Parse(parent, block, pc)
}

// smallTables leaves a paragraph a paragraph where the table in it would be huge: the parser fills each row up to the
// columns of the head.
type smallTables struct{ parser.ParagraphTransformer }

func (t smallTables) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines := node.Lines()
	for i := range lines.Len() {
		segment := lines.At(i)
		line := segment.Value(reader.Source())
		if len(bytes.Trim(line, "|-: \t\r\n")) == 0 && (bytes.Count(line, []byte("|"))+1)*lines.Len() > maxTableCells {
			return
		}
	}
	t.ParagraphTransformer.Transform(node, reader, pc)
}
