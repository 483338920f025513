package load

import (
	"errors"
	"fmt"

	"github.com/fcgikit/fcgikit/reports/result"
)

// mergeable says why a run can't be added to another.
func mergeable(first, r result.Load) error {
	if field := unlike(first.Plan, r.Plan, sameRun); field != "" {
		return fmt.Errorf("their plans differ in %s", field)
	}
	switch {
	case (first.Plan.Rate == 0) != (r.Plan.Rate == 0):
		return errors.New("one has a rate, the other went as fast as the connections allow")
	case (first.Plan.RampTo == 0) != (r.Plan.RampTo == 0):
		return errors.New("one changes its rate, the other does not")
	case len(first.Search) > 0 || len(r.Search) > 0:
		return errors.New("a search has no rounds that add")
	case objectiveOf(first) != objectiveOf(r):
		return fmt.Errorf("their objectives differ: %q and %q", objectiveOf(first), objectiveOf(r))
	case len(first.Subjects) != len(r.Subjects):
		return fmt.Errorf("their subjects differ: %s and %s", names(first.Subjects), names(r.Subjects))
	}
	for i, a := range first.Subjects {
		b := r.Subjects[i]
		if a.Name != b.Name || a.Target != b.Target || a.Protocol != b.Protocol || a.Method != b.Method || a.Workers != b.Workers {
			return fmt.Errorf("subject %d differs: %s and %s", i+1, described(a), described(b))
		}
		if len(a.Rounds) != len(b.Rounds) {
			return fmt.Errorf("%s: %d rounds and %d", a.Name, len(a.Rounds), len(b.Rounds))
		}
	}
	return nil
}

func described(s result.Subject) string {
	text := fmt.Sprintf("%s (%s, %s", s.Name, s.Target, s.Protocol)
	if s.Method != "" {
		text += ", " + s.Method
	}
	if s.Workers > 0 {
		text += fmt.Sprintf(", %d workers", s.Workers)
	}
	return text + ")"
}
