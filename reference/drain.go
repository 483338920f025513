package reference

import (
	"net"
	"time"
)

// drain is a stopping server's accepting of the connections that were made
// before the stop.
type drain struct {
	begun bool
	until time.Time // of a queue that others may still join; zero is its end
}

// drainPause is how long an Accept looks for one: no time at all would look at
// none.
const drainPause = 5 * time.Millisecond

// sharedDrain is how long a queue is served that never ends, since it can't be
// closed to newcomers: it belongs to whoever left us the socket.
const sharedDrain = time.Second

func (d *drain) begin(hidden bool) {
	d.begun = true
	if !hidden {
		d.until = time.Now().Add(sharedDrain)
	}
}

// goesOn bounds the next Accept, and says whether there is to be one.
func (d *drain) goesOn(l net.Listener) bool {
	now := time.Now()
	setDeadline(l, now.Add(drainPause))
	return d.until.IsZero() || now.Before(d.until)
}

// hide sees to it that nobody connects any more, while those who have are
// served. It says whether it could: an inherited socket is not ours to hide.
func hide(l net.Listener) bool {
	h, ok := l.(interface{ hide() bool })
	return ok && h.hide()
}
