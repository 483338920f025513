package containers

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
)

// benchRounds of each generator are enough for a median.
const (
	benchRounds = 5
	benchTime   = 2 * time.Second
	benchPool   = 8 // the workers of php-fpm: each serves one connection
	benchQuery  = "size=100"
)

// BenchmarkThroughNginx asks one php-fpm directly by fcgibench and, as has been
// usual so far, by wrk and ab through nginx: what is then measured is nginx and
// its connections, too. Run it with -benchtime=1x, as make bench does.
func BenchmarkThroughNginx(b *testing.B) {
	fpm, nginx := lookup(b, "php-fpm"), lookup(b, "nginx")
	for _, d := range []Definition{fpm, nginx} {
		available(b, d)
	}
	has(b, "wrk")
	has(b, "ab")
	v := Variant{Protocol: "fcgi", Network: "unix"}
	front := func(keep string) (php, gateway *Peer) {
		// Kept connections hold all workers, so that each nginx has a php-fpm of its own.
		php = started(b, fpm, Variant{Protocol: "fcgi", Method: "prefork", Network: "unix"}, Options{App: application(b, fpm)})
		env := []string{"PEER_SCRIPT=" + php.ScriptFilename, "PEER_KEEP=" + keep}
		return php, started(b, nginx, v, Options{Backend: php.Target(), Env: env})
	}
	php, plain := front("")
	_, kept := front("1")

	all := []*throughput{
		{name: "fcgibench, no web server", round: func() (float64, error) { return asksDirectly(b, php) }},
		{name: "wrk through nginx", round: func() (float64, error) { return wrk(plain.URL()) }},
		{name: "wrk through nginx that keeps connections", round: func() (float64, error) { return wrk(kept.URL()) }},
		{name: "ab through nginx", round: func() (float64, error) { return ab(plain.URL()) }},
	}
	for b.Loop() {
		for i := range benchRounds {
			order := slices.Clone(all)
			if i%2 == 1 {
				slices.Reverse(order)
			}
			for _, t := range order {
				t.run(b)
			}
		}
	}
	for _, t := range all {
		b.Logf("%-42s %8.0f requests/s, %.2f of fcgibench's", t.name, t.median(), t.median()/all[0].median())
	}
	b.ReportMetric(all[1].median()/all[0].median(), "nginx+wrk/fcgibench")
	b.ReportMetric(0, "ns/op")
}

// throughput is what one generator reached in each of its rounds.
type throughput struct {
	name  string
	round func() (float64, error)
	rates []float64
}

func (t *throughput) run(b *testing.B) {
	b.Helper()
	rate, err := t.round()
	if err != nil {
		b.Fatalf("%s: %v", t.name, err)
	}
	t.rates = append(t.rates, rate)
}

func (t *throughput) median() float64 {
	sorted := slices.Sorted(slices.Values(t.rates))
	return sorted[len(sorted)/2]
}

// asksDirectly is a round of fcgibench.
func asksDirectly(b *testing.B, p *Peer) (float64, error) {
	target, err := client.ParseTarget(p.Target())
	if err != nil {
		return 0, err
	}
	transport, err := client.New(target)
	if err != nil {
		return 0, err
	}
	defer transport.CloseIdleConnections()
	transport.ScriptFilename, transport.MaxConns, transport.Timeout = p.ScriptFilename, benchPool, 5*time.Second
	r := load.Round{
		Transport: transport, InFlight: benchPool, Duration: benchTime,
		Targets: []vegeta.Target{{Method: "GET", URL: "http://localhost/probe?" + benchQuery}},
	}
	found, err := r.Run(b.Context())
	if err == nil && found.Succeeded != found.Requests {
		err = fmt.Errorf("%d of %d requests failed: %v", found.Requests-found.Succeeded, found.Requests, found.Errors)
	}
	return float64(found.Succeeded) / found.Duration.Seconds(), err
}

func wrk(url string) (float64, error) {
	return generator(`Requests/sec: +([0-9.]+)`, "wrk", "-c", strconv.Itoa(benchPool), "-t", "2", "-d", benchTime.String(), url+"probe?"+benchQuery)
}

func ab(url string) (float64, error) {
	seconds := strconv.Itoa(int(benchTime.Seconds()))
	return generator(`Requests per second: +([0-9.]+)`, "ab", "-q", "-c", strconv.Itoa(benchPool), "-t", seconds, "-n", "1000000", url+"probe?"+benchQuery)
}

// bad is what wrk and ab say of answers that failed.
var bad = regexp.MustCompile(`Non-2xx|Socket errors|Failed requests: +[1-9]`)

// generator runs another load generator and finds its rate.
func generator(rate, program string, args ...string) (float64, error) {
	out, err := exec.Command(program, args...).CombinedOutput()
	found := regexp.MustCompile(rate).FindSubmatch(out)
	if err != nil || found == nil || bad.Match(out) {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
