package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/cgi"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
)

// Detection is what Detect found out.
type Detection struct {
	Target Target  // with its protocol
	Values []Value // what a FastCGI application declares (4.1); empty if it declares nothing
	Probes []Probe // what was tried, up to the one that told
}

// Value is a variable of GET_VALUES with the application's value (4.1).
type Value struct{ Name, Value string }

// Probe is one guess, on a connection of its own.
type Probe struct {
	Name     string // what was sent
	Answer   []byte // the first bytes that came
	Outcome  string // what became of it, in words
	Duration time.Duration
}

// UndetectedError is a server that was reached and spoke none of the protocols.
type UndetectedError struct {
	Target Target
	HTTP   bool // it speaks HTTP
	Probes []Probe
}

func (e *UndetectedError) Error() string {
	if e.HTTP {
		return fmt.Sprintf("%s speaks HTTP, none of FastCGI, SCGI and AJP: expected an application server's own socket, not the web server's", e.Target)
	}
	outcomes := make([]string, len(e.Probes))
	for i, p := range e.Probes {
		outcomes[i] = p.Name + ": " + p.Outcome
	}
	return fmt.Sprintf("%s speaks none of FastCGI, SCGI and AJP (%s): name the protocol in front, such as fcgi+unix:/tmp/app.sock, if it does", e.Target, strings.Join(outcomes, "; "))
}

// detectLimit is for all of a detection; the guesses' own limits add up to less.
const detectLimit = 10 * time.Second

// guess is one way to find out a protocol.
type guess struct {
	name     string
	protocol Protocol
	limit    time.Duration // for a first byte; what answers at all does so at once
	request  func() []byte
	// judge says whether the bytes so far are the protocol's answer; more asks
	// for further ones.
	judge func(answer []byte, ended bool) (yes, more bool, outcome string)
}

// guesses stand in an order that harms nobody: what involves no application
// first, and each request so that a server of another protocol refuses its
// first bytes, or waits for more. FastCGI's goes before AJP's: an AJP container
// closes at once, where a FastCGI application would be waited for.
var guesses = []guess{
	{"FastCGI GET_VALUES", FastCGI, 1500 * time.Millisecond, getValues, judgeGetValues},
	{"AJP CPing", AJP, time.Second, cping, judgeCPong},
	{"FastCGI unknown management type", FastCGI, 500 * time.Millisecond, unknownType, judgeUnknownType},
	{"SCGI GET", SCGI, 2 * time.Second, scgiGet, judgeCGI},
	{"FastCGI GET", FastCGI, 2 * time.Second, fcgiGet, judgeFastCGI},
	{"AJP GET", AJP, time.Second, ajpGet, judgeAJP},
	{"HTTP GET", "", time.Second, httpGet, nil},
}

// Detect finds out which protocol a server speaks. It makes a connection for
// each guess, one after the other, and takes 10 s at most. Its errors are those
// of connecting, the context's, and *UndetectedError.
func Detect(ctx context.Context, target Target) (Detection, error) {
	limited, cancel := context.WithTimeout(ctx, detectLimit)
	defer cancel()
	d := Detection{Target: target}
	for _, g := range guesses {
		if limited.Err() != nil {
			break
		}
		if target.Protocol != "" && g.protocol != target.Protocol {
			continue // it is known; only what the server declares is asked
		}
		probe, yes, err := g.try(limited, target)
		if err != nil {
			return d, err
		}
		d.Probes = append(d.Probes, probe)
		if bytes.HasPrefix(probe.Answer, []byte("HTTP/")) {
			return d, &UndetectedError{target, true, d.Probes}
		}
		if yes {
			d.Target.Protocol = g.protocol
			d.Values = declared(probe.Answer)
			return d, nil
		}
	}
	if ctx.Err() != nil {
		return d, context.Cause(ctx)
	}
	return d, &UndetectedError{target, false, d.Probes}
}

// try makes one connection and one guess. An error is one of connecting, or the
// context's: whatever the server does is an outcome.
func (g guess) try(ctx context.Context, target Target) (p Probe, yes bool, err error) {
	p = Probe{Name: g.name}
	start := time.Now()
	c, err := (&net.Dialer{}).DialContext(ctx, target.Network, target.Address)
	if err != nil && ctx.Err() != nil {
		return p, false, context.Cause(ctx)
	}
	if err != nil {
		return p, false, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	g.extend(ctx, c)
	if _, err := c.Write(g.request()); err == nil {
		p.Answer, yes, p.Outcome = g.listen(ctx, c)
	} else {
		p.Outcome = describeEnd(err, 0)
	}
	p.Duration = time.Since(start)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
		return p, false, cause
	}
	return p, yes, nil
}

// answerLimit is how much of an answer is looked at: a header, and no page.
const answerLimit = 64 << 10

// extend gives the server its time once more, but none after the context's end.
func (g guess) extend(ctx context.Context, c net.Conn) {
	c.SetDeadline(time.Now().Add(g.limit))
	if ctx.Err() != nil {
		c.SetDeadline(time.Unix(1, 0))
	}
}

// listen reads until the answer is judged.
func (g guess) listen(ctx context.Context, c net.Conn) (answer []byte, yes bool, outcome string) {
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		answer = append(answer, buf[:n]...)
		if bytes.HasPrefix(answer, []byte("HTTP/")) {
			return answer, false, "an HTTP answer"
		}
		if g.judge != nil && len(answer) > 0 {
			yes, more, outcome := g.judge(answer, err == io.EOF)
			if !more || yes || err != nil || len(answer) > answerLimit {
				return answer, yes, outcome
			}
		}
		if err != nil {
			return answer, false, describeEnd(err, len(answer))
		}
		if len(answer) > answerLimit {
			return answer, false, "an endless answer"
		}
		g.extend(ctx, c)
	}
}

func describeEnd(err error, n int) string {
	switch {
	case n > 0:
		return fmt.Sprintf("%d bytes of something else", n)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer"
	}
	return "closed"
}

func cping() []byte { return ajp.AppendCPing(nil) }

func judgeCPong(b []byte, _ bool) (yes, more bool, outcome string) {
	p, _, err := ajp.ParsePacket(b, 0)
	if err == ajp.ErrShort {
		return false, true, "a part of a packet"
	}
	code, _ := p.PrefixCode()
	if err != nil || p.Magic != ajp.ToServer || code != ajp.TypeCPong {
		return false, false, somethingElse(b)
	}
	return true, false, "CPong"
}

func somethingElse(b []byte) string {
	return fmt.Sprintf("something else (% x)", b[:min(len(b), 8)])
}

func getValues() []byte {
	return fcgi.AppendGetValues(nil, fcgi.HeaderLen, fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS, fcgi.FCGI_MPXS_CONNS)
}

func judgeGetValues(b []byte, _ bool) (yes, more bool, outcome string) {
	return judgeRecord(b, fcgi.TypeGetValuesResult)
}

// noSuchType is a management type that the specification leaves free (4.2, 8).
const noSuchType fcgi.Type = 200

func unknownType() []byte {
	return fcgi.AppendRecord(nil, noSuchType, fcgi.NullRequestID, nil, fcgi.HeaderLen)
}

func judgeUnknownType(b []byte, _ bool) (yes, more bool, outcome string) {
	return judgeRecord(b, fcgi.TypeUnknownType)
}

func judgeRecord(b []byte, want fcgi.Type) (yes, more bool, outcome string) {
	h, err := fcgi.ParseHeader(b)
	if err != nil {
		return false, true, "a part of a record"
	}
	if h.Version != fcgi.Version || h.Type != want || h.RequestID != fcgi.NullRequestID {
		return false, false, somethingElse(b)
	}
	if len(b) < h.Len() {
		return false, true, "a part of a record"
	}
	return true, false, h.String()
}

// plainGet is the request that every application must be able to take.
var plainGet = [][2]string{
	{"REQUEST_METHOD", "GET"}, {"SERVER_PROTOCOL", "HTTP/1.1"}, {"GATEWAY_INTERFACE", "CGI/1.1"},
	{"REQUEST_URI", "/"}, {"SCRIPT_NAME", ""}, {"PATH_INFO", "/"}, {"QUERY_STRING", ""},
	{"SERVER_NAME", "localhost"}, {"SERVER_PORT", "80"}, {"SERVER_SOFTWARE", "fcgikit"},
	{"REMOTE_ADDR", "127.0.0.1"}, {"HTTP_HOST", "localhost"},
}

func scgiGet() []byte {
	headers := scgi.AppendHeader(nil, "CONTENT_LENGTH", "0")
	headers = scgi.AppendHeader(headers, "SCGI", "1")
	for _, v := range plainGet {
		headers = scgi.AppendHeader(headers, v[0], v[1])
	}
	return scgi.AppendNetstring(nil, headers)
}

// judgeCGI takes an answer that begins with a CGI header (RFC 3875 6).
func judgeCGI(b []byte, ended bool) (yes, more bool, outcome string) {
	a, n, err := cgi.ParseAnswer(b)
	if err == cgi.ErrShort {
		return false, true, "a part of a header"
	}
	if err != nil || n == 0 || len(a.Header) == 0 {
		return false, false, somethingElse(b)
	}
	return true, false, "a CGI answer, " + a.StatusText
}

func fcgiGet() []byte {
	b := fcgi.AppendBeginRequest(nil, soleID, fcgi.Responder, 0)
	params := fcgi.EncodeParams(b, soleID)
	for _, v := range plainGet {
		params.Add(v[0], v[1])
	}
	return fcgi.AppendEndOfStream(params.End(), fcgi.TypeStdin, soleID)
}

func judgeFastCGI(b []byte, _ bool) (yes, more bool, outcome string) {
	h, err := fcgi.ParseHeader(b)
	if err != nil {
		return false, true, "a part of a record"
	}
	if checkAnswerHeader(h, soleID) != nil {
		return false, false, somethingElse(b)
	}
	return true, false, h.String()
}

func ajpGet() []byte {
	r := ajp.Request{
		Protocol: []byte("HTTP/1.1"), ReqURI: []byte("/"), RemoteAddr: []byte("127.0.0.1"),
		RemoteHost: []byte("localhost"), ServerName: []byte("localhost"), ServerPort: 80,
	}
	r.Method, _ = ajp.MethodCode("GET")
	code, _ := ajp.RequestHeaderCode("host")
	r.Headers = []ajp.Header{{Code: code, Value: []byte("localhost")}}
	return r.Append(nil)
}

func judgeAJP(b []byte, _ bool) (yes, more bool, outcome string) {
	p, _, err := ajp.ParsePacket(b, ajp.NoPacketLimit)
	if err == ajp.ErrShort {
		return false, true, "a part of a packet"
	}
	if err != nil || p.Magic != ajp.ToServer {
		return false, false, somethingElse(b)
	}
	code, _ := p.PrefixCode()
	return true, false, code.String()
}

func httpGet() []byte { return []byte("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n") }

// declared is what a GET_VALUES_RESULT at the start of an answer holds (4.1).
func declared(answer []byte) []Value {
	r, _, err := fcgi.ParseRecord(answer)
	if err != nil || r.Type != fcgi.TypeGetValuesResult {
		return nil
	}
	pairs, err := fcgi.ParseValues(r.Content)
	if err != nil {
		return nil
	}
	var values []Value
	for _, p := range pairs {
		values = append(values, Value{string(p.Name), string(p.Value)})
	}
	return values
}
