// Package reference is fcgikit's own application server, for FastCGI, SCGI and
// AJP/1.3: the yardstick that conformance cases are proved on. It serves from a
// goroutine a connection (threaded) or from processes (prefork), on unix, TCP
// and inherited sockets, as Django 1.8's runfcgi did.
package reference

// Handler answers requests. The Request, its parameters and the Response are
// the server's again once Respond has returned.
//
// On a FastCGI connection that carries several requests at once, a handler that
// waits for something else than its own request's body calls Request.Detach
// first: until then it holds up the reading of the connection.
type Handler interface {
	Respond(w *Response, r *Request)
}

// HandlerFunc is a function as a Handler.
type HandlerFunc func(w *Response, r *Request)

// Respond calls f.
func (f HandlerFunc) Respond(w *Response, r *Request) { f(w, r) }
