package reports_test

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// took are n latencies, evenly from one to another, and after them the slow.
func took(n int, from, to time.Duration, slow ...time.Duration) result.Latencies {
	h := hdrhistogram.New(1, time.Hour.Microseconds(), 3)
	for i := range n {
		h.RecordValue(max(1, (from + time.Duration(i)*(to-from)/time.Duration(max(n-1, 1))).Microseconds()))
	}
	for _, d := range slow {
		h.RecordValue(d.Microseconds())
	}
	text, err := h.EncodeV2()
	if err != nil {
		panic(err)
	}
	return result.Latencies{Count: h.TotalCount(), Histogram: string(text)}
}

// healthyRound is of 2000 requests a second, for five seconds, all answered.
func healthyRound() result.Round {
	const ms, n = time.Millisecond, 10000
	return result.Round{
		Duration: 5 * time.Second, RateAsked: 2000, RateMet: 2000, Requests: n, Succeeded: n,
		Response: took(n-20, 400*time.Microsecond, 1200*time.Microsecond, slowOnes()...),
		Service:  took(n-20, 350*time.Microsecond, 1100*time.Microsecond, slowOnes()...),
		Lateness: took(n, 20*time.Microsecond, 90*time.Microsecond),
		Phases: map[string]result.Latencies{
			"queue": took(n, 1*time.Microsecond, 9*time.Microsecond), "connect": took(8, 50*time.Microsecond, 80*time.Microsecond),
			"write": took(n, 8*time.Microsecond, 20*time.Microsecond), "first byte": took(n, 300*time.Microsecond, ms), "body": took(n, time.Microsecond, 30*time.Microsecond),
		},
		Statuses: map[string]int64{"200": n},
		Opened:   8, Reused: n - 8, BytesOut: 520 * n, BytesIn: 112 * n,
		Server:    result.Usage{CPU: 1200 * ms, Memory: 42 << 20, Processes: 9},
		Generator: result.Usage{CPU: 700 * ms, Memory: 31 << 20, Processes: 1, Cores: 2, Goroutines: 120, Descriptors: 31, GCs: 3, GCPauses: 310 * time.Microsecond},
	}
}

func slowOnes() []time.Duration {
	var slow []time.Duration
	for i := range 20 {
		slow = append(slow, time.Duration(4+i)*time.Millisecond)
	}
	return slow
}

func roundsOf(n int, change func(r *result.Round)) []result.Round {
	var all []result.Round
	for range n {
		r := healthyRound()
		change(&r)
		all = append(all, r)
	}
	return all
}

func untouched(*result.Round) {}

func preforkSubject() result.Subject {
	return result.Subject{Name: "prefork", Target: "fcgi+unix:/run/prefork.sock", Protocol: "fcgi", Method: "prefork", Workers: 8, Backlog: 128, Pool: 8}
}

func threadedSubject() result.Subject {
	return result.Subject{Name: "threaded", Target: "fcgi+unix:/run/threaded.sock", Protocol: "fcgi", Method: "threaded", Workers: 8, Backlog: 128, Pool: 8}
}

// loadOf is a run of those subjects.
func loadOf(subjects ...result.Subject) result.Load {
	return result.Load{
		Version: result.LoadVersion, Tool: "fcgibench v1.2.3", Started: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Seed: 42,
		Plan:     result.Plan{Rate: 2000, Duration: 5 * time.Second, Warmup: time.Second, Rounds: 1, Connections: 8, KeepAlive: true, Workload: "hello", Timeout: 5 * time.Second},
		Subjects: subjects,
	}
}

// healthyLoad is one subject with nothing to be said of it.
func healthyLoad() result.Load {
	s := preforkSubject()
	s.Rounds = roundsOf(1, untouched)
	load := loadOf(s)
	load.Objective = &result.Objective{Text: "p99<20ms,errors<0.1%", Met: true}
	return load
}

// comparedLoad is threaded against prefork, as fast as they can, with a difference
// in all ways that there are.
func comparedLoad() result.Load {
	fast := func(n int64) func(*result.Round) {
		return func(r *result.Round) {
			r.RateAsked, r.RateMet, r.Lateness = 0, float64(n)/5, result.Latencies{}
			r.Requests, r.Succeeded, r.Statuses = n, n, map[string]int64{"200": n}
		}
	}
	a, b := threadedSubject(), preforkSubject()
	a.Rounds, b.Rounds = roundsOf(6, fast(70_000)), roundsOf(6, fast(78_400))
	load := loadOf(a, b)
	load.Plan.Rate, load.Plan.Rounds = 0, 6
	of := func(measure string, ratio, low, high float64, j result.Judgement) result.Comparison {
		return result.Comparison{Measure: measure, Base: "threaded", Other: "prefork", Ratio: ratio, Low: low, High: high, Pairs: 6, Judgement: j}
	}
	load.Comparisons = []result.Comparison{
		of("throughput", 1.1203, 1.0812, 1.1604, result.Better),
		of("p50", 0.8912, 0.8801, 0.9022, result.Better),
		of("p90", 0.9712, 0.9201, 1.0222, result.NoDifference),
		of("p99", 1.0131, 0.9544, 1.0722, result.NoDifference),
		of("server CPU per request", 0.7021, 0.6884, 0.7155, result.Better),
		of("client CPU per request", 1.0004, 0.9961, 1.0049, result.NoDifference),
		of("server memory", 4.1021, 4.0122, 4.1933, result.Worse),
	}
	load.Comparisons[6].Pairs = 5
	load.Comparisons[6].Judgement = result.NotEnoughRounds
	return load
}

// keptUpLoad is the same at a rate that both met.
func keptUpLoad() result.Load {
	load := comparedLoad()
	load.Plan.Rate = 2000
	for i := range load.Subjects {
		load.Subjects[i].Rounds = roundsOf(6, untouched)
	}
	load.Comparisons[0].Ratio, load.Comparisons[0].Low, load.Comparisons[0].High = 0.9999, 0.9998, 0.99995
	load.Comparisons[0].Judgement = result.Worse
	load.Comparisons[6].Pairs, load.Comparisons[6].Judgement = 6, result.Worse
	return load
}

// failingLoad is threaded against a prefork server with errors of several causes.
func failingLoad() result.Load {
	a, b := threadedSubject(), preforkSubject()
	a.Pool, b.Pool = 64, 64
	a.Rounds, b.Rounds = roundsOf(2, untouched), roundsOf(2, func(r *result.Round) {
		r.Succeeded = 8500
		r.Errors = map[string]int64{"timeout with nothing read": 1400, "backlog full": 80, "wrong status": 20}
		r.Statuses = map[string]int64{"200": 8500, "502": 15, "503": 5}
		r.Response = took(8600, 400*time.Microsecond, 1200*time.Microsecond, repeated(1400, 5*time.Second)...)
		r.Service, r.Lost = r.Response, 3
		r.Response.Beyond = 1
		r.Server = result.Usage{}
	})
	load := loadOf(a, b)
	load.Plan.Connections, load.Plan.Rounds = 64, 2
	load.Objective = &result.Objective{Text: "p99<20ms,errors<0.1%", Missed: []string{"p99<20ms: 5s", "errors<0.1%: 7.5 % (3000 of 40000)"}}
	load.Comparisons = []result.Comparison{
		{Measure: "throughput", Base: "threaded", Other: "prefork", Ratio: 0.85, Low: 0.85, High: 0.85, Pairs: 2, Judgement: result.Worthless},
		{Measure: "p99", Base: "threaded", Other: "prefork", Ratio: 4167, Low: 4160, High: 4170, Pairs: 2, Judgement: result.Worthless},
	}
	load.Diagnoses = []result.Diagnosis{{Subject: "prefork", What: "64 kept connections, 8 workers: 56 were never read", Cure: "use -connections 8 or -keepalive=false"}}
	return load
}

func repeated(n int, d time.Duration) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = d
	}
	return all
}

// notFoundLoad is a search whose tries contradict each other.
func notFoundLoad() result.Load {
	load := loadOf(preforkSubject())
	load.Plan.Rate, load.Plan.SearchTo, load.Plan.Longer = 100, 100_000, 15*time.Second
	load.Objective = &result.Objective{Text: "p99<20ms"}
	load.Search = []result.Probe{{Rate: 100, Met: true}, {Rate: 100, Met: true}, {Rate: 200, Why: "p99<20ms: 31ms"}, {Rate: 200, Met: true}, {Rate: 200, Why: "p99<20ms: 40ms"}, {Rate: 141.42, Met: true}}
	load.Found = &result.Found{Why: "not found: the tries contradict each other: 3 of 40 say otherwise than a limit of 141 a second"}
	return load
}

// interruptedLoad is a run that was broken off in its second round.
func interruptedLoad() result.Load {
	a, b := threadedSubject(), preforkSubject()
	a.Rounds = roundsOf(1, untouched)
	b.Rounds = roundsOf(1, func(r *result.Round) {
		r.Duration, r.Requests, r.Succeeded, r.Abandoned = 400*time.Millisecond, 790, 790, 7
		r.Response, r.Service = took(790, 400*time.Microsecond, 1200*time.Microsecond), took(790, 400*time.Microsecond, 1200*time.Microsecond)
		r.Statuses = map[string]int64{"200": 790}
	})
	load := loadOf(a, b)
	load.Plan.Rounds, load.Interrupted = 6, true
	return load
}

// invalidLoad is a run whose generator was the limit.
func invalidLoad() result.Load {
	load := keptUpLoad()
	load.Plan.Rate = 200_000
	for i := range load.Subjects {
		for j := range load.Subjects[i].Rounds {
			load.Subjects[i].Rounds[j].RateAsked, load.Subjects[i].Rounds[j].RateMet = 200_000, 61_234.5
		}
	}
	load.Diagnoses = []result.Diagnosis{{Subject: "threaded", Invalid: true, What: "the generator was the limit: it took 97 % of the machine's 2 cores in round 1", Cure: "give fcgibench a machine of its own, a lower -rate, or several machines and fcgibench merge"}}
	return load
}

// sampleLoads are all of them.
func sampleLoads() map[string]result.Load {
	return map[string]result.Load{
		"healthy": healthyLoad(), "compared": comparedLoad(), "kept-up": keptUpLoad(), "failing": failingLoad(),
		"not-found": notFoundLoad(), "interrupted": interruptedLoad(), "invalid": invalidLoad(),
	}
}
