package client_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// listening serves every connection on a socket of its own.
func listening(t *testing.T, serve func(net.Conn)) client.Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return client.Target{Network: "tcp", Address: l.Addr().String()}
}

func TestDetectEndsInTimeWhateverTheServerDoes(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"silent": func(c net.Conn) { c.Read(make([]byte, 4096)); c.Read(make([]byte, 4096)) },
		"a header without an end": func(c net.Conn) {
			for b := []byte("X: a"); ; b = []byte("a") {
				if _, err := c.Write(b); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		start := time.Now()
		d, err := client.Detect(ctx, listening(t, serve))
		cancel()
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
			t.Errorf("%s: got %v after %v, want %v after 300ms", name, err, took, context.DeadlineExceeded)
		}
		if len(d.Probes) == 0 {
			t.Errorf("%s: not told what was tried", name)
		}
	}
}

func TestDetectKnowsAServerOfNoneOfTheProtocols(t *testing.T) {
	closes := listening(t, func(net.Conn) {})
	var undetected *client.UndetectedError
	if _, err := client.Detect(t.Context(), closes); !errors.As(err, &undetected) || undetected.HTTP {
		t.Errorf("a server that closes: got %v", err)
	}
	web := listening(t, func(c net.Conn) { c.Read(make([]byte, 4096)); c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
	if _, err := client.Detect(t.Context(), web); !errors.As(err, &undetected) || !undetected.HTTP {
		t.Errorf("a web server: got %v", err)
	}
}
