package tui

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"alcove/store"
)

// Questions before what cannot be undone: withdrawing an entry, dropping the draft of an edit, leaving the thread. Any key
// but yes means no, and yes is never the key that asked.

type question uint8

const (
	nothingAsked question = iota
	askWithdraw
	askDiscard
	askLeave
)

// leftMsg says how leaving the thread went.
type leftMsg struct {
	p   *threadPage
	err error
}

// ask puts a question. What it would mean stands in the notice, which has room for it at every width.
func (p *threadPage) ask(q question, means string) tea.Cmd {
	p.asking = q
	if means == "" {
		return nil
	}
	return fail(means)
}

// asked is the question in a few words.
func (p *threadPage) asked() string {
	words := p.s.words.Thread.Act
	switch p.asking {
	case askDiscard:
		return words.AskDiscard
	case askLeave:
		return words.AskLeave
	}
	return words.AskWithdraw
}

// answer ends the question.
func (p *threadPage) answer(yes bool) tea.Cmd {
	q := p.asking
	p.asking = nothingAsked
	switch {
	case !yes:
	case q == askWithdraw:
		return p.withdraw(p.about)
	case q == askDiscard:
		return p.write.discardEdit()
	case q == askLeave:
		return p.leave()
	}
	return nil
}

func (p *threadPage) withdraw(number int64) tea.Cmd {
	j, ctx, thread := p.s.journal, p.s.ctx, p.number
	return func() tea.Msg {
		e, err := j.Withdraw(ctx, thread, number)
		return entryReadMsg{p, number, e, err}
	}
}

// askToLeave asks whether the person wants to leave the thread; nobody can leave one that is theirs alone.
func (p *threadPage) askToLeave() tea.Cmd {
	if len(p.thread.Members) < 2 {
		return fail(p.s.words.Thread.Act.YoursAlone)
	}
	return p.ask(askLeave, p.s.words.Thread.Act.LeaveMeans)
}

func (p *threadPage) leave() tea.Cmd {
	if p.leaving {
		return nil
	}
	p.leaving = true
	j, ctx, thread := p.s.journal, p.s.ctx, p.number
	turn := p.s.desk.turn(thread, 0)
	return func() tea.Msg {
		await(ctx, turn) // what is being sent is to arrive
		return leftMsg{p, j.Leave(ctx, thread)}
	}
}

// left closes the page, or says why the person is still in the thread.
func (p *threadPage) left(msg leftMsg) tea.Cmd {
	if msg.p != p {
		return nil
	}
	words := p.s.words.Thread.Act
	p.leaving, p.gone = false, msg.err == nil
	switch {
	case errors.Is(msg.err, store.ErrLast): // the others were quicker
		return fail(words.YoursAlone)
	case msg.err != nil:
		return p.s.failed(msg.err)
	case p.marks.covered:
		p.problem = store.ErrNotFound
		return say(words.Left)
	}
	return tea.Batch(back, say(words.Left))
}
