// Package terminal runs a bubbletea model over one connection, in the place of tea.Program, for servers that hold thousands
// of them: a program in which nothing happens has no goroutine beside its reader, wakes never, and
// keeps a few KB.
//
// program.go takes messages in, commands.go runs commands, input.go decodes what the terminal sends, draw.go decides when a
// frame is drawn, and screen.go with the files around it makes the bytes that bring the terminal from one frame to the next.
//
// The model works in whichever goroutine brings a message, under the program's lock. When it may look otherwise and nobody
// draws, a drawer is started: it alone asks for the View and waits for the terminal, goes on while there is something to
// draw, and ends. So frames that a slow terminal cannot take are skipped, and nobody else waits for it. After a key the
// reader is the drawer for one frame, unless the terminal was slow to take the last one; after a command's last message its
// goroutine is, which has nothing else to do.
//
// Otherwise than with tea.Program, the messages of commands that ask the terminal something (its colours, the clipboard, the
// cursor's place) do not come to Update; a size is told at the next frame, and only by Resize or Send, not by what the
// terminal writes; tea.Suspend does nothing; View.OnMouse, tea.Exec, tea.Println, tea.Printf, tea.RequestCapability,
// tea.RequestWindowSize, tea.EnvMsg and tea.ColorProfileMsg are not done.
package terminal
