package main

import (
	"context"
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/reports/result"
)

// measure runs the warm-ups and rounds, until all are done, the user has had
// enough, or a server no longer answers.
func (b *bench) measure(ctx context.Context) error {
	defer b.watched()()
	p := b.run.Plan
	if p.Warmup > 0 {
		for _, s := range b.subjects {
			if err := b.warmUp(ctx, s); err != nil {
				return err
			}
		}
	}
	for _, i := range load.Order(len(b.subjects), p.Rounds) {
		if ctx.Err() != nil || b.gone != nil {
			return nil
		}
		if err := b.oneRound(ctx, b.subjects[i]); err != nil {
			return err
		}
	}
	return nil
}

// watched gives the terminal's cursor back, in whichever way the process ends.
func (b *bench) watched() (end func()) {
	drop := b.in.Last.Add(b.progress.Close)
	return func() {
		b.progress.Close()
		drop()
	}
}

// makeRoom ends the idle connections of others to the same server, which may have
// no worker left for this subject.
func (b *bench) makeRoom(next *subject) {
	for _, s := range b.subjects {
		if s != next && s.target == next.target {
			s.transport.CloseIdleConnections()
		}
	}
}

func (b *bench) warmUp(ctx context.Context, s *subject) error {
	r := s.round(b.run.Plan)
	r.Schedule, r.Duration, r.Requests = schedule(steady(b.run.Plan), b.seed, 0), b.run.Plan.Warmup, 0
	b.progress.Round(s.found.Name, 0, b.run.Plan.Rounds)
	found, _, err := b.attack(ctx, s, r) // of a server that is gone the first round tells, with this one
	s.legs = append(s.legs, load.Leg{Name: "the warm-up", Round: found})
	if b.mayDiffer() && !s.anyBody && float64(found.Errors[string(load.WrongBody)]) > dynamic*float64(found.Requests) {
		s.takeAnyBody(b.in) // a few processes may each have answered alike before
	}
	if err == nil && b.verbose && found.Requests > 0 {
		fmt.Fprintf(b.out, "%s, warm-up: %d of %d requests succeeded, %d connections\n", s.found.Name, found.Succeeded, found.Requests, found.Opened)
	}
	return err
}

// dynamic is the share of a warm-up's answers from which on it is the page that
// differs: a server that mixes its answers up does so less often.
const dynamic = 0.1

// steady is a plan whose rate does not change.
func steady(p result.Plan) result.Plan {
	p.RampTo, p.Step = 0, 0
	return p
}

func (b *bench) oneRound(ctx context.Context, s *subject) error {
	n := len(s.found.Rounds) + 1
	r := s.round(b.run.Plan)
	r.Schedule = schedule(b.run.Plan, b.seed, n)
	r.Each = b.stream.round(s.found.Name, n)
	b.progress.Round(s.found.Name, n, b.run.Plan.Rounds)
	start := time.Since(b.began)
	found, gone, err := b.attack(ctx, s, r)
	if err != nil {
		return err
	}
	if gone {
		b.gone = s
	}
	found.Start = start
	if found.Requests+found.Abandoned > 0 {
		s.found.Rounds = append(s.found.Rounds, found)
		s.legs = append(s.legs, load.Leg{Name: fmt.Sprintf("round %d", n), Round: found})
	}
	return nil
}

// round is what all rounds of a subject have in common.
func (s *subject) round(p result.Plan) *load.Round {
	r := &load.Round{Transport: s.transport, Targets: s.asked, Duration: p.Duration, Requests: p.Requests, Answers: s.answers, ServerPID: s.pid}
	switch most := s.found.Pool * max(p.Mux, 1); {
	case p.Rate == 0:
		r.InFlight = most
	case most > 0:
		r.InFlight = 2 * most // one waits for each that is served; the others wait in the plan
	}
	return r
}

// attack runs a round, and ends it early where the server no longer answers: it
// is gone.
func (b *bench) attack(ctx context.Context, s *subject, r *load.Round) (found result.Round, gone bool, err error) {
	b.makeRoom(s)
	r.Status, r.AnyBody = b.expectStatus, b.anyBody || s.anyBody
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v := newVigil(b.run.Plan.Timeout, cancel)
	defer v.over(s)()
	r.Watch = func(i result.Instant) {
		b.progress.Instant(i)
		v.see(i)
	}
	found, err = r.Run(ctx)
	b.progress.Done(found)
	return found, v.sees() || s.unansweringSince(found), err
}

// unansweringSince is whether a round failed all through, and not only of time
// limits, which a stall of a short round's length reaches; two such rounds are
// no stall.
func (s *subject) unansweringSince(r result.Round) bool {
	if !load.Dead(r) {
		return false
	}
	rounds := s.found.Rounds
	return !timeouts(r.Errors) || len(rounds) > 0 && load.Dead(rounds[len(rounds)-1])
}
