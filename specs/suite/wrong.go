package suite

import (
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// foreign is how each protocol begins, and others that find their way to a
// socket. Each is long enough for a header of any other.
var foreign = []struct {
	protocol client.Protocol
	bytes    string
}{
	{"http", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
	{"tls", "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + string(make([]byte, 32)) + "\x00\x00\x04\x13\x01\x13\x02\x01\x00"},
	{client.FastCGI, "\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"}, // BEGIN_REQUEST
	{client.SCGI, "24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,"},
	{client.AJP, "\x12\x34\x00\x01\x0a\x12\x34\x00\x01\x0a"}, // CPing, twice
}

// ForeignProtocols sends the first bytes of each protocol that is not the
// target's.
func (t *T) ForeignProtocols() {
	for _, f := range foreign {
		if f.protocol != t.Target.Protocol {
			t.Dial().Send([]byte(f.bytes)).Leave()
		}
	}
}

// Mutations sends n requests that something is wrong with, each over a connection
// of its own, and asks now and then whether others are served.
func (t *T) Mutations(n int, mutated func() []byte, others func()) {
	for i := range n {
		c := t.Dial().Send(mutated())
		c.CloseWrite()
		c.More(mutationLimit)
		c.Close()
		if i%20 == 19 {
			others()
		}
	}
}

// mutationLimit is no judgement: what is sent is read, if it is, within that.
const mutationLimit = 20 * time.Millisecond
