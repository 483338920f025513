package client

import "time"

// SetAbortGrace shortens the wait for an aborted request's end.
func SetAbortGrace(d time.Duration) (restore func()) {
	before := abortGrace
	abortGrace = d
	return func() { abortGrace = before }
}
