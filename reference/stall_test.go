package reference

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

func TestAStallIsReadAsItIsWritten(t *testing.T) {
	for text, want := range map[string]Stall{
		"1s@10s":    {time.Second, 10 * time.Second},
		"1.5ms@2ms": {1500 * time.Microsecond, 2 * time.Millisecond},
	} {
		got, err := ParseStall(text)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
		if again, err := ParseStall(got.String()); err != nil || again != want {
			t.Errorf("%s: %v, %v", got, again, err)
		}
	}
}

func TestABadStallIsToldWithAGoodOne(t *testing.T) {
	for text, want := range map[string]string{
		"":         "it has no @",
		"1s":       "it has no @",
		"x@10s":    `"x" is no length of time`,
		"0s@10s":   `"0s" is no length of time`,
		"-1s@10s":  `"-1s" is no length of time`,
		"1s@x":     `"x" is no longer time than 1s`,
		"10s@1s":   `"1s" is no longer time than 10s`,
		"1s@1s":    `"1s" is no longer time than 1s`,
		"1s@10s@1": `"10s@1" is no longer time than 1s`,
	} {
		_, err := ParseStall(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "1s@10s, one second of every ten") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The time in a bubble begins at midnight, where a stall does.
func TestWhoAsksWithinAStallWaitsToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served := false
		h := Stall{time.Second, 10 * time.Second}.Handler(HandlerFunc(func(*Response, *Request) { served = true }))
		for _, c := range []struct{ sleep, want time.Duration }{
			{0, time.Second},
			{0, 0},
			{8*time.Second + 999*time.Millisecond, 0},
			{time.Millisecond, time.Second},
			{9*time.Second + 300*time.Millisecond, 700 * time.Millisecond},
		} {
			time.Sleep(c.sleep)
			start := time.Now()
			served = false
			h.Respond(new(Response), &Request{conn: &scgiConn{}})
			if got := time.Since(start); got != c.want || !served {
				t.Errorf("%v later: want %v, got %v", c.sleep, c.want, got)
			}
		}
	})
}

func TestNoStallIsNoWait(t *testing.T) {
	served := false
	Stall{}.Handler(HandlerFunc(func(*Response, *Request) { served = true })).Respond(new(Response), new(Request))
	if !served {
		t.Error("the handler was not called")
	}
}

// All that an hour has is stalled time, but for a millisecond.
var endless = Stall{time.Hour - time.Millisecond, time.Hour}

func TestAnAbortEndsTheWaitInAStall(t *testing.T) {
	s := serveHandler(t, client.FastCGI, endless.Handler(HandlerFunc(func(w *Response, r *Request) { w.Write([]byte("served")) })))
	a := exchangeRecords(t, s, records{params: query(""), then: fcgi.AppendAbortRequest(nil, 1)})
	if a.stdout != "" || a.end.ProtocolStatus != fcgi.RequestComplete {
		t.Errorf("%+v", a)
	}
}

func TestAllRequestsOfAConnectionWaitInAStallAtOnce(t *testing.T) {
	stall := Stall{100 * time.Millisecond, 200 * time.Millisecond}
	tr := serveHandler(t, client.FastCGI, stall.Handler(&Probe{})).transport(t)
	tr.Multiplex, tr.ForceMultiplex, tr.MaxConns = 16, true, 1
	start := time.Now()
	done := make(chan bool)
	for range 16 {
		go func() {
			ask(t, tr, "GET", "size=1", nil)
			done <- true
		}()
	}
	for range 16 {
		<-done
	}
	if took := time.Since(start); took > 800*time.Millisecond { // one after the other they took 1.6 s
		t.Errorf("it took %v", took)
	}
}
