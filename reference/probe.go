package reference

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// Probe is the probe application, contract 1, with all of its extras: it says
// what it received, and answers as the query string tells it.
type Probe struct {
	// Method is told in the JSON answer; "" is left out.
	Method Method
	// Prefix works out what the application is mounted on, which the JSON answer
	// then tells. A path that has no page gets another status than 200, unless the
	// query asks for one. Nil leaves all of that out.
	Prefix *Prefix
}

// probing is the answer to one request.
type probing struct {
	p *Probe
	w *Response
	r *Request
	steering
	body, data received
	location   Location
	json       []byte
	sorted     []Param
	scratch    [probePiece]byte
}

// probePiece is how much of a body is read at once: what a duplex answer sends
// on in one record.
const probePiece = fcgiRoom

// probings keeps their memory.
var probings = sync.Pool{New: func() any { return new(probing) }}

// keptBody is the longest body whose memory is kept for the next request's.
const keptBody = 1 << 20

// Respond answers as the contract has it.
func (p *Probe) Respond(w *Response, r *Request) {
	x := probings.Get().(*probing)
	x.p, x.w, x.r = p, w, r
	defer x.release() // a thrown one, too
	x.steer(r.Param("QUERY_STRING"))
	x.forRole()
	x.locate()
	if err := x.receive(); err != nil {
		x.refuse()
	} else if x.wait(x.delay) {
		x.respond()
	}
}

func (x *probing) release() {
	x.p, x.w, x.r, x.location = nil, nil, nil, Location{}
	x.body.release()
	x.data.release()
	clear(x.sorted)
	if cap(x.json) <= keptBody {
		probings.Put(x)
	}
}

// forRole takes back what a role has no use for: an authorizer gets no body
// (6.3), and a filter answers with its DATA, which follows all of STDIN (6.4).
func (x *probing) forRole() {
	if x.r.Role == fcgi.Authorizer {
		x.reads = false
	}
	x.duplex = x.duplex && x.echo && x.reads && x.r.Role == fcgi.Responder
}

// refuse answers a request whose body broke off: with the end of the request
// alone where it was aborted (FastCGI 5.4).
func (x *probing) refuse() {
	if x.r.Protocol == fcgiProtocol {
		x.w.Silence()
		return
	}
	x.w.SetStatus(http.StatusBadRequest)
	x.w.AddInt("Content-Length", 0)
}

// wait waits, while the connection's other requests go on. It says whether an
// answer is still wanted.
func (x *probing) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	if waited(x.r, d) {
		return true
	}
	x.w.Silence()
	return false
}

// waited waits for d, and says false if the web server gave the request up
// before.
func waited(r *Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Aborted():
		return false
	}
}

func (x *probing) respond() {
	if len(x.stderr) > 0 {
		x.w.Stderr().Write(x.stderr)
	}
	x.w.Exit(x.exit)
	if x.none {
		x.w.Silence()
		return
	}
	if x.throwEarly {
		panic(errThrown)
	}
	if want, short := x.dataIsShort(); short {
		x.reportShortData(want)
		return
	}
	x.answer()
}

// errThrown is the exception that throw asks for.
var errThrown = errors.New("the probe application was asked to throw")

// dataIsShort holds what a filter got against FCGI_DATA_LENGTH (6.4).
func (x *probing) dataIsShort() (want int64, short bool) {
	if x.r.Role != fcgi.Filter || !x.reads {
		return 0, false
	}
	want, ok := parseNumber(x.r.Param("FCGI_DATA_LENGTH"))
	return want, ok && want > x.data.length
}

// reportShortData has the response itself say that data is missing (6.4).
func (x *probing) reportShortData(want int64) {
	x.w.SetStatus(http.StatusInternalServerError)
	x.w.AddHeader("Content-Type", "text/plain")
	x.json = append(x.json[:0], "DATA is incomplete: FCGI_DATA_LENGTH is "...)
	x.json = strconv.AppendInt(x.json, want, 10)
	x.json = append(x.json, ", received were "...)
	x.json = strconv.AppendInt(x.json, x.data.length, 10)
	x.json = append(x.json, " bytes\n"...)
	x.w.AddInt("Content-Length", int64(len(x.json)))
	x.w.Write(x.json)
}

func (x *probing) answer() {
	contentType, length, body := "application/json", x.size, []byte(nil)
	switch {
	case x.duplex:
		contentType, length = "application/octet-stream", x.r.contentLength()
	case x.echo:
		contentType, body = "application/octet-stream", x.echoed()
		length = int64(len(body))
	case x.size >= 0:
		contentType = "text/plain"
	default:
		body = x.appendJSON()
		length = int64(len(body))
	}
	x.writeHead(contentType, length)
	switch {
	case x.bodiless() || string(x.r.Param("REQUEST_METHOD")) == http.MethodHead:
	case x.duplex:
		x.writeDuplex()
	default:
		x.writeBody(body, length)
	}
}

func (x *probing) echoed() []byte {
	if x.r.Role == fcgi.Filter {
		return x.data.kept
	}
	return x.body.kept
}

// bodiless is a status that has no body (RFC 9110 6.4.1).
func (x *probing) bodiless() bool {
	return x.status < 200 || x.status == http.StatusNoContent || x.status == http.StatusNotModified
}

// writeHead gives way to a Content-Type or Content-Length that was asked for.
func (x *probing) writeHead(contentType string, length int64) {
	x.w.SetStatus(x.status)
	if !x.asksFor("Content-Type") {
		x.w.AddHeader("Content-Type", contentType)
	}
	if x.chunk == 0 && length >= 0 && !x.bodiless() && !x.asksFor("Content-Length") {
		x.w.AddInt("Content-Length", length)
	}
	if x.r.Role == fcgi.Authorizer && x.status == http.StatusOK {
		x.w.AddHeader("Variable-PROBE", "1") // 6.3
	}
	for _, h := range x.headers {
		x.w.AddHeader(string(h.Name), string(h.Value))
	}
}

func (x *probing) asksFor(header string) bool {
	for _, h := range x.headers {
		if bytes.EqualFold(h.Name, []byte(header)) {
			return true
		}
	}
	return false
}

// writeBody writes length bytes of body; a body that is nil is of letters.
func (x *probing) writeBody(body []byte, length int64) {
	chunk := x.chunk
	if chunk == 0 {
		chunk = length
	}
	x.writeNothing()
	for at := int64(0); at < length; at += chunk {
		if at > 0 && !x.wait(x.pause) {
			return
		}
		n := min(chunk, length-at)
		if body != nil {
			x.w.Write(body[at : at+n])
		} else if !x.writeLetters(at, n) {
			return
		}
		if !x.endChunk() {
			return
		}
	}
	x.throwIfLate()
}

// letters are a piece of the body of size=, from each of its 26 phases.
var letters = bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), gathered/26+2)

func (x *probing) writeLetters(at, n int64) bool {
	for n > 0 {
		piece := min(n, gathered)
		if _, err := x.w.Write(letters[at%26:][:piece]); err != nil {
			return false
		}
		at += piece
		n -= piece
	}
	return true
}

// endChunk does what is due after each chunk, and says whether more can be sent.
func (x *probing) endChunk() bool {
	if x.chunk > 0 || x.duplex || x.throwLate {
		x.w.Flush()
	}
	x.writeNothing()
	x.throwIfLate()
	return x.w.err == nil
}

func (x *probing) throwIfLate() {
	if x.throwLate {
		x.w.Flush()
		panic(errThrown)
	}
}

// writeNothing is a write of no bytes, which must not end the stream.
func (x *probing) writeNothing() {
	if x.zero {
		x.w.Write(nil)
		x.w.Flush()
	}
}

// writeDuplex answers each piece of the body before it reads the next.
func (x *probing) writeDuplex() {
	x.writeNothing()
	x.w.Flush()
	in := x.r.limited(&x.r.Stdin)
	for first := true; ; first = false {
		n, err := in.Read(x.scratch[:])
		if n > 0 {
			if !first && !x.wait(x.pause) {
				return
			}
			x.w.Write(x.scratch[:n])
			if !x.endChunk() {
				return
			}
		}
		if err != nil {
			break
		}
	}
	x.throwIfLate()
}
