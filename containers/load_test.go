package containers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// fcgibench is the command, built once for all tests that need it.
var fcgibench = built("fcgibench")

// loaded is what fcgibench found of a server.
type loaded struct {
	result.Load
	text string // what it printed
	code int
	each []vegeta.Result // as vegeta's own decoder reads them
}

// fcgibench's exit codes here: a machine that does something else makes it late,
// of which it says that the rate was not met or that the run is invalid. What it
// counts holds all the same.
const (
	exitDone    = 0
	exitMissed  = 1
	exitInvalid = 3
)

// underLoad runs fcgibench on the server, and reads its files.
func underLoad(t *testing.T, p *Peer, query string, flags ...string) loaded {
	t.Helper()
	file, err := fcgibench()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run, stream := filepath.Join(dir, "run.json"), filepath.Join(dir, "run.vegeta")
	args := append([]string{"-json", run, "-vegeta", stream, "-warmup", "0s", "-rounds", "1"}, flags...)
	if p.ScriptFilename != "" {
		args = append(args, "-script", p.ScriptFilename)
	}
	if p.Variant.Secret != "" {
		args = append(args, "-secret", p.Variant.Secret)
	}
	path := "/probe?" + query
	if p.Variant.Network == "unix" {
		path = ":" + path
	}
	out, err := exec.CommandContext(t.Context(), file, append(args, p.Target()+path)...).CombinedOutput()
	l := loaded{text: string(out)}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		l.code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains([]int{exitDone, exitMissed, exitInvalid}, l.code) {
		t.Fatalf("exit code %d\n%s", l.code, out)
	}
	if l.Load, err = readRun(run); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if l.each, err = readStream(stream); err != nil {
		t.Fatal(err)
	}
	return l
}

func readRun(file string) (result.Load, error) {
	f, err := os.Open(file)
	if err != nil {
		return result.Load{}, err
	}
	defer f.Close()
	run, err := reports.ReadLoad(f)
	if err == nil && (len(run.Subjects) != 1 || len(run.Subjects[0].Rounds) != 1) {
		err = fmt.Errorf("want a round of one server, got %+v", run.Subjects)
	}
	return run, err
}

func readStream(file string) (all []vegeta.Result, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	decode := vegeta.DecoderFor(bytes.NewReader(text))
	if decode == nil {
		return nil, errors.New("vegeta does not know the format")
	}
	for {
		var r vegeta.Result
		switch err := decode(&r); err {
		case nil:
			all = append(all, r)
		case io.EOF:
			return all, nil
		default:
			return nil, err
		}
	}
}

// ofTheServer is what a run says of the server, less what a machine that does
// something else has it say, too: it makes generators late and servers slow.
func (l loaded) ofTheServer(p *Peer) (texts []string) {
	for _, d := range l.Diagnoses {
		machines := d.Invalid || strings.HasPrefix(d.What, "fcgibench itself") ||
			strings.Contains(d.What, " busy: half of the requests waited") || strings.Contains(d.What, "answered nothing for about")
		if !machines && !(heldBack.MatchString(d.What) && writesInPieces(p, l.Plan.KeepAlive)) {
			texts = append(texts, d.What)
		}
	}
	return texts
}

// heldBack is said of a server that writes in pieces.
var heldBack = regexp.MustCompile(`^half of the answers or more (paused for|began after) .*without TCP_NODELAY: it waits (once|twice|3 times) for an acknowledgement, which Linux holds back for 40 ?ms$`)

// writesInPieces is whether a server's answers may wait for acknowledgements: over
// TCP, on kept connections. How many do, the system decides.
func writesInPieces(p *Peer, kept bool) bool {
	return kept && p.Variant.Network == "tcp" && p.Variant.Protocol != "scgi" && slices.Contains([]string{"flup", "php-cgi", "php-fpm"}, p.Definition.Name)
}

// loadRequests are few enough for the slowest server, and a pool of
// loadConnections for the one with the fewest workers: flup's prefork has five.
const (
	loadRequests    = 50
	loadConnections = "4"
)

// TestEveryServerTakesALoad has fcgibench find nothing wrong with any server that
// is well, and count right.
func TestEveryServerTakesALoad(t *testing.T) {
	eachServer(t, func(t *testing.T, d Definition, v Variant) {
		if d.ContainerOnly {
			t.Skip(d.Missing())
		}
		available(t, d)
		p := started(t, d, v, Options{App: application(t, d)})
		flags := []string{"-rate", "25", "-requests", fmt.Sprint(loadRequests), "-connections", loadConnections, "-timeout", "30s"}
		if d.Closes {
			flags = append(flags, "-keepalive=false")
		}
		l := underLoad(t, p, "size=1000", flags...)
		s, r := l.Subjects[0], l.Subjects[0].Rounds[0]
		t.Logf("exit %d; p50 %v, p99 %v; opened %d; %d bytes out, %d in; CPU %v, memory %d MiB, %d processes", l.code, at(r.Response, 50), at(r.Response, 99), r.Opened, r.BytesOut, r.BytesIn, r.Server.CPU, r.Server.Memory>>20, r.Server.Processes)
		if r.Requests != loadRequests || r.Succeeded != loadRequests || r.Statuses["200"] != loadRequests || len(r.Errors) > 0 {
			t.Errorf("%d of %d requests succeeded, statuses %v, errors %v, want %d with 200\n%s", r.Succeeded, r.Requests, r.Statuses, r.Errors, loadRequests, l.text)
		}
		if found := l.ofTheServer(p); len(found) > 0 {
			t.Errorf("the server is well, and fcgibench says %q\n%s", found, l.text)
		}
		if l.code == exitInvalid && !slices.ContainsFunc(l.Diagnoses, func(d result.Diagnosis) bool { return d.Invalid }) {
			t.Errorf("the run is invalid, and nothing says why\n%s", l.text)
		}
		if s.Protocol != v.Protocol || s.Pool != 4 {
			t.Errorf("protocol %s, pool %d", s.Protocol, s.Pool)
		}
		countsConnections(t, r, v.Protocol != "scgi" && !d.Closes)
		if r.BytesIn < loadRequests*1000 || r.BytesOut < loadRequests*50 {
			t.Errorf("%d bytes in and %d out of %d requests with a body of 1000 bytes each", r.BytesIn, r.BytesOut, loadRequests)
		}
		if v.Network == "unix" && (r.Server.Memory == 0 || r.Server.Processes == 0) {
			t.Errorf("want the server's processes, which the socket tells; got %+v", r.Server)
		}
		for _, each := range l.each {
			if each.Code != 200 || each.Error != "" || each.BytesIn != 1000 {
				t.Errorf("vegeta reads %+v", each)
			}
		}
		if len(l.each) != loadRequests {
			t.Errorf("vegeta reads %d results of %d", len(l.each), loadRequests)
		}
	})
}

// at is a percentile.
func at(l result.Latencies, of float64) time.Duration {
	for _, p := range l.Percentiles {
		if p.Of == of {
			return p.At
		}
	}
	return 0
}

// countsConnections: each request is on a new connection or on a kept one.
func countsConnections(t *testing.T, r result.Round, kept bool) {
	t.Helper()
	opened := int64(loadRequests)
	if kept {
		opened = 4
	}
	if r.Opened > opened || r.Opened+r.Reused < loadRequests || !kept && r.Reused > 0 {
		t.Errorf("%d connections made, %d requests on kept ones, of %d; kept: %v", r.Opened, r.Reused, loadRequests, kept)
	}
}

// TestClosedConnectionsAreTold of a server that ends each, though it was asked to
// keep it. Over SCGI there is nothing to be said: no connection is kept.
func TestClosedConnectionsAreTold(t *testing.T) {
	d := lookup(t, "uwsgi")
	for _, v := range d.Variants() {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			available(t, d)
			p := started(t, d, v, Options{App: application(t, d)})
			l := underLoad(t, p, "size=1000", "-rate", "50", "-requests", "100", "-connections", loadConnections, "-timeout", "30s")
			t.Log(l.text)
			var want []string
			if v.Protocol == "fcgi" {
				want = []string{"the server closes every connection after one request, though it was asked to keep it"}
			}
			if got := l.ofTheServer(p); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q\n%s", got, want, l.text)
			}
		})
	}
}

// TestMoreConnectionsThanPHPHasWorkers: php-fpm's eight each read one connection,
// until it is closed. With as many as those, or with none that is kept, it is well.
func TestMoreConnectionsThanPHPHasWorkers(t *testing.T) {
	d := lookup(t, "php-fpm")
	// All connections are made: the requests come faster than any is answered.
	flood := []string{"-rate", "400", "-requests", "200", "-timeout", "3s", "-connections", "64"}
	calm := []string{"-rate", "25", "-requests", "50", "-timeout", "30s"}
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			available(t, d)
			p := started(t, d, Variant{Protocol: "fcgi", Method: "prefork", Network: network}, Options{App: application(t, d)})
			for _, c := range []struct {
				flags []string
				want  []string // all that is said of the server
			}{
				{append(flood, "-workers", "8"), []string{"64 kept connections, 8 workers: 56 were never read"}},
				{flood, []string{"64 kept connections: nothing was read "}},
				{append(calm, "-connections", "8", "-workers", "8"), nil},
				{append(calm, "-connections", "64", "-keepalive=false"), nil},
			} {
				l := underLoad(t, p, "size=1000&delay=200", c.flags...)
				if !slices.EqualFunc(l.ofTheServer(p), c.want, strings.HasPrefix) {
					t.Errorf("%v: want %q\n%s", c.flags, c.want, l.text)
				}
				r := l.Subjects[0].Rounds[0]
				if unread := r.Errors["timeout with nothing read"]; len(c.want) > 0 && unread < 56 || c.want == nil && len(r.Errors) > 0 {
					t.Errorf("%v: errors %v\n%s", c.flags, r.Errors, l.text)
				}
			}
		})
	}
}

// TestHeldBackAcknowledgementsAreTold of servers that write in pieces, and of them
// over TCP on kept connections alone.
func TestHeldBackAcknowledgementsAreTold(t *testing.T) {
	for _, name := range []string{"flup", "php-fpm", "php-cgi", "go-net-http-fcgi", "libfcgi"} {
		d := lookup(t, name)
		for _, v := range d.Variants() {
			t.Run(name+"/"+v.String(), func(t *testing.T) {
				t.Parallel()
				available(t, d)
				p := started(t, d, v, Options{App: application(t, d)})
				l := underLoad(t, p, "size=1000", "-rate", "60", "-requests", "240", "-connections", loadConnections, "-timeout", "30s")
				if got := l.ofTheServer(p); len(got) > 0 {
					t.Errorf("got %q\n%s", got, l.text)
				}
				body := l.Subjects[0].Rounds[0].Phases["body"]
				told := slices.ContainsFunc(l.Diagnoses, func(d result.Diagnosis) bool { return heldBack.MatchString(d.What) })
				t.Logf("half of the bodies took %v or more; told: %v", at(body, 50), told)
				if inHeldBack(body) && v.Network == "tcp" && !told {
					t.Errorf("nothing is said\n%s", l.text)
				}
			})
		}
	}
}

// inHeldBack is whether more than half of the answers took as long as an
// acknowledgement is held back.
func inHeldBack(body result.Latencies) bool {
	h, err := hdrhistogram.Decode([]byte(body.Histogram))
	return err == nil && h.ValueAtPercentile(40) >= 40_000 && h.ValueAtPercentile(95) <= 47_000 // in µs
}
