package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// missesRate says that fewer requests were sent than were asked for.
func (s *loadSum) missesRate() bool { return s.asked > 0 && s.met < rateShort*s.asked }

// sentence is what was found of a subject alone.
func (s *loadSum) sentence() string {
	name := clean(s.Name)
	switch {
	case s.requests == 0:
		return fmt.Sprintf("%s: no request ended.", name)
	case s.succeeded == 0:
		return fmt.Sprintf("%s: every one of %s failed (%s).", name, number(int(s.requests), "request"), countsWords(s.errors))
	}
	return fmt.Sprintf("%s %s; %s; %s.", name, s.rateSentence(), s.latencyWords(), s.errorWords())
}

func (s *loadSum) rateSentence() string {
	switch {
	case s.asked == 0 && s.Pool > 0:
		return fmt.Sprintf("answered %s requests a second, as fast as %s allow", rateWords(s.answered), number(s.Pool, "connection"))
	case s.asked == 0:
		return fmt.Sprintf("answered %s requests a second, as fast as it could", rateWords(s.answered))
	case s.missesRate():
		return fmt.Sprintf("missed the rate: of %s requests a second that were asked for %s were sent, and %s answered", rateWords(s.asked), rateWords(s.met), rateWords(s.answered))
	case s.answered < rateShort*s.met && s.failed() > 0:
		return fmt.Sprintf("was sent %s requests a second, as asked, and answered %s a second well", rateWords(s.met), rateWords(s.answered))
	case s.answered < rateShort*s.met:
		return fmt.Sprintf("was sent %s requests a second, as asked, and took longer to answer them: %s a second", rateWords(s.met), rateWords(s.answered))
	}
	return fmt.Sprintf("kept up with %s requests a second", rateWords(s.asked))
}

// latencyWords are of all requests, those that failed included.
func (s *loadSum) latencyWords() string {
	p99 := shortTime(percentileAt(s.response, 99))
	if samplesAbove(s.response, []float64{99})[0] < fewSamples {
		p99 += fmt.Sprintf(" (of only %s)", number(int(s.response.TotalCount()), "request"))
	}
	p99 += s.ownLateness()
	times := "response"
	if s.asked == 0 { // nothing was planned
		times = "service"
	}
	return fmt.Sprintf("%s times: p50 %s, p99 %s, max %s", times, shortTime(percentileAt(s.response, 50)), p99, shortTime(percentileAt(s.response, 100)))
}

// ownLateness says that the p99 is the generator's rather than the server's.
func (s *loadSum) ownLateness() string {
	late, p99, service := percentileAt(s.lateness, 99), percentileAt(s.response, 99), percentileAt(s.service, 99)
	if s.asked == 0 || 2*late < p99 || p99 < 2*service {
		return ""
	}
	return fmt.Sprintf(" (mostly of being sent late: service p99 %s)", shortTime(service))
}

func (s *loadSum) errorWords() string {
	if s.failed() == 0 {
		return "no errors"
	}
	return fmt.Sprintf("%s failed, %d of %d (%s)", percent(s.failedShare()), s.failed(), s.requests, countsWords(s.errors))
}

// countsWords are names with their counts, the highest first.
func countsWords(counts map[string]int64) string {
	var parts []string
	for _, name := range byCount(counts) {
		parts = append(parts, fmt.Sprintf("%s: %d", clean(name), counts[name]))
	}
	return strings.Join(parts, ", ")
}

// byCount are names, that with the highest count first.
func byCount(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}
