// Package fcgi is the conformance cases of FastCGI 1.0, a file for each section
// of the specification.
package fcgi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Cases are all of this protocol's.
var Cases suite.Registry

// answerLimit is how long a server may take to answer. Nothing is judged to be
// silent in less than 2 s: libfcgi lingers so long over the connection before.
const answerLimit = 5 * time.Second

// conn is a connection on which records are sent and read.
type conn struct {
	*suite.Conn
	t      *suite.T
	ended  suite.End
	broken error // the bytes are no records any more
}

func dial(t *suite.T) *conn { return &conn{Conn: t.Dial(), t: t} }

// answer is what came for one request, read as leniently as can be.
type answer struct {
	records        []fcgi.Record // all that came, of whatever id, up to its END_REQUEST
	stdout, stderr []byte
	end            *fcgi.EndRequestBody // nil: none came
	ended          suite.End            // why no more was read, without END_REQUEST
	broken         error
}

// answer reads until END_REQUEST of this id, the connection's end, or silence.
func (c *conn) answer(id uint16) answer {
	var a answer
	for {
		r, ok := c.record()
		if !ok {
			a.ended, a.broken = c.ended, c.broken
			return a
		}
		a.records = append(a.records, r)
		if r.RequestID != id {
			continue
		}
		switch r.Type {
		case fcgi.TypeStdout:
			a.stdout = append(a.stdout, r.Content...)
		case fcgi.TypeStderr:
			a.stderr = append(a.stderr, r.Content...)
		case fcgi.TypeEndRequest:
			a.end = endRequest(r.Content)
			return a
		}
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

// record waits for the next whole record; false says that none came.
func (c *conn) record() (fcgi.Record, bool) {
	for {
		r, n, err := fcgi.ParseRecord(c.Buffered())
		if err == nil {
			r.Content, r.Padding = bytes.Clone(r.Content), bytes.Clone(r.Padding)
			c.Take(n)
			return r, true
		}
		end, more := c.More(answerLimit)
		if !more {
			c.ended = end
			if len(c.Buffered()) > 0 {
				c.broken = fmt.Errorf("%d bytes came that are no whole record", len(c.Buffered()))
			}
			return fcgi.Record{}, false
		}
	}
}

// untilClose reads on to the connection's end, and says how that came and what
// came before it.
func (c *conn) untilClose(limit time.Duration) (suite.End, []byte) {
	for {
		if end, more := c.More(limit); !more {
			return end, c.Buffered()
		}
	}
}

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

func pairs(t *suite.T, method, query string, length int, more []string) []byte {
	uri := "/fcgikit"
	if query != "" {
		uri += "?" + query
	}
	list := []string{
		"GATEWAY_INTERFACE", "CGI/1.1", "SERVER_PROTOCOL", "HTTP/1.1", "SERVER_SOFTWARE", "fcgikit",
		"SERVER_NAME", "localhost", "SERVER_PORT", "80", "REMOTE_ADDR", "127.0.0.1",
		"REQUEST_METHOD", method, "REQUEST_URI", uri, "SCRIPT_NAME", "", "PATH_INFO", "/fcgikit",
		"QUERY_STRING", query, "HTTP_HOST", "localhost",
	}
	if method == "POST" {
		list = append(list, "CONTENT_LENGTH", fmt.Sprint(length), "CONTENT_TYPE", "application/octet-stream")
	}
	if t.Server.ScriptFilename != "" {
		list = append(list, "SCRIPT_FILENAME", t.Server.ScriptFilename)
	}
	if t.Server.DocumentRoot != "" {
		list = append(list, "DOCUMENT_ROOT", t.Server.DocumentRoot)
	}
	for _, p := range t.Server.Params {
		list = append(list, p[0], p[1])
	}
	list = append(list, more...)
	var b []byte
	for i := 0; i < len(list); i += 2 {
		b = fcgi.AppendPair(b, list[i], list[i+1])
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

// probeAnswer is the probe application's JSON.
type probeAnswer struct {
	Probe    int
	Server   string
	Can      []string
	Protocol string
	Params   map[string]string
	Body     struct {
		Length int64
		SHA256 string
	}
}

// page takes an answer's header and body apart.
func (a answer) page() (status int, header http.Header, body []byte, err error) {
	answer, n, err := cgi.ParseAnswer(a.stdout)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("the STDOUT stream %.60q holds no CGI answer: %w", a.stdout, err)
	}
	return answer.Status, answer.Header, a.stdout[n:], nil
}

// probe is the probe application's answer in a.
func (a answer) probe() (probeAnswer, error) {
	var p probeAnswer
	_, _, body, err := a.page()
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Probe != 1 {
		return p, fmt.Errorf("%.60q is no answer of the probe application", body)
	}
	return p, nil
}

// why says how an answer without END_REQUEST ended.
func (a answer) why() string {
	if a.broken != nil {
		return a.broken.Error()
	}
	return fmt.Sprintf("after %d records %s", len(a.records), a.ended)
}

// face is FastCGI for the kernel.
type face struct{}

// Face is how the kernel makes plain requests.
var Face suite.Face = face{}

// Plain sends a GET request and takes its answer. STDOUT with a CGI header is
// enough: the rest is the cases' affair.
func (face) Plain(t *suite.T) (suite.Server, error) {
	c := dial(t)
	c.Send(request(1, 0, get(t, ""))...)
	a := c.answer(1)
	if len(a.records) == 0 {
		return suite.Server{}, errors.New(a.why())
	}
	if _, _, _, err := a.page(); err != nil {
		return suite.Server{}, err
	}
	var server suite.Server
	if p, err := a.probe(); err == nil {
		server = suite.Server{Probe: true, Can: p.Can, Name: p.Server}
	}
	return server, nil
}
