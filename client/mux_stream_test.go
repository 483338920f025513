package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

func TestASlowReaderHoldsTheConnectionAndThenGoesOn(t *testing.T) {
	const length = 4 * client.MuxWindow
	written := make(chan bool)
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		e, _ := m.next()
		m.answer(e.id, string(pattern(length)))
		close(written)
		m.next()
	})
	tr := muxed(t, s, 2, 1)
	resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	select {
	case <-written:
		t.Error("all of it was taken, though nobody reads")
	case <-time.After(50 * time.Millisecond):
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(b, pattern(length)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// The error stream of a request whose body nobody reads is bounded, too.
func TestAFloodOfErrorsIsHeldUp(t *testing.T) {
	written := make(chan bool)
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		e, _ := m.next()
		m.send(fcgi.AppendStream(nil, fcgi.TypeStdout, e.id, []byte(okHead)))
		m.send(fcgi.AppendStream(nil, fcgi.TypeStderr, e.id, pattern(4*client.MuxWindow)))
		m.answer(e.id, "body")
		close(written)
		m.next()
	})
	tr := muxed(t, s, 2, 1)
	var stderr bytes.Buffer
	tr.Stderr = &stderr
	resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-written:
		t.Error("all of it was taken, though nobody reads")
	case <-time.After(50 * time.Millisecond):
	}
	if b, err := io.ReadAll(resp.Body); err != nil || !strings.HasSuffix(string(b), "body") {
		t.Errorf("%q, %v", b, err)
	}
	resp.Body.Close()
	if !bytes.Equal(stderr.Bytes(), pattern(4*client.MuxWindow)) {
		t.Errorf("%d bytes of errors", stderr.Len())
	}
}

func TestAnAbortedRequestsIdIsFreeAfterItsEnd(t *testing.T) {
	aborted := make(chan uint16, 1)
	end := make(chan bool)
	ids := make(chan uint16, 10)
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			switch {
			case e.abort:
				aborted <- e.id
				go func() {
					<-end
					// Some of the answer may come after the abort.
					m.send(fcgi.AppendStream(nil, fcgi.TypeStdout, e.id, []byte("late")), fcgi.AppendEndRequest(nil, e.id, 1, fcgi.RequestComplete))
				}()
				delete(m.requests, e.id)
			case e.params["REQUEST_URI"] == "/stuck":
			default:
				ids <- e.id
				m.answer(e.id, e.params["REQUEST_URI"])
			}
		}
	})
	tr := muxed(t, s, 2, 1)
	ctx, cancel := context.WithCancel(t.Context())
	stuck := make(chan error, 1)
	go func() {
		_, _, err := do(tr, newRequest(t, "GET", "http://example.org/stuck", nil).WithContext(ctx))
		stuck <- err
	}()
	soon(t, "it is under way", func() bool { return tr.Stats().Opened == 1 })
	time.Sleep(10 * time.Millisecond)
	cancel()
	if err := <-stuck; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	id := <-aborted
	for range 3 { // others are unharmed, and have another id
		if _, body := get(t, tr, "/other"); body != "/other" {
			t.Errorf("%q", body)
		}
		if other := <-ids; other == id {
			t.Errorf("id %d is used while it is active", id)
		}
	}
	close(end)
	soon(t, "the id is free", func() bool { return tr.Stats().Idle == 1 })
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { get(t, tr, "/other") })
	}
	both.Wait()
	if st := tr.Stats(); st.Opened != 1 || st.Idle != 1 {
		t.Errorf("%+v", st)
	}
}

func TestAConnectionWhoseAbortedRequestGoesOnIsRetired(t *testing.T) {
	defer client.SetAbortGrace(30 * time.Millisecond)()
	begun := make(chan bool, 1)
	ended := make(chan bool, 4)
	slow := make(chan bool)
	s := serve(t, client.FastCGI, func(n int, c *peer) {
		defer func() { ended <- true }()
		m := shared(c)
		for {
			e, ok := m.next()
			if !ok {
				return
			}
			switch e.params["REQUEST_URI"] {
			case "/stuck":
				if !e.abort {
					begun <- true
				}
			case "/slow":
				begun <- true
				go func() { <-slow; m.send(fcgiAnswer(e.id, okHead+"slow")) }()
			default:
				m.answer(e.id, fmt.Sprint("connection ", n))
			}
		}
	})
	tr := muxed(t, s, 3, 2)
	other := make(chan string, 1)
	go func() { _, body := get(t, tr, "/slow"); other <- body }()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	go func() { <-begun }()
	if _, _, err := do(tr, newRequest(t, "GET", "http://example.org/stuck", nil).WithContext(ctx)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, body := get(t, tr, "/"); body != "connection 1" {
		t.Errorf("%q: the grace is not over", body)
	}
	time.Sleep(60 * time.Millisecond)
	if _, body := get(t, tr, "/"); body != "connection 2" {
		t.Errorf("%q: the grace is over", body)
	}
	close(slow)
	if body := <-other; body != "slow" {
		t.Errorf("%q", body)
	}
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
		t.Error("the retired connection does not end with its last request")
	}
	soon(t, "its place is free", func() bool { st := tr.Stats(); return st.Open == 1 && st.Idle == 1 })
}

func TestARecordAfterTheEndIsABreach(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		m.next()
		m.send(stdoutHead, endRequest, stdout("forged"))
		m.next()
	})
	tr := muxed(t, s, 2, 1)
	if resp, err := tr.RoundTrip(newRequest(t, "GET", "http://example.org/", nil)); err == nil {
		time.Sleep(10 * time.Millisecond)
		if b, _ := io.ReadAll(resp.Body); len(b) > 0 {
			t.Errorf("%q", b)
		}
		resp.Body.Close()
	}
	soon(t, "the connection ends", func() bool { return tr.Stats().Open == 0 })
}

// A request that ends before its body was sent must not go on sending: its id is
// another's by then. muxPeer sees every record: a body that is not its own would
// come back.
func TestAStaleUploadWritesNothingUnderAReusedId(t *testing.T) {
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			rec, ok := m.record()
			if !ok {
				return
			}
			switch rec.Type {
			case fcgi.TypeBeginRequest:
				m.requests[rec.RequestID] = &request{}
			case fcgi.TypeStdin:
				r := m.requests[rec.RequestID]
				switch {
				case r == nil: // over
				case len(rec.Content) == 0:
					m.answer(rec.RequestID, string(r.body))
				case rec.Content[0] == 'A': // answered before all of it is there
					m.answer(rec.RequestID, "early")
				default:
					r.body = append(r.body, rec.Content...)
				}
			}
		}
	})
	tr := muxed(t, s, 1<<1, 1)
	for range 50 {
		r, w := io.Pipe()
		go func() {
			for range 20 {
				if _, err := w.Write([]byte("AAAAAAAA")); err != nil {
					return
				}
			}
			w.Close()
		}()
		if _, body, err := do(tr, newRequest(t, "POST", "http://example.org/", r)); err != nil || body != "early" {
			t.Fatalf("%q, %v", body, err)
		}
		if _, body, err := do(tr, newRequest(t, "POST", "http://example.org/", strings.NewReader("BBBB"))); err != nil || body != "BBBB" {
			t.Fatalf("%q, %v", body, err)
		}
	}
}

func TestASharedExchangeCountsItsOwnRecords(t *testing.T) {
	type counts struct{ got, sent int }
	seen := make(chan counts, 1)
	s := serve(t, client.FastCGI, func(_ int, c *peer) {
		m := shared(c)
		for {
			before := m.taken
			e, ok := m.next()
			if !ok {
				return
			}
			seen <- counts{int(m.taken - before), len(fcgiAnswer(e.id, okHead+"body"))}
			m.answer(e.id, "body")
		}
	})
	tr := muxed(t, s, 2, 1)
	for i, body := range []io.Reader{nil, strings.NewReader("hello"), io.MultiReader(bytes.NewReader(pattern(100000)))} {
		var x client.Exchange
		req := newRequest(t, "POST", "http://example.org/", body)
		if _, _, err := do(tr, req.WithContext(client.WithExchange(t.Context(), &x))); err != nil {
			t.Fatal(err)
		}
		if want := <-seen; int(x.BytesWritten) != want.got || int(x.BytesRead) != want.sent {
			t.Errorf("body %d: wrote %d, read %d; the server got %d, sent %d", i, x.BytesWritten, x.BytesRead, want.got, want.sent)
		}
		if x.FirstByte.Before(x.WroteHead) || x.Ended.Before(x.FirstByte) || x.Reused != (i > 0) {
			t.Errorf("%+v", x)
		}
	}
}
