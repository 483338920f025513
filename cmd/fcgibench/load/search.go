package load

import (
	"context"
	"fmt"
	"math"

	"github.com/fcgikit/fcgikit/reports/result"
)

const (
	// resolution is how close the search comes to the knee: rates of one server
	// differ by more than 2 % from day to day.
	resolution = 1.02
	// maxTries is enough for twenty doublings, the six bisections of the last and
	// the proof, three tries each: from 1 to a million requests a second.
	maxTries = 84
	// stray is how far from the found rate a single try must stand to contradict
	// it. Closer ones are the knee's own noise.
	stray = 1.1
	// maxStrays is how many tries may contradict: one is a hiccup of the machine,
	// the reason for repeats; two are a server whose limit is not the rate.
	maxStrays = 1
	// maxLonger is how many longer tries there are at most: two at the knee, and
	// those below it, down to a sixth less.
	maxLonger = 12
)

// Found is what a search came to.
type Found struct {
	Rate    float64        // requests a second: the highest that met the objective; 0 is not found
	AtLeast bool           // Rate is the search's upper bound: nothing above it was tried
	Why     string         // it was not found, in words
	Path    []result.Probe // every try, in its order
}

// Search finds the highest rate from lo to hi that meets an objective: it
// doubles from lo until a rate fails, then bisects until what is met and what is
// not are 2 % apart, and proves what it found 10 % below and above. try runs one
// rate and says whether it met the objective, and why not. A rate counts as met if
// two of three tries agree.
//
// What is found so is held for longer, in one more try, and lowered by 2 % as long
// as that fails: a server that is a little too slow answers in time until its queue
// has grown, and of many rates near the knee the luckiest is found.
//
// Where lo fails, where tries contradict each other or are too many, nothing is
// found, and Why says so. An error is of the bounds, the context or try, which
// ends the search; the path is what there was until then.
func Search(ctx context.Context, lo, hi float64, try func(ctx context.Context, rate float64, longer bool) (met bool, why string, err error)) (Found, error) {
	if !(lo > 0 && lo <= hi) || math.IsInf(hi, 1) {
		return Found{}, fmt.Errorf("a search from %g to %g requests a second: expected 0 < from <= to", lo, hi)
	}
	s := &search{ctx: ctx, try: try}
	rate, err := s.knee(lo, hi)
	why := ""
	if err == nil {
		why = s.doubt(rate, lo)
	}
	if err == nil && why == "" {
		rate, why, err = s.hold(rate, lo)
	}
	switch {
	case err != nil:
		return Found{Path: s.path, Why: "not found: the search was broken off"}, err
	case why != "":
		return Found{Path: s.path, Why: "not found: " + why}, nil
	}
	return Found{Rate: rate, AtLeast: rate == hi, Path: s.path}, nil
}

type search struct {
	ctx       context.Context
	try       func(ctx context.Context, rate float64, longer bool) (bool, string, error)
	path      []result.Probe
	exhausted bool
}

// knee is the highest rate of which most tries are met; 0 if lo is none.
func (s *search) knee(lo, hi float64) (float64, error) {
	rate, failed, err := s.bracket(lo, hi)
	if err == nil && rate > 0 && failed > 0 {
		rate, err = s.bisect(rate, failed)
	}
	if err == nil && rate > 0 {
		err = s.prove(rate, lo, hi)
	}
	return rate, err
}

// bracket doubles. failed is 0 if all rates up to hi are met; met is 0 if lo is
// not.
func (s *search) bracket(lo, hi float64) (met, failed float64, err error) {
	for rate := lo; ; rate = min(2*rate, hi) {
		ok, err := s.vote(rate)
		switch {
		case err != nil || s.exhausted:
			return met, 0, err
		case !ok:
			return met, rate, nil
		case rate == hi:
			return hi, 0, nil
		}
		met = rate
	}
}

// bisect halves the ratio of the two rates, not their difference: the
// resolution is a ratio.
func (s *search) bisect(met, failed float64) (float64, error) {
	for failed/met > resolution {
		middle := math.Sqrt(met * failed)
		ok, err := s.vote(middle)
		switch {
		case err != nil || s.exhausted:
			return met, err
		case ok:
			met = middle
		default:
			failed = middle
		}
	}
	return met, nil
}

// prove tries a rate well below and one well above, within the bounds: a limit
// that is none shows here. See strays.
func (s *search) prove(rate, lo, hi float64) error {
	for _, near := range []float64{rate / stray, rate * stray} {
		if near < lo || near > hi {
			continue
		}
		if _, err := s.vote(near); err != nil {
			return err
		}
	}
	return nil
}

// vote tries a rate until two tries agree: two or three times.
func (s *search) vote(rate float64) (bool, error) {
	var met, failed int
	for met < 2 && failed < 2 {
		if len(s.path) == maxTries {
			s.exhausted = true
			return false, nil
		}
		p, err := s.once(rate, false)
		switch {
		case err != nil:
			return false, err
		case p.Met:
			met++
		default:
			failed++
		}
	}
	return met == 2, nil
}

func (s *search) once(rate float64, longer bool) (result.Probe, error) {
	if err := s.ctx.Err(); err != nil {
		return result.Probe{}, err
	}
	met, why, err := s.try(s.ctx, rate, longer)
	p := result.Probe{Rate: rate, Longer: longer, Met: met, Why: why}
	if err == nil {
		s.path = append(s.path, p)
	}
	return p, err
}

// hold is the highest rate from the knee down of which a longer try is met, or
// why there is none. The first that fails is forgiven: it may be a hiccup.
func (s *search) hold(knee, lo float64) (rate float64, why string, err error) {
	var last result.Probe
	rate = knee
	for n := range maxLonger {
		if last, err = s.once(rate, true); err != nil || last.Met {
			return rate, "", err
		}
		if n == 0 {
			continue
		}
		if rate == lo {
			break
		}
		rate = max(rate/resolution, lo)
	}
	return 0, fmt.Sprintf("%.5g a second meet the objective in short tries, but in no longer one, nor does a rate down to %.5g%s", knee, last.Rate, because(last)), nil
}

// doubt is why the knee is none, or empty.
func (s *search) doubt(knee, lo float64) string {
	strays := s.strays(knee)
	switch {
	case s.exhausted:
		return fmt.Sprintf("%d tries were not enough", maxTries)
	case knee == 0:
		return fmt.Sprintf("the lowest rate, %.5g a second, fails%s", lo, because(s.path[len(s.path)-1]))
	case strays > maxStrays:
		return fmt.Sprintf("the tries contradict each other: %d of %d say otherwise than a limit of %.5g a second", strays, len(s.path), knee)
	}
	return ""
}

// because is why a try failed, behind what is said of it.
func because(p result.Probe) string {
	if p.Why == "" {
		return ""
	}
	return ": " + p.Why
}

// strays are the tries that failed well below the rate or met the objective
// well above it.
func (s *search) strays(rate float64) int {
	n := 0
	for _, p := range s.path {
		if !p.Met && p.Rate <= rate/stray || p.Met && p.Rate >= rate*stray {
			n++
		}
	}
	return n
}
