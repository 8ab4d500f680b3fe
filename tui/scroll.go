package tui

import tea "charm.land/bubbletea/v2"

// scroll is a window onto lines that are only read.
type scroll struct {
	lines       []string
	top, height int
}

func (v *scroll) move(by int) { v.top = max(0, min(v.top+by, len(v.lines)-v.height)) }

// key scrolls, if the key is one that does.
func (v *scroll) key(k *Keys, msg tea.KeyPressMsg) bool {
	switch {
	case k.Up.Has(msg):
		v.move(-1)
	case k.Down.Has(msg):
		v.move(1)
	case k.PageUp.Has(msg):
		v.move(1 - v.height)
	case k.PageDown.Has(msg):
		v.move(v.height - 1)
	case k.Top.Has(msg):
		v.top = 0
	case k.Bottom.Has(msg):
		v.move(len(v.lines))
	default:
		return false
	}
	return true
}

func (v *scroll) wheel(msg tea.MouseWheelMsg) {
	if msg.Button == tea.MouseWheelUp {
		v.move(-3)
	} else {
		v.move(3)
	}
}

// view is the lines in the window. The cursor stands at their beginning, where a screen reader starts.
func (v *scroll) view() Body {
	return Body{Lines: v.lines[v.top:min(v.top+v.height, len(v.lines))], Cursor: tea.NewCursor(0, 0)}
}
