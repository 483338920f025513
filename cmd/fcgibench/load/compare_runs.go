package load

import (
	"fmt"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// CompareRuns compares two saved runs, subject by subject: the only one of each,
// or those of the same name. It refuses runs of different plans, whose ratio
// means nothing. Their rounds were not interleaved: a machine that changed
// between the runs is part of what is found.
//
// What it gives is a run with the pairs as its subjects, each told from the other
// by its run's start where they have one name.
func CompareRuns(base, other result.Load) (result.Load, error) {
	if field := unlike(base.Plan, other.Plan, sameLoad); field != "" {
		return result.Load{}, fmt.Errorf("the runs differ in their %s: only runs of one plan compare", field)
	}
	pairs, err := subjectPairs(base, other)
	if err != nil {
		return result.Load{}, err
	}
	both := result.Load{Version: base.Version, Tool: base.Tool, Started: other.Started, Seed: base.Seed, Plan: base.Plan}
	both.Interrupted = base.Interrupted || other.Interrupted
	for _, p := range pairs {
		found, err := compare(p[0], p[1], base.Seed)
		if err != nil {
			return result.Load{}, err
		}
		both.Comparisons = append(both.Comparisons, found...)
		for _, s := range p {
			both.Subjects = append(both.Subjects, s)
			both.Diagnoses = append(both.Diagnoses, Diagnose(s, s.Rounds, both.Plan)...)
		}
	}
	return both, nil
}

func subjectPairs(base, other result.Load) ([][2]result.Subject, error) {
	if len(base.Subjects) == 1 && len(other.Subjects) == 1 {
		b, o := base.Subjects[0], other.Subjects[0]
		return [][2]result.Subject{apart(b, o, base.Started, other.Started)}, nil
	}
	var pairs [][2]result.Subject
	for _, b := range base.Subjects {
		for _, o := range other.Subjects {
			if b.Name == o.Name {
				pairs = append(pairs, apart(b, o, base.Started, other.Started))
			}
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("the runs have no subject in common: %s and %s", names(base.Subjects), names(other.Subjects))
	}
	return pairs, nil
}

// apart tells two subjects of one name from each other by their runs' start.
func apart(base, other result.Subject, baseStart, otherStart time.Time) [2]result.Subject {
	const moment = " of 2006-01-02 15:04:05"
	if base.Name == other.Name {
		base.Name += baseStart.UTC().Format(moment)
		other.Name += otherStart.UTC().Format(moment)
	}
	if base.Name == other.Name {
		base.Name += ", the first"
		other.Name += ", the second"
	}
	return [2]result.Subject{base, other}
}

func names(subjects []result.Subject) string {
	if len(subjects) == 0 {
		return "none"
	}
	text := subjects[0].Name
	for _, s := range subjects[1:] {
		text += ", " + s.Name
	}
	return text
}
