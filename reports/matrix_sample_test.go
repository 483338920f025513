package reports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// named is a target as whoever runs peers describes it.
func named(peer, version, protocol, method, network string, results ...result.Result) result.Target {
	return result.Target{
		Target: protocol + "+unix:/tmp/peer/s", Protocol: protocol, Peer: peer, Version: version, Method: method, Network: network,
		Server: peer + "/" + version, Log: "started\nthe last line of " + peer, Results: results,
	}
}

func runOf(day int, targets ...result.Target) result.Run {
	return result.Run{
		Version: result.Version, Tool: "fcgiprobe v1.2.3", Seed: 42, Targets: targets,
		Started: time.Date(2026, 3, day, 5, 6, 7, 0, time.UTC),
	}
}

// matrixFiles are runs of three implementations: alpha in two files and three
// ways that differ, beta named by its file, gamma that was not reached.
func matrixFiles() []reports.MatrixFile {
	logged := sampleResults()
	for i := range logged {
		if logged[i].ID == "fcgi/3.3/request-id" {
			logged[i].Log = "the log at request-id"
		}
	}
	beta := sample()
	return []reports.MatrixFile{
		{Name: "runs/alpha-1.json", Run: runOf(4, named("alpha", "1.0", "fcgi", "threaded", "unix", logged...))},
		{Name: "runs/alpha-2.json", Run: runOf(5,
			named("alpha", "1.0", "fcgi", "prefork", "unix", passing("fcgi/3.3/version", "FastCGI 3.3"), passing("fcgi/3.3/request-id", "FastCGI 3.3"),
				passing("fcgi/6.3/authorizer", "FastCGI 6.3")),
			named("alpha", "1.0", "scgi", "threaded", "tcp", passing("scgi/2/closes", "SCGI 2"), with("scgi/3/body", "SCGI 3", failing)))},
		{Name: "runs/beta.json", Run: beta},
		{Name: "runs/gamma.json", Run: runOf(6, result.Target{
			Target: "fcgi+unix:/run/gamma.sock", Protocol: "fcgi", Peer: "gamma", Version: "2.0", Notes: []string{"it can't be reached"},
		})},
	}
}

func matrixOf(t *testing.T, files ...reports.MatrixFile) *reports.Matrix {
	t.Helper()
	m, err := reports.NewMatrix(files)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// siteOf are the files of a matrix's site, by their names.
func siteOf(t *testing.T, m *reports.Matrix) map[string]string {
	t.Helper()
	files, err := m.Site()
	if err != nil {
		t.Fatal(err)
	}
	site := map[string]string{}
	for _, f := range files {
		if _, twice := site[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		site[f.Name] = string(f.Content)
	}
	return site
}

// hostileMatrix has a server's texts everywhere, names included.
func hostileMatrix(t *testing.T) *reports.Matrix {
	run := everywhere(hostile + "<img src=x onerror=alert(1)>\"'><!-- javascript:alert(1) ../../../x")
	for i := range run.Targets {
		target := &run.Targets[i]
		s := target.Target
		target.Peer, target.Version, target.Method, target.Network, target.Setting, target.Log = s, s, s, s, fmt.Sprint(s, i), s
		for j := range target.Results {
			target.Results[j].Log = s
		}
	}
	other := everywhere("../../etc/passwd")
	return matrixOf(t, reports.MatrixFile{Name: "a.json", Run: run}, reports.MatrixFile{Name: "../..", Run: other},
		reports.MatrixFile{Name: "main.json", Run: runOf(1, result.Target{Target: "unix:/s", Protocol: "fcgi", Results: sampleResults()})})
}

// largeMatrix has as many implementations and cases as there may be, each with
// four ways, and a fifth of the cases failing with many bytes.
func largeMatrix(t *testing.T) *reports.Matrix {
	const peers, cases = 25, 370
	body := slices.Repeat([]byte("0123456789abcdef"), 4096)
	var files []reports.MatrixFile
	for p := range peers {
		var targets []result.Target
		for _, method := range []string{"threaded", "prefork"} {
			for _, network := range []string{"unix", "tcp"} {
				var results []result.Result
				for c := range cases {
					r := passing(fmt.Sprintf("fcgi/%d.%d/case-%d", c/40+2, c/10%4, c), fmt.Sprintf("FastCGI %d.%d", c/40+2, c/10%4))
					if (p+c)%5 == 0 {
						wrongID(&r)
						r.Log = strings.Repeat("a line of the log, of a usual length, with the time and the cause\n", 100)
						for i := range 40 {
							r.Bytes = append(r.Bytes, result.Event{Connection: 1, Sent: i%2 == 0, Offset: int64(i) * 65536, Bytes: body[:1024], Text: "{FCGI_STDIN, 1, 1024 bytes}"})
						}
					}
					results = append(results, r)
				}
				targets = append(targets, named(fmt.Sprintf("peer-%d", p), "1.2.3", "fcgi", method, network, results...))
			}
		}
		files = append(files, reports.MatrixFile{Name: fmt.Sprintf("%d.json", p), Run: runOf(4, targets...)})
	}
	return matrixOf(t, files...)
}
