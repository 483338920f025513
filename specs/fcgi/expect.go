package fcgi

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// completed ends the case unless the request came to its END_REQUEST: as a hang
// where the server says nothing, else as a failure of the check.
func completed(t *suite.T, a answer, check string) answer {
	if a.end != nil {
		return a
	}
	if a.ended == suite.Nothing {
		t.Hang("%s\nno END_REQUEST: %s", check, a.why())
	}
	t.Fail("%s\nno END_REQUEST: %s", check, a.why())
	return a
}

// served ends the case unless the request was answered by the probe application.
func served(t *suite.T, a answer, check string) probeAnswer {
	p, err := a.probe()
	if err != nil {
		if a.end == nil && a.ended == suite.Nothing {
			t.Hang("%s\n%s", check, a.why())
		}
		t.Fail("%s\n%v (%s)", check, err, a.ending())
	}
	return p
}

func (a answer) ending() string {
	if a.end != nil {
		return a.end.ProtocolStatus.String()
	}
	return a.why()
}

// bodyArrived ends the case unless the application got this body.
func bodyArrived(t *suite.T, p probeAnswer, body, check string) {
	sum := sha256.Sum256([]byte(body))
	if p.Body.Length != int64(len(body)) || p.Body.SHA256 != hex.EncodeToString(sum[:]) {
		t.Fail("%s\nexpected a body of %d bytes with SHA-256 %x, the application got %d with %s", check, len(body), sum, p.Body.Length, p.Body.SHA256)
	}
}

// of is the records of one type and id.
func (a answer) of(typ fcgi.Type, id uint16) []fcgi.Record {
	var found []fcgi.Record
	for _, r := range a.records {
		if r.Type == typ && r.RequestID == id {
			found = append(found, r)
		}
	}
	return found
}
