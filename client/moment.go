package client

import "time"

// moment is a time on the monotonic clock alone, since the program began. To
// read it costs half of time.Now, and to keep it a third of the memory, which
// each request would pay.
type moment time.Duration

var began = time.Now()

func now() moment { return moment(time.Since(began)) }

// after is the moment d later.
func (m moment) after(d time.Duration) moment { return m + moment(d) }

// time is zero for the zero moment, which stands for none.
func (m moment) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return began.Add(time.Duration(m))
}

// idleFor is how long a connection has served nothing.
func (c *conn) idleFor() time.Duration { return time.Duration(now() - c.idleSince) }
