package reference

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// tells answers with all that is known of a request, and whether it was taken as
// the last one again.
func tells(w *Response, r *Request) {
	if r.Param("WAIT") != nil && !waited(r, time.Minute) {
		w.Silence()
		return
	}
	body, err := io.ReadAll(&r.Stdin)
	fmt.Fprintf(w, "%v %v %q %q %v %v", r.Role, r.KeepConn, r.Params, body, err, r.repeats)
}

func told(params string, repeated bool) string {
	return fmt.Sprintf(`FCGI_RESPONDER true [%s] "" <nil> %v`, params, repeated)
}

// amid are what may come between a request and the same one again: whether they
// leave it remembered, and what they are answered with.
var amid = map[string]struct {
	between    func(t *testing.T, c net.Conn)
	remembered bool
}{
	"nothing": {func(*testing.T, net.Conn) {}, true},
	"an abort of it": {func(t *testing.T, c net.Conn) {
		c.Write(records{params: []string{"WAIT", ""}, then: fcgi.AppendAbortRequest(nil, 1)}.bytes())
		silent(t, c)
	}, false},
	"an abort of nothing": {func(t *testing.T, c net.Conn) { c.Write(fcgi.AppendAbortRequest(nil, 1)) }, true},
	"a body of nothing": {func(t *testing.T, c net.Conn) {
		c.Write(fcgi.AppendStream(nil, fcgi.TypeStdin, 1, []byte("stray")))
	}, true},
	"an abort within its parameters": {func(t *testing.T, c net.Conn) {
		c.Write(append(records{params: []string{"A", "2"}}.bytes()[:2*fcgi.HeaderLen], fcgi.AppendAbortRequest(nil, 1)...))
		silent(t, c)
	}, false},
	"an unknown role": {func(t *testing.T, c net.Conn) {
		b := records{params: []string{"A", "1"}}.bytes()
		b[fcgi.HeaderLen+1] = 9
		c.Write(b)
		if a := readAnswer(t, c); a.end.ProtocolStatus != fcgi.UnknownRole {
			t.Errorf("%+v", a)
		}
	}, true},
	"an authorizer's": {func(t *testing.T, c net.Conn) {
		c.Write(records{role: fcgi.Authorizer, params: []string{"A", "1"}}.bytes())
		if a := readAnswer(t, c); string(a.body(t)) != `FCGI_AUTHORIZER true [{"A" "1"}] "" <nil> false` {
			t.Errorf("%+v", a)
		}
	}, false},
	"one with a body": {func(t *testing.T, c net.Conn) {
		c.Write(records{params: []string{"A", "1"}, stdin: "body"}.bytes())
		if a := readAnswer(t, c); string(a.body(t)) != `FCGI_RESPONDER true [{"A" "1"}] "body" <nil> false` {
			t.Errorf("%+v", a)
		}
	}, false},
}

// silent reads the answer to a request that was aborted.
func silent(t *testing.T, c net.Conn) {
	t.Helper()
	if a := readAnswer(t, c); a.stdout != "" || a.end.ProtocolStatus != fcgi.RequestComplete {
		t.Errorf("%+v", a)
	}
}

func TestARepeatedRequestIsItselfWhateverCameBetween(t *testing.T) {
	for name, test := range amid {
		t.Run(name, func(t *testing.T) {
			c := dialServed(t, serveHandler(t, client.FastCGI, HandlerFunc(tells)))
			request := records{params: []string{"A", "1"}}.bytes()
			for _, repeated := range []bool{false, true} {
				c.Write(request)
				if got, want := string(readAnswer(t, c).body(t)), told(`{"A" "1"}`, repeated); got != want {
					t.Errorf("before: %s, want %s", got, want)
				}
			}
			for range 2 {
				test.between(t, c)
				time.Sleep(5 * time.Millisecond) // so that it is not read together with the next
				c.Write(request)
				if got, want := string(readAnswer(t, c).body(t)), told(`{"A" "1"}`, test.remembered); got != want {
					t.Errorf("after: %s, want %s", got, want)
				}
			}
		})
	}
}

// TestARepeatedRequestThatWasAbortedIsServed the next time, and aborted where an
// abort comes again.
func TestARepeatedRequestThatWasAbortedIsServed(t *testing.T) {
	begun, goOn := make(chan bool, 1), make(chan bool, 1)
	c := dialServed(t, serveHandler(t, client.FastCGI, HandlerFunc(func(w *Response, r *Request) {
		begun <- r.repeats
		select {
		case <-goOn:
			io.WriteString(w, "whole")
		case <-r.Aborted():
			w.Silence()
		}
	})))
	request := records{params: []string{"A", "1"}}.bytes()
	repeated := 0 // less than all where the next one comes before the last one's memory is back
	for i := range 6 {
		c.Write(request)
		if <-begun {
			repeated++
		}
		if i%2 == 0 {
			c.Write(fcgi.AppendAbortRequest(nil, 1))
			silent(t, c)
			continue
		}
		goOn <- true
		if a := readAnswer(t, c); string(a.body(t)) != "whole" {
			t.Errorf("request %d: %+v", i, a)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if repeated == 0 {
		t.Error("none was taken for the last one again")
	}
}

// TestTheSameBytesBesideAnotherRequestAreARequestOfTheirOwn.
func TestTheSameBytesBesideAnotherRequestAreARequestOfTheirOwn(t *testing.T) {
	for _, single := range []bool{false, true} {
		c := dialling(t, &Server{Protocol: client.FastCGI, single: single, Handler: HandlerFunc(tells)})()
		request := records{params: []string{"A", "1"}}.bytes()
		other := otherRequest(records{params: []string{"WAIT", "2"}})
		for range 2 {
			c.Write(request)
			readAnswer(t, c)
		}
		c.Write(other)
		time.Sleep(5 * time.Millisecond)
		c.Write(request)
		a := readAnswer(t, c)
		if want := told(`{"A" "1"}`, false); !single && string(a.body(t)) != want {
			t.Errorf("%+v, want %s", a, want)
		}
		if single && a.end.ProtocolStatus != fcgi.CantMpxConn {
			t.Errorf("a server of single requests: %+v", a)
		}
		c.Write(fcgi.AppendAbortRequest(nil, 2))
		silent(t, c)
		for i := range 2 {
			c.Write(request)
			if got := string(readAnswer(t, c).body(t)); !strings.HasPrefix(got, `FCGI_RESPONDER true [{"A" "1"}] "" <nil>`) {
				t.Errorf("%d afterwards: %s", i, got)
			}
		}
	}
}

func TestWhatAHandlerMakesOfARequestIsGoneInTheNext(t *testing.T) {
	s := serveHandler(t, client.FastCGI, HandlerFunc(func(w *Response, r *Request) {
		fmt.Fprint(w, r.Role, r.KeepConn, r.repeats)
		r.KeepConn, r.Role = true, fcgi.Filter // the former makes the connection live on
	}))
	c := dialServed(t, s)
	for _, repeated := range []bool{false, true, true} {
		c.Write(last(records{params: []string{"A", "1"}}.bytes()))
		if got, want := string(readAnswer(t, c).body(t)), fmt.Sprint(fcgi.Responder, false, repeated); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestRepeatedRequestsOfTwoConnectionsAreTheirOwn: under a prefix, too.
func TestRepeatedRequestsOfTwoConnectionsAreTheirOwn(t *testing.T) {
	s := serveHandler(t, client.FastCGI, Stall{time.Millisecond, 10 * time.Millisecond}.Handler(&Probe{Prefix: &Prefix{}}))
	var wg sync.WaitGroup
	for _, mount := range []string{"/one", "/two", ""} {
		c := dialServed(t, s)
		wg.Go(func() {
			request := records{params: []string{"REQUEST_METHOD", "GET", "SCRIPT_NAME", mount, "PATH_INFO", "/page"}}.bytes()
			for range 50 {
				c.Write(request)
				a := decodeAnswer(t, readAnswer(t, c).body(t))
				if a.Params["SCRIPT_NAME"] != mount || a.Params["PATH_INFO"] != "/page" || a.Prefix["url"] != mount+"/page" {
					t.Errorf("under %q: %v %v", mount, a.Params, a.Prefix)
				}
			}
		})
	}
	wg.Wait()
}

// TestAFaultIsInARepeatedRequestToo: what counts is what the server gets to see.
func TestAFaultIsInARepeatedRequestToo(t *testing.T) {
	leak, err := LookupFault("fcgi/variables-leak")
	if err != nil {
		t.Fatal(err)
	}
	c := dialling(t, &Server{Protocol: client.FastCGI, Fault: leak, Handler: HandlerFunc(tells)})()
	a, b := records{params: []string{"A", "1"}}.bytes(), records{params: []string{"B", "2"}}.bytes()
	var got []string
	for _, request := range [][]byte{a, a, b, b, b, a} {
		c.Write(request)
		got = append(got, string(readAnswer(t, c).body(t)))
	}
	for i, want := range []bool{false, false, true, false, false, true} { // the last request's variable is there
		if leaked := strings.Contains(got[i], `"A" "1"`) && strings.Contains(got[i], `"B" "2"`); leaked != want {
			t.Errorf("request %d: %s", i, got[i])
		}
	}
}
