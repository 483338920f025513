package reference

import (
	"bytes"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// fcgiFramer frames answers as records.
type fcgiFramer struct{}

// fcgiRoom is a STDOUT record's content, a multiple of eight (3.3).
const fcgiRoom = gathered - 2*fcgi.HeaderLen

func (fcgiFramer) room() int { return fcgiRoom }

// head begins the first record; a header that one does not hold gets several.
func (f fcgiFramer) head(w *Response) error {
	f.open(w)
	w.appendCGIHead()
	if len(w.out)-w.chunk >= fcgiRoom {
		head := bytes.Clone(w.out[w.chunk:])
		w.out = fcgi.AppendStream(w.out[:w.chunk-fcgi.HeaderLen], fcgi.TypeStdout, w.r.id, head)
		w.chunk = -1
	}
	return nil
}

func (fcgiFramer) open(w *Response) {
	w.out = append(w.out, "\x00\x00\x00\x00\x00\x00\x00\x00"...)
	w.chunk = len(w.out)
}

func (fcgiFramer) close(w *Response) {
	n := len(w.out) - w.chunk
	padding := fcgi.PaddingFor(n)
	fcgi.Header{
		Version: fcgi.Version, Type: fcgi.TypeStdout, RequestID: w.r.id,
		ContentLength: uint16(n), PaddingLength: uint8(padding),
	}.Append(w.out[:w.chunk-fcgi.HeaderLen])
	w.out = append(w.out, "\x00\x00\x00\x00\x00\x00\x00"[:padding]...)
	w.chunk = -1
}

func (fcgiFramer) stderr(w *Response, p []byte) {
	w.out = fcgi.AppendStream(w.out, fcgi.TypeStderr, w.r.id, p)
	w.stderrUsed = w.stderrUsed || len(p) > 0
}

func (fcgiFramer) end(w *Response) {
	w.out = fcgi.AppendEndOfStream(w.out, fcgi.TypeStdout, w.r.id)
	if w.stderrUsed {
		w.out = fcgi.AppendEndOfStream(w.out, fcgi.TypeStderr, w.r.id)
	}
	w.out = fcgi.AppendEndRequest(w.out, w.r.id, w.exit, fcgi.RequestComplete)
}
