package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"net/http"
	"strings"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// firstAnswer is what a server says to one plain request, before it is loaded.
type firstAnswer struct {
	status string
	code   int
	body   []byte // its beginning
	digest uint64 // of all of it
}

// shownOfBody is how much of a first answer is kept.
const shownOfBody = 64 << 10

// ask sends one request on a connection of its own. An error is that the server
// does not answer.
func (s *subject) ask(ctx context.Context, asked vegeta.Target) (firstAnswer, error) {
	req, err := asked.Request()
	if err != nil {
		return firstAnswer{}, err
	}
	resp, err := s.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return firstAnswer{}, s.unanswered(err)
	}
	defer resp.Body.Close()
	a := firstAnswer{status: resp.Status, code: resp.StatusCode}
	var h maphash.Hash
	h.SetSeed(digestSeed)
	all := io.TeeReader(resp.Body, &h)
	a.body, err = io.ReadAll(io.LimitReader(all, shownOfBody))
	if err == nil {
		_, err = io.Copy(io.Discard, all)
	}
	if err != nil {
		return a, s.unanswered(err)
	}
	a.digest = h.Sum64()
	return a, nil
}

var digestSeed = maphash.MakeSeed()

// differ is whether some more answers to the same request, asked for at once so
// that several workers give them, are others: of a dynamic page there is no body
// to expect.
func (s *subject) differ(ctx context.Context, first firstAnswer) bool {
	const more = 4
	differs := make(chan bool, more)
	for range more {
		go func() {
			a, err := s.ask(ctx, s.asked[0])
			differs <- err == nil && a.code == first.code && a.digest != first.digest
		}()
	}
	differ := false
	for range more {
		differ = <-differs || differ
	}
	return differ
}

// unanswered is what came in place of an answer.
func (s *subject) unanswered(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return cli.NotReached(s.target, err)
	}
	return cli.Unreachable(fmt.Errorf("%s does not answer a plain request: %w; fcgiprobe get shows what comes", s.target, err))
}

// needsProbe is a workload that a target has no application for.
func (s *subject) needsProbe(ctx context.Context, name string) error {
	w := workloads[name]
	switch {
	case s.embedded || w == nil || name == usualWorkload:
		return nil
	case w.none:
		return cli.Misused("-workload %s is of the embedded server, since no application of a target's can be told to: expected hello, sleep, download or upload, or no target", name)
	}
	a, err := s.ask(ctx, s.asked[0])
	if err != nil {
		return err
	}
	var probe struct{ Probe int }
	if json.Unmarshal(a.body, &probe) != nil || probe.Probe == 0 {
		return cli.Misused("-workload %s needs the probe application, and %s answers %s: expected it there (fcgiprobe app php prints it), or no -workload", name, s.target, a)
	}
	return nil
}

// String is the status and the body's beginning, on a line.
func (a firstAnswer) String() string {
	const most = 60
	body := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(string(a.body), "?")), " "))
	cut := ""
	if len(body) > most {
		body, cut = body[:most], "..."
	}
	if len(body) == 0 {
		return a.status + ", without a body"
	}
	return fmt.Sprintf("%s, %+q%s", a.status, string(body), cut)
}

// first asks a subject before it is loaded, and tells of an answer that is not
// the wanted one. A request that is refused is not worth repeating.
func (f *loadFlags) first(ctx context.Context, in *cli.Invocation, s *subject) error {
	if err := s.needsProbe(ctx, f.workload); err != nil {
		return err
	}
	if w := workloads[f.workload]; w != nil {
		s.asked[0] = w.request(s.asked[0], s.embedded)
	}
	defer s.transport.CloseIdleConnections()
	a, err := s.ask(ctx, s.asked[0])
	if err != nil {
		return err
	}
	asked := s.asked[0].Method + " " + strings.TrimPrefix(s.asked[0].URL, "http://localhost")
	if f.expectStatus == 0 && a.code/100 == 4 && len(s.asked) == 1 {
		return cli.Failed(fmt.Errorf("%s answers %s with %s: expected a path or -script that it serves, such as unix:/run/app.sock:/path; -expect-status %d takes this answer", s.found.Name, asked, a, a.code))
	}
	if f.verbose || !f.good(a.code) {
		fmt.Fprintf(in.Stderr, "fcgibench: %s answers %s with %s\n", s.found.Name, asked, a)
	}
	if f.mayDiffer() && s.differ(ctx, a) {
		s.takeAnyBody(in)
	}
	return nil
}

// mayDiffer is that nobody said what bodies must be.
func (f *loadFlags) mayDiffer() bool { return !f.anyBody && !f.flags.Given("expect-body") }

func (s *subject) takeAnyBody(in *cli.Invocation) {
	s.anyBody = true
	fmt.Fprintf(in.Stderr, "fcgibench: %s: its answers differ from request to request, so their bodies are not compared; -expect-body says what they must be\n", s.found.Name)
}

// good is whether a status is the wanted one.
func (f *loadFlags) good(status int) bool {
	if f.expectStatus != 0 {
		return status == f.expectStatus
	}
	return status >= http.StatusOK && status < http.StatusBadRequest
}
