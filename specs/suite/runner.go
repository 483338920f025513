package suite

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
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

	ScriptFilename, DocumentRoot, Secret string
	Params                               [][2]string

	// Each is called as results come, one at a time.
	Each func(result.Result)
	// Restart is called when the server is gone after a case; nil is to wait for
	// a supervisor.
	Restart func(context.Context) error
}

// known is what the options tell of the server.
func (o Options) known() Server {
	return Server{ScriptFilename: o.ScriptFilename, DocumentRoot: o.DocumentRoot, Secret: o.Secret, Params: o.Params}
}

// defaultParallel keeps a usual pool of workers busy without filling it.
const defaultParallel = 4

// Face is what the kernel must know of a protocol to judge plain requests.
type Face interface {
	// Plain sends one ordinary request and takes its answer: the parameters that
	// a probe application says it got, if it is one.
	Plain(t *T) (Server, error)
}

// Run runs cases over a target. Results are in the order in which they came.
func Run(ctx context.Context, target client.Target, cases []*Case, face Face, o Options) (result.Target, error) {
	if o.TimeoutScale == 0 {
		o.TimeoutScale = 1
	}
	r := &runner{ctx: ctx, target: target, face: face, o: o}
	r.server = o.known()
	r.result = result.Target{Target: target.String(), Protocol: string(target.Protocol)}
	first := r.first()
	if first.Verdict != result.Pass {
		if first.Kind == unreachable {
			return r.result, errors.New(first.Message)
		}
		r.report(first)
		r.skipAll(cases, "the first plain request got no valid answer")
		return r.result, nil
	}
	r.report(first)
	r.learn()
	r.runAll(cases)
	return r.result, nil
}

type runner struct {
	ctx    context.Context
	target client.Target
	face   Face
	o      Options
	server Server

	mu     sync.Mutex
	result result.Target
	lost   bool
}

// FirstID is the result of the very first plain request.
const FirstID = "first-request"

const unreachable result.Kind = "unreachable"

// first is the very first request: without an answer to it nothing can be
// tested.
func (r *runner) first() result.Result {
	var server Server
	c := &Case{
		ID: FirstID, Level: Must, Title: "a plain request is answered", Section: "the protocol as a whole",
		Rule: "A server answers an ordinary GET request.",
		Run: func(t *T) {
			var err error
			if server, err = r.face.Plain(t); err != nil {
				t.Fail("a valid answer to a plain GET request\n%v", err)
			}
		},
	}
	res := r.once(c, Cuts[0])
	r.server.Probe, r.server.Can, r.server.Name = server.Probe, server.Can, server.Name
	r.result.Server = server.Name
	return res
}

// learn finds out whether the server serves a connection while another one is
// open: one with a single worker does not, and cases must not harm each other.
func (r *runner) learn() {
	nc, err := (&net.Dialer{Timeout: time.Second}).DialContext(r.ctx, r.target.Network, r.target.Address)
	if err != nil {
		return
	}
	defer nc.Close()
	c := &Case{
		ID: "concurrent", Level: May, Title: "-", Section: "-", Rule: "-", Budget: time.Second,
		Run: func(t *T) {
			if _, err := r.face.Plain(t); err != nil {
				t.Fail("an answer: %v", err)
			}
		},
	}
	r.server.Concurrent = r.once(c, Cuts[0]).Verdict == result.Pass
}

// runAll runs the harmless cases side by side where the server can, then those
// that may hurt it, one by one.
func (r *runner) runAll(cases []*Case) {
	var harmless, hurting []job
	for _, c := range cases {
		for _, cut := range r.cuts(c) {
			j := job{c, cut}
			if c.Hurts {
				hurting = append(hurting, j)
			} else {
				harmless = append(harmless, j)
			}
		}
	}
	shuffle(r.o.Seed, harmless)
	shuffle(r.o.Seed, hurting)
	r.sideBySide(harmless)
	for _, j := range hurting {
		r.alone(j)
	}
}

type job struct {
	c   *Case
	cut Cut
}

func (r *runner) cuts(c *Case) []Cut {
	if c.Cut || r.o.Thorough && !c.Hurts {
		return Cuts
	}
	return Cuts[:1]
}

func shuffle(seed int64, jobs []job) {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	random.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
}

func (r *runner) sideBySide(jobs []job) {
	n := r.o.Parallel
	if n == 0 {
		n = defaultParallel
	}
	if !r.server.Concurrent {
		n = 1
	}
	queue := make(chan job)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for j := range queue {
				r.report(r.one(j))
			}
		})
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	wg.Wait()
}

// alone runs a case that may hurt, and the canary: a plain request on a new
// connection.
func (r *runner) alone(j job) {
	res := r.one(j)
	if res.Verdict != result.Untested && r.ctx.Err() == nil {
		if canary := r.canary(); canary.Verdict != result.Pass {
			res.Verdict, res.Kind = result.Fail, result.Crash
			res.Check = "the server serves the next client after it"
			res.Message = res.Check + "\n" + canary.Message
			res.Bytes = append(res.Bytes, canary.Bytes...)
			r.report(res)
			r.recover()
			return
		}
	}
	r.report(res)
}

func (r *runner) canary() result.Result {
	return r.once(&Case{
		ID: "canary", Level: Must, Title: "-", Section: "-", Rule: "-",
		Run: func(t *T) {
			if _, err := r.face.Plain(t); err != nil {
				t.Fail("an answer to a plain request on a new connection\n%v", err)
			}
		},
	}, Cuts[0])
}

// superviseLimit is how long a supervisor has to bring a crashed server back.
const superviseLimit = 5 * time.Second

// recover waits for the server to come back, or starts it again.
func (r *runner) recover() {
	if r.o.Restart != nil {
		if err := r.o.Restart(r.ctx); err == nil && r.canary().Verdict == result.Pass {
			return
		}
	}
	for deadline := time.Now().Add(superviseLimit); time.Now().Before(deadline) && r.ctx.Err() == nil; {
		if r.canary().Verdict == result.Pass {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.lost = true
}

// one is a case's result, with what kept it from being tested.
func (r *runner) one(j job) result.Result {
	switch reason := r.untestable(j.c); {
	case reason != "":
		res := describe(j.c, j.cut)
		res.Verdict, res.Message = result.Untested, reason
		return res
	}
	return r.once(j.c, j.cut)
}

func (r *runner) untestable(c *Case) string {
	switch {
	case r.ctx.Err() != nil:
		return "interrupted"
	case r.lost:
		return "target lost"
	case c.Needs.Probe && !r.server.Probe:
		return "it needs the probe application"
	}
	for _, extra := range c.Needs.Can {
		if !slices.Contains(r.server.Can, extra) {
			return fmt.Sprintf("it needs the probe application's extra %q, which this one lacks", extra)
		}
	}
	return ""
}

func (r *runner) skipAll(cases []*Case, reason string) {
	for _, c := range cases {
		res := describe(c, Cuts[0])
		res.Verdict, res.Message = result.Untested, reason
		r.report(res)
	}
}

func (r *runner) report(res result.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Results = append(r.result.Results, res)
	if r.o.Each != nil {
		r.o.Each(res)
	}
}

func describe(c *Case, cut Cut) result.Result {
	id := c.ID
	if cut.Name != "" {
		id += "@" + cut.Name
	}
	return result.Result{ID: id, Title: c.Title, Level: string(c.Level), Section: c.Section, Link: c.Link, Rule: c.Rule}
}

// once runs a case's function and makes its end a verdict.
func (r *runner) once(c *Case, cut Cut) (res result.Result) {
	res = describe(c, cut)
	start := time.Now()
	budget := time.Duration(float64(c.budget()) * r.o.TimeoutScale)
	t := &T{
		Target: r.target, Server: r.server, Gomega: newGomega(), ctx: r.ctx, scale: r.o.TimeoutScale,
		cut: cut, start: start, deadline: start.Add(budget), random: randomOf(r.o.Seed, res.ID),
	}
	defer func() {
		t.close()
		res.Duration = time.Since(start)
		judge(&res, c, recover())
		t.mu.Lock()
		defer t.mu.Unlock()
		if res.Note != "" {
			t.notes = append(t.notes, res.Note)
		}
		res.Note = strings.Join(t.notes, "; ")
		if res.Verdict == result.Fail || res.Verdict == result.Warn || res.Verdict == result.Error {
			res.Bytes = t.events
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

// judge makes of how a case ended its verdict.
func judge(res *result.Result, c *Case, ended any) {
	switch e := ended.(type) {
	case nil:
		res.Verdict = result.Pass
	case failure:
		res.Verdict, res.Message, res.Check = result.Fail, e.message, firstLine(e.message)
		switch c.Level {
		case Should:
			res.Verdict = result.Warn
		case May, Robustness:
			res.Verdict, res.Note = result.Pass, e.message
			res.Message, res.Check = "", ""
		}
	case hang:
		res.Verdict, res.Kind, res.Message, res.Check = result.Fail, result.Hang, e.message, firstLine(e.message)
		if c.Level == Should {
			res.Verdict = result.Warn
		}
	case missing:
		res.Verdict, res.Message = result.Untested, e.reason
	case declared:
		res.Verdict, res.Message = result.NA, e.evidence
	case lost:
		res.Verdict, res.Check = result.Fail, "the server accepts a connection"
		res.Message = fmt.Sprintf("%s\n%v", res.Check, e.err)
		if c.ID == FirstID {
			res.Kind = unreachable
		}
	default:
		res.Verdict, res.Message = result.Error, fmt.Sprintf("%v\n%s", e, debug.Stack())
	}
}
