package reports

import (
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// track lays a timeline out for a plot of steps: each round begins with a point
// that repeats its first moment, and ends with one without a value, so that no
// line leads from one round to the next.
type track struct {
	x       numbers
	at      []trackPoint // what stands at each x
	rounds  []loadStretch
	failing numbers
}

type trackPoint struct {
	subject int // -1 between rounds
	moment  moment
}

// pause parts two rounds that follow each other at once.
const pause = time.Millisecond

func trackOf(run result.Load, t timeline) track {
	var k track
	for _, s := range t.spans {
		if len(s.moments) == 0 {
			continue
		}
		from := s.from + pause
		k.add(from, trackPoint{s.subject, s.moments[0]})
		for _, m := range s.moments {
			k.add(s.from+m.to, trackPoint{s.subject, m})
			if m.failed > 0 {
				k.failing = append(k.failing, (s.from + (m.from+m.to)/2).Seconds())
			}
		}
		last := s.from + s.moments[len(s.moments)-1].to
		k.add(last+pause/2, trackPoint{subject: -1})
		k.rounds = append(k.rounds, loadStretch{s.from.Seconds(), last.Seconds(), subjectWord(run.Subjects[s.subject]), s.round + 1, colorAt(s.subject)})
	}
	return k
}

func (k *track) add(x time.Duration, p trackPoint) {
	k.x = append(k.x, x.Seconds())
	k.at = append(k.at, p)
}

// series are the values of a subject's moments, or of all subjects' with -1.
func (k *track) series(subject int, value func(moment) float64) numbers {
	ys := make(numbers, len(k.at))
	for i, p := range k.at {
		ys[i] = unknown
		if p.subject >= 0 && (subject < 0 || p.subject == subject) {
			ys[i] = value(p.moment)
		}
	}
	return ys
}

func (k *track) plot(id string) loadPlot {
	return loadPlot{ID: id, X: k.x, Rounds: k.rounds, Failing: k.failing}
}

// throughputPlot is requests a second over the run's time: asked for, sent, and
// answered well.
func throughputPlot(run result.Load, t timeline) loadPlot {
	k := trackOf(run, t)
	p := k.plot("throughput")
	if slices.ContainsFunc(k.at, func(p trackPoint) bool { return p.moment.asked > 0 }) {
		p.Series = append(p.Series, loadSeries{"asked", 0, "dashed", k.series(-1, func(m moment) float64 {
			if m.asked == 0 {
				return unknown
			}
			return m.asked
		})})
	}
	for i, s := range run.Subjects {
		p.Series = append(p.Series,
			loadSeries{subjectWord(s) + ", sent", colorAt(i), "dotted", k.series(i, func(m moment) float64 { return m.perSecond(m.sent) })},
			loadSeries{subjectWord(s) + ", answered", colorAt(i), "solid", k.series(i, func(m moment) float64 { return m.perSecond(m.answered()) })})
	}
	return p
}

// latencyPlot is the response times of each moment in milliseconds.
func latencyPlot(run result.Load, t timeline) loadPlot {
	k := trackOf(run, t)
	p := k.plot("latency")
	for i, s := range run.Subjects {
		of := func(name, style string, pick func(moment) time.Duration) {
			p.Series = append(p.Series, loadSeries{subjectWord(s) + ", " + name, colorAt(i), style, k.series(i, func(m moment) float64 {
				if m.done == 0 {
					return unknown
				}
				return float64(max(pick(m), time.Microsecond)) / 1e6
			})})
		}
		of("max", "dotted", func(m moment) time.Duration { return m.max })
		of("p99", "solid", func(m moment) time.Duration { return m.p99 })
		of("p50", "thin", func(m moment) time.Duration { return m.p50 })
	}
	return p
}
