package reference

import (
	"errors"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// Param is one parameter of a request as its bytes came: a meta-variable of
// CGI/1.1 (RFC 3875 4.1), or another.
type Param struct{ Name, Value []byte }

// Request is one request. Its bytes are valid until the handler returns.
type Request struct {
	Protocol client.Protocol
	Role     fcgi.Role // Responder where the protocol has no roles
	Params   []Param   // in the order in which they came, not to be changed; of AJP, made of the Forward Request
	KeepConn bool      // the connection is kept after it

	Stdin, Data Input // Data is the filter's (FastCGI 6.4)

	// Forward is AJP's Forward Request; nil for the other protocols.
	Forward *ajp.Request

	id      uint16
	raw     []byte    // PARAMS as they came, or the bytes that Params were made of
	params  []Param   // FastCGI's, as they came
	whole   []byte    // all of its bytes, see repeated.go
	keep    bool      // KeepConn as it came
	repeats bool      // it is the last one again
	made    *madeHTTP // what an http.Handler got, where it may get it again
	conn    requestConn
	inline  bool // the handler runs on the goroutine that reads the connection
	state   requestState
	w       Response
}

// requestState is where a FastCGI request stands. Its connection's lock guards
// it.
type requestState struct {
	paramsEnded bool
	aborted     bool
	ended       bool // END_REQUEST is written
	abortSignal chan struct{}
}

// requestConn is what a request asks of its connection.
type requestConn interface {
	// read reads what has come of in, or waits for it.
	read(in *Input, p []byte) (int, error)
	// ended says that all of in has come.
	ended(in *Input) bool
	// detach gives the reading of the connection to another goroutine.
	detach(r *Request)
	// lend detaches a request unless it is over soon, until reclaim: at once where
	// its body has yet to come, which may be read by another goroutine.
	lend(r *Request)
	reclaim(r *Request)
	// abortSignal is closed when the web server gives the request up.
	abortSignal(r *Request) <-chan struct{}
	// connection is what carries it.
	connection() *watched
	// interrupt wakes a goroutine that waits for the body: the handler is through.
	interrupt(r *Request)
	// send writes what w has gathered; after the last of it the request is over.
	send(w *Response, last bool) error
}

// Param is the value of the last parameter of this name, nil if there is none.
func (r *Request) Param(name string) []byte {
	for i := len(r.Params) - 1; i >= 0; i-- {
		if string(r.Params[i].Name) == name {
			return r.Params[i].Value
		}
	}
	return nil
}

// Detach lets the connection's other requests go on while this one waits.
func (r *Request) Detach() { r.conn.detach(r) }

// Aborted is closed when the web server gives the request up: FastCGI's
// ABORT_REQUEST (5.4), or the connection's end. It detaches the request.
func (r *Request) Aborted() <-chan struct{} {
	r.Detach()
	return r.conn.abortSignal(r)
}

// ErrAborted is what reading the body of a request gives that was aborted.
var ErrAborted = errors.New("the web server aborted the request")

// Input is a stream from the web server: FastCGI's STDIN or DATA, SCGI's body,
// AJP's Data packets.
type Input struct {
	r     *Request
	buf   []byte // came, and was not read
	start int
	ended bool
	err   error
}

// Read reads what has come, or waits for it.
func (in *Input) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return in.r.conn.read(in, p)
}

// take moves what has come into p.
func (in *Input) take(p []byte) int {
	n := copy(p, in.buf[in.start:])
	in.start += n
	return n
}

// Buffered is the whole stream where all of it has come already and none was
// read, so that a handler needs no copy of a small body.
func (in *Input) Buffered() ([]byte, bool) {
	if !in.r.conn.ended(in) {
		return nil, false
	}
	return in.buf[in.start:], true
}

func (in *Input) reset(r *Request) {
	*in = Input{r: r, buf: in.buf[:0]}
}

// add takes bytes that came.
func (in *Input) add(p []byte) {
	if in.start == len(in.buf) {
		in.buf, in.start = in.buf[:0], 0
	}
	in.buf = append(in.buf, p...)
}

// unread is how much has come and was not read.
func (in *Input) unread() int { return len(in.buf) - in.start }
