package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"alcove/store"
	"alcove/store/safetext"
)

// homeLayout is how Home shares out its room.
type homeLayout struct {
	listWidth, listHeight       int
	previewWidth, previewHeight int // none where there is no room for it
	beside                      bool
	drafts                      int // lines
}

const (
	minPreview  = 5       // lines, with the rule above
	minDrafts   = 8       // lines of the page from which the drafts are told of
	previewText = 4 << 10 // bytes of an entry that a preview can show
)

// layout gives the list what it needs and the preview the rest: beside the list from 120 columns, below it from 60.
func (h *home) layout() homeLayout {
	l := homeLayout{listWidth: h.width - 1}
	if h.height >= minDrafts && h.draftLine() != "" {
		l.drafts = 2
	}
	l.listHeight = max(h.height-l.drafts, 1)
	need := h.list.lines()
	switch {
	case h.width >= 120:
		l.beside = true
		l.listWidth = h.width * 3 / 5
		l.previewWidth, l.previewHeight = h.width-l.listWidth-3, h.height
	case h.width >= 60 && l.listHeight >= 2*minPreview+3:
		l.listHeight = min(need, l.listHeight-minPreview-1)
		l.previewWidth, l.previewHeight = h.width, h.height-l.drafts-l.listHeight-1
	}
	return l
}

// Header greets, and says at the right who is here.
func (h *home) Header() Header {
	w := h.s.words.Chrome.Home
	var here []string
	for _, p := range h.here {
		here = append(here, givenName(p))
	}
	head := Header{Title: fmt.Sprintf(w.Hello, givenName(h.s.me.Person))}
	switch {
	case len(here) > 3:
		head.Right = w.ManyHere.N(len(here))
	case len(here) > 0:
		head.Right = strings.Join(here, ", ") + ": " + w.Here
	}
	return head
}

// View draws the list, the newest draft, and the preview.
func (h *home) View(width, height int) Body {
	w := h.s.words.Chrome.Home
	switch {
	case h.problem != nil && !h.loaded:
		return Body{Lines: paragraph(h.s.words.Explain(h.problem), width)}
	case !h.loaded:
		return Body{Lines: []string{" " + h.s.styles.Muted.Render(w.Reading)}}
	case len(h.threads) == 0 && h.s.me.Role == store.RoleCoach:
		return Body{Lines: paragraph(w.EmptyCoach, width)}
	case len(h.threads) == 0:
		return Body{Lines: paragraph(w.EmptyClient, width)}
	}
	l := h.layout()
	b := h.list.view(h.s.styles, l.listWidth, h.drawRow)
	if l.drafts > 0 {
		b.Lines = append(b.Lines, "", h.s.styles.Draft.Render(clip(h.draftLine(), l.listWidth)))
	}
	switch {
	case l.beside:
		b.Lines = h.putBeside(b.Lines, l, height)
	case l.previewHeight > 0:
		b.Lines = append(append(b.Lines, ""), h.drawPreview(l.previewWidth, l.previewHeight)...)
	}
	return b
}

func (h *home) putBeside(lines []string, l homeLayout, height int) []string {
	right := h.drawPreview(l.previewWidth, height)
	bar := " " + h.s.styles.Rule.Render("│") + " "
	out := make([]string, height)
	for i := range out {
		left, beside := "", ""
		if i < len(lines) {
			left = lines[i]
		}
		if i < len(right) {
			beside = right[i]
		}
		out[i] = fit(left, l.listWidth) + bar + beside
	}
	return out
}

// drawRow draws a thread in one line, or in two where there is little room.
func (h *home) drawRow(i, width int, chosen bool) []string {
	st := h.s.styles
	r := h.rows[i]
	if r.heading != "" {
		return []string{st.Heading.Render(clip(r.heading, width))}
	}
	t := r.thread
	titleStyle, news, newsStyle := st.Text, "", st.Unread
	if chosen {
		titleStyle = st.Selection
	}
	switch {
	case t.Unread > 0:
		news = h.s.words.Chrome.Home.New.N(t.Unread)
	case !t.DraftAt.IsZero():
		news, newsStyle = h.s.words.Chrome.Home.Draft, st.Draft
	}
	title, when := h.s.title(t), When(lastLife(t), h.s.now(), h.s.zone, h.s.words)
	if h.list.tall == 2 {
		newsWidth := ansi.StringWidth(news) + 1
		return []string{
			titleStyle.Render(fit(title, width-newsWidth)) + " " + newsStyle.Render(news),
			st.Muted.Render(clip(h.with(t, width)+", "+when, width)),
		}
	}
	const newsWidth, whenWidth = 8, 15
	whoWidth := min(max((width-newsWidth-whenWidth)/3, 8), 22)
	titleWidth := width - whoWidth - newsWidth - whenWidth - 5
	return []string{
		titleStyle.Render(fit(title, titleWidth)) + "  " + st.Muted.Render(fit(h.with(t, whoWidth), whoWidth)) + "  " +
			newsStyle.Render(fit(news, newsWidth)) + " " + st.Muted.Render(clip(when, whenWidth)),
	}
}

// with names the other members in about so many cells.
func (h *home) with(t store.Thread, width int) string {
	w := h.s.words.Chrome.Home
	var names []string
	only := ""
	for _, p := range t.Members {
		if p.Handle != h.s.me.Handle {
			names, only = append(names, givenName(p)), fullName(p)
		}
	}
	switch all := strings.Join(names, ", "); {
	case len(names) == 0:
		return w.OnlyYou
	case len(names) == 1:
		return only
	case ansi.StringWidth(all) <= width:
		return all
	}
	return names[0] + ", " + w.More.N(len(names)-1)
}

// draftLine tells of the newest draft.
func (h *home) draftLine() string {
	drafts, newest := h.news.Drafts, h.news.Draft
	if drafts == 0 {
		return ""
	}
	w, title := h.s.words.Chrome.Home, h.s.title(newest)
	saved := When(newest.DraftAt, h.s.now(), h.s.zone, h.s.words)
	say := func(title string) string {
		if drafts > 1 {
			return "   " + fmt.Sprintf(w.DraftsIn, drafts, title, saved)
		}
		return "   " + fmt.Sprintf(w.DraftIn, title, saved)
	}
	if h.width < 60 { // where the title must not push out when it was saved
		return "   " + w.Drafts.N(drafts) + ", " + saved + ": " + title
	}
	return say(clip(title, h.width-1-ansi.StringWidth(say(""))))
}

// drawPreview draws the end of the chosen thread under its title.
func (h *home) drawPreview(width, height int) []string {
	st, w := h.s.styles, h.s.words
	thread := h.chosenThread()
	i := slices.IndexFunc(h.threads, func(t store.Thread) bool { return t.Number == thread })
	if i < 0 || height < 2 {
		return nil
	}
	// What ssh commands take for the thread is said here, for the digit before a row only chooses it.
	number := ", " + fmt.Sprintf(w.Chrome.Home.Number, thread)
	lines := []string{ruleWith(st, clip(h.s.title(h.threads[i]), width-6-ansi.StringWidth(number))+number, width)}
	if h.previewed != thread {
		return append(lines, " "+st.Muted.Render(w.Chrome.Home.Reading))
	}
	if len(h.preview.Entries) == 0 {
		return append(lines, " "+st.Muted.Render(clip(w.Chrome.Home.NothingWritten, width-2)))
	}
	texts := h.previewLines
	return append(lines, texts[max(0, len(texts)-height+1):]...)
}

// renderPreview makes the lines of the preview; for they cost too much to be made at each View.
func (h *home) renderPreview() {
	st, w := h.s.styles, h.s.words
	width := h.layout().previewWidth - 1
	h.previewLines = nil
	for _, e := range h.preview.Entries {
		author := st.Other
		if e.Mine {
			author = st.Mine
		}
		name := author.Render(clip(givenName(e.Author), width/2))
		h.previewLines = append(h.previewLines, " "+name+st.Muted.Render(", "+Full(e.At, h.s.now(), h.s.zone, w)))
		if e.WithdrawnAt.IsZero() {
			h.previewLines = append(h.previewLines, RenderText(e.Text[:min(len(e.Text), previewText)], 3, width, st, w)...)
		} else {
			h.previewLines = append(h.previewLines, "   "+st.Muted.Render(w.Chrome.Home.Withdrawn))
		}
	}
}

func (h *home) heading(p store.Part) string {
	w := h.s.words.Chrome.Home
	switch p {
	case store.Waiting:
		return w.Waiting
	case store.Quiet:
		return w.Quiet
	}
	return w.Others
}

// ruleWith is a rule with a word in it.
func ruleWith(st *Styles, text string, width int) string {
	rest := max(width-ansi.StringWidth(text)-4, 0)
	return st.Rule.Render("── ") + st.Heading.Render(text) + st.Rule.Render(" "+strings.Repeat("─", rest))
}

// givenName is what people call each other by: the first word of the name, or the handle of one who has none.
func givenName(p store.Person) string {
	if fields := strings.Fields(safetext.Line(p.Name)); len(fields) > 0 {
		return fields[0]
	}
	return p.Handle
}

// fullName is the name, or the handle of one who has none.
func fullName(p store.Person) string {
	if name := safetext.Line(p.Name); name != "" {
		return name
	}
	return p.Handle
}
