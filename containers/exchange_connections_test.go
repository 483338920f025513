package containers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"testing"
)

// inARow are different ends of an answer, each to be followed by another
// request. Their methods are idempotent: where the server closes, some are sent
// again.
var inARow = []struct{ method, query string }{
	{http.MethodGet, "size=1"},
	{http.MethodGet, "size=0"},
	{http.MethodHead, "size=1000"},
	{http.MethodGet, "status=204"},
	{http.MethodGet, "status=304"},
	{http.MethodPut, "body=echo"},
	{http.MethodGet, "status=404&size=10"},
	{http.MethodGet, "size=100000&chunk=30000"},
	{http.MethodPut, "body=echo&chunk=30000"},
	{http.MethodGet, "size=1"},
}

// keepsConnections has everything asked on one connection, but where the
// protocol or the server ends each.
func keepsConnections(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	c.DisableKeepAlives = false
	c.RetryLost = p.Definition.Closes
	kept := p.Variant.Protocol != "scgi" && !p.Definition.Closes
	for i, reused := range askedInARow(t, c) {
		if want := kept && i > 0; reused != want {
			t.Errorf("request %d: the connection was used before: %v, want %v", i, reused, want)
		}
	}
	opened, s := int64(len(inARow)), c.Stats()
	if kept {
		opened = 1
	}
	if s.Opened != opened {
		t.Errorf("want %d connections, got %+v", opened, s)
	}
	// The client keeps no further one once it has learnt that the server closes.
	if again := s.Lost + s.Retried; c.RetryLost && p.Variant.Protocol == "fcgi" && (again == 0 || again >= opened) {
		t.Errorf("want 1 to %d kept connections to be found closed, got %+v", opened-1, s)
	}
}

func closesConnections(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	c.DisableKeepAlives = true
	askedInARow(t, c)
	if s := c.Stats(); s.Opened != int64(len(inARow)) || s.Reused != 0 || s.Open != 0 {
		t.Errorf("want a connection for each of %d requests, got %+v", len(inARow), s)
	}
}

// sharesConnections has more asked at once than there may be connections. Only
// where the server multiplexes (FastCGI 4.1) need none wait for one.
func sharesConnections(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	c.Multiplex, c.MaxConns = workers, 2
	c.serves(t)
	err := allAtOnce(workers, func() error {
		body := payload()[rand.IntN(1000):100_000]
		r, err := c.try(t, http.MethodPut, "body=echo&delay=100&chunk=30000", bytes.NewReader(body))
		if err != nil || !bytes.Equal(r.body, body) {
			return fmt.Errorf("want %d bytes, got %d: %v", len(body), len(r.body), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if s := c.Stats(); (s.Waited == 0) != p.Definition.Multiplexes {
		t.Errorf("multiplexes: %v, but %+v", p.Definition.Multiplexes, s)
	}
}

// askedInARow says of each request whether its connection had served one before.
func askedInARow(t *testing.T, c caller) []bool {
	t.Helper()
	var reused []bool
	for _, r := range inARow {
		var body io.Reader
		if r.method == http.MethodPut {
			body = bytes.NewReader(payload()[:100_000])
		}
		reused = append(reused, c.ask(t, r.method, r.query, body).exchange.Reused)
	}
	return reused
}

// acknowledgingAtOnce makes connections that don't hold acknowledgements back.
// Else the second of two short writes in a row, which is how flup writes, takes
// 40 ms, and a request body of 10 MiB over AJP 50 s.
func acknowledgingAtOnce(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if tcp, ok := c.(*net.TCPConn); ok {
		return acknowledging{tcp}, nil
	}
	return c, err
}

type acknowledging struct{ *net.TCPConn }

// Read asks for it each time: the system goes back to holding them back.
func (c acknowledging) Read(p []byte) (int, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	if err != nil || failed != nil {
		return 0, errors.Join(err, failed)
	}
	return c.TCPConn.Read(p)
}
