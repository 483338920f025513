package reports

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// loadSum is a subject with its rounds as one: counts add, histograms merge, and
// rates have the weight of their round's duration.
type loadSum struct {
	result.Subject
	duration, answering            time.Duration // of all rounds
	asked, met, answered           float64       // requests a second
	requests, succeeded, abandoned int64
	beyond                         int64 // response times that were clamped

	response, service, lateness *hdrhistogram.Histogram
	phases                      map[string]*hdrhistogram.Histogram

	errors, statuses     map[string]int64
	opened, reused, lost int64
	bytesOut, bytesIn    int64
	server, generator    result.Usage
}

// sumsOf are the subjects of a run. The error is of a histogram that can't be
// read.
func sumsOf(run result.Load) ([]*loadSum, error) {
	var all []*loadSum
	for _, s := range run.Subjects {
		sum, err := sumOf(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", clean(s.Name), err)
		}
		all = append(all, sum)
	}
	return all, nil
}

func sumOf(subject result.Subject) (*loadSum, error) {
	s := &loadSum{Subject: subject, errors: map[string]int64{}, statuses: map[string]int64{}}
	for _, r := range subject.Rounds {
		s.add(r)
	}
	if seconds := s.duration.Seconds(); seconds > 0 {
		s.asked /= seconds
		s.met /= seconds
		s.answered = float64(s.succeeded) / s.answering.Seconds()
	}
	return s, s.merge()
}

func (s *loadSum) add(r result.Round) {
	seconds := r.Duration.Seconds()
	s.duration += r.Duration
	s.answering += r.AnsweringTime()
	s.asked += r.RateAsked * seconds
	s.met += r.RateMet * seconds
	s.requests += r.Requests
	s.succeeded += r.Succeeded
	s.abandoned += r.Abandoned
	s.beyond += r.Response.Beyond
	s.opened += r.Opened
	s.reused += r.Reused
	s.lost += r.Lost
	s.bytesOut += r.BytesOut
	s.bytesIn += r.BytesIn
	addCounts(s.errors, r.Errors)
	addCounts(s.statuses, r.Statuses)
	s.server = addUsage(s.server, r.Server)
	s.generator = addUsage(s.generator, r.Generator)
}

func addCounts(sum, more map[string]int64) {
	for name, n := range more {
		sum[name] += n
	}
}

// addUsage adds what is used up, and keeps the highest of what is held.
func addUsage(a, b result.Usage) result.Usage {
	return result.Usage{
		CPU:         a.CPU + b.CPU,
		GCs:         a.GCs + b.GCs,
		GCPauses:    a.GCPauses + b.GCPauses,
		StoodStill:  max(a.StoodStill, b.StoodStill),
		Memory:      max(a.Memory, b.Memory),
		Processes:   max(a.Processes, b.Processes),
		Goroutines:  max(a.Goroutines, b.Goroutines),
		Descriptors: max(a.Descriptors, b.Descriptors),
		Cores:       max(a.Cores, b.Cores),
	}
}

// loadPhases are the parts of an exchange, in their order.
var loadPhases = []string{"queue", "connect", "write", "first byte", "body"}

func (s *loadSum) merge() (err error) {
	of := func(name string, pick func(result.Round) result.Latencies) *hdrhistogram.Histogram {
		var all []result.Latencies
		for _, r := range s.Rounds {
			all = append(all, pick(r))
		}
		h, bad := histogramOf(all...)
		if bad != nil && err == nil {
			err = fmt.Errorf("%s: %w", name, bad)
		}
		return h
	}
	s.response = of("response times", func(r result.Round) result.Latencies { return r.Response })
	s.service = of("service times", func(r result.Round) result.Latencies { return r.Service })
	s.lateness = of("lateness", func(r result.Round) result.Latencies { return r.Lateness })
	s.phases = map[string]*hdrhistogram.Histogram{}
	for _, name := range loadPhases {
		s.phases[name] = of(name, func(r result.Round) result.Latencies { return r.Phases[name] })
	}
	return err
}

func (s *loadSum) failed() int64 { return s.requests - s.succeeded }

// failedShare is that of the requests, from 0 to 1.
func (s *loadSum) failedShare() float64 { return float64(s.failed()) / float64(max(s.requests, 1)) }

// perRequest is a cost divided by the requests.
func (s *loadSum) perRequest(cost float64) float64 { return cost / float64(max(s.requests, 1)) }

// cores are how many a process kept busy.
func (s *loadSum) cores(u result.Usage) float64 {
	return u.CPU.Seconds() / max(s.duration.Seconds(), 1e-9)
}
