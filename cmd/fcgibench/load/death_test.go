package load

import (
	"testing"

	"github.com/fcgikit/fcgikit/reports/result"
)

// failedOf is a second's part of a round that failed, from its end.
func failedOf(r result.Round, c Cause, failed ...int64) result.Round {
	for k, n := range failed {
		s := &r.Timeline[len(r.Timeline)-len(failed)+k]
		s.Done, s.Failed, s.Errors = s.Sent, n, map[string]int64{string(c): n}
		spoil(&r, c, n)
	}
	if r.Succeeded == 0 {
		r.Statuses = nil
	}
	return r
}

// TestADeathIsFoundInWhatCameBeforeTheRounds: a warm-up, or the tries of a search.
func TestADeathIsFoundInWhatCameBeforeTheRounds(t *testing.T) {
	two := func(failed ...int64) result.Round {
		r := atRate(2000, 2000)
		r.Requests, r.Succeeded = 4000, 4000
		return failedOf(r, Refused, failed...)
	}
	silent := func() result.Round {
		r := atRate(2000, 2000)
		r.Requests, r.Succeeded = 4000, 4000
		return failedOf(r, TimeoutUnread, 2000, 2000)
	}
	for name, c := range map[string]struct {
		legs []Leg
		want string
	}{
		"within the warm-up":   {[]Leg{{"the warm-up", two(1000, 2000)}, {"round 1", two(2000, 2000)}}, "the server died 500 ms into the warm-up: every request failed from then on (connection refused: 6000)"},
		"at the warm-up's end": {[]Leg{{"the warm-up", two(1000)}, {"round 1", two(2000, 2000)}}, "the server died 1.5 s into the warm-up: every request failed from then on (connection refused: 5000)"},
		"after the warm-up":    {[]Leg{{"the warm-up", two()}, {"round 1", two(2000, 2000)}}, "the server died after the warm-up: every request failed from then on (connection refused: 4000)"},
		"within the last try":  {[]Leg{{"try 1", two()}, {"try 2", two(1000, 2000)}}, "the server died 500 ms into try 2: every request failed from then on (connection refused: 2000)"},
		"it fell silent":       {[]Leg{{"try 1", two()}, {"try 2", silent()}, {"try 3", silent()}}, "the server stopped answering after try 1 (timeout with nothing read: 8000)"},
		"it never answered":    {[]Leg{{"the warm-up", two(2000, 2000)}, {"round 1", two(2000, 2000)}}, "no request of 4000 was answered (connection refused: 4000)"},
	} {
		last := []result.Round{c.legs[len(c.legs)-1].Round}
		got := DiagnoseAfter(c.legs, steadySubject(), last, steadyPlan())
		if len(got) != 1 || got[0].What != c.want || got[0].Subject != "prefork" {
			t.Errorf("%s: got\n%+v\nwant\n%s", name, got, c.want)
		}
	}
	if got := DiagnoseAfter([]Leg{{"the warm-up", two(1000)}, {"round 1", steady()}}, steadySubject(), []result.Round{steady()}, steadyPlan()); len(got) != 0 {
		t.Errorf("it came back: %+v", got)
	}
}
