package reference

import (
	"io"
	"net/http"
)

// httpBody is an httpExchange as its request's body.
type httpBody httpExchange

// body is the request's body, and its length, which is -1 where nothing says it.
// Without CONTENT_LENGTH there is one where the protocol brings one: web servers
// pass chunked uploads on so.
func (x *httpExchange) body() (io.ReadCloser, int64) {
	x.left = x.r.contentLength()
	length := x.left
	if whole, ok := x.r.Stdin.Buffered(); ok && length < 0 {
		length = int64(len(whole))
	}
	if length == 0 {
		return http.NoBody, 0
	}
	return (*httpBody)(x), length
}

// Read reads the body up to CONTENT_LENGTH; an earlier end is
// io.ErrUnexpectedEOF.
func (b *httpBody) Read(p []byte) (int, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.ended.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Stdin.Read(p)
	if b.left > 0 {
		b.left -= int64(n)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// Close needs do nothing: what is left is dropped with the request.
func (b *httpBody) Close() error { return nil }
