package main

import (
	"slices"

	"github.com/fcgikit/fcgikit/cmd/fcgibench/load"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reports/result"
)

// judge finds what the rounds show together.
func (b *bench) judge() (err error) {
	if b.run.Comparisons, err = load.CompareSubjects(b.run.Subjects, b.seed); err != nil {
		return err
	}
	if b.slo != "" {
		found, err := b.objective.JudgeSubjects(b.run.Subjects)
		if err != nil {
			return err
		}
		b.run.Objective = &found
	}
	b.run.Diagnoses = b.limit
	for _, s := range b.subjects {
		found := load.Diagnose(s.found, s.found.Rounds, b.run.Plan)
		if b.run.Found != nil {
			found = slices.DeleteFunc(found, isInvalid) // these rounds met the objective all the same
		}
		b.run.Diagnoses = append(b.run.Diagnoses, found...)
		b.run.Diagnoses = append(b.run.Diagnoses, s.ended()...)
	}
	return nil
}

// ended tells of a server of ours whose process has ended by itself.
func (s *subject) ended() []result.Diagnosis {
	if s.server == nil {
		return nil
	}
	select {
	case <-s.server.Ended():
		return []result.Diagnosis{{Subject: s.found.Name, What: "the server's process ended: " + s.server.How(), Cure: "see what it wrote"}}
	default:
		return nil
	}
}

// code is the exit code of a run that came to its end.
func (b *bench) code() int {
	switch {
	case b.gone != nil:
		return cli.ExitFailed
	case slices.ContainsFunc(b.run.Diagnoses, isInvalid):
		return exitInvalid
	case b.run.Plan.SearchTo > 0:
		return b.searchCode()
	case b.run.Objective != nil && !b.run.Objective.Met:
		return cli.ExitFailed
	case slices.ContainsFunc(b.run.Subjects, b.short):
		return cli.ExitFailed
	}
	return cli.ExitOK
}

func isInvalid(d result.Diagnosis) bool { return d.Invalid }

// exitInvalid is of a run that fcgibench itself was the limit of.
const exitInvalid = result.ExitNothingRan

// enough is the share of the planned requests that must be sent, and of the sent
// ones that must succeed.
const enough = 0.99

// short is whether a subject's rate was not met, or too many of its requests
// failed where no objective says how many may.
func (b *bench) short(s result.Subject) bool {
	var asked, sent, seconds float64
	var requests, succeeded int64
	for _, r := range s.Rounds {
		d := r.Duration.Seconds()
		asked, sent, seconds = asked+r.RateAsked*d, sent+r.RateMet*d, seconds+d
		requests, succeeded = requests+r.Requests, succeeded+r.Succeeded
	}
	switch {
	case seconds == 0 || succeeded == 0:
		return true
	case sent < enough*asked:
		return true
	}
	return !b.objective.OfErrors() && float64(succeeded) < enough*float64(requests)
}
