package containers

import (
	"strconv"
	"strings"
)

// Spawned is the network of a gateway that starts the server behind it itself,
// on a socket of its own.
const Spawned = "spawned"

// A Variant is one way of running a peer.
type Variant struct {
	Protocol string // fcgi, scgi or ajp
	Method   string // threaded or prefork; empty for gateways
	Network  string // unix or tcp: where a server listens, or what a gateway connects to; or [Spawned]
	Secret   string // AJP's secret, or empty

	PacketSize int // how long AJP's packets may be, on either side; 0 is 8192
}

// String gives the variant as a path, such as fcgi/threaded/unix.
func (v Variant) String() string {
	parts := []string{v.Protocol}
	if v.Method != "" {
		parts = append(parts, v.Method)
	}
	parts = append(parts, v.Network)
	if v.Secret != "" {
		parts = append(parts, "secret")
	}
	if v.PacketSize != 0 {
		parts = append(parts, "packets-of-"+strconv.Itoa(v.PacketSize))
	}
	return strings.Join(parts, "/")
}

// Variants returns every valid combination, in the definition's order.
func (d Definition) Variants() []Variant {
	var all []Variant
	for _, s := range d.Serves {
		methods := s.Methods
		if d.Kind == Gateway {
			methods = []string{""}
		}
		for _, m := range methods {
			for _, n := range s.Networks {
				all = append(all, Variant{Protocol: s.Protocol, Method: m, Network: n, Secret: s.Secret, PacketSize: s.PacketSize})
			}
		}
	}
	return all
}
