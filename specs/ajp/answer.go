package ajp

import (
	"fmt"
	"net/http"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// answer is what came for one request, read as leniently as can be.
type answer struct {
	packets []received // all that came, up to End Response
	head    *ajp.ResponseHeaders
	body    []byte
	end     []byte    // End Response's payload; nil: none came
	ended   suite.End // why no more was read, without End Response
	broken  error
}

// sendHeaders and chunk read what there is: that it is well-formed is a case of
// its own.
func sendHeaders(payload []byte) *ajp.ResponseHeaders {
	var h ajp.ResponseHeaders
	_ = h.Decode(payload) // h holds what was read before an error
	return &h
}

func chunk(payload []byte) []byte {
	bytes, _, err := ajp.ParseSendBodyChunk(payload)
	if err != nil {
		return payload[min(len(payload), 3):]
	}
	return bytes
}

// probe is the probe application's answer in a.
func (a answer) probe() (probeapp.Answer, error) {
	if a.head == nil {
		return probeapp.Answer{}, fmt.Errorf("no Send Headers came: %s", a.why())
	}
	p, err := probeapp.ParseAnswer(a.body)
	if err != nil {
		return p, fmt.Errorf("with status %d came what follows: %w", a.head.Status, err)
	}
	return p, nil
}

// reusable says that the connection takes another request.
func (a answer) reusable() bool { return len(a.end) == 2 && a.end[1] != 0 }

// why says how an answer ended.
func (a answer) why() string {
	switch {
	case a.broken != nil:
		return a.broken.Error()
	case a.end != nil:
		return fmt.Sprintf("End Response was packet %d", len(a.packets))
	}
	return fmt.Sprintf("after %d packets %s", len(a.packets), a.ended)
}

// ok says that a request was served: one that is refused gets a status of 400 or
// more, or none.
func (a answer) ok() bool { return a.head != nil && a.head.Status < http.StatusBadRequest }

// fate says in a few words what became of a request.
func (a answer) fate() string {
	if a.head != nil {
		return fmt.Sprintf("it was answered with %d", a.head.Status)
	}
	return a.why()
}

// of is the packets with this prefix code.
func (a answer) of(code ajp.PrefixCode) []received {
	var found []received
	for _, p := range a.packets {
		if c, ok := p.PrefixCode(); ok && c == code {
			found = append(found, p)
		}
	}
	return found
}
