package specs_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/reference"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func TestMain(m *testing.M) {
	reference.Register("probe", func(options json.RawMessage) (reference.Handler, error) {
		var p reference.Probe
		return &p, json.Unmarshal(options, &p)
	})
	reference.Main()
	flag.Parse()
	if err := flag.Set("test.parallel", parallel); err != nil {
		panic(err)
	}
	if address := os.Getenv(serveVariable); address != "" {
		serveAlone(address)
	}
	os.Exit(m.Run())
}

// parallel tests of faults mostly wait, so more may run at once than there are
// processors.
const parallel = "6"

// A crash of the whole process is proved on a process of its own: this one
// started again. So is a socket that a process manager leaves on fd 0.
const (
	serveVariable    = "FCGIKIT_PROVE_SERVE"
	protocolVariable = "FCGIKIT_PROVE_PROTOCOL"
	faultVariable    = "FCGIKIT_PROVE_FAULT"
	methodVariable   = "FCGIKIT_PROVE_METHOD"
	alone            = reference.Method("alone")
	inherited        = "inherited"
)

func serveAlone(address string) {
	config := reference.Config{Protocol: client.Protocol(os.Getenv(protocolVariable)), Handler: "probe", Options: json.RawMessage("{}"), Fault: os.Getenv(faultVariable)}
	l, err := listenAlone(address)
	if err != nil {
		panic(err)
	}
	if os.Getenv(methodVariable) == string(reference.Prefork) {
		panic((&reference.Pool{Config: config}).Serve(l))
	}
	server, err := config.Server()
	if err != nil {
		panic(err)
	}
	panic(server.Serve(l))
}

func listenAlone(address string) (net.Listener, error) {
	if address == inherited {
		return reference.Inherited()
	}
	return reference.Listen("unix", address)
}

func (s subject) startAlone(t *testing.T) client.Target {
	t.Helper()
	return s.startAt(t, filepath.Join(t.TempDir(), "s"))
}

func (s subject) startAt(t *testing.T, address string) client.Target {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveVariable+"="+address, protocolVariable+"="+string(s.protocol), faultVariable+"="+s.fault,
		methodVariable+"="+string(s.method))
	if s.network == inherited {
		cmd.Env = append(cmd.Env, serveVariable+"="+inherited)
		socket := listening(t, address)
		defer socket.Close()
		cmd.Stdin = socket
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for range 200 {
		if c, err := net.Dial("unix", address); err == nil {
			c.Close()
			return client.Target{Protocol: s.protocol, Network: "unix", Address: address}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the server did not start")
	return client.Target{}
}

// listening is a unix socket as a process manager makes it.
func listening(t *testing.T, address string) *os.File {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	socket, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	return socket
}

// subject is a reference server to be probed: a process of workers where the
// fault ends processes, or the socket is inherited, else within this one.
type subject struct {
	protocol client.Protocol
	method   reference.Method
	network  string
	fault    string
	secret   string // AJP's
	packets  int    // AJP's largest; 0 is 8192
}

func (s subject) String() string {
	name := strings.TrimSuffix(fmt.Sprintf("%s/%s/%s/%s", s.protocol, s.method, s.network, s.fault), "/")
	if s.secret != "" {
		name += "/secret"
	}
	if s.packets != 0 {
		name += fmt.Sprintf("/packets-of-%d", s.packets)
	}
	return name
}

// start serves until the test's end.
func (s subject) start(t *testing.T) client.Target {
	t.Helper()
	if s.method == alone || s.network == inherited {
		return s.startAlone(t)
	}
	address := "127.0.0.1:0"
	if s.network == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := reference.Listen(s.network, address)
	if err != nil {
		t.Fatal(err)
	}
	config := reference.Config{Protocol: s.protocol, Handler: "probe", Options: json.RawMessage("{}"), Fault: s.fault, Secret: s.secret, PacketSize: s.packets}
	target := client.Target{Protocol: s.protocol, Network: s.network, Address: l.Addr().String()}
	if s.method == reference.Prefork {
		p := &reference.Pool{Config: config}
		go p.Serve(l)
		t.Cleanup(func() { p.Shutdown(t.Context()) })
		return target
	}
	server, err := config.Server()
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Shutdown(t.Context()) })
	return target
}

func (s subject) probe(t *testing.T, o specs.Options) []result.Result {
	t.Helper()
	o.Secret, o.PacketSize = s.secret, s.packets
	target := s.start(t)
	if s.method == alone {
		o.Restart = func(context.Context) error {
			os.Remove(target.Address)
			s.startAt(t, target.Address)
			return nil
		}
	}
	found, err := specs.Run(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	return found.Results
}

// TestFaultlessReferenceConforms: in every method, network and segmentation.
func TestFaultlessReferenceConforms(t *testing.T) {
	for _, protocol := range protocols {
		for _, method := range []reference.Method{reference.Threaded, reference.Prefork} {
			for _, network := range []string{"unix", "tcp"} {
				conforms(t, subject{protocol: protocol, method: method, network: network})
			}
		}
		for _, method := range []reference.Method{reference.Threaded, reference.Prefork} {
			conforms(t, subject{protocol: protocol, method: method, network: inherited})
		}
	}
	conforms(t, subject{protocol: client.AJP, method: reference.Threaded, network: "unix", secret: secret})
	conforms(t, subject{protocol: client.AJP, method: reference.Threaded, network: "unix", packets: ajp.MaxPacketSize})
}

// secret is what guards a server where cases are about that.
const secret = "hush"

func conforms(t *testing.T, s subject) {
	t.Run(s.String(), func(t *testing.T) {
		t.Parallel()
		mustHold(t, func() (wrong []string) {
			for _, r := range s.probe(t, specs.Options{Selection: suite.Selection{Thorough: true, Hostile: true}, Options: suite.Options{Thorough: true}}) {
				if r.Verdict != result.Pass && !declaredMissing(s, r) && !aboutOther(s, r) {
					wrong = append(wrong, fmt.Sprintf("%s: %s %s", r.ID, r.Verdict, r.Message))
				}
			}
			return wrong
		})
	})
}

// quiet is held by who wants no other server to be probed meanwhile.
var quiet sync.RWMutex

// mustHold fails the test by what is wrong. What goes wrong while six servers
// share the machine counts when it comes again with nothing beside it: cases and
// faults go by time, too.
func mustHold(t *testing.T, check func() (wrong []string)) {
	t.Helper()
	quiet.RLock()
	wrong := check()
	quiet.RUnlock()
	if len(wrong) == 0 {
		return
	}
	t.Logf("tried again alone: %s", strings.Join(wrong, "; "))
	quiet.Lock()
	defer quiet.Unlock()
	for _, w := range check() {
		t.Error(w)
	}
}

// aboutOther is a case about a secret that this server lacks, or has, or about
// packets larger than its own.
func aboutOther(s subject, r result.Result) bool {
	id, _, _ := strings.Cut(r.ID, "@")
	if r.Verdict != result.Untested {
		return false
	}
	return id == "ajp/packets/configured-size" && s.packets == 0 ||
		strings.HasPrefix(id, "ajp/secret/") && (id == "ajp/secret/unasked") == (s.secret != "")
}

// declaredMissing is a feature that a prefork worker declares not to have.
func declaredMissing(s subject, r result.Result) bool {
	return s.method == reference.Prefork && r.Verdict == result.NA
}

// protocols are those that have cases.
var protocols = func() []client.Protocol {
	var some []client.Protocol
	for _, p := range client.Protocols {
		if _, _, err := specs.Protocol(p); err == nil {
			some = append(some, p)
		}
	}
	return some
}()

var prove = flag.Bool("prove", false, "run what takes minutes: every fault, and twenty runs of one target")

func onlyWhenProving(t *testing.T) {
	if !*prove {
		t.Skip("it takes minutes: make prove")
	}
}

// TestFaultsAreKilled serves each fault and holds the cases that fail against
// the table: those, by those checks, and no others. It prints the kill matrix.
func TestFaultsAreKilled(t *testing.T) {
	onlyWhenProving(t)
	killed := map[string][]string{} // by case
	for _, f := range reference.Faults() {
		protocol, _, _ := strings.Cut(f.Name, "/")
		want, ok := kills[f.Name]
		if !ok || len(want) == 0 {
			t.Errorf("fault %s has no row in the table that names what it kills", f.Name)
		}
		for id := range want {
			killed[id] = append(killed[id], f.Name)
		}
		s := subject{protocol: client.Protocol(protocol), method: reference.Threaded, network: "unix", fault: f.Name}
		if strings.Contains(f.Name, "crash") {
			s.method = alone
		}
		if strings.HasPrefix(f.Name, "ajp/secret-") {
			s.secret = secret
		}
		if strings.HasPrefix(f.Name, "ajp/packet-size-") {
			s.packets = ajp.MaxPacketSize
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			checkKills(t, s, want)
		})
	}
	for name := range kills {
		if _, err := reference.LookupFault(name); err != nil {
			t.Errorf("the table has a row for %s: %v", name, err)
		}
	}
	for _, c := range specs.All() {
		if len(killed[c.ID]) == 0 && c.Level != suite.May {
			t.Errorf("case %s is killed by no fault", c.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(killed)) {
		t.Logf("%-40s %s", id, strings.Join(killed[id], " "))
	}
}

// checkKills runs every case over a fault.
func checkKills(t *testing.T, s subject, want map[string]string) {
	t.Helper()
	mustHold(t, func() (wrong []string) {
		failed := map[string]string{}
		for _, r := range s.probe(t, specs.Options{Selection: suite.Selection{Thorough: true, Hostile: true}, Options: suite.Options{TimeoutScale: faultScale}}) {
			if r.Broken() {
				failed[r.Case()] = r.Check
			}
			if r.Verdict == result.Error {
				wrong = append(wrong, fmt.Sprintf("%s: %s", r.ID, r.Message))
			}
		}
		return append(wrong, otherKills(failed, want)...)
	})
}

// otherKills is where the cases that failed, each with its check, are not those
// of the table.
func otherKills(failed, want map[string]string) (wrong []string) {
	for _, id := range slices.Sorted(maps.Keys(failed)) {
		if check, ok := want[id]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s fails, too: %q", id, failed[id]))
		} else if failed[id] != check {
			wrong = append(wrong, fmt.Sprintf("%s fails by %q, want %q", id, failed[id], check))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if _, ok := failed[id]; !ok {
			wrong = append(wrong, id+" lets it pass")
		}
	}
	return wrong
}

// faultScale shortens the waits for what a fault keeps from coming: the server
// is near, and answers in a millisecond or not at all.
const faultScale = 0.7

// TestVerdictsAreTheSameEachTime runs each target twenty times, in another order
// each time.
func TestVerdictsAreTheSameEachTime(t *testing.T) {
	onlyWhenProving(t)
	subjects := []subject{{protocol: client.FastCGI, method: reference.Threaded, network: "unix", fault: "fcgi/no-end-of-stdout"}}
	for _, p := range protocols {
		subjects = append(subjects, subject{protocol: p, method: reference.Prefork, network: "unix"})
	}
	for _, s := range subjects {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			sameEachTime(t, s.start(t))
		})
	}
}

func sameEachTime(t *testing.T, target client.Target) {
	var first map[string]result.Verdict
	for i := range 20 {
		found, err := specs.Run(t.Context(), target, specs.Options{Options: suite.Options{Seed: int64(i)}})
		if err != nil {
			t.Fatal(err)
		}
		verdicts := map[string]result.Verdict{}
		for _, r := range found.Results {
			verdicts[r.ID] = r.Verdict
		}
		if first == nil {
			first = verdicts
		}
		if diff := cmp.Diff(first, verdicts); diff != "" {
			t.Fatalf("run %d: %s", i, diff)
		}
	}
}
