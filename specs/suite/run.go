package suite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// Run runs cases over a target: the harmless ones side by side, as far as the
// server serves connections at once, then those that may hurt it, one by one.
// Results are in the order in which they came. The error is that the target takes
// no connection.
func Run(ctx context.Context, target client.Target, cases []*Case, face Face, o Options) (result.Target, error) {
	found := result.Target{Target: target.String(), Protocol: string(target.Protocol)}
	s, err := begin(ctx, target, face, o)
	if err != nil {
		return found, err
	}
	found.Server = s.server.Name
	if s.first.Verdict == result.Pass && s.server.Concurrent < s.o.Parallel {
		found.Notes = append(found.Notes, fmt.Sprintf("the server serves %d connections at once, so %d cases ran at a time", s.server.Concurrent, s.server.Concurrent))
	}
	r := &run{session: s, place: map[string]int{}}
	r.report(s.first)
	harmless, hurting := r.jobs(cases)
	r.sideBySide(harmless)
	for _, j := range hurting {
		r.report(s.alone(j))
	}
	if n := len(r.passedAlone); n > 0 {
		found.Notes = append(found.Notes, fmt.Sprintf("%d failed while other cases ran beside them, and passed alone: %s", n, strings.Join(r.passedAlone, ", ")))
	}
	found.Results = r.results
	return found, nil
}

// run is the results of a session's cases as they come.
type run struct {
	*session
	mu       sync.Mutex
	results  []result.Result
	place    map[string]int
	doubtful []job // failed while others ran beside it
	down     bool  // the server takes no connection

	passedAlone []string // of the doubtful ones
}

// jobs are what is to be run, in an order that the seed determines.
func (r *run) jobs(cases []*Case) (harmless, hurting []job) {
	for _, c := range cases {
		for _, v := range c.Variants(r.o.Thorough) {
			if c.Hurts {
				hurting = append(hurting, job{c, v})
			} else {
				harmless = append(harmless, job{c, v})
			}
		}
	}
	shuffle(r.o.Seed, harmless)
	shuffle(r.o.Seed, hurting)
	return harmless, hurting
}

func shuffle(seed int64, jobs []job) {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	random.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
}

// sideBySide runs the harmless cases. A failure counts when it comes again with
// nothing beside it, since a server's troubles with one case could be seen in
// another.
func (r *run) sideBySide(jobs []job) {
	n := min(r.server.Concurrent, r.o.Parallel)
	if n <= 1 {
		for _, j := range jobs {
			r.report(r.alone(j))
		}
		return
	}
	queue := make(chan job)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for j := range queue {
				r.beside(j)
			}
		})
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	wg.Wait()
	if r.ctx.Err() == nil && r.first.Verdict == result.Pass && r.canary().Verdict != result.Pass {
		r.whoCrashed(jobs)
		return
	}
	for _, j := range r.doubtful {
		r.again(j)
	}
}

// beside runs a case while others run.
func (r *run) beside(j job) {
	r.mu.Lock()
	down := r.down
	r.mu.Unlock()
	if down {
		r.doubt(j, true)
		return
	}
	res := r.one(j)
	if r.doubted(res) {
		r.doubt(j, res.Kind == result.Crash)
		return
	}
	r.report(res)
}

// doubted is a failure that another case could be the reason of. A hang after some
// bytes is the case's own: its connection was not kept waiting.
func (r *run) doubted(res result.Result) bool {
	own := res.Kind == result.Hang && res.Hang != result.Silent
	return res.Broken() && !own && r.ctx.Err() == nil
}

func (r *run) doubt(j job, down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubtful = append(r.doubtful, j)
	r.down = r.down || down
}

// again is a doubtful case by itself.
func (r *run) again(j job) {
	res := r.alone(j)
	if res.Verdict == result.Pass {
		res.Note = notes(res.Note, "it failed while other cases ran beside it, and passed alone")
		r.passedAlone = append(r.passedAlone, res.ID)
	}
	r.report(res)
}

// whoCrashed finds the case after which the server is gone: by running them
// again one by one, if it comes back.
func (r *run) whoCrashed(jobs []job) {
	r.recover()
	if r.lost {
		r.report(result.Result{
			ID: "canary", Title: "the server serves on", Level: string(Must), Section: "the protocol as a whole",
			Rule:    "A server outlives whatever its clients send.",
			Verdict: result.Fail, Kind: result.Crash, Check: served,
			Message: served + "\nit is gone after harmless cases that ran side by side: let it be started again by -exec, to learn after which of them",
		})
		for _, j := range r.doubtful {
			r.report(untested(j, "target lost"))
		}
		return
	}
	// Those that failed come first: the crash was nearest to them.
	for _, j := range r.doubtful {
		r.report(r.alone(j))
	}
	for _, j := range jobs {
		if !slices.ContainsFunc(r.doubtful, func(k job) bool { return k.c == j.c && k.v.String() == j.v.String() }) {
			r.report(r.alone(j))
		}
	}
}

// report keeps a result, in place of one that has its id.
func (r *run) report(res result.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i, ok := r.place[res.ID]; ok {
		r.results[i] = res
	} else {
		r.place[res.ID] = len(r.results)
		r.results = append(r.results, res)
	}
	if r.o.Each != nil {
		r.o.Each(res)
	}
}
