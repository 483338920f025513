package reports_test

import (
	"io"
	"log"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
)

var (
	realOnce sync.Once
	realOne  result.Run
)

// realRun probes reference servers once: one with a fault that breaks a rule in
// several variants, one that hangs, one without the probe application.
func realRun(t *testing.T) result.Run {
	t.Helper()
	realOnce.Do(func() {
		realOne = result.Run{Version: result.Version, Tool: "fcgiprobe", Started: time.Now().UTC(), Seed: 7, Targets: []result.Target{
			probed(t, &reference.Server{Protocol: client.FastCGI, Handler: &reference.Probe{}, Fault: fault(t, "fcgi/body-cut")}, "fcgi/6.2/body", "fcgi/3.3/request-id"),
			probed(t, &reference.Server{Protocol: client.FastCGI, Handler: &reference.Probe{}, Fault: fault(t, "fcgi/get-values-silent")}, "fcgi/4.1/answered"),
			probed(t, &reference.Server{Protocol: client.SCGI, Handler: reference.HandlerFunc(greet)}, "scgi/3"),
		}}
	})
	return realOne
}

// greet is an application that is no probe application.
func greet(w *reference.Response, r *reference.Request) { w.Write([]byte("hello")) }

func fault(t *testing.T, name string) *reference.Fault {
	t.Helper()
	f, err := reference.LookupFault(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func probed(t *testing.T, server *reference.Server, patterns ...string) result.Target {
	t.Helper()
	address := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	server.ErrorLog = log.New(io.Discard, "", 0)
	go server.Serve(l)
	defer server.Shutdown(t.Context())
	var o specs.Options
	o.Seed, o.Selection.Run = 7, patterns
	o.TimeoutScale = 0.2 // the hang is wanted, and nothing else waits
	found, err := specs.Run(t.Context(), client.Target{Protocol: server.Protocol, Network: "unix", Address: address}, o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
