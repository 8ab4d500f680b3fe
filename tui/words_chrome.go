package tui

// ChromeWords are the words of everything around a thread. English stands in words_chrome_en.go, German in
// locales/de.toml.
type ChromeWords struct {
	KeyNames map[string]string // how the language's keyboards name a key, by the name in Binding.keys
	Keys     KeyWords
	Frame    FrameWords
	Home     HomeWords
}

// KeyWords say what a key does; the footer, the help and the palette show them.
type KeyWords struct {
	UpDown, PageUpDown                                          string // names of pairs of keys
	Choose, Page, Ends, Open, Back, Next                        string
	Help, Search, Palette, Repaint, Leave, Force, New, People   string
	Settings, Unread, Toggle, Change, Create, Send, Copy, Write string
	Invite, Filter, Scroll, Yes, No, Pick, Again                string
}

// FrameWords are those of the root.
type FrameWords struct {
	TooSmall                              string // four %d: width, height as they are, and as they should be
	Again                                 string // what to press when nothing could be read
	LeaveAgain                            string // after the first ctrl+c
	LeaveUnsaved                          string // a draft could not be stored; the reason follows
	NothingUnread                         string
	Stopped, StoppedSaved, StoppedUnsaved string // the server stops
}

// HomeWords are those of Home.
type HomeWords struct {
	Title string
}
