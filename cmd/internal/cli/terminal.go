package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// TerminalWidth is in columns, and 0 for what is no terminal.
func TerminalWidth(w any) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return max(int(size.Col), narrowest)
}

// narrowest is a width for a terminal that says 0.
const narrowest = 40

// Dynamic is whether lines may be written over on this terminal.
func Dynamic(width int) bool { return width > 0 && os.Getenv("TERM") != "dumb" }

// Colorful is whether it may be colored: see https://no-color.org.
func Colorful(width int) bool { return Dynamic(width) && os.Getenv("NO_COLOR") == "" }
