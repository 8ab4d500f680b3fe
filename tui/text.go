package tui

// TextWords stand in a rendered entry beside its own words.
type TextWords struct {
	Image string // before the description of a picture, which is not shown
}

func englishText() TextWords { return TextWords{Image: "Image"} }

// RenderText draws an entry's Markdown as lines of at most width cells, each begun with indent spaces, so that an entry
// can never pass for the chrome or for another author's header. The lines are styled, clean and without line breaks.
func RenderText(src string, indent, width int, st *Styles, w *Words) []string {
	return nil
}
