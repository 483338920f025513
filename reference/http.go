package reference

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// HTTP serves an http.Handler over any of the protocols. What net/http promises
// its handlers holds, but for informational responses (1xx) and trailers, which
// CGI can't carry: they are dropped, as are header fields of the connection
// between browser and web server (RFC 3875 6.3.4).
//
// The http.Request is the parameters': its path is the one the browser asked
// for, prefix and all, and its host the Host header's. Params has all the others.
func HTTP(h http.Handler) Handler { return httpHandler{h} }

type httpHandler struct{ h http.Handler }

// Respond runs the http.Handler, which may wait for anything.
func (h httpHandler) Respond(w *Response, r *Request) {
	x := &httpExchange{r: r, w: w, declared: -1}
	req, err := x.request()
	if err != nil {
		w.SetStatus(http.StatusBadRequest)
		w.AddInt("Content-Length", 0)
		return
	}
	r.conn.lend(r)
	defer x.end()
	h.h.ServeHTTP((*httpWriter)(x), req)
	x.finish()
}

// Params are all parameters of a request that HTTP made, as their bytes came.
// They are valid until its handler returns, and not to be changed; of another
// request there are none.
func Params(r *http.Request) []Param {
	x, _ := r.Context().Value(exchangeKey{}).(*httpExchange)
	if x == nil || x.ended.Load() {
		return nil
	}
	return x.r.Params
}

// exchangeKey is the httpExchange's in its request's context.
type exchangeKey struct{}

// httpExchange is one request and its answer. It is the handler's for good, who
// may hold on to it; what it stands on is the server's again after the end.
type httpExchange struct {
	r     *Request
	w     *Response
	ended atomic.Bool
	req   http.Request
	url   url.URL // of a repeated request

	header   http.Header
	status   int // 0: not written
	flushed  bool
	typed    bool
	isHead   bool
	declared int64 // the answer's own Content-Length; -1 where there is none
	written  int64

	reading sync.Mutex // of the request's body
	left    int64      // of it, by CONTENT_LENGTH; -1 where there is none

	mu     sync.Mutex
	ctx    context.Context // made when it is asked for
	cancel context.CancelFunc
}

// errHandlerEnded is what a ResponseWriter gives that outlives its handler.
var errHandlerEnded = errors.New("the handler has returned")

// end takes the request and its answer back. It goes by what panic the handler
// ended with.
func (x *httpExchange) end() {
	v := recover()
	x.takeBack()
	switch {
	case v == nil:
	case v == http.ErrAbortHandler:
		x.w.Exit(1)
		x.w.Silence()
	default:
		panic(fmt.Sprintf("%v\n%s", v, debug.Stack()))
	}
}

func (x *httpExchange) takeBack() {
	x.ended.Store(true)
	x.mu.Lock()
	if x.cancel != nil {
		x.cancel()
	}
	x.mu.Unlock()
	if !x.reading.TryLock() { // somebody still waits for the body
		x.r.conn.interrupt(x.r)
		x.reading.Lock()
	}
	x.reading.Unlock()
	x.r.conn.reclaim(x.r)
}
