package containers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
)

// shape is what doesn't change from one capture to the next: ports, dates and
// folders do, and so do the borders of the records that a stream is cut into.
func shape(t *testing.T, wirePackage, direction string, wire []byte) []string {
	t.Helper()
	s := shaped{}
	var err error
	switch {
	case wirePackage == "fcgi":
		err = s.fastCGI(wire)
	case wirePackage == "ajp":
		err = s.ajp(wire, direction)
	case direction == "request":
		err = s.scgi(wire)
	default:
		err = s.cgi(wire)
	}
	if err != nil {
		s["refused: "+err.Error()]++
	}
	var lines []string
	for _, line := range slices.Sorted(maps.Keys(s)) {
		lines = append(lines, fmt.Sprintf("%s: %d", line, s[line]))
	}
	return lines
}

// shaped counts: of names how often they are there, of streams the bytes.
type shaped map[string]int

func (s shaped) fastCGI(wire []byte) error {
	var params fcgi.PairDecoder
	for len(wire) > 0 {
		r, n, err := fcgi.ParseRecord(wire)
		if err != nil {
			return err
		}
		wire = wire[n:]
		switch r.Type {
		case fcgi.TypeStdin, fcgi.TypeStdout:
			s[r.Type.String()+" bytes"] += len(r.Content)
		case fcgi.TypeParams:
			params.Feed(r.Content)
			s.pairs(&params)
		case fcgi.TypeEndRequest:
			b, err := fcgi.ParseEndRequest(r.Content)
			if err != nil {
				return err
			}
			s[fmt.Sprint(r.Type, " ", b.AppStatus, " ", b.ProtocolStatus)]++
		case fcgi.TypeStderr: // a message may have a path in it
			s[r.Type.String()] = 1
		default:
			s[fmt.Sprintf("%v % x", r.Type, r.Content)]++
		}
	}
	return nil
}

func (s shaped) pairs(d *fcgi.PairDecoder) {
	for {
		p, err := d.Next()
		if err != nil {
			return
		}
		s["param "+string(p.Name)]++
	}
}

func (s shaped) ajp(wire []byte, direction string) error {
	for len(wire) > 0 {
		p, n, err := ajp.ParsePacket(wire, ajp.NoPacketLimit)
		if err != nil {
			return err
		}
		wire = wire[n:]
		var request ajp.Request
		var headers ajp.ResponseHeaders
		code, _ := p.PrefixCode()
		switch {
		case direction == "to-container" && code == ajp.TypeForwardRequest && request.Decode(p.Payload) == nil:
			s[request.HTTPMethod()]++
			s.headers(request.Headers)
			for _, a := range request.Attributes {
				s["attribute "+ajp.AttributeName(a.Code)+" "+string(a.Name)]++
			}
		case direction == "to-container":
			data, err := ajp.ParseData(p.Payload)
			if err != nil {
				return err
			}
			if len(data) > 0 { // lighttpd's end of no body comes after the answer, or too late for it
				s["body bytes"] += len(data)
			}
		case code == ajp.TypeSendBodyChunk:
			chunk, _, err := ajp.ParseSendBodyChunk(p.Payload)
			if err != nil {
				return err
			}
			s["body bytes"] += len(chunk)
		case code == ajp.TypeSendHeaders:
			if err := headers.Decode(p.Payload); err != nil {
				return err
			}
			s[fmt.Sprint("status ", headers.Status)]++
			s.headers(headers.Headers)
		default:
			s[fmt.Sprintf("%v % x", code, p.Payload)]++
		}
	}
	return nil
}

func (s shaped) headers(headers []ajp.Header) {
	for _, h := range headers {
		s["header "+strings.ToLower(string(h.Name))]++
	}
}

func (s shaped) scgi(wire []byte) error {
	var d scgi.Decoder
	d.Feed(wire)
	r, err := d.Head()
	if err != nil {
		return err
	}
	for _, h := range r.Headers {
		s["header "+string(h.Name)]++
	}
	s["body bytes"] += len(d.Body())
	return nil
}

func (s shaped) cgi(wire []byte) error {
	answer, n, err := cgi.ParseAnswer(wire)
	if err != nil {
		return err
	}
	s[fmt.Sprint("status ", answer.Status)]++
	for name, values := range answer.Header {
		s["header "+name] += len(values)
	}
	s["body bytes"] += len(wire) - n
	return nil
}
