package mount_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
	"github.com/fcgikit/fcgikit/specs/mount"
)

func TestMain(m *testing.M) {
	reference.Register("probe", func(options json.RawMessage) (reference.Handler, error) {
		var p reference.Probe
		return &p, json.Unmarshal(options, &p)
	})
	reference.Main()
	os.Exit(m.Run())
}

func TestReference(t *testing.T) { ginkgo.RunSpecs(t, "fcgikit's cases over the reference server") }

// ginkgo --label-filter='proto:fcgi && sec:3.3 && network:unix' ./specs/mount
var _ = ginkgo.Describe("the reference server", func() {
	for _, protocol := range client.Protocols {
		for _, method := range []reference.Method{reference.Threaded, reference.Prefork} {
			for _, network := range []string{"unix", "tcp"} {
				name := string(method) + " over " + network
				ginkgo.Describe(name, ginkgo.Label("method:"+string(method), "network:"+network), func() {
					mount.Cases(mount.Server{Protocol: protocol, Start: func() client.Target { return start(protocol, method, network) }})
				})
			}
		}
	}
})

// start serves the probe application until the specs of its container are over.
func start(protocol client.Protocol, method reference.Method, network string) client.Target {
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(ginkgo.GinkgoT().TempDir(), "s")
	}
	l, err := reference.Listen(network, address)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	target := client.Target{Protocol: protocol, Network: network, Address: l.Addr().String()}
	config := reference.Config{Protocol: protocol, Handler: "probe", Options: json.RawMessage("{}")}
	if method == reference.Prefork {
		p := &reference.Pool{Config: config}
		go p.Serve(l)
		ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { p.Shutdown(ctx) })
		return target
	}
	server, err := config.Server()
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	go server.Serve(l)
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) { server.Shutdown(ctx) })
	return target
}
