package load

import (
	"errors"
	"fmt"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Judge says whether the rounds together met the objective, and of each term
// that they missed what was found. Percentiles are those of the merged
// histograms. Rounds without a request miss every term. The error is of a
// histogram that can't be read.
func (o Objective) Judge(rounds []result.Round) (result.Objective, error) {
	h, err := merged(responses(rounds)...)
	if err != nil {
		return result.Objective{}, fmt.Errorf("response times: %w", err)
	}
	found := result.Objective{Text: o.text}
	for _, t := range o.said() {
		if missed := t.missed(h, rounds); missed != "" {
			found.Missed = append(found.Missed, t.text+": "+missed)
		}
	}
	found.Met = len(found.Missed) == 0
	return found, nil
}

// said are all terms, that of the errors too where it goes without saying.
func (o Objective) said() []term {
	if o.OfErrors() {
		return o.terms
	}
	return append(slices.Clip(o.terms), usualErrors)
}

// TooManyFailed says that more requests failed than may where no objective says
// how many.
func TooManyFailed(rounds []result.Round) bool { return usualErrors.missedErrors(rounds) != "" }

// JudgeSubjects judges each subject alone: all must meet the objective. Of
// several, what was missed has the subject's name in front.
func (o Objective) JudgeSubjects(subjects []result.Subject) (result.Objective, error) {
	all := result.Objective{Text: o.text}
	for _, s := range subjects {
		found, err := o.Judge(s.Rounds)
		if err != nil {
			return all, fmt.Errorf("%s: %w", s.Name, err)
		}
		for _, missed := range found.Missed {
			if len(subjects) > 1 {
				missed = s.Name + ": " + missed
			}
			all.Missed = append(all.Missed, missed)
		}
	}
	all.Met = len(all.Missed) == 0
	return all, nil
}

// missed is what was found, where it is not what is asked.
func (t term) missed(h *hdrhistogram.Histogram, rounds []result.Round) string {
	switch t.measure {
	case ofErrors:
		return t.missedErrors(rounds)
	case ofRate:
		return t.missedRate(rounds)
	}
	if h == nil {
		return "no request ended"
	}
	at := fromMicros(valueAt(h, t.of))
	if at < t.latency || t.inclusive && at == t.latency {
		return ""
	}
	return shortly(at)
}

func (t term) missedErrors(rounds []result.Round) string {
	var requests, failed int64
	for _, r := range rounds {
		requests += r.Requests
		failed += r.Requests - r.Succeeded
	}
	if requests == 0 {
		return "no request ended"
	}
	share := float64(failed) / float64(requests)
	if share < t.share || t.inclusive && share == t.share {
		return ""
	}
	return fmt.Sprintf("%.3g %% (%d of %d)", 100*share, failed, requests)
}

func (t term) missedRate(rounds []result.Round) string {
	met, asked, err := rateMet(rounds)
	if err != nil {
		return err.Error()
	}
	share := met / asked
	if share > t.share || t.inclusive && share == t.share {
		return ""
	}
	return fmt.Sprintf("%.3g (%.5g of %.5g a second)", share, met, asked)
}

var errNoRate = errors.New("no rate was asked for")

// rateMet are the rates of all rounds, met and asked, each round with the weight
// of its duration.
func rateMet(rounds []result.Round) (met, asked float64, err error) {
	var seconds float64
	for _, r := range rounds {
		s := r.Duration.Seconds()
		met += r.RateMet * s
		asked += r.RateAsked * s
		seconds += s
	}
	if asked == 0 {
		return 0, 0, errNoRate
	}
	return met / seconds, asked / seconds, nil
}
