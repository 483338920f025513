package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

func TestSpinTakesTheProcessor(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	spin(2 * time.Millisecond)
	if took := threadTime() - before; took < 2*time.Millisecond || took > 20*time.Millisecond {
		t.Errorf("it took %v of the processor, want 2ms", took)
	}
}

func TestOneThatMultiplexesSaysSo(t *testing.T) {
	for value, want := range map[string]bool{"1": true, "0": false, "": false} {
		if got := multiplexes([]client.Value{{Name: "FCGI_MAX_CONNS", Value: "1"}, {Name: "FCGI_MPXS_CONNS", Value: value}}); got != want {
			t.Errorf("FCGI_MPXS_CONNS=%s: %v", value, got)
		}
	}
	if multiplexes(nil) {
		t.Error("one that declares nothing does")
	}
}

func TestAURLMayBeAPath(t *testing.T) {
	target := client.Target{Protocol: client.FastCGI, Network: "unix", Address: "/tmp/app.sock"}
	for url, want := range map[string]string{
		"/a?b=c":                         "http://localhost/a?b=c",
		"http://example.org/a":           "http://example.org/a",
		"fcgi+unix:/tmp/app.sock:/a?b=c": "http://localhost/a?b=c",
		"fcgi+unix:/tmp/other.sock:/a":   "",
		"fcgi://127.0.0.1:9000/a":        "",
		"gopher://example.org/a":         "",
	} {
		got, err := relative(url, target)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v, want %q", url, got, err, want)
		}
	}
}
