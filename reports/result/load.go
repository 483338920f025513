package result

import (
	"math"
	"time"
)

// LoadVersion is that of the JSON form of a Load. A reader refuses another.
const LoadVersion = 1

// Load is one run of fcgibench.
type Load struct {
	Version     int          `json:"version"`
	Tool        string       `json:"tool"`
	Started     time.Time    `json:"started"`
	Seed        int64        `json:"seed"`
	Plan        Plan         `json:"plan"`
	Interrupted bool         `json:"interrupted,omitempty"`
	Subjects    []Subject    `json:"subjects"`
	Comparisons []Comparison `json:"comparisons,omitempty"`
	Search      []Probe      `json:"search,omitempty"` // the rates that were tried, in their order
	Found       *Found       `json:"found,omitempty"`  // what a search came to
	Objective   *Objective   `json:"objective,omitempty"`
	Diagnoses   []Diagnosis  `json:"diagnoses,omitempty"`
}

// Plan is what was asked for.
type Plan struct {
	Rate        float64       `json:"rate"`                // requests a second; 0 is as fast as the connections allow
	RampTo      float64       `json:"ramp_to,omitempty"`   // the rate at the end, where it changes
	Step        time.Duration `json:"step_ns,omitempty"`   // how long each rate is held, where it changes in steps
	SearchTo    float64       `json:"search_to,omitempty"` // a search tries rates from Rate up to this one, each for a Duration
	Longer      time.Duration `json:"longer_ns,omitempty"` // for how long a search holds the rate that it found
	Poisson     bool          `json:"poisson,omitempty"`   // the gaps between requests are exponential
	Duration    time.Duration `json:"duration_ns"`         // of a round
	Requests    int64         `json:"requests,omitempty"`  // of a round; 0 is as many as the duration gives
	Warmup      time.Duration `json:"warmup_ns,omitempty"` // before the first round of each subject
	Rounds      int           `json:"rounds"`              // a subject
	Connections int           `json:"connections"`         // at most at once; 0 is no limit
	KeepAlive   bool          `json:"keepalive"`
	Mux         int           `json:"mux,omitempty"` // requests that share a connection
	Workload    string        `json:"workload"`
	Timeout     time.Duration `json:"timeout_ns"`
}

// Subject is a server under load, and what was found in each round.
type Subject struct {
	Name     string  `json:"name"`
	Target   string  `json:"target"`
	Protocol string  `json:"protocol"`
	Method   string  `json:"method,omitempty"`  // threaded or prefork, where it is known
	Workers  int     `json:"workers,omitempty"` // where it is known
	Backlog  int     `json:"backlog,omitempty"` // of its socket, where it is known
	Pool     int     `json:"pool"`              // connections at most
	Rounds   []Round `json:"rounds"`
}

// Round is one attack on a subject.
type Round struct {
	Start    time.Duration `json:"start_ns"` // since the run began
	Duration time.Duration `json:"duration_ns"`
	// Answering is how long good answers came: until the last one, and no less than
	// the time that was planned. Those that never came make a round longer, and the
	// rate of the others no lower. 0 is Duration.
	Answering time.Duration `json:"answering_ns,omitempty"`
	RateAsked float64       `json:"rate_asked"`
	RateMet   float64       `json:"rate_met"` // requests that were sent, a second
	Requests  int64         `json:"requests"` // that ended: those that succeeded, and the errors
	Succeeded int64         `json:"succeeded"`
	Abandoned int64         `json:"abandoned,omitempty"` // on their way, or due, when the round was interrupted; counted nowhere else

	Response Latencies            `json:"response"` // from the planned start to the end
	Service  Latencies            `json:"service"`  // from the real start to the end, the wait for a connection with it
	Lateness Latencies            `json:"lateness"` // from the planned start to the real one, less any wait for a connection: the generator's
	Phases   map[string]Latencies `json:"phases"`   // queue, connect, write, first byte, body

	Errors   map[string]int64 `json:"errors,omitempty"`   // by cause
	Statuses map[string]int64 `json:"statuses,omitempty"` // 200, 404, ...

	Opened    int64     `json:"opened"`    // connections made
	Reused    int64     `json:"reused"`    // requests on kept ones
	Lost      int64     `json:"lost"`      // kept ones that were gone
	BytesOut  int64     `json:"bytes_out"` // on the wire
	BytesIn   int64     `json:"bytes_in"`
	Server    Usage     `json:"server"` // of its process tree; zero where it is not known
	Generator Usage     `json:"generator"`
	Timeline  []Instant `json:"timeline,omitempty"` // a second each
}

// AnsweringTime is Answering, or what stands for it.
func (r Round) AnsweringTime() time.Duration {
	if r.Answering > 0 {
		return r.Answering
	}
	return r.Duration
}

// Latencies are an HdrHistogram from 1 µs to 1 h, of three significant digits.
type Latencies struct {
	Count       int64         `json:"count"`
	Beyond      int64         `json:"beyond,omitempty"` // clamped to its range
	Min         time.Duration `json:"min_ns"`
	Max         time.Duration `json:"max_ns"`
	Mean        time.Duration `json:"mean_ns"`
	Percentiles []Percentile  `json:"percentiles,omitempty"`
	Histogram   string        `json:"histogram,omitempty"` // HdrHistogram V2, compressed, base64; in µs
}

// Percentile is a latency that so many requests did not exceed.
type Percentile struct {
	Of      float64       `json:"of"` // 50, 99, 99.9, ...
	At      time.Duration `json:"at_ns"`
	Samples int64         `json:"samples"` // above it: what stands behind it
}

// Rank is the place of a percentile among so many latencies in their order, from
// 1: the first that so many percent of them do not exceed, and never fewer, as
// the nearest place would be. It is 0 where there is none.
func Rank(count int64, of float64) int64 {
	// A hair is taken off, since 99.9 % of 1000 come out a little above 999.
	return min(count, max(1, int64(math.Ceil(of/100*float64(count)-1e-6))))
}

// SamplesAbove is how many of so many latencies lie above a percentile: what
// stands behind it. It goes by rank, so that many requests that ended alike, at
// a time limit, are many.
func SamplesAbove(count int64, of float64) int64 { return count - Rank(count, of) }

// Usage is what a process, or a tree of them, took during a round.
type Usage struct {
	CPU         time.Duration `json:"cpu_ns"`
	Memory      int64         `json:"memory_bytes"` // resident, the highest seen; what processes share counts once
	Processes   int           `json:"processes,omitempty"`
	Goroutines  int           `json:"goroutines,omitempty"`
	Descriptors int           `json:"descriptors,omitempty"`
	Cores       int           `json:"cores,omitempty"` // that it may use; 0 where that is not known
	GCPauses    time.Duration `json:"gc_pauses_ns,omitempty"`
	GCs         int64         `json:"gcs,omitempty"`
	StoodStill  time.Duration `json:"stood_still_ns,omitempty"` // the generator, at most: it had no processor, or was stopped
}

// Instant is one second of a round.
type Instant struct {
	At          time.Duration    `json:"at_ns"`           // its end, since the round began
	Asked       float64          `json:"asked,omitempty"` // requests a second, on average; none behind the planned end
	Sent        int64            `json:"sent"`
	Done        int64            `json:"done"`
	Failed      int64            `json:"failed"`
	Errors      map[string]int64 `json:"errors,omitempty"` // those that failed, by cause
	Connections int              `json:"connections"`
	P50         time.Duration    `json:"p50_ns"` // response times of those that were done
	P99         time.Duration    `json:"p99_ns"`
	Max         time.Duration    `json:"max_ns"`
}

// Judgement is what a comparison shows.
type Judgement string

const (
	Better          Judgement = "better"
	Worse           Judgement = "worse"
	NoDifference    Judgement = "no difference shown"
	NotEnoughRounds Judgement = "not enough rounds"
	Worthless       Judgement = "worthless" // too many requests failed, of either
)

// Comparison is one measure of two subjects: the ratio of the second to the
// first, over paired rounds.
type Comparison struct {
	Measure   string    `json:"measure"` // throughput, p50, ..., cpu per request, memory
	Base      string    `json:"base"`
	Other     string    `json:"other"`
	Ratio     float64   `json:"ratio"`
	Low       float64   `json:"low"` // of its 95 % confidence interval
	High      float64   `json:"high"`
	Pairs     int       `json:"pairs"`
	Judgement Judgement `json:"judgement"`
}

// Objective is what was to be met, and whether it was.
type Objective struct {
	Text   string   `json:"text"` // p99<20ms,errors<0.1%
	Met    bool     `json:"met"`
	Missed []string `json:"missed,omitempty"` // each with what was found
}

// Probe is one rate that a search tried.
type Probe struct {
	Rate   float64 `json:"rate"`
	Longer bool    `json:"longer,omitempty"` // it was held as long as the plan says
	Met    bool    `json:"met"`
	Why    string  `json:"why,omitempty"`
}

// Found is what a search came to.
type Found struct {
	Rate    float64 `json:"rate"`               // requests a second: the highest that met the objective; 0 is not found
	AtLeast bool    `json:"at_least,omitempty"` // nothing above it was tried
	Why     string  `json:"why,omitempty"`      // it was not found
}

// Diagnosis is what is to be known about a run, in words.
type Diagnosis struct {
	Subject string `json:"subject,omitempty"`
	What    string `json:"what"` // 64 kept connections, 8 workers: 56 were never read
	Cure    string `json:"cure,omitempty"`
	Invalid bool   `json:"invalid,omitempty"` // the generator was the limit
}
