package tui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/text/unicode/norm"

	"alcove/store"
)

// inviteForm asks a coach for a client's name and handle; the handle is proposed from the name until the coach writes
// their own, which takes the proposal's place, for a handle never changes. It ends in the connect card.
type inviteForm struct {
	plain
	s            *session
	name, handle input
	inHandle     bool
	taken        []string // handles that the coach can see
	ownHandle    bool     // typed, so that the name does not change it any more
	sending      bool
	done         bool
}

// invitedMsg is an invitation that was made, for the page that asked.
type invitedMsg struct {
	asker Page
	inv   store.Invitation
	err   error
}

func newInviteForm(s *session) *inviteForm {
	return &inviteForm{s: s, name: input{limit: store.MaxName}, handle: input{limit: store.MaxHandle}}
}

// invite makes an invitation; it is called when no other is being made.
func invite(s *session, asker Page, handle, name string) tea.Cmd {
	return func() tea.Msg {
		inv, err := s.journal.Invite(s.ctx, handle, name)
		return invitedMsg{asker, inv, err}
	}
}

// Init does nothing: the form is empty, or as it was left.
func (f *inviteForm) Init() tea.Cmd { return nil }

// Update takes in keys and how the invitation went.
func (f *inviteForm) Update(msg tea.Msg) (Page, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return f, f.key(msg)
	case tea.PasteMsg:
		f.replaceProposal()
		f.field().insert(msg.Content)
		f.ownHandle = f.ownHandle || f.inHandle
		f.suggest()
	case invitedMsg:
		if msg.asker == f {
			f.sending = false
			if msg.err != nil {
				return f, f.s.failed(msg.err)
			}
			f.done = true
			return f, replace(newCard(f.s, msg.inv))
		}
	}
	return f, nil
}

func (f *inviteForm) key(msg tea.KeyPressMsg) tea.Cmd {
	k := f.s.keys
	switch {
	case msg.String() == "esc":
		return back
	case k.Send.Has(msg), msg.String() == "enter" && f.inHandle:
		return f.send()
	case k.Next.Has(msg), msg.String() == "shift+tab", msg.String() == "enter", msg.String() == "up", msg.String() == "down":
		f.inHandle = !f.inHandle
		return nil
	}
	if msg.Text != "" {
		f.replaceProposal()
	}
	if f.field().key(msg) && f.inHandle {
		f.ownHandle = f.handle.text != ""
	}
	f.suggest()
	return nil
}

func (f *inviteForm) field() *input {
	if f.inHandle {
		return &f.handle
	}
	return &f.name
}

// replaceProposal makes room in the handle for what is typed or pasted.
func (f *inviteForm) replaceProposal() {
	if f.inHandle && !f.ownHandle {
		f.handle.set("")
	}
}

func (f *inviteForm) suggest() {
	if !f.ownHandle && !f.inHandle {
		f.handle.set(proposeHandle(f.name.text, f.taken))
	}
}

func (f *inviteForm) send() tea.Cmd {
	if f.sending {
		return nil
	}
	if strings.TrimSpace(f.name.text) == "" {
		f.inHandle = false
		return fail(f.s.words.Chrome.People.NeedsName)
	}
	f.sending = true
	return invite(f.s, f, f.handle.text, f.name.text)
}

// proposeHandle makes a handle of the first name alone, since handles are not sealed; only if that is taken, as far as the
// coach can see, it takes from the rest of the name what sets it apart, or a number.
func proposeHandle(name string, taken []string) string {
	whole := suggestHandle(name)
	free := func(handle string) bool { return len(handle) >= 2 && !slices.Contains(taken, handle) }
	first, rest, _ := strings.Cut(whole, ".")
	if whole == "" || free(first) {
		return first
	}
	for end := range len(rest) {
		if handle := first + "." + rest[:end+1]; rest[end] != '.' && free(handle) {
			return handle
		}
	}
	for n := 2; n < len(taken)+3; n++ {
		if handle := fmt.Sprint(whole, n); free(handle) {
			return handle
		}
	}
	return whole
}

// suggestHandle makes a handle of a whole name as people write it where they cannot write the name: "Jörg Groß" is
// "joerg.gross". It may be too short for a handle, and is "" where the name has no Latin letters.
func suggestHandle(name string) string {
	german := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "ø", "o", "æ", "ae", "œ", "oe", "ł", "l", "đ", "d")
	plain := norm.NFKD.String(german.Replace(norm.NFC.String(strings.ToLower(name))))
	var out strings.Builder
	for _, r := range plain {
		last := byte('.')
		if out.Len() > 0 {
			last = out.String()[out.Len()-1]
		}
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9' && out.Len() > 0:
			out.WriteRune(r)
		case (unicode.IsSpace(r) || r == '.' || r == '-') && last != '.':
			out.WriteByte('.')
		}
	}
	handle := out.String()
	return strings.Trim(handle[:min(len(handle), store.MaxHandle)], ".")
}

// View draws the form.
func (f *inviteForm) View(width, height int) Body {
	w, st := f.s.words.Chrome.People, f.s.styles
	name, nameCaret := f.name.view(st, min(width-3, store.MaxName+1))
	handle, handleCaret := f.handle.view(st, min(width-3, store.MaxHandle+1))
	lines := []string{" " + st.Heading.Render(w.Name), "  " + name}
	if height > 5 {
		lines = append(lines, "")
	}
	lines = append(lines, " "+st.Heading.Render(w.Handle), "  "+handle)
	cursor := tea.NewCursor(2+nameCaret, 1)
	if f.inHandle {
		cursor = tea.NewCursor(2+handleCaret, len(lines)-1)
	}
	lines = append(lines, "")
	for _, line := range paragraph(w.AboutInvite, width) {
		lines = append(lines, st.Muted.Render(line))
	}
	return Body{Lines: lines, Cursor: cursor}
}

// Header names the form.
func (f *inviteForm) Header() Header { return Header{Title: f.s.words.Chrome.People.Invite} }

// Hints are the form's keys.
func (f *inviteForm) Hints() []Hint {
	k := f.s.keys
	return []Hint{k.Send.doing(f.s.words.Chrome.Keys.Make).Hint(), k.Next.Hint(), k.Back.Hint()}
}

// Typing is all that one does here.
func (f *inviteForm) Typing() bool { return true }
