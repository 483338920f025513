package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// search tries rates until it has found the highest that meets the objective.
// The round of the report is the longer try at that rate.
func (b *bench) search(ctx context.Context) error {
	defer b.watched()()
	s, p := b.subjects[0], b.run.Plan
	if p.Warmup > 0 {
		if err := b.warmUp(ctx, s); err != nil {
			return err
		}
	}
	var held []result.Round                    // the longer try that met the objective
	blamed := map[float64][]result.Diagnosis{} // that the generator was the limit, of tries that failed
	n := 0
	found, err := load.Search(ctx, p.Rate, p.SearchTo, func(ctx context.Context, rate float64, longer bool) (bool, string, error) {
		n++
		r, met, why, err := b.try(ctx, s, tryAt(p, rate, longer), n)
		if b.gone != nil {
			s.found.Rounds = []result.Round{r} // which shows how it ended
		}
		if err != nil {
			return false, "", err
		}
		if met && longer {
			held = []result.Round{r}
		}
		if !met {
			all := load.Diagnose(s.found, []result.Round{r}, tryAt(p, rate, longer))
			if i := slices.IndexFunc(all, isInvalid); i >= 0 {
				blamed[rate] = append(blamed[rate], all[i])
			}
		}
		return met, why, nil
	})
	b.run.Search = found.Path
	if err != nil && ctx.Err() == nil && !errors.Is(err, errGone) {
		return err
	}
	if err == nil {
		b.run.Found = &result.Found{Rate: found.Rate, AtLeast: found.AtLeast, Why: found.Why}
	}
	if b.gone == nil {
		s.found.Rounds = held
	}
	b.limit = limitOf(found, blamed)
	return nil
}

// limitOf is that the generator, not the server, was what the lowest rate above
// the found one failed of.
func limitOf(found load.Found, blamed map[float64][]result.Diagnosis) []result.Diagnosis {
	lowest, failed := 0.0, 0
	for _, p := range found.Path {
		switch {
		case p.Met || p.Rate <= found.Rate || lowest > 0 && p.Rate > lowest:
		case p.Rate == lowest:
			failed++
		default:
			lowest, failed = p.Rate, 1
		}
	}
	if own := blamed[lowest]; len(own) > 0 && 2*len(own) > failed {
		return own[:1]
	}
	return nil
}

// errGone ends a search, whose report then says more.
var errGone = errors.New("the server no longer answers")

// try is the n-th try of a search.
func (b *bench) try(ctx context.Context, s *subject, p result.Plan, n int) (r result.Round, met bool, why string, err error) {
	round := s.round(p)
	round.Schedule = schedule(p, b.seed, n)
	round.Each = b.stream.round(fmt.Sprintf("%s at %.5g/s", s.found.Name, p.Rate), n)
	b.progress.Try(s.found.Name, n, p.Duration)
	start := time.Since(b.began)
	r, gone, err := b.attack(ctx, s, round)
	if err != nil {
		return r, false, "", err
	}
	if gone || s.silentSince(r) {
		b.gone = s
	}
	s.legs = append(s.legs, load.Leg{Name: fmt.Sprintf("try %d", n), Round: r})
	r.Start = start
	if ctx.Err() != nil {
		return r, false, "", ctx.Err()
	}
	if b.gone != nil {
		return r, false, "", errGone
	}
	judged, err := b.objective.Judge([]result.Round{r})
	return r, judged.Met, strings.Join(judged.Missed, "; "), err
}

// silentSince is whether a try is the second in which nothing is answered, of a
// server that had answered before.
func (s *subject) silentSince(r result.Round) bool {
	n := len(s.legs)
	answered := func(l load.Leg) bool { return l.Succeeded > 0 }
	return load.Dead(r) && n > 0 && load.Dead(s.legs[n-1].Round) && slices.ContainsFunc(s.legs, answered)
}

// searchCode is 0 where a rate was found.
func searchCode(run result.Load) int {
	if run.Found == nil || run.Found.Rate == 0 {
		return cli.ExitFailed
	}
	return cli.ExitOK
}

// tryAt is the plan of a try.
func tryAt(p result.Plan, rate float64, longer bool) result.Plan {
	if longer {
		p.Duration = p.Longer
	}
	p.Rate, p.SearchTo, p.Longer = rate, 0, 0
	return p
}
