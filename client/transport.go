package client

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client/cgi"
)

// Defaults of a Transport's limits.
const (
	DefaultMaxIdle     = 64               // as many as fcgibench holds by default: none is made twice
	DefaultIdleTimeout = 60 * time.Second // php-fpm and nginx keep connections for about as long
	DefaultMaxBuffered = 1 << 20          // a form or a JSON document, not an upload
)

// Transport is an http.RoundTripper over FastCGI, SCGI and AJP/1.3. The zero
// value works; set fields before the first request. It is safe for concurrent
// use.
//
// A URL names the server and what is asked of it: see RegisterProtocol. New
// gives a Transport for one server.
type Transport struct {
	// MaxConns is the most connections to one target at once, of any state; 0 is
	// no limit. A request beyond it waits, first in, first out.
	MaxConns int
	// MaxIdle is the most kept connections to one target that wait for a
	// request; 0 is DefaultMaxIdle, or MaxConns where that is set.
	MaxIdle int
	// IdleTimeout ends a kept connection that waited so long; 0 is
	// DefaultIdleTimeout, negative never.
	IdleTimeout time.Duration
	// MaxRequestsPerConn ends a connection after so many requests; 0 is no limit.
	MaxRequestsPerConn int
	// DisableKeepAlives makes a connection for each request: FCGI_KEEP_CONN is
	// clear (FastCGI 5.1). SCGI knows no other way (2).
	DisableKeepAlives bool
	// Multiplex is how many FastCGI requests share a connection at once, where
	// the application's FCGI_MPXS_CONNS is 1 (4.1); 0 and 1 are one. Where
	// requests share a connection, one whose answer is not read holds the others
	// up once MuxWindow of it has come: the protocol has no flow control. One with
	// Close set keeps later ones off its connection: at MaxConns they wait until the
	// last on it is over.
	Multiplex int
	// ForceMultiplex does not ask the application first.
	ForceMultiplex bool

	// Limits in time; 0 is none. Connecting; each write; from the request's end
	// to the answer's first byte; and all of it, the wait for a connection and
	// the answer's body too.
	DialTimeout      time.Duration
	WriteTimeout     time.Duration
	FirstByteTimeout time.Duration
	Timeout          time.Duration

	// Meta-variables that a URL doesn't give (RFC 3875 4.1). PATH_INFO is the
	// path less ScriptName. Of AJP's, only Params are sent, as request attributes.
	DocumentRoot   string
	ScriptName     string
	ScriptFilename string
	Params         [][2]string // further ones, in this order; they replace others

	Secret     string            // AJP's secret attribute
	Attributes map[string]string // AJP's by the names of its table: remote_user, route, ssl_cipher, ...
	PacketSize int               // AJP's packets in bytes, header and all; 0 is 8192

	// MaxBuffered is how many bytes of a request body of unknown length are
	// collected in memory to learn it, where it must be announced (SCGI 3; RFC
	// 3875 4.1.2 for FastCGI); 0 is DefaultMaxBuffered. A longer one is refused.
	MaxBuffered int
	// StreamUnknownLength sends such a body over FastCGI as it comes, without
	// CONTENT_LENGTH. Many applications take that for no body at all.
	StreamUnknownLength bool

	// Stderr takes what applications write to FastCGI's error stream, one write
	// at a time; nil drops it. Exchange.Stderr is the same for one request.
	Stderr   io.Writer
	stderrMu sync.Mutex

	// RetryLost sends a request again, once, on a fresh connection, when a kept
	// one ended before a byte of its answer came: only if its method is
	// idempotent and its body can be had again. Stats counts them.
	RetryLost bool

	// DialContext makes connections; nil is a net.Dialer's.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	envOnce sync.Once
	env     cgi.Env
	envErr  error

	target *Target // of New: the URL's host is only the Host header then

	mu    sync.Mutex
	pools map[Target]*pool
	last  atomic.Pointer[pool] // the one asked for last, found without the lock

	aborts aborts

	stats struct{ opened, lost, retried, unkept, waited atomic.Int64 }
}

// Stats counts what a Transport did with its connections.
type Stats struct {
	Opened  int64 // connections made
	Reused  int64 // requests on a connection that had served one before
	Lost    int64 // kept connections that the server had ended when they were wanted
	Retried int64 // requests sent again, see RetryLost
	Unkept  int64 // connections given up since the server closes in spite of KEEP_CONN (FastCGI 5.1)
	Waited  int64 // requests that waited for a connection, see MaxConns
	Open    int   // connections now, idle ones too
	Idle    int   // of them, those that serve nothing
}

// Stats is a snapshot of the counters.
func (t *Transport) Stats() Stats {
	s := Stats{
		Opened:  t.stats.opened.Load(),
		Lost:    t.stats.lost.Load(),
		Retried: t.stats.retried.Load(),
		Unkept:  t.stats.unkept.Load(),
		Waited:  t.stats.waited.Load(),
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pools {
		p.count(&s)
	}
	return s
}

// New is a Transport whose every request goes to target, whatever its URL's
// host, which is just the Host header then: http://example.org/path is a good
// URL. The target's protocol must be known: see Detect.
func New(target Target) (*Transport, error) {
	if _, err := ParseProtocol(string(target.Protocol)); err != nil {
		return nil, fmt.Errorf("target %q: its protocol must be known: %w", target, err)
	}
	if target.Network == "" || target.Address == "" {
		return nil, badTarget(target.String(), "it has no address")
	}
	return &Transport{target: &target}, nil
}

// RegisterProtocol makes h serve the schemes fcgi, scgi, ajp and each with
// +unix: fcgi://127.0.0.1:9000/path, fcgi+unix:/tmp/app.sock:/path.
//
// Applications make absolute redirects of the Host that they were told, and know
// no other scheme than http and https. One to the request's own Host, or to the
// URL's host and port, is a redirect to this same server: its Location becomes a
// reference that stays there and on its protocol. A default port may go unsaid. On
// TCP one that changes nothing but the scheme to https is left alone: it would come
// again and again.
func (t *Transport) RegisterProtocol(h *http.Transport) {
	for _, p := range Protocols {
		h.RegisterProtocol(string(p), t)
		h.RegisterProtocol(string(p)+unixSuffix, t)
	}
}

// CloseIdleConnections ends the kept connections that serve nothing.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pools {
		p.closeIdle()
	}
}

// pool is the target's, made at its first use.
func (t *Transport) pool(target Target) *pool {
	if p := t.last.Load(); p != nil && p.target == target {
		return p
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pools[target]
	if p == nil {
		if t.pools == nil {
			t.pools = map[Target]*pool{}
		}
		p = &pool{t: t, target: target}
		t.pools[target] = p
	}
	t.last.Store(p)
	return p
}

// checkEnv makes the meta-variables of every request, once.
func (t *Transport) checkEnv() error {
	t.envOnce.Do(func() {
		t.env = cgi.Env{
			ScriptName:     t.ScriptName,
			ScriptFilename: t.ScriptFilename,
			DocumentRoot:   t.DocumentRoot,
			Params:         t.Params,
		}
		t.envErr = t.env.Check()
	})
	return t.envErr
}

func (t *Transport) maxIdle() int {
	switch {
	case t.MaxIdle > 0:
		return t.MaxIdle
	case t.MaxConns > 0:
		return t.MaxConns
	}
	return DefaultMaxIdle
}

func (t *Transport) idleTimeout() time.Duration {
	if t.IdleTimeout == 0 {
		return DefaultIdleTimeout
	}
	return t.IdleTimeout
}

func (t *Transport) maxBuffered() int {
	if t.MaxBuffered == 0 {
		return DefaultMaxBuffered
	}
	return t.MaxBuffered
}
