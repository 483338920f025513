package scgi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// answer is what came for a request, read as leniently as can be.
type answer struct {
	bytes []byte
	ended suite.End // why no more was read
	half  bool      // our side was closed by then
	urged bool      // nothing came, nor an end, until our side was closed for that reason
}

// silent says that nothing came, and no end.
func (a answer) silent() bool { return len(a.bytes) == 0 && a.ended == suite.Nothing }

// whole says that a body has come to the length that its header announces.
func whole(b []byte) bool {
	a, n, err := cgi.ParseAnswer(b)
	return err == nil && a.ContentLength >= 0 && int64(len(b)-n) >= a.ContentLength
}

// page takes an answer's header and body apart.
func (a answer) page() (head cgi.Answer, body []byte, err error) {
	head, n, err := cgi.ParseAnswer(a.bytes)
	if err != nil && len(a.bytes) == 0 {
		return head, nil, errors.New(a.nothing())
	} else if err != nil {
		return head, nil, fmt.Errorf("%.60q holds no CGI answer: %w (%s)", a.bytes, err, a.why())
	}
	return head, a.bytes[n:], nil
}

// serves says that the application has answered, and not with an error.
func (a answer) serves() bool {
	head, _, err := a.page()
	return err == nil && head.Status < http.StatusBadRequest
}

// probe is the probe application's answer in a.
func (a answer) probe() (probeapp.Answer, error) {
	head, body, err := a.page()
	if err != nil {
		return probeapp.Answer{}, err
	}
	p, err := probeapp.ParseAnswer(body)
	if err != nil {
		return p, fmt.Errorf("with status %d came what follows (%s): %w", head.Status, a.why(), err)
	}
	return p, nil
}

// nothing says in words how it went that no byte of an answer came.
func (a answer) nothing() string {
	switch {
	case a.urged && a.ended == suite.Nothing:
		return "nothing came, neither before nor after this side of the connection was closed: the server does not answer"
	case a.urged:
		return "nothing came until this side of the connection was closed; then " + a.ended.String() + " without an answer"
	case a.ended == suite.Nothing:
		return "nothing came, and the connection stayed open"
	case a.half:
		return a.ended.String() + " without an answer"
	}
	return a.ended.String() + " without an answer, while this side was open: it closes early"
}

// why says how the reading of an answer ended.
func (a answer) why() string {
	if len(a.bytes) == 0 {
		return a.nothing()
	}
	how := a.ended.String()
	if a.ended == suite.Open {
		how = "the answer was whole"
	}
	if a.urged {
		how += ", after this side of the connection was closed"
	}
	return fmt.Sprintf("after %d bytes %s", len(a.bytes), how)
}
