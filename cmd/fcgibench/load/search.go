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
// not are 2 % apart, and proves what it found 10 % below and above. try runs one rate and says whether it met the objective,
// and why not. A rate counts as met if two of three tries agree.
//
// Where lo fails, where tries contradict each other or are too many, nothing is
// found, and Why says so. An error is of the bounds, the context or try, which
// ends the search; the path is what there was until then.
func Search(ctx context.Context, lo, hi float64, try func(ctx context.Context, rate float64) (met bool, why string, err error)) (Found, error) {
	if !(lo > 0 && lo <= hi) || math.IsInf(hi, 1) {
		return Found{}, fmt.Errorf("a search from %g to %g requests a second: expected 0 < from <= to", lo, hi)
	}
	s := &search{ctx: ctx, try: try}
	rate, failed, err := s.bracket(lo, hi)
	if err == nil && rate > 0 && failed > 0 {
		rate, err = s.bisect(rate, failed)
	}
	if err == nil && rate > 0 {
		err = s.prove(rate, lo, hi)
	}
	if err != nil {
		return Found{Path: s.path, Why: "not found: the search was broken off"}, err
	}
	return s.found(rate, lo, hi), nil
}

type search struct {
	ctx       context.Context
	try       func(ctx context.Context, rate float64) (bool, string, error)
	path      []result.Probe
	exhausted bool
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
		ok, err := s.once(rate)
		switch {
		case err != nil:
			return false, err
		case ok:
			met++
		default:
			failed++
		}
	}
	return met == 2, nil
}

func (s *search) once(rate float64) (bool, error) {
	if err := s.ctx.Err(); err != nil {
		return false, err
	}
	ok, why, err := s.try(s.ctx, rate)
	if err == nil {
		s.path = append(s.path, result.Probe{Rate: rate, Met: ok, Why: why})
	}
	return ok, err
}

// found doubts the rate before it is given out.
func (s *search) found(rate, lo, hi float64) Found {
	f := Found{Path: s.path}
	strays := s.strays(rate)
	switch {
	case s.exhausted:
		f.Why = fmt.Sprintf("not found: %d tries were not enough", maxTries)
	case rate == 0:
		f.Why = fmt.Sprintf("not found: the lowest rate, %.5g a second, fails", lo)
		if why := s.path[len(s.path)-1].Why; why != "" {
			f.Why += ": " + why
		}
	case strays > maxStrays:
		f.Why = fmt.Sprintf("not found: the tries contradict each other: %d of %d say otherwise than a limit of %.5g a second", strays, len(s.path), rate)
	default:
		f.Rate, f.AtLeast = rate, rate == hi
	}
	return f
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
