package cli

import (
	"io"
	"sync"
)

// ErrorLines is standard error, where our own lines stand beside what an
// application writes to its error stream, which often ends in no newline.
type ErrorLines struct {
	mu      sync.Mutex
	W       io.Writer
	midLine bool
}

// Write takes whole lines of our own.
func (l *ErrorLines) Write(p []byte) (int, error) {
	l.EndLine()
	return l.W.Write(p)
}

// EndLine ends an application's line.
func (l *ErrorLines) EndLine() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.midLine {
		io.WriteString(l.W, "\n")
		l.midLine = false
	}
}

// ApplicationLines is the same standard error, for the application.
type ApplicationLines ErrorLines

// Write takes what an application wrote, in pieces of any kind.
func (l *ApplicationLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(p) > 0 {
		l.midLine = p[len(p)-1] != '\n'
	}
	return l.W.Write(p)
}
