package containers

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestAddressesOfProc(t *testing.T) {
	// The bytes of a word stand as this machine has them in memory: these are of
	// a little-endian one.
	for text, want := range map[string]string{
		"0100007F:1F90":                         "127.0.0.1:8080",
		"00000000:0016":                         "0.0.0.0:22",
		"0000000000000000FFFF00000100007F:2382": "127.0.0.1:9090",
		"00000000000000000000000001000000:0050": "[::1]:80",
		"00000000000000000000000000000000:0050": "[::]:80",
	} {
		if got, ok := procAddress(text); !ok || got != netip.MustParseAddrPort(want) {
			t.Errorf("%s is %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", ":", "0100007F", "0100007F:", "01:0050", "xx00007F:0050", "0100007F:1F901"} {
		if got, ok := procAddress(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestAnOpenPortIsExposed listens on every address, but for a moment.
func TestAnOpenPortIsExposed(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closed.Close()
	open, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	got := exposed([]int{os.Getpid()})
	if !slices.Contains(got, netip.MustParseAddrPort(open.Addr().String())) {
		t.Errorf("%v, want %s among them", got, open.Addr())
	}
	if slices.Contains(got, netip.MustParseAddrPort(closed.Addr().String())) {
		t.Errorf("%v, and %s is the loopback's", got, closed.Addr())
	}
}

// TestAPeerThatIsOpenToAllIsRefused takes this test for the peer.
func TestAPeerThatIsOpenToAllIsRefused(t *testing.T) {
	open, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	p := &Peer{process: us{}}
	if err := p.private(); err == nil || !strings.Contains(err.Error(), "where other machines reach it") || !strings.Contains(err.Error(), open.Addr().String()) {
		t.Errorf("want an error that names %s, got %v", open.Addr(), err)
	}
}

// us is a peer's process with our own number.
type us struct{ process }

func (us) pids() []int { return []int{os.Getpid()} }
