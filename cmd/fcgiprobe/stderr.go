package main

import (
	"io"
	"sync"
)

// errorLines is standard error, where our own lines stand beside what an
// application writes to its error stream, which often ends in no newline.
type errorLines struct {
	mu      sync.Mutex
	w       io.Writer
	midLine bool
}

// Write takes whole lines of our own.
func (l *errorLines) Write(p []byte) (int, error) {
	l.endLine()
	return l.w.Write(p)
}

// endLine ends an application's line.
func (l *errorLines) endLine() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.midLine {
		io.WriteString(l.w, "\n")
		l.midLine = false
	}
}

// applicationLines is the same standard error, for the application.
type applicationLines errorLines

func (l *applicationLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(p) > 0 {
		l.midLine = p[len(p)-1] != '\n'
	}
	return l.w.Write(p)
}
