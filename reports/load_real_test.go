package reports_test

import (
	"bytes"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/reference"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// measured is six rounds of each of two servers, in turn: one that answers at
// once, and one that takes 20 ms.
func measured(t *testing.T, p *reports.LoadProgress) result.Load {
	t.Helper()
	const rounds = 6
	run := loadOf(result.Subject{Name: "quick", Protocol: "fcgi", Pool: 8}, result.Subject{Name: "slow", Protocol: "fcgi", Pool: 8})
	run.Plan = result.Plan{Rate: 200, Requests: 50, Rounds: rounds, Connections: 8, KeepAlive: true}
	transports := []*client.Transport{served(t, &run.Subjects[0], 0), served(t, &run.Subjects[1], 20*time.Millisecond)}
	p.Plan, p.Subjects = run.Plan, len(run.Subjects)
	for _, i := range load.Order(len(run.Subjects), rounds) {
		s := &run.Subjects[i]
		p.Round(s.Name, len(s.Rounds)+1, rounds)
		round := load.Round{Transport: transports[i], Targets: []vegeta.Target{{Method: http.MethodGet, URL: "fcgi://x/"}},
			Schedule: load.Constant(run.Plan.Rate), Requests: run.Plan.Requests, Watch: p.Instant}
		found, err := round.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Done(found)
		s.Rounds = append(s.Rounds, found)
	}
	var err error
	if run.Comparisons, err = load.CompareSubjects(run.Subjects, 1); err != nil {
		t.Fatal(err)
	}
	return run
}

// served starts a server that takes so long, and is a client of it.
func served(t *testing.T, s *result.Subject, takes time.Duration) *client.Transport {
	t.Helper()
	target := client.Target{Protocol: client.FastCGI, Network: "unix", Address: filepath.Join(t.TempDir(), "s")}
	l, err := reference.Listen(target.Network, target.Address)
	if err != nil {
		t.Fatal(err)
	}
	server := &reference.Server{Protocol: target.Protocol, Handler: reference.HandlerFunc(func(w *reference.Response, r *reference.Request) {
		time.Sleep(takes)
		greet(w, r)
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Shutdown(t.Context()) })
	c, err := client.New(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	s.Target, c.MaxConns, c.Timeout = target.String(), s.Pool, 5*time.Second
	return c
}

func TestAMeasuredRunIsTold(t *testing.T) {
	var live bytes.Buffer
	p := &reports.LoadProgress{W: &live, Terminal: true}
	run := measured(t, p)
	p.Close()
	if rows := newTerminal(t, 80).write(live.String()).rows; len(rows) != 13 || !strings.HasPrefix(rows[11], "quick, round 6 of 6: ") {
		t.Errorf("of twelve rounds the terminal shows\n%s", strings.Join(rows, "\n"))
	}
	text := loadText(t, run, reports.LoadTextOptions{Width: 200})
	p50 := run.Comparisons[slices.IndexFunc(run.Comparisons, func(c result.Comparison) bool { return c.Measure == "p50" })]
	for _, want := range []string{
		`(?m)^  requests +300, none failed$`,
		`(?m)^  statuses +2xx 300 \(200\)$`,
		`(?m)^  p99 +[0-9.]+ +[0-9.]+ +3  few$`,
		`(?m)^  first byte +[0-9.]+ +[0-9.]+ +[0-9.]+ +300$`,
		`(?m)^slow against quick, over 6 pairs of rounds$`,
		`(?m)^  p50 +[0-9.]+ +[0-9.]+ to [0-9.]+  ` + string(p50.Judgement) + "$",
		`(?m)^slow against quick \(with 95 % intervals\): .*` + string(p50.Judgement) + `: .*\bp50\b`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	var hgrm bytes.Buffer
	if err := reports.LoadHgrm(&hgrm, run); err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`Total count    = +300\]`).FindAllString(hgrm.String(), -1)); n != 2 {
		t.Errorf("%d sections of 300 requests, want 2:\n%s", n, hgrm.String())
	}
}
