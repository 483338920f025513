package main

import (
	"time"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// timeFlags say for how long.
type timeFlags struct {
	duration, warmup time.Duration
	requests         int64
	rounds           int
}

const (
	// budget is how long a run takes where nobody says: less than a minute, with
	// what starting the servers takes.
	budget = 55 * time.Second
	// usualRounds are two more than a comparison needs.
	usualRounds = 8
	// usualTimeout is what a user waits for a page, and no longer.
	usualTimeout = 5 * time.Second
	// longestWarmup is long enough for every connection to be made and every
	// worker to be started.
	longestWarmup = time.Second
	// shortestShare is of a round with its last answers, where a minute would be
	// shared by very many.
	shortestShare = 500 * time.Millisecond
	// patience is which part of a share is for late answers.
	patience = 3
	// longest, mostRounds and mostRequests are beyond what anybody means: a week of
	// each, which still adds up.
	longest      = 7 * 24 * time.Hour
	mostRounds   = 1000
	mostRequests = 100_000_000_000
	// grain is what times are rounded down to.
	grain = 50 * time.Millisecond
)

func (f *timeFlags) register(fs *cli.Flags) {
	fs.Var((*cli.DurationFlag)(&f.duration), "duration", "`D`: how long each round sends; else so long that all is done within a minute")
	fs.Int64Var(&f.requests, "requests", 0, "`N`: how many each round sends at most")
	fs.Var((*cli.DurationFlag)(&f.warmup), "warmup", "`D`: before the first round of each server; else 1s, or a round where that is less")
	fs.IntVar(&f.rounds, "rounds", 0, "`N`: of each server; else 8, or 1 of a single one with a -duration or -requests")
}

// settle fills the plan's times in, for so many subjects. Where no time is said,
// all the rounds share the budget: of each share the most is to send, and a part
// for the answers that come late.
func (f *timeFlags) settle(fs *cli.Flags, p *result.Plan, subjects int) error {
	timed := fs.Given("duration") || fs.Given("requests")
	switch {
	case fs.Given("duration") && f.duration == 0:
		return cli.Misused("-duration %v: expected a time such as 30s", f.duration)
	case f.duration > longest:
		return cli.Misused("-duration %v: expected a time such as 30s, %v at most", f.duration, longest)
	case f.warmup > longest:
		return cli.Misused("-warmup %v: expected a time such as 1s, %v at most", f.warmup, longest)
	case fs.Given("requests") && (f.requests < 1 || f.requests > mostRequests):
		return cli.Misused("-requests %d: expected a number such as 10000, %d at most", f.requests, int64(mostRequests))
	case fs.Given("rounds") && (f.rounds < 1 || f.rounds > mostRounds):
		return cli.Misused("-rounds %d: expected a number such as 8, %d at most", f.rounds, mostRounds)
	case fs.Given("timeout") && p.Timeout == 0:
		return cli.Misused("-timeout 0s: expected a time such as 5s: a server that never answers would hold the run up for ever")
	}
	p.Duration, p.Requests, p.Warmup, p.Rounds = f.duration, f.requests, f.warmup, f.rounds
	if p.Rounds == 0 {
		p.Rounds = usualRounds
		if timed && subjects == 1 {
			p.Rounds = 1
		}
	}
	share := max(budget/time.Duration(subjects*(p.Rounds+1)), shortestShare).Truncate(grain)
	if !fs.Given("timeout") {
		p.Timeout = usualTimeout
		if !timed {
			p.Timeout = min(usualTimeout, (share / patience).Truncate(grain))
		}
	}
	if !timed {
		p.Duration = max(share-p.Timeout, share/2).Truncate(grain)
	}
	if !fs.Given("warmup") {
		p.Warmup = longestWarmup
		if p.Duration > 0 {
			p.Warmup = min(longestWarmup, p.Duration)
		}
	}
	return nil
}
