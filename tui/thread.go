package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// threadPage is one thread: its entries above, the composer below.
//
// thread.go routes messages; thread_load.go fetches; thread_live.go follows what happens; thread_reader.go and
// thread_window.go are the entries on the screen; thread_marks.go says what has been read; thread_people.go who is there; thread_readers.go lists who reads it;
// thread_keys.go are the keys; thread_ahead.go keeps those that come too early; thread_act.go what they do to an entry; thread_ask.go asks before what cannot be undone; thread_view.go draws. composer.go is the person's
// own writing.
type threadPage struct {
	s      *session
	number int64
	at     int64 // the entry to open at
	keys   *threadKeys

	thread  store.Thread
	known   bool  // the thread has been read
	problem error // why it could not be
	header  Header
	reader  *reader
	loading loading
	write   *composer
	people  present
	marks   marks

	size    tea.WindowSizeMsg
	reading bool       // the reader has the keys, not the composer
	asking  question   // what the person has to answer
	about   int64      // the entry that it is about
	leaving bool       // the person is about to leave the thread
	gone    bool       // they have
	lastKey time.Time  // when the last key came
	ahead   typedAhead // keys that wait
	missed  bool       // something happened in the thread while it was being read
	last    keptLine[statusline]
}

// newThreadPage shows a thread. at is the entry to show; 0 is the first unread one, or the end.
func newThreadPage(s *session, number, at int64) Page {
	p := &threadPage{s: s, number: number, at: at, reading: at != 0, keys: s.words.inThread, write: newComposer(s, number)}
	p.reader = &reader{draw: p.drawEntry}
	p.nameReaders()
	return p
}

// Init reads the thread, the draft of a new entry in it, and who is there.
func (p *threadPage) Init() tea.Cmd {
	return tea.Batch(p.open(), p.write.open(), p.readPeople(), p.s.readUsage())
}

// Update takes in one message.
func (p *threadPage) Update(msg tea.Msg) (Page, tea.Cmd) {
	cmd := p.take(msg)
	return p, tea.Batch(cmd, p.play(), p.settle())
}

func (p *threadPage) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.key(msg)
	case tea.PasteMsg:
		if p.waits() {
			return p.keep(msg, p.s.now())
		}
		return p.paste(msg.Content)
	case tea.MouseMsg:
		return p.mouse(msg)
	case tea.WindowSizeMsg:
		p.size = msg
	case restyledMsg, dayOverMsg:
		p.restyle()
	case coveredMsg:
		p.marks.covered = msg.covered
		return p.uncover(msg.covered)
	case tea.BlurMsg:
		p.marks.blurred = true
	case tea.FocusMsg:
		p.marks.blurred = false
	case store.Change:
		return p.changed(msg)
	case draftTickMsg, draftSavedMsg:
		return p.write.take(msg)
	}
	return p.takeResult(msg)
}

// takeResult takes in what a Cmd of this page brings. What is for another page passes.
func (p *threadPage) takeResult(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case threadReadMsg:
		return p.threadIs(msg)
	case entriesReadMsg:
		return p.entriesAre(msg)
	case entryReadMsg:
		return p.entryIs(msg)
	case peopleReadMsg:
		return p.peopleAre(msg)
	case typingOverMsg:
		p.typingOver(msg)
	case markedMsg:
		return p.marked(msg)
	case revisionsReadMsg:
		return p.revisionsAre(msg)
	case entrySentMsg:
		return p.sent(msg)
	case entryTakenBackMsg:
		return p.takenBack(msg)
	case entryEditedMsg:
		return p.edited(msg)
	case leftMsg:
		return p.left(msg)
	default:
		return p.write.take(msg)
	}
	return nil
}

// settle makes everything follow from what has just changed: the room of both parts, what is missing, what was read.
func (p *threadPage) settle() tea.Cmd {
	p.layOut()
	p.reader.trim()
	return tea.Batch(p.fetch(), p.markRead())
}

// restyle drops what was drawn with other words, colours or times.
func (p *threadPage) restyle() {
	p.keys = p.s.words.inThread
	p.nameReaders()
	p.reader.restyle()
	p.write.preview.lines = nil
}

// Typing says that letters go into the composer.
func (p *threadPage) Typing() bool { return !p.reading && p.problem == nil }

// Unsaved is what the composer holds and the store does not. Who has left a thread has no drafts in it.
func (p *threadPage) Unsaved() []unsaved {
	if p.gone {
		return nil
	}
	return p.write.unsaved()
}
