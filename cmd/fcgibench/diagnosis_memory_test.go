package main

import (
	"runtime"
	"testing"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/reports/result"
)

// TestTenTimesTheRequestsTakeNoMoreMemory: what a round holds at its end, on real
// sockets, with all that it tells of each request.
func TestTenTimesTheRequestsTakeNoMoreMemory(t *testing.T) {
	l := listens(t, "unix")
	go probe(client.FastCGI, "")(l)
	transport, err := client.New(client.Target{Protocol: client.FastCGI, Network: "unix", Address: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	const few, many, pool = 20_000, 200_000, 16
	transport.MaxConns, transport.MaxIdle = pool, pool
	held := func(requests int64) (heap int64) {
		var told int64
		r := load.Round{Transport: transport, InFlight: pool, Requests: requests,
			Targets: []vegeta.Target{{Method: "GET", URL: "http://localhost/probe?size=1"}},
			Each:    func(*vegeta.Result) { told++ },
			Watch: func(result.Instant) { // the last is at the end
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				heap = int64(m.HeapAlloc)
			}}
		found, err := r.Run(t.Context())
		if err != nil || found.Succeeded != requests || told != requests {
			t.Fatalf("%v: %d of %d requests succeeded, %d were told: %v", err, found.Succeeded, requests, told, found.Errors)
		}
		t.Logf("%d requests at %.0f a second: %d bytes", requests, found.RateMet, heap)
		roundAddsUp(t, found)
		return heap
	}
	held(few) // what is made once
	before := held(few)
	if after := held(many); after-before > 1<<20 { // 6 bytes a request
		t.Errorf("the heap is %d bytes after %d requests, %d after %d", before, few, after, many)
	}
}
