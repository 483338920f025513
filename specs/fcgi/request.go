package fcgi

import (
	"strconv"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// begin, params, ... are records to be sent, as requirements.md writes them.
func begin(id uint16, role fcgi.Role, flags fcgi.Flags) []byte {
	return fcgi.AppendBeginRequest(nil, id, role, flags)
}

func params(id uint16, pairs []byte) []byte { return stream(fcgi.TypeParams, id, pairs) }

// stream is records without padding, which is a case of its own.
func stream(t fcgi.Type, id uint16, content []byte) []byte {
	var b []byte
	for len(content) > 0 {
		n := min(len(content), fcgi.MaxContentLength)
		b, content = fcgi.AppendRecord(b, t, id, content[:n], 0), content[n:]
	}
	return b
}

func endOf(t fcgi.Type, id uint16) []byte { return fcgi.AppendEndOfStream(nil, t, id) }

func stdin(id uint16, body string) []byte {
	return stream(fcgi.TypeStdin, id, []byte(body))
}

// record is one record whose fields are free.
func record(t fcgi.Type, id uint16, content string, padding int) []byte {
	return fcgi.AppendRecord(nil, t, id, []byte(content), padding)
}

// get is the parameters of an ordinary GET request, and further ones: NAME,
// VALUE, ... A query steers the probe application.
func get(t *suite.T, query string, more ...string) []byte {
	return pairs(t, "GET", query, 0, more)
}

// post is the parameters of a POST request with a body of so many bytes.
func post(t *suite.T, query string, length int, more ...string) []byte {
	return pairs(t, "POST", query, length, more)
}

func pairs(t *suite.T, method, query string, length int, more []string) (b []byte) {
	if method == "POST" {
		more = append([]string{"CONTENT_LENGTH", strconv.Itoa(length)}, more...)
	}
	for _, v := range cgi.Variables(t, method, query, more...) {
		b = fcgi.AppendPair(b, v.Name, v.Value)
	}
	return b
}

// request is the records of a whole request without a body.
func request(id uint16, flags fcgi.Flags, pairs []byte) [][]byte {
	return [][]byte{begin(id, fcgi.Responder, flags), params(id, pairs), endOf(fcgi.TypeParams, id), endOf(fcgi.TypeStdin, id)}
}

// upload is the records of a whole request with a body.
func upload(id uint16, flags fcgi.Flags, pairs []byte, body string) [][]byte {
	return [][]byte{begin(id, fcgi.Responder, flags), params(id, pairs), endOf(fcgi.TypeParams, id), stdin(id, body), endOf(fcgi.TypeStdin, id)}
}
