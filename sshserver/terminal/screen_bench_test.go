package terminal

import (
	"bytes"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// stock draws as bubbletea's own renderer does, with its cells and ultraviolet's TerminalRenderer: the floor.
type stock struct {
	buf   bytes.Buffer
	out   *uv.TerminalRenderer
	cells uv.ScreenBuffer
}

func newStock() *stock {
	s := &stock{cells: uv.NewScreenBuffer(80, 24)}
	s.out = uv.NewTerminalRenderer(&s.buf, []string{"TERM=xterm-256color"})
	s.out.SetColorProfile(colorprofile.TrueColor)
	s.out.SetRelativeCursor(false)
	s.out.SetFullscreen(true)
	s.out.SetTabStops(-1)
	s.out.SetScrollOptim(true)
	s.out.Erase()
	s.cells.Method = ansi.GraphemeWidth
	return s
}

func (s *stock) draw(v tea.View) int {
	s.buf.Reset()
	s.cells.Clear()
	uv.NewStyledString(v.Content).Draw(s.cells, s.cells.Bounds())
	s.out.Render(s.cells.RenderBuffer)
	s.out.MoveTo(v.Cursor.X, v.Cursor.Y)
	_ = s.out.Flush()
	return s.buf.Len()
}

// Ours and the floor draw the same views in turn; the bytes of stock are without those that bubbletea puts around a frame.
func benchmark(b *testing.B, views []tea.View) {
	b.Run("ours", func(b *testing.B) {
		s := newScreen(Options{Env: []string{"TERM=xterm-256color"}, Profile: colorprofile.TrueColor, Width: 80, Height: 24})
		buf := make([]byte, 0, 16<<10)
		measure(b, views, func(v tea.View) int { return len(s.draw(buf, v)) })
	})
	b.Run("stock", func(b *testing.B) {
		measure(b, views, newStock().draw)
	})
}

func measure(b *testing.B, views []tea.View, draw func(tea.View) int) {
	draw(views[0])
	sum, i := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		sum += draw(views[i%len(views)])
	}
	b.ReportMetric(float64(sum)/float64(i), "bytes/frame")
}

func BenchmarkKey(b *testing.B) {
	var views []tea.View
	for n := range len(typed) {
		views = append(views, composer(typed[:n]))
	}
	for n := len(typed); n > 0; n-- {
		views = append(views, composer(typed[:n]))
	}
	benchmark(b, views)
}

func BenchmarkScroll(b *testing.B) {
	var views []tea.View
	for n := range 100 {
		views = append(views, list(n, n+19))
	}
	for n := 100; n > 0; n-- {
		views = append(views, list(n, n))
	}
	benchmark(b, views)
}

// Every line changes: from one page to another.
func BenchmarkPage(b *testing.B) { benchmark(b, []tea.View{composer(typed), list(0, 3)}) }

func BenchmarkWide(b *testing.B) {
	benchmark(b, []tea.View{composer(strings.Repeat("日本語", 8)), composer(strings.Repeat("日本語", 8) + "한")})
}

func BenchmarkUnchanged(b *testing.B) { benchmark(b, []tea.View{composer(typed)}) }
