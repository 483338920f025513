// Package scgi is the conformance cases of SCGI, a file for each section of the
// specification.
package scgi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/client/scgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Cases are all of this protocol's.
var Cases suite.Registry

// answerLimit is how long an answer that has begun may pause, and how long the
// end of our side may go unnoticed.
const answerLimit = 5 * time.Second

// patience is how long a server may say nothing at all before our side is
// closed: some answer only then, which is one case's affair. Nothing is judged to
// be silent in less than 2 s.
const patience = 2 * time.Second

// several is the budget of a case of several requests, each of which a silent
// server may keep waiting.
const several = 30 * time.Second

// conn is a connection, which serves one request.
type conn struct {
	*suite.Conn
	t *suite.T
}

func dial(t *suite.T) *conn { return &conn{Conn: t.Dial(), t: t} }

// answer is what came for a request, read as leniently as can be.
type answer struct {
	bytes []byte
	ended suite.End // why no more was read
	urged bool      // nothing came, nor an end, until our side was closed
}

// answer reads an answer; where nothing comes it closes our side and reads on.
func (c *conn) answer() answer {
	a := c.read(patience)
	if a.ended == suite.Nothing && len(a.bytes) == 0 {
		c.CloseWrite()
		a = c.read(answerLimit)
		a.urged = true
	}
	return a
}

// read reads until the answer is whole by its own Content-Length, or the
// connection ends, or nothing comes: at first for that long.
func (c *conn) read(first time.Duration) answer {
	limit := first
	for {
		if whole(c.Buffered()) {
			return answer{bytes: c.Buffered()}
		}
		end, more := c.More(limit)
		if !more {
			return answer{bytes: c.Buffered(), ended: end}
		}
		limit = answerLimit
	}
}

// whole says that a body has come to the length that its header announces.
func whole(b []byte) bool {
	a, n, err := cgi.ParseAnswer(b)
	return err == nil && a.ContentLength >= 0 && int64(len(b)-n) >= a.ContentLength
}

// untilClose reads on to the connection's end, and says how that came.
func (c *conn) untilClose(limit time.Duration) suite.End {
	for {
		if end, more := c.More(limit); !more {
			return end
		}
	}
}

// headers are those of an ordinary request, in the order in which they are sent,
// and further ones: NAME, VALUE, ... A query steers the probe application.
func headers(t *suite.T, method, query string, length int, more ...string) []scgi.Header {
	uri := "/fcgikit"
	if query != "" {
		uri += "?" + query
	}
	list := []string{
		"CONTENT_LENGTH", strconv.Itoa(length), "SCGI", "1",
		"GATEWAY_INTERFACE", "CGI/1.1", "SERVER_PROTOCOL", "HTTP/1.1", "SERVER_SOFTWARE", "fcgikit",
		"SERVER_NAME", "localhost", "SERVER_PORT", "80", "REMOTE_ADDR", "127.0.0.1",
		"REQUEST_METHOD", method, "REQUEST_URI", uri, "SCRIPT_NAME", "", "PATH_INFO", "/fcgikit",
		"QUERY_STRING", query, "HTTP_HOST", "localhost",
	}
	if length > 0 {
		list = append(list, "CONTENT_TYPE", "application/octet-stream")
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
	var made []scgi.Header
	for i := 0; i < len(list); i += 2 {
		made = append(made, header(list[i], list[i+1]))
	}
	return made
}

func header(name, value string) scgi.Header {
	return scgi.Header{Name: []byte(name), Value: []byte(value)}
}

// without is the headers but for one.
func without(headers []scgi.Header, name string) []scgi.Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h scgi.Header) bool { return string(h.Name) == name })
}

// with is the headers with another value of one of them.
func with(headers []scgi.Header, name, value string) []scgi.Header {
	changed := slices.Clone(headers)
	for i, h := range changed {
		if string(h.Name) == name {
			changed[i] = header(name, value)
		}
	}
	return changed
}

// block is the headers as they are within the netstring.
func block(headers []scgi.Header) string {
	var b []byte
	for _, h := range headers {
		b = scgi.AppendHeader(b, h.Name, h.Value)
	}
	return string(b)
}

// netstring is the pieces of one, of which each part is free.
func netstring(length, block, end string) [][]byte {
	return [][]byte{[]byte(length), []byte(":"), []byte(block), []byte(end)}
}

// request is the pieces of a whole request.
func request(headers []scgi.Header, body string) [][]byte { return framed(block(headers), body) }

// framed is the pieces of a request whose header block is free.
func framed(block, body string) [][]byte {
	return append(netstring(strconv.Itoa(len(block)), block, ","), []byte(body))
}

func get(t *suite.T, query string, more ...string) [][]byte {
	return request(headers(t, "GET", query, 0, more...), "")
}

func post(t *suite.T, query, body string, more ...string) [][]byte {
	return request(headers(t, "POST", query, len(body), more...), body)
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
func (a answer) page() (head cgi.Answer, body []byte, err error) {
	head, n, err := cgi.ParseAnswer(a.bytes)
	if err != nil && len(a.bytes) == 0 {
		return head, nil, errors.New(a.why())
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
func (a answer) probe() (probeAnswer, error) {
	var p probeAnswer
	head, body, err := a.page()
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Probe != 1 {
		return p, fmt.Errorf("with status %d came %.60q, which is no answer of the probe application (%s)", head.Status, body, a.why())
	}
	return p, nil
}

// why says how the reading of an answer ended.
func (a answer) why() string {
	how := a.ended.String()
	if a.ended == suite.Open {
		how = "the answer was whole"
	}
	if a.urged {
		how += ", after this side of the connection was closed"
	}
	return fmt.Sprintf("after %d bytes %s", len(a.bytes), how)
}

// face is SCGI for the kernel.
type face struct{}

// Face is how the kernel makes plain requests.
var Face suite.Face = face{}

// Plain sends a GET request and takes its answer. A CGI header is enough: the
// rest is the cases' affair.
func (face) Plain(t *suite.T) (suite.Server, error) {
	c := dial(t)
	c.Send(get(t, "")...)
	a := c.answer()
	if _, _, err := a.page(); err != nil {
		return suite.Server{}, err
	}
	var server suite.Server
	if p, err := a.probe(); err == nil {
		server = suite.Server{Probe: true, Can: p.Can, Name: p.Server}
	}
	return server, nil
}
