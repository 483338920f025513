package reference

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// httpWriter is an httpExchange as its http.ResponseWriter.
type httpWriter httpExchange

// Header is the answer's, until WriteHeader.
func (h *httpWriter) Header() http.Header {
	if h.header == nil {
		h.header = http.Header{}
	}
	return h.header
}

// WriteHeader takes the answer's status and header. Informational ones are
// dropped; a second one is.
func (h *httpWriter) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %d", status)) // as net/http's
	}
	if status < 200 || h.status != 0 || h.ended.Load() {
		return
	}
	h.status = status
	h.w.SetStatus(status)
	h.takeHeader()
}

func (h *httpWriter) takeHeader() {
	var room [16]string // more are rare
	names := room[:0]
	for name := range h.header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if h.admits(name) {
			for _, value := range h.header[name] {
				h.w.AddHeader(name, value)
			}
		}
	}
}

// admits says whether a field goes into the answer, and notes what finish has to
// add to it.
func (h *httpWriter) admits(name string) bool {
	switch name {
	case "Content-Length":
		n, ok := parseNumber([]byte(h.header.Get(name)))
		if ok && bodyAllowed(h.status) {
			h.declared = n
			h.w.AddInt(name, n)
		}
		return false
	case "Content-Encoding":
		h.typed = h.typed || h.header.Get(name) != "" // its bytes say nothing of its type
	case "Content-Type":
		h.typed = true
		return h.status != http.StatusNotModified
	case "Connection", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade":
		return false // RFC 3875 6.3.4
	case "Status":
		return false // CGI would take it for the status (RFC 3875 6.3.3)
	}
	return isToken(name) && !strings.HasPrefix(name, http.TrailerPrefix)
}

// tokens are the characters of a field's name (RFC 9110 5.6.2).
var tokens = func() (set [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~" {
		set[c] = true
	}
	return set
}()

func isToken(name string) bool {
	for i := range len(name) {
		if !tokens[name[i]] {
			return false
		}
	}
	return name != ""
}

// bodyAllowed says whether answers of a status have a body (RFC 9110 6.4.1).
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// firstPiece is how much of a body net/http holds back before it decides on
// Content-Type and Content-Length.
const firstPiece = 2048

// Write adds to the body; the first bytes wait, so that they can say what
// Content-Type it has and, if they are all, which Content-Length.
func (h *httpWriter) Write(p []byte) (int, error) {
	if err := h.admitBody(len(p)); err != nil {
		return 0, err
	}
	if h.flushed {
		return h.write(p)
	}
	if len(h.w.first)+len(p) <= firstPiece {
		h.w.first = append(h.w.first, p...)
		return len(p), nil
	}
	if len(h.w.first) == 0 {
		h.begin(p)
		return h.write(p)
	}
	n := firstPiece - len(h.w.first)
	h.w.first = append(h.w.first, p[:n]...)
	if err := h.writeFirst(); err != nil {
		return 0, err
	}
	m, err := h.write(p[n:])
	return n + m, err
}

// WriteString is Write for a string.
func (h *httpWriter) WriteString(s string) (int, error) {
	if !h.flushed && len(h.w.first)+len(s) <= firstPiece && h.admitBody(len(s)) == nil {
		h.w.first = append(h.w.first, s...)
		return len(s), nil
	}
	return h.Write([]byte(s))
}

// admitBody says whether n more bytes of a body may come.
func (h *httpWriter) admitBody(n int) error {
	if h.ended.Load() {
		return errHandlerEnded
	}
	if h.status == 0 {
		h.WriteHeader(http.StatusOK)
	}
	if n > 0 && !bodyAllowed(h.status) {
		return http.ErrBodyNotAllowed
	}
	if h.declared >= 0 && h.written+int64(n) > h.declared {
		return http.ErrContentLength
	}
	h.written += int64(n)
	return nil
}

// begin completes the header by what the body begins with.
func (h *httpWriter) begin(body []byte) {
	h.flushed = true
	if !h.typed && len(body) > 0 {
		h.w.AddHeader("Content-Type", http.DetectContentType(body))
	}
}

func (h *httpWriter) write(p []byte) (int, error) {
	if h.isHead {
		return len(p), nil
	}
	return h.w.Write(p)
}

// writeFirst sends what was held back.
func (h *httpWriter) writeFirst() error {
	h.begin(h.w.first)
	_, err := h.write(h.w.first)
	return err
}

// Flush sends what was written.
func (h *httpWriter) Flush() { h.FlushError() }

// FlushError is Flush for http.ResponseController.
func (h *httpWriter) FlushError() error {
	if err := h.admitBody(0); err != nil {
		return err
	}
	if !h.flushed {
		if err := h.writeFirst(); err != nil {
			return err
		}
	}
	return h.w.Flush()
}

// EnableFullDuplex is for http.ResponseController: the protocols are so.
func (h *httpWriter) EnableFullDuplex() error { return nil }

// finish completes the answer of a handler that returned.
func (x *httpExchange) finish() {
	h := (*httpWriter)(x)
	if h.status == 0 {
		h.WriteHeader(http.StatusOK)
	}
	if h.flushed {
		return
	}
	if n := len(h.w.first); h.declared < 0 && bodyAllowed(h.status) && (n > 0 || !h.isHead) {
		h.w.AddInt("Content-Length", int64(n))
	}
	h.writeFirst()
}
