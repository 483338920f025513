package reference

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
)

// Response is the answer to one request. Status and headers go out with the
// first of the body, or at the end.
type Response struct {
	r          *Request
	f          framer
	out        []byte // gathered, to be sent
	chunk      int    // where the open chunk of the body begins in out; -1 if none is
	head       []byte // header lines, as CGI/1.1 has them (RFC 3875 6.3)
	first      []byte // of an http.Handler's body, until its Content-Type is known
	status     int
	sent       bool // the header is in out, or gone
	silent     bool
	stderrUsed bool
	exit       uint32
	err        error
}

// framer is how an answer's parts are put on the wire.
type framer interface {
	// head appends the answer's header.
	head(w *Response) error
	// open appends room for a chunk's own header, and close fills it in.
	open(w *Response)
	close(w *Response)
	// stderr appends a piece of the error stream.
	stderr(w *Response, p []byte)
	// end appends the answer's end.
	end(w *Response)
	// room is how many bytes of body a chunk holds.
	room() int
}

// gathered is how much of an answer is written at once: longer ones go out in
// pieces of so many bytes.
const gathered = 32 << 10

func (w *Response) reset(r *Request, f framer) {
	*w = Response{r: r, f: f, out: w.out[:0], head: w.head[:0], first: w.first[:0], chunk: -1, status: http.StatusOK}
}

// SetStatus sets the answer's status. Once the body has begun it is too late.
func (w *Response) SetStatus(code int) { w.status = code }

// AddHeader adds a header line. CR, LF and NUL become spaces, so that nothing
// else can be smuggled in.
func (w *Response) AddHeader(name, value string) {
	w.head = appendClean(w.head, name)
	w.head = append(w.head, ": "...)
	w.head = appendClean(w.head, value)
	w.head = append(w.head, "\r\n"...)
}

func appendClean(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c == '\r' || c == '\n' || c == 0 {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

// AddInt adds a header line whose value is a number.
func (w *Response) AddInt(name string, n int64) {
	w.head = appendClean(w.head, name)
	w.head = append(w.head, ": "...)
	w.head = strconv.AppendInt(w.head, n, 10)
	w.head = append(w.head, "\r\n"...)
}

// Exit sets FastCGI's appStatus (5.5, 6.2).
func (w *Response) Exit(status uint32) { w.exit = status }

// Silence ends the answer without a header, as an application does that writes
// nothing.
func (w *Response) Silence() { w.silent = true }

// Write adds to the body.
func (w *Response) Write(p []byte) (int, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	written := 0
	for len(p) > 0 && w.err == nil {
		if w.chunk < 0 {
			w.f.open(w)
		}
		n := min(len(p), w.f.room()-(len(w.out)-w.chunk))
		w.out = append(w.out, p[:n]...)
		p = p[n:]
		written += n
		if len(w.out)-w.chunk == w.f.room() {
			w.f.close(w)
		}
		if len(w.out) >= gathered {
			w.Flush()
		}
	}
	return written, w.err
}

// begin puts the header in front of the body. One that the protocol can't carry
// is a broken handler's, and so is the body after it.
func (w *Response) begin() error {
	if w.sent || w.err != nil {
		return w.err
	}
	w.sent = true
	before := len(w.out)
	if w.err = w.f.head(w); w.err != nil {
		w.out, w.chunk = w.out[:before], -1
		w.status, w.head = http.StatusInternalServerError, w.head[:0]
		w.f.head(w)
	}
	return w.err
}

// Flush sends what has been written so far.
func (w *Response) Flush() error {
	if w.begin() != nil {
		return w.err
	}
	w.closeChunk()
	if len(w.out) > 0 && w.err == nil {
		w.err = w.r.conn.send(w, false)
	}
	return w.err
}

func (w *Response) closeChunk() {
	if w.chunk >= 0 {
		w.f.close(w)
	}
}

// finish completes the answer.
func (w *Response) finish() {
	if !w.silent {
		w.begin()
	}
	w.closeChunk()
	w.f.end(w)
	if err := w.r.conn.send(w, true); w.err == nil { // also after an error: it ends the request
		w.err = err
	}
}

// fail is the answer of a handler that broke: 500 if nothing is out yet, else
// an answer that ends where it stands.
func (w *Response) fail() {
	if !w.sent {
		w.status, w.head, w.silent = http.StatusInternalServerError, w.head[:0], false
	}
	if w.exit == 0 {
		w.exit = 1
	}
}

// explain is the body of a broken handler's answer, where there is none yet.
func (w *Response) explain(v any) {
	if !w.sent {
		w.AddHeader("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "panic: %v\n\n%s", v, debug.Stack())
	}
}

// Stderr is the protocol's error stream; AJP and SCGI have none, and what is
// written to it goes to the server's log.
func (w *Response) Stderr() io.Writer { return (*stderr)(w) }

type stderr Response

func (s *stderr) Write(p []byte) (int, error) {
	w := (*Response)(s)
	w.closeChunk()
	w.f.stderr(w, p)
	return len(p), w.err
}

// appendCGIHead is the header of a CGI answer (RFC 3875 6).
func (w *Response) appendCGIHead() {
	w.out = append(w.out, "Status: "...)
	w.out = strconv.AppendInt(w.out, int64(w.status), 10)
	w.out = append(w.out, ' ')
	w.out = append(w.out, http.StatusText(w.status)...)
	w.out = append(w.out, "\r\n"...)
	w.out = append(w.out, w.head...)
	w.out = append(w.out, "\r\n"...)
}
