package suite

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// Options say how cases run. The zero value works.
type Options struct {
	Seed         int64 // of the order and of every random byte
	Parallel     int   // cases at once, where the server can; 0 is defaultParallel
	TimeoutScale float64
	Thorough     bool // every case in every segmentation
	Anyway       bool // cases run even where the first request got no valid answer

	ScriptFilename, DocumentRoot, Secret string
	Params                               [][2]string
	PacketSize                           int // AJP's, where the server is set to more than 8192

	// Each is called as results come, one at a time. A result that comes again
	// takes the place of the one with its id.
	Each func(result.Result)
	// Restart is called when the server is gone after a case; nil is to wait for
	// a supervisor.
	Restart func(context.Context) error
}

// known is what the options tell of the server.
func (o Options) known() Server {
	return Server{ScriptFilename: o.ScriptFilename, DocumentRoot: o.DocumentRoot, Secret: o.Secret, Params: o.Params, PacketSize: o.PacketSize}
}

// defaultParallel keeps a usual pool of workers busy, and lets the waits of
// cases overlap.
const defaultParallel = 8

// Face is what the kernel must know of a protocol to judge plain requests.
type Face interface {
	// Plain sends one ordinary request and takes its answer: the parameters that
	// a probe application says it got, if it is one.
	Plain(t *T) (Server, error)
	// Partial is whether these bytes, which came last, are the beginning of a
	// record, packet or answer whose end is lacking.
	Partial(b []byte) bool
}

// session is a server that has answered a first request, and what is known of it.
type session struct {
	ctx    context.Context
	target client.Target
	face   Face
	o      Options
	server Server
	first  result.Result
	lost   bool // it is gone, and does not come back
}

// FirstID is the result of the very first plain request.
const FirstID = "first-request"

// begin makes the very first request, without an answer to which nothing can be
// tested, and finds out how many connections are served at once. The error is
// that the target takes no connection.
func begin(ctx context.Context, target client.Target, face Face, o Options) (*session, error) {
	if o.TimeoutScale == 0 {
		o.TimeoutScale = 1
	}
	if o.Parallel == 0 {
		o.Parallel = defaultParallel
	}
	s := &session{ctx: ctx, target: target, face: face, o: o, server: o.known()}
	if err := s.greet(); err != nil {
		return nil, err
	}
	switch {
	case s.first.Verdict == result.Pass:
		s.server.Concurrent = s.concurrent()
	case o.Anyway:
		s.server.Concurrent = o.Parallel
	}
	return s, nil
}

func (s *session) greet() error {
	var server Server
	var refused error
	s.first = s.once(&Case{
		ID: FirstID, Level: Must, Title: "a plain request is answered", Section: "the protocol as a whole",
		Rule: "A server answers an ordinary GET request.",
		Run: func(t *T) {
			defer func() {
				if r := recover(); r != nil {
					if l, ok := r.(lost); ok {
						refused = l.err
					}
					panic(r)
				}
			}()
			var err error
			if server, err = s.face.Plain(t); err != nil {
				t.Fail("a valid answer to a plain GET request\n%v", err)
			}
		},
	}, Variant{})
	s.server.Probe, s.server.Can, s.server.Name = server.Probe, server.Can, server.Name
	return refused
}

// concurrent is how many connections the server serves at once, up to as many as
// cases may run: while all others are open, the last one is answered. Cases must
// not keep each other waiting.
func (s *session) concurrent() int {
	for n := max(s.o.Parallel, 2); n > 1; n /= 2 { // a case may need two, where one runs at a time
		if s.servesBeside(n - 1) {
			return n
		}
	}
	return 1
}

// servesBeside is whether a request is answered while others have begun.
func (s *session) servesBeside(others int) bool {
	return s.once(&Case{
		ID: "concurrent", Level: Must, Title: "-", Section: "-", Rule: "-", Budget: besideLimit + 2*s.first.Duration,
		Run: func(t *T) {
			for range others {
				t.Dial()
			}
			if _, err := s.face.Plain(t); err != nil {
				t.Fail("an answer: %v", err)
			}
		},
	}, Variant{}).Verdict == result.Pass
}

// besideLimit, beside what plain requests take, is long enough for a prefork server to
// start the workers that are lacking.
const besideLimit = time.Second

// job is a case in one of its variants.
type job struct {
	c *Case
	v Variant
}

// one is a case's result, or what kept it from being tested.
func (s *session) one(j job) result.Result {
	if reason := s.untestable(j.c); reason != "" {
		return untested(j, reason)
	}
	return s.once(j.c, j.v)
}

func untested(j job, reason string) result.Result {
	res := describe(j.c, j.v)
	res.Verdict, res.Message = result.Untested, reason
	return res
}

func (s *session) untestable(c *Case) string {
	switch {
	case s.ctx.Err() != nil:
		return interrupted
	case s.first.Verdict != result.Pass && !s.o.Anyway:
		return "the first plain request got no valid answer"
	case s.lost:
		return "target lost"
	case c.Needs.Probe && !s.server.Probe:
		return NeedsProbe
	case c.Needs.Concurrent && s.server.Concurrent < 2:
		return "the server serves one connection at a time"
	}
	for _, extra := range c.Needs.Can {
		if !slices.Contains(s.server.Can, extra) {
			return fmt.Sprintf("it needs the probe application's extra %q, which this one lacks", extra)
		}
	}
	return ""
}

// interrupted is why a case is untested that was running, or to come, when its
// context ended.
const interrupted = "interrupted"

// NeedsProbe is why a case is untested whose server has another application.
const NeedsProbe = "it needs the probe application"

func describe(c *Case, v Variant) result.Result {
	id := c.ID
	if v.String() != "" {
		id += "@" + v.String()
	}
	return result.Result{ID: id, Title: c.Title, Level: string(c.Level), Section: c.Section, Link: c.Link, Rule: c.Rule}
}

// once runs a case's function and makes its end a verdict.
func (s *session) once(c *Case, v Variant) (res result.Result) {
	res = describe(c, v)
	start := time.Now()
	budget := time.Duration(float64(c.budget()) * s.o.TimeoutScale)
	t := &T{
		Target: s.target, Server: s.server, Gomega: newGomega(), ctx: s.ctx, scale: s.o.TimeoutScale,
		variant: v, start: start, deadline: start.Add(budget), random: randomOf(s.o.Seed, res.ID),
	}
	defer context.AfterFunc(s.ctx, t.close)()
	defer func() {
		ended := recover()
		t.close()
		res.Duration = time.Since(start)
		s.judge(&res, c, t, ended)
		if s.ctx.Err() != nil && res.Verdict != result.Pass {
			res = untested(job{c, v}, interrupted)
		}
	}()
	c.Run(t)
	return res
}

// randomOf is a source of its own for each case, so that its bytes do not depend
// on the others'.
func randomOf(seed int64, id string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(id))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// canary is a plain request on a new connection: its result says whether the
// server still serves.
func (s *session) canary() result.Result {
	return s.once(&Case{
		ID: "canary", Level: Must, Title: "-", Section: "-", Rule: "-",
		Run: func(t *T) {
			if _, err := s.face.Plain(t); err != nil {
				t.Fail("a plain request on a new connection is answered\n%v", err)
			}
		},
	}, Variant{})
}

// served is the check of a case that harms the server.
const served = "the server serves the next client after it"

// alone runs a case and the canary after it. A dead canary fails the case.
func (s *session) alone(j job) result.Result {
	res := s.one(j)
	if res.Verdict == result.Untested || s.ctx.Err() != nil {
		return res
	}
	canary := s.canary()
	if canary.Verdict == result.Pass || s.ctx.Err() != nil {
		return res
	}
	res.Verdict, res.Kind, res.Hang = result.Fail, result.Crash, ""
	res.Check, res.Message = served, served+"\n"+canary.Message
	res.Bytes = append(res.Bytes, canary.Bytes...)
	s.recover()
	return res
}

// superviseLimit is how long a supervisor has to bring a crashed server back.
const superviseLimit = 5 * time.Second

// recover waits for the server to come back, or starts it again.
func (s *session) recover() {
	if s.o.Restart != nil {
		if err := s.o.Restart(s.ctx); err == nil && s.canary().Verdict == result.Pass {
			return
		}
	}
	for deadline := time.Now().Add(superviseLimit); time.Now().Before(deadline) && s.ctx.Err() == nil; {
		if s.canary().Verdict == result.Pass {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.lost = true
}

// notes join what was seen.
func notes(some ...string) string {
	return strings.Join(slices.DeleteFunc(some, func(s string) bool { return s == "" }), "; ")
}
