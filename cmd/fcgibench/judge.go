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
		found := b.diagnose(s)
		if b.run.Found != nil {
			found = slices.DeleteFunc(found, isInvalid) // these rounds met the objective all the same
		}
		b.run.Diagnoses = append(b.run.Diagnoses, found...)
		b.run.Diagnoses = append(b.run.Diagnoses, s.ended()...)
	}
	return nil
}

// diagnose tells of a server that died by what came before its rounds, too.
func (b *bench) diagnose(s *subject) []result.Diagnosis {
	rounds := s.found.Rounds
	answered := func(r result.Round) bool { return !load.Dead(r) }
	if b.run.Plan.SearchTo > 0 && b.gone != s || slices.ContainsFunc(rounds, answered) && b.run.Plan.SearchTo == 0 {
		return load.Diagnose(s.found, rounds, b.run.Plan)
	}
	return load.DiagnoseAfter(s.legs, s.found, rounds, b.run.Plan)
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
	if b.gone != nil {
		return cli.ExitFailed
	}
	return codeOf(b.run)
}

// codeOf is the exit code of what was found.
func codeOf(run result.Load) int {
	isShort := func(s result.Subject) bool { return short(s, run.Objective == nil) }
	switch {
	case slices.ContainsFunc(run.Diagnoses, isInvalid):
		return exitInvalid
	case run.Plan.SearchTo > 0:
		return searchCode(run)
	case run.Objective != nil && !run.Objective.Met, slices.ContainsFunc(run.Subjects, isShort):
		return cli.ExitFailed
	}
	return cli.ExitOK
}

func isInvalid(d result.Diagnosis) bool { return d.Invalid }

// exitInvalid is of a run that fcgibench itself was the limit of.
const exitInvalid = result.ExitNothingRan

// enough is the share of the planned requests that must be sent.
const enough = 0.99

// short is whether a subject's rate was not met, or too many of its requests
// failed, of which an objective that there is has said its own.
func short(s result.Subject, noObjective bool) bool {
	var asked, sent, seconds float64
	var succeeded int64
	for _, r := range s.Rounds {
		d := r.Duration.Seconds()
		asked, sent, seconds = asked+r.RateAsked*d, sent+r.RateMet*d, seconds+d
		succeeded += r.Succeeded
	}
	switch {
	case seconds == 0 || succeeded == 0:
		return true
	case sent < enough*asked:
		return true
	}
	return noObjective && load.TooManyFailed(s.Rounds)
}
