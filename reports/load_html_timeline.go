package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// pageMoments bounds the moments that a page shows: a screen has no more pixels,
// and JSON has them all.
const pageMoments = 600

// timeline is the rounds of all subjects in the order in which they ran.
type timeline struct {
	spans  []span
	merged int // instants in each moment, at most
}

// span is a round on the run's clock.
type span struct {
	subject, round int // from 0
	from, to       time.Duration
	moments        []moment
}

// moment is one instant, or some that follow each other, of a round.
type moment struct {
	from, to           time.Duration // since the round began
	asked              float64       // requests a second
	sent, done, failed int64
	errors             map[string]int64
	connections        int
	p50, p99, max      time.Duration // of several instants the highest: percentiles do not add
}

func timelineOf(run result.Load) timeline {
	t := timeline{merged: 1}
	instants := 0
	for i, s := range run.Subjects {
		for j, r := range s.Rounds {
			t.spans = append(t.spans, span{subject: i, round: j, from: r.Start})
			instants += len(r.Timeline)
		}
	}
	t.merged = max(1, (instants+pageMoments-1)/pageMoments)
	slices.SortStableFunc(t.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var end time.Duration
	for i := range t.spans {
		s := &t.spans[i]
		r := run.Subjects[s.subject].Rounds[s.round]
		s.from = max(s.from, end) // no two at once, whatever a file says
		s.moments = momentsOf(r.Timeline, t.merged)
		s.to = s.from + r.Duration
		if n := len(s.moments); n > 0 {
			s.to = s.from + max(r.Duration, s.moments[n-1].to)
		}
		end = s.to
	}
	return t
}

func momentsOf(instants []result.Instant, each int) []moment {
	var all []moment
	var end time.Duration
	for some := range slices.Chunk(instants, each) {
		m := moment{from: end, errors: map[string]int64{}}
		for _, i := range some {
			m.asked += i.Asked * max(0, i.At-max(m.to, end)).Seconds()
			m.to = max(i.At, end)
			m.sent += i.Sent
			m.done += i.Done
			m.failed += i.Failed
			m.connections = max(m.connections, i.Connections)
			m.p50, m.p99, m.max = max(m.p50, i.P50), max(m.p99, i.P99), max(m.max, i.Max)
			addCounts(m.errors, i.Errors)
		}
		m.asked /= max((m.to - end).Seconds(), 1e-9)
		all = append(all, m)
		end = m.to
	}
	return all
}

// perSecond divides a count by the moment's real length.
func (m moment) perSecond(n int64) float64 {
	if m.to <= m.from {
		return 0
	}
	return float64(n) / (m.to - m.from).Seconds()
}

func (m moment) answered() int64 { return m.done - m.failed }

// causes are those of all failures, the most frequent first.
func (t timeline) causes() []string {
	sum := map[string]int64{}
	for _, s := range t.spans {
		for _, m := range s.moments {
			addCounts(sum, m.errors)
		}
	}
	return byCount(sum)
}

// loadMomentRow is a moment as the table has it.
type loadMomentRow struct {
	Subject                   string
	Color, Round              int
	At, Asked, Sent, Answered string
	P50, P99, Max             string
	Failed                    int64
	Causes                    string
	Connections               int
}

func (t timeline) rows(run result.Load) []loadMomentRow {
	var rows []loadMomentRow
	for _, s := range t.spans {
		for _, m := range s.moments {
			row := loadMomentRow{
				Subject: subjectWord(run.Subjects[s.subject]), Color: colorAt(s.subject), Round: s.round + 1,
				At: fmt.Sprintf("%.1f", m.to.Seconds()), Asked: "–", Sent: rateWords(m.perSecond(m.sent)), Answered: rateWords(m.perSecond(m.answered())),
				Failed: m.failed, Causes: countsWords(m.errors), Connections: m.connections, P50: "–", P99: "–", Max: "–",
			}
			if m.asked > 0 {
				row.Asked = rateWords(m.asked)
			}
			if m.done > 0 {
				row.P50, row.P99, row.Max = shortTime(m.p50), shortTime(m.p99), shortTime(m.max)
			}
			rows = append(rows, row)
		}
	}
	return rows
}
