package client_test

import (
	"net/http/httptrace"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

func TestNoFirstByteIsToldWhereNoneCame(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) { c.fcgiRequest() })
	for _, multiplex := range []int{1, 2} {
		var x client.Exchange
		ctx := httptrace.WithClientTrace(client.WithExchange(t.Context(), &x), &httptrace.ClientTrace{
			GotFirstResponseByte: func() { t.Errorf("a first byte of none, %d requests a connection", multiplex) },
		})
		_, _, err := do(muxed(t, s, multiplex, 1), newRequest(t, "GET", "http://example.org/", nil).WithContext(ctx))
		if lostAnswer(t, err); !x.FirstByte.IsZero() {
			t.Errorf("%+v", x)
		}
	}
}
