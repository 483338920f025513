package suite

import "time"

// Limits that the cases of all protocols share.
const (
	// AnswerLimit is how long a server may take to answer, and how long an answer
	// that has begun may pause.
	AnswerLimit = 5 * time.Second
	// SilentLimit is the shortest wait after which a server counts as silent:
	// libfcgi lingers so long over the connection before.
	SilentLimit = 2 * time.Second
	// NoticeLimit is how long a server takes to notice that a client has gone.
	NoticeLimit = 50 * time.Millisecond
	// Several is the budget of a case of several requests, each of which a silent
	// server may keep waiting.
	Several = 30 * time.Second
)
