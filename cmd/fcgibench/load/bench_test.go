package load

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// Enough rounds for a median that holds, in less than a minute.
const (
	benchRounds    = 7
	benchRoundTime = 700 * time.Millisecond
	benchPool      = 16
	// latenessTime is longer: what a round's histograms take to be made is little
	// then of what it takes a second.
	latenessTime = 2 * time.Second
)

// measured is one of those compared, by a figure of each round.
type measured struct {
	name    string
	round   func(b *testing.B) float64
	figures []float64
}

func (m *measured) median() float64 {
	sorted := slices.Sorted(slices.Values(m.figures))
	return sorted[len(sorted)/2]
}

// ratioTo is the median of the rounds' ratios to those that ran beside them.
func (m *measured) ratioTo(base *measured) float64 {
	ratios := make([]float64, len(m.figures))
	for i := range ratios {
		ratios[i] = m.figures[i] / base.figures[i]
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

// cpuPerRequest measures what this process takes for a request, which other
// processes on the machine hardly change.
func (m *measured) cpuPerRequest(b *testing.B) {
	start, began := processorTime(syscall.RUSAGE_SELF), time.Now()
	rate := m.round(b)
	requests := rate * time.Since(began).Seconds()
	b.Logf("%-44s %10.2f µs of processor a request", m.name, micros(processorTime(syscall.RUSAGE_SELF)-start)/requests)
}

// interleave runs rounds of each in turn, forth and back, so that a machine
// whose speed drifts slows all of them alike.
func interleave(b *testing.B, unit string, all ...*measured) {
	for _, m := range all {
		m.round(b) // to warm up
		m.figures = nil
	}
	for i := range benchRounds {
		order := slices.Clone(all)
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, m := range order {
			m.figures = append(m.figures, m.round(b))
		}
	}
	for _, m := range all {
		b.Logf("%-44s %10.2f %s", m.name, m.median(), unit)
	}
}

// BenchmarkHighestRate compares fcgibench as fast as its connections allow with
// the bare client. Run it with -benchtime=1x, as make bench does.
func BenchmarkHighestRate(b *testing.B) {
	target := serving(b)
	bare := &measured{name: "bare RoundTripper", round: bareLoop(target)}
	whole := &measured{name: "fcgibench", round: func(b *testing.B) float64 {
		r := attackOf(b, target, Round{InFlight: benchPool, Duration: benchRoundTime})
		return float64(r.Succeeded) / r.Duration.Seconds()
	}}
	plain := &measured{name: "vegeta alone", round: func(b *testing.B) float64 {
		return vegetaAlone(b, target)
	}}
	for b.Loop() {
		interleave(b, "requests/s", bare, whole, plain)
	}
	for _, m := range []*measured{bare, whole, plain} {
		m.cpuPerRequest(b)
	}
	b.ReportMetric(whole.ratioTo(bare), "fcgibench/bare")
	b.ReportMetric(whole.ratioTo(plain), "fcgibench/vegeta")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLateness compares the pacers at 2000 requests a second.
func BenchmarkLateness(b *testing.B) {
	target := serving(b)
	const rate = 2000
	var cores, vegetaCores []float64
	ours := &measured{name: "fcgibench", round: func(b *testing.B) float64 {
		r := attackOf(b, target, Round{Schedule: Constant(rate), Duration: latenessTime})
		cores = append(cores, r.Generator.CPU.Seconds()/r.Duration.Seconds())
		return micros(r.Lateness.Percentiles[0].At)
	}}
	theirs := &measured{name: "vegeta's pacer", round: func(b *testing.B) float64 {
		start := processorTime(syscall.RUSAGE_SELF)
		late := vegetaLateness(b, target, rate)
		vegetaCores = append(vegetaCores, (processorTime(syscall.RUSAGE_SELF)-start).Seconds()/latenessTime.Seconds())
		return late
	}}
	for b.Loop() {
		interleave(b, "µs late at the median", ours, theirs)
	}
	slices.Sort(cores)
	slices.Sort(vegetaCores)
	b.ReportMetric(vegetaCores[len(vegetaCores)/2], "vegeta-cores")
	b.ReportMetric(ours.ratioTo(theirs), "fcgibench/vegeta")
	b.ReportMetric(cores[len(cores)/2], "cores")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOpenModel sends 50,000 requests a second over 64 connections at most.
func BenchmarkOpenModel(b *testing.B) {
	target := serving(b)
	const pool = 64
	var r result.Round
	for b.Loop() {
		t := transport(b, target)
		t.MaxConns = pool
		r = run(b, t, Round{Schedule: Constant(50_000), InFlight: 2 * pool, Duration: 3 * time.Second})
		for _, i := range r.Timeline {
			if i.Connections > pool {
				b.Errorf("%d connections of %d", i.Connections, pool)
			}
		}
		if r.Opened > pool || r.Succeeded != r.Requests {
			b.Errorf("%d connections made of %d; %d of %d succeeded: %v", r.Opened, pool, r.Succeeded, r.Requests, r.Errors)
		}
	}
	b.Logf("asked %.0f, met %.0f requests/s; response %s; service %s; lateness %s; generator %.2f cores, %d MB",
		r.RateAsked, r.RateMet, brief(r.Response), brief(r.Service), brief(r.Lateness),
		r.Generator.CPU.Seconds()/r.Duration.Seconds(), r.Generator.Memory>>20)
	b.ReportMetric(r.RateMet/r.RateAsked, "met/asked")
	b.ReportMetric(0, "ns/op")
}

func brief(l result.Latencies) string {
	return fmt.Sprintf("p50 %v p99 %v max %v", l.Percentiles[0].At, l.Percentiles[4].At, l.Max)
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func attackOf(b *testing.B, target client.Target, r Round) result.Round {
	t := transport(b, target)
	t.MaxConns = benchPool
	return run(b, t, r)
}

func run(b *testing.B, t *client.Transport, r Round) result.Round {
	defer t.CloseIdleConnections()
	r.Transport, r.Targets = t, benchTargets()
	found, err := r.Run(b.Context())
	if err != nil || len(found.Errors) > 0 {
		b.Fatal(err, found.Errors)
	}
	return found
}

func transport(b *testing.B, target client.Target) *client.Transport {
	t, err := client.New(target)
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// benchTargets' request has 21 parameters in some 520 bytes, as a browser
// behind nginx sends.
func benchTargets() []vegeta.Target {
	return []vegeta.Target{{Method: "GET", URL: "http://www.example.org/app/page?x=1&y=2", Header: benchHeader()}}
}

func benchHeader() http.Header {
	return http.Header{
		"User-Agent":        {"Mozilla/5.0 (X11; Linux x86_64; rv:109.0)"},
		"Accept":            {"text/html,application/xhtml+xml"},
		"Accept-Language":   {"en-US,en;q=0.5"},
		"Accept-Encoding":   {"gzip, deflate"},
		"Cookie":            {"session=0123456789abcdef"},
		"Referer":           {"http://www.example.org/"},
		"Cache-Control":     {"max-age=0"},
		"X-Forwarded-For":   {"192.0.2.1"},
		"X-Forwarded-Proto": {"http"},
	}
}

// bareLoop sends one request again and again on each connection, and reads the
// answer's body.
func bareLoop(target client.Target) func(b *testing.B) float64 {
	return func(b *testing.B) float64 {
		t := transport(b, target)
		defer t.CloseIdleConnections()
		var served [benchPool]int64
		var wg sync.WaitGroup
		start := time.Now()
		for i := range served {
			wg.Go(func() { served[i] = loopUntil(b, t, start.Add(benchRoundTime)) })
		}
		wg.Wait()
		elapsed, sum := time.Since(start), int64(0)
		for _, n := range served {
			sum += n
		}
		return float64(sum) / elapsed.Seconds()
	}
}

func loopUntil(b *testing.B, t *client.Transport, end time.Time) (served int64) {
	req, err := http.NewRequest("GET", "http://www.example.org/app/page?x=1&y=2", nil)
	if err != nil {
		b.Error(err)
		return 0
	}
	req.Header = benchHeader()
	buf := make([]byte, 4096)
	for ; time.Now().Before(end); served++ {
		resp, err := t.RoundTrip(req)
		if err != nil {
			b.Error(err)
			return served
		}
		for err == nil {
			_, err = resp.Body.Read(buf)
		}
		resp.Body.Close()
		if err != io.EOF {
			b.Error(err)
			return served
		}
	}
	return served
}

// vegetaOver is vegeta over the same client, without our books.
func vegetaOver(t *client.Transport, options ...func(*vegeta.Attacker)) *vegeta.Attacker {
	h := &http.Transport{}
	h.RegisterProtocol("http", t)
	return vegeta.NewAttacker(append([]func(*vegeta.Attacker){
		vegeta.Client(&http.Client{Transport: h}), vegeta.Redirects(vegeta.NoFollow)}, options...)...)
}

func vegetaAlone(b *testing.B, target client.Target) float64 {
	t := transport(b, target)
	defer t.CloseIdleConnections()
	a := vegetaOver(t, vegeta.Workers(benchPool), vegeta.MaxWorkers(benchPool))
	n, start := 0, time.Now()
	for r := range a.Attack(vegeta.NewStaticTargeter(benchTargets()...), vegeta.Rate{}, benchRoundTime, "") {
		if r.Error != "" {
			b.Fatal(r.Error)
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds()
}

// vegetaLateness is how late vegeta's own pacer sends, at the median: it plans
// the first request an interval after its beginning.
func vegetaLateness(b *testing.B, target client.Target, rate int) float64 {
	t := transport(b, target)
	t.MaxConns = benchPool
	defer t.CloseIdleConnections()
	late := NewRecorder()
	interval := time.Second / time.Duration(rate)
	began := time.Now()
	for r := range vegetaOver(t).Attack(vegeta.NewStaticTargeter(benchTargets()...), vegeta.Rate{Freq: rate, Per: time.Second}, latenessTime, "") {
		late.Record(max(0, r.Timestamp.Sub(began)-time.Duration(r.Seq+1)*interval))
	}
	return micros(late.At(50))
}

// serving starts a server, as a process of its own, that ends with the
// benchmark.
func serving(b *testing.B) client.Target {
	path := filepath.Join(b.TempDir(), "s")
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	server := exec.Command(self)
	server.Env = append(os.Environ(), serveVariable+"="+path)
	server.Stderr = os.Stderr
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); server.Wait() })
	target := client.Target{Protocol: client.FastCGI, Network: "unix", Address: path}
	for range 500 {
		if _, err = os.Stat(path); err == nil {
			return target
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("the server did not begin: ", err)
	return target
}
