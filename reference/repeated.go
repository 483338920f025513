package reference

import (
	"bytes"
	"slices"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// maxRepeated is longer than the requests that a load repeats, and short enough
// to be kept for every connection.
const maxRepeated = 4 << 10

// remember keeps the bytes of a request that came alone and all at once. A load
// is the same request over and over: the next one that is the same to the byte
// is not taken apart again. The lock is held.
func (r *Request) remember(came []byte) {
	if len(came) <= maxRepeated && r.Role == fcgi.Responder && r.Stdin.ended && r.Stdin.unread() == 0 && !r.state.aborted {
		r.whole = append(r.whole, came...)
	}
}

// takeRepeated takes a request that is the last one again, where it is the only
// one. The lock is held.
func (c *fcgiConn) takeRepeated() bool {
	n := len(c.spare)
	if n == 0 || len(c.active) > 0 {
		return false
	}
	r := c.spare[n-1]
	if len(r.whole) == 0 || !bytes.HasPrefix(c.in.bytes(), r.whole) {
		return false
	}
	c.in.take(len(r.whole))
	c.spare = c.spare[:n-1]
	r.renew()
	r.Params, r.repeats = slices.Clip(r.params), true
	r.Role, r.KeepConn = fcgi.Responder, r.keep // a handler may have changed them
	r.state.paramsEnded, r.Stdin.ended, r.Data.ended = true, true, true
	c.active, c.starting = append(c.active, r), append(c.starting, r)
	return true
}

// renew makes what a handler leaves behind ready for the next request.
func (r *Request) renew() {
	r.inline = true // until its handler gives the reading away
	r.state = requestState{}
	r.Stdin.reset(r)
	r.Data.reset(r)
}
