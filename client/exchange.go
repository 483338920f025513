package client

import (
	"context"
	"io"
	"time"
)

// Exchange is what is to be known of one request beside its http.Response. Put
// one into the request's context with WithExchange; it is complete when the
// answer's body has been read to its end or closed.
type Exchange struct {
	Stderr io.Writer // takes this request's error stream; nil: the Transport's
	Due    time.Time // the Transport's Timeout counts from here; zero: from RoundTrip's begin

	AppStatus    uint32 // FastCGI's appStatus (5.5)
	BytesWritten int64  // on the wire; of a multiplexed request, its own records
	BytesRead    int64
	StderrBytes  int64
	Reused       bool // the connection had served a request before
	Retried      bool

	// When each phase ended; zero for one that was not reached.
	Began       time.Time
	GotConn     time.Time     // a connection was there, made or reused
	ConnectTime time.Duration // what making it took of that, or trying to; 0 when it was reused
	WroteHead   time.Time     // the parameters, and a small body, are written
	FirstByte   time.Time
	Ended       time.Time
}

type exchangeKey struct{}

// WithExchange makes RoundTrip fill x in for the request with this context.
func WithExchange(ctx context.Context, x *Exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}
