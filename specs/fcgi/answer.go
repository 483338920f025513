package fcgi

import (
	"fmt"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// answer is what came for one request, read as leniently as can be.
type answer struct {
	records        []received // all that came, of whatever id, up to its END_REQUEST
	stdout, stderr []byte
	end            *fcgi.EndRequestBody // nil: none came
	ended          suite.End            // why no more was read, without END_REQUEST
	broken         error
}

// take adds a record that came before the END_REQUEST of this id.
func (a *answer) take(r received, id uint16) {
	a.records = append(a.records, r)
	if r.RequestID != id {
		return
	}
	switch r.Type {
	case fcgi.TypeStdout:
		a.stdout = append(a.stdout, r.Content...)
	case fcgi.TypeStderr:
		a.stderr = append(a.stderr, r.Content...)
	case fcgi.TypeEndRequest:
		a.end = endRequest(r.Content)
	}
}

// endRequest reads what there is of END_REQUEST's content: that it is whole is a
// case of its own.
func endRequest(content []byte) *fcgi.EndRequestBody {
	var whole [fcgi.EndRequestLen]byte
	copy(whole[:], content)
	end, _ := fcgi.ParseEndRequest(whole[:])
	return &end
}

// page takes an answer's header and body apart.
func (a answer) page() (head cgi.Answer, body []byte, err error) {
	head, n, err := cgi.ParseAnswer(a.stdout)
	if err != nil {
		return head, nil, fmt.Errorf("the STDOUT stream %.60q holds no CGI answer: %w", a.stdout, err)
	}
	return head, a.stdout[n:], nil
}

// probe is the probe application's answer in a.
func (a answer) probe() (probeapp.Answer, error) {
	_, body, err := a.page()
	if err != nil {
		return probeapp.Answer{}, err
	}
	return probeapp.ParseAnswer(body)
}

// why says how an answer without END_REQUEST ended.
func (a answer) why() string {
	if a.broken != nil {
		return a.broken.Error()
	}
	return fmt.Sprintf("after %d records %s", len(a.records), a.ended)
}

func (a answer) ending() string {
	if a.end != nil {
		return a.end.ProtocolStatus.String()
	}
	return a.why()
}

// of is the records of one type and id.
func (a answer) of(typ fcgi.Type, id uint16) []received {
	var found []received
	for _, r := range a.records {
		if r.Type == typ && r.RequestID == id {
			found = append(found, r)
		}
	}
	return found
}

// fate says in a few words what became of a request.
func (a answer) fate() string {
	switch {
	case len(a.stdout) > 0:
		return "answered"
	case a.end != nil:
		return "ended with " + a.end.ProtocolStatus.String()
	case a.ended == suite.Nothing:
		return "nothing came"
	}
	return "closed"
}
