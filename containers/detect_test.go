package containers

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// detects finds out what a server speaks, from nothing but its address.
func detects(t *testing.T, p *Peer) {
	t.Helper()
	known, err := client.ParseTarget(p.Target())
	if err != nil {
		t.Fatal(err)
	}
	bare := known
	bare.Protocol = ""
	start := time.Now()
	found, err := client.Detect(t.Context(), bare)
	for _, probe := range found.Probes {
		t.Logf("%v %s: %s", probe.Duration.Round(time.Millisecond), probe.Name, probe.Outcome)
	}
	if err != nil {
		t.Fatal(err)
	}
	if found.Target != known {
		t.Errorf("detected %s, want %s", found.Target, known)
	}
	t.Log(time.Since(start).Round(time.Millisecond), found.Values)
	answersItself(t, p) // it took no harm
}

// TestDetectFindsNone leaves servers alone that speak none of the protocols.
func TestDetectFindsNone(t *testing.T) {
	for name, tc := range map[string]struct {
		serve  func(net.Conn)
		isHTTP bool
	}{
		"silent":         {func(c net.Conn) { io.Copy(io.Discard, c) }, false},
		"closes at once": {func(c net.Conn) {}, false},
		"echo":           {func(c net.Conn) { io.Copy(c, c) }, false},
		"HTTP":           {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if tc.isHTTP {
				go http.Serve(l, http.NotFoundHandler())
			} else {
				go serve(l, tc.serve)
			}
			start := time.Now()
			_, err = client.Detect(context.Background(), client.Target{Network: "unix", Address: l.Addr().String()})
			var none *client.UndetectedError
			if !errors.As(err, &none) || none.HTTP != tc.isHTTP {
				t.Fatalf("got %v, want an UndetectedError with HTTP %v", err, tc.isHTTP)
			}
			t.Log(time.Since(start).Round(time.Millisecond), err)
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("it took %v, 10 s are allowed", d)
			}
		})
	}
}

func serve(l net.Listener, handle func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			handle(c)
		}()
	}
}
