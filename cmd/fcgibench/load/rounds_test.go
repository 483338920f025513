package load

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// evenly are n latencies from one to another.
func evenly(n int, from, to time.Duration) result.Latencies {
	r := NewRecorder()
	for i := range n {
		r.Record(from + time.Duration(i)*(to-from)/time.Duration(max(n-1, 1)))
	}
	return r.Latencies()
}

// steady is a healthy round: 2000 requests a second for ten seconds, each from 1
// to 5 ms.
func steady() result.Round {
	const rate, seconds = 2000, 10
	r := result.Round{
		Duration:  seconds * time.Second,
		RateAsked: rate,
		RateMet:   rate,
		Requests:  rate * seconds,
		Succeeded: rate * seconds,
		Response:  evenly(rate*seconds, time.Millisecond, 5*time.Millisecond),
		Service:   evenly(rate*seconds, time.Millisecond, 5*time.Millisecond),
		Lateness:  evenly(rate*seconds, 0, 200*time.Microsecond),
		Phases:    map[string]result.Latencies{"queue": evenly(rate*seconds, 0, 10*time.Microsecond)},
		Statuses:  map[string]int64{"200": rate * seconds},
		Opened:    8,
		Reused:    rate*seconds - 8,
		Server:    result.Usage{CPU: 5 * time.Second, Memory: 40 << 20, Processes: 9},
		Generator: result.Usage{CPU: time.Second, Memory: 20 << 20, Descriptors: 20},
	}
	for i := range seconds {
		// Looked at now a little late, now a little early, and the requests with it.
		jitter := time.Duration(i%3) * 200 * time.Millisecond
		from := time.Duration(0)
		if i > 0 {
			from = r.Timeline[i-1].At
		}
		at := time.Duration(i+1)*time.Second + jitter
		n := int64(math.Round(rate * (at - from).Seconds()))
		r.Timeline = append(r.Timeline, result.Instant{At: at, Asked: rate, Sent: n, Done: n, Connections: 8,
			P50: 3 * time.Millisecond, P99: 5 * time.Millisecond, Max: 6 * time.Millisecond})
	}
	return r
}

// steadyPlan is that of steady.
func steadyPlan() result.Plan {
	return result.Plan{Rate: 2000, Duration: 10 * time.Second, Rounds: 1, Connections: 8, KeepAlive: true, Workload: "hello", Timeout: 5 * time.Second}
}

func steadySubject() result.Subject {
	return result.Subject{Name: "prefork", Target: "fcgi+unix:/s", Protocol: "fcgi", Method: "prefork", Workers: 8, Pool: 8}
}

// noisySubject has rounds whose throughput is the truth, and whose latencies and
// costs are its inverse, each with noise.
func noisySubject(name string, rounds int, truth, noise float64, random *rand.Rand) result.Subject {
	s := result.Subject{Name: name}
	for range rounds {
		r := noisyRound(truth, noise, random)
		slow := 1 / (truth * math.Exp(noise*random.NormFloat64()))
		r.Response = evenly(2000, time.Duration(1e6*slow), time.Duration(20e6*slow))
		s.Rounds = append(s.Rounds, r)
	}
	return s
}

// noisyRound is without latencies.
func noisyRound(truth, noise float64, random *rand.Rand) result.Round {
	speed := func() float64 { return truth * math.Exp(noise*random.NormFloat64()) }
	r := result.Round{Duration: 10 * time.Second}
	r.Requests = int64(20_000 * speed())
	r.Succeeded = r.Requests
	r.Server = result.Usage{CPU: time.Duration(250e3 * float64(r.Requests) / speed()), Memory: int64(4e7 / speed())}
	r.Generator.CPU = time.Duration(100e3 * float64(r.Requests) / speed())
	return r
}
