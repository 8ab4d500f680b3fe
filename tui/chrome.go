package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// The frame around a page: the header and a rule above, a rule with the notice in it and the keys below. It never paints
// the background, and what it says by colour it says by a word or a sign too. While nothing can be saved, the rule above says
// so. On a low screen the rules go, but not that, and a notice stands where the keys do.

const (
	headLines, footLines = 2, 2
	lowScreen            = 12 // lines; below, the page needs them more than the rules do
	minWidth, minHeight  = 20, 6
	goodNewsFor          = 4 * time.Second
)

// noticeEndMsg is the end of good news.
type noticeEndMsg struct{ notice int }

func (a *App) show(n noticeMsg) tea.Cmd {
	a.notice = n
	a.notices++
	var end tea.Cmd
	if count := a.notices; !n.failed {
		end = tea.Tick(goodNewsFor, func(time.Time) tea.Msg { return noticeEndMsg{count} })
	}
	return tea.Batch(a.tellSize(), end)
}

func (a *App) endNotice(msg noticeEndMsg) tea.Cmd {
	if msg.notice != a.notices {
		return nil
	}
	return a.clearNotice()
}

func (a *App) clearNotice() tea.Cmd {
	if a.notice == (noticeMsg{}) {
		return nil
	}
	a.notice = noticeMsg{}
	return a.tellSize()
}

// tellSize tells the pages what room they have, if that is new.
func (a *App) tellSize() tea.Cmd {
	size := a.bodySize()
	if size == a.told {
		return nil
	}
	a.told = size
	return a.toAll(size)
}

// frame is how many lines stand above and below the page.
func (a *App) frame() (head, foot int) {
	head, foot = headLines, footLines
	if a.height < lowScreen {
		head, foot = 1, 1
		if a.readOnly {
			head++
		}
	}
	return head, foot
}

// bodySize is the room that the frame leaves to the page.
func (a *App) bodySize() tea.WindowSizeMsg {
	head, foot := a.frame()
	height := a.height - head - foot
	if extra := len(a.noticeLines()) - 1; extra > 0 {
		height -= extra
	}
	return tea.WindowSizeMsg{Width: max(a.width, minWidth), Height: max(height, 1)}
}

// noticeLines is the notice, wrapped. All but the last line take room from the body; the last stands in the rule, or where
// there is none in the place of the keys.
func (a *App) noticeLines() []string {
	if a.notice.text == "" || a.width < minWidth || a.height < minHeight {
		return nil
	}
	text := a.notice.text
	if a.notice.failed {
		text = "! " + text
	}
	lines := strings.Split(ansi.Wrap(text, a.width-2, ""), "\n")
	if head, foot := a.frame(); len(lines) > a.height-head-foot {
		lines = lines[:a.height-head-foot]
		last := len(lines) - 1
		lines[last] = clip(lines[last], a.width-3) + "…"
	}
	return lines
}

// View draws the whole screen.
func (a *App) View() tea.View {
	// Focus is reported so that what arrives in a window nobody looks at does not count as read.
	v := tea.View{AltScreen: true, ReportFocus: true, WindowTitle: a.windowTitle()}
	if a.s.me.Settings.Mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if a.width < minWidth || a.height < minHeight {
		v.SetContent(a.tooSmall())
		return v
	}
	size := a.bodySize()
	body := a.body(size.Width, size.Height)
	head, _ := a.frame()
	f := &a.last.frame
	f.begin(a.width)
	f.add(a.headerLine())
	if head > 1 {
		f.add(a.headRule())
	}
	for i := range size.Height {
		if i < len(body.Lines) {
			f.fit(body.Lines[i])
		} else {
			f.add("")
		}
	}
	for _, line := range a.foot() {
		f.add(line)
	}
	v.SetContent(f.end())
	if c := body.Cursor; c != nil && c.Y < size.Height {
		shifted := *c
		shifted.X, shifted.Y = min(c.X, a.width-1), c.Y+head
		v.Cursor = &shifted
	}
	return v
}

func (a *App) body(width, height int) Body {
	switch {
	case a.known:
		return a.top().View(width, height)
	case a.problem != nil:
		return Body{Lines: paragraph(a.s.words.Explain(a.problem)+" "+a.s.words.Chrome.Frame.Again, width)}
	}
	return Body{}
}

func (a *App) windowTitle() string {
	if n := a.home.news.Unread; n > 0 {
		return fmt.Sprintf("Alcove (%d)", n)
	}
	return "Alcove"
}

func (a *App) tooSmall() string {
	text := fmt.Sprintf(a.s.words.Chrome.Frame.TooSmall, a.width, a.height, minWidth, minHeight)
	lines := strings.Split(ansi.Wrap(text, max(a.width, 1), ""), "\n")
	return strings.Join(lines[:min(len(lines), max(a.height, 1))], "\n")
}

// headerLine is "< Home   Title              who can read it   ? help".
func (a *App) headerLine() string {
	if !a.known {
		return " Alcove"
	}
	help := &a.s.keys.Help
	if a.gate != nil {
		help = &a.s.keys.Leave
	}
	now := headline{width: a.width, crumb: a.crumb(), Header: a.top().Header(), key: help.show, styles: a.s.styles}
	if a.gate == nil && a.top().Typing() {
		now.key = "F1"
	}
	if a.width >= 60 {
		now.does = help.does
	}
	return a.last.head.lineOf(now)
}

// crumb says where esc leads.
func (a *App) crumb() string {
	if len(a.stack) == 1 || a.gate != nil {
		return ""
	}
	if a.width < 60 {
		return "< "
	}
	under := a.s.words.Chrome.Home.Title
	if len(a.stack) > 2 {
		under = clip(a.stack[len(a.stack)-2].page.Header().Title, 20)
	}
	return "< " + under + "   "
}

// headRule is the line below the header.
func (a *App) headRule() string {
	if !a.readOnly {
		return a.rule()
	}
	say := clip("! "+a.s.words.Chrome.Frame.ReadOnly, a.width-1)
	line := " " + a.s.styles.Warning.Render(say)
	if rest := a.width - cells(say) - 2; rest > 0 && a.height >= lowScreen {
		line += " " + a.s.styles.Rule.Render(dashes(rest))
	}
	return line
}

func (a *App) rule() string { return a.s.styles.Rule.Render(dashes(a.width)) }

// foot is what stands below the page: the rule with the notice in it, and the keys.
func (a *App) foot() []string {
	lines := a.noticeLines()
	low := a.height < lowScreen
	switch {
	case len(lines) == 0 && low:
		return []string{a.footer()}
	case len(lines) == 0:
		return []string{a.rule(), a.footer()}
	}
	style := a.s.styles.Good
	if a.notice.failed {
		style = a.s.styles.Bad
	}
	last := len(lines) - 1
	for i, line := range lines {
		rest := a.width - cells(line) - 2
		lines[i] = " " + style.Render(line)
		if i == last && rest > 0 && !low {
			lines[i] += " " + a.s.styles.Rule.Render(dashes(rest))
		}
	}
	if low {
		return lines
	}
	return append(lines, a.footer())
}

// footer is the keys of the page, and always the way to all the others.
func (a *App) footer() string {
	if !a.known {
		return ""
	}
	all := &a.s.keys.Palette
	if a.gate != nil {
		all = &a.s.keys.Leave
	}
	now := footline{width: a.width, hints: a.top().Hints(), key: all.show, styles: a.s.styles}
	if a.width >= 40 {
		now.does = all.does
	}
	return a.last.foot.lineOf(now)
}

// paragraph wraps a sentence to lines that keep a column free at both sides.
func paragraph(text string, width int) []string {
	lines := strings.Split(ansi.Wrap(text, max(width-2, 1), ""), "\n")
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return lines
}
