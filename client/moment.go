package client

import "time"

// moment is a time on the monotonic clock alone, since the program began. To
// read it costs half of time.Now, which each request would pay.
type moment time.Duration

var began = time.Now()

func now() moment { return moment(time.Since(began)) }

// idleFor is how long a connection has served nothing.
func (c *conn) idleFor() time.Duration { return time.Duration(now() - c.idleSince) }
