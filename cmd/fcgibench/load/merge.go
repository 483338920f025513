package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Merge makes one run of those of several generators that loaded the same
// subjects at the same time. Counts, rates, connections and histograms add;
// percentiles are those of the summed histograms. The server's CPU and memory
// are those of the run that saw most of it, since all saw the same server.
// Comparisons, the objective and the diagnoses are found anew.
//
// It refuses, in one line, runs of unlike plans or subjects, and rounds that
// did not run together.
func Merge(runs ...result.Load) (result.Load, error) {
	if len(runs) == 0 {
		return result.Load{}, errors.New("no run to merge")
	}
	sum := slices.MinFunc(runs, func(a, b result.Load) int { return a.Started.Compare(b.Started) })
	for i, r := range runs {
		again := func(earlier result.Load) bool { return earlier.Started.Equal(r.Started) && earlier.Seed == r.Seed }
		if j := slices.IndexFunc(runs[:i], again); j >= 0 && !r.Started.IsZero() {
			return result.Load{}, fmt.Errorf("runs %d and %d are one and the same: it would count twice", j+1, i+1)
		}
		if err := mergeable(runs[0], r); err != nil {
			return result.Load{}, fmt.Errorf("run %d does not merge with the first: %w", i+1, err)
		}
	}
	sum.Plan = sumPlan(runs)
	sum.Interrupted = slices.ContainsFunc(runs, func(r result.Load) bool { return r.Interrupted })
	sum.Subjects = nil
	for i := range runs[0].Subjects {
		s, err := mergeSubject(runs, i)
		if err != nil {
			return result.Load{}, fmt.Errorf("%s: %w", runs[0].Subjects[i].Name, err)
		}
		sum.Subjects = append(sum.Subjects, s)
	}
	return judged(sum, runs)
}

func objectiveOf(l result.Load) string {
	if l.Objective == nil {
		return ""
	}
	return l.Objective.Text
}

func sumPlan(runs []result.Load) result.Plan {
	sum := runs[0].Plan
	for _, r := range runs[1:] {
		sum.Rate += r.Plan.Rate
		sum.RampTo += r.Plan.RampTo
		sum.Requests += r.Plan.Requests
		sum.Connections = sumCap(sum.Connections, r.Plan.Connections)
	}
	return sum
}

// sumCap adds two limits, of which 0 is none.
func sumCap(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	return a + b
}

func mergeSubject(runs []result.Load, i int) (result.Subject, error) {
	sum := runs[0].Subjects[i]
	for _, r := range runs[1:] {
		sum.Pool = sumCap(sum.Pool, r.Subjects[i].Pool)
	}
	rounds := sum.Rounds
	sum.Rounds = nil
	for j := range rounds {
		var together []placed
		for _, r := range runs {
			round := r.Subjects[i].Rounds[j]
			together = append(together, placed{r.Started.Add(round.Start), round})
		}
		round, err := mergeRounds(together)
		if err != nil {
			return sum, fmt.Errorf("round %d: %w", j+1, err)
		}
		sum.Rounds = append(sum.Rounds, round)
	}
	return sum, nil
}

// placed is a round and when it began.
type placed struct {
	began time.Time
	round result.Round
}

// mergeRounds adds the rounds of several generators. Start is the earliest of
// theirs.
func mergeRounds(rounds []placed) (result.Round, error) {
	slices.SortStableFunc(rounds, func(a, b placed) int { return a.began.Compare(b.began) })
	first := rounds[0]
	sum := result.Round{Start: first.round.Start, Errors: map[string]int64{}, Statuses: map[string]int64{}}
	var timelines [][]result.Instant
	for _, p := range rounds {
		late := p.began.Sub(first.began)
		if late > apartAtMost(first.round.Duration) {
			return sum, fmt.Errorf("one began %v after another: rounds merge that ran together", late.Round(time.Millisecond))
		}
		sum.Duration = max(sum.Duration, late+p.round.Duration)
		sum.Answering = max(sum.Answering, late+p.round.AnsweringTime())
		addCounts(&sum, p.round)
		timelines = append(timelines, wholeSeconds(p.round.Timeline, late))
	}
	sum.Timeline = sumTimelines(timelines)
	return sum, sumLatencies(&sum, rounds)
}

// apartAtMost is how far apart rounds may begin: a second, for clocks and ssh, or a
// tenth of them. Beyond that the sum of their rates is one that never was.
func apartAtMost(duration time.Duration) time.Duration { return max(time.Second, duration/10) }

func addCounts(sum *result.Round, r result.Round) {
	sum.RateAsked += r.RateAsked
	sum.RateMet += r.RateMet
	sum.Requests += r.Requests
	sum.Succeeded += r.Succeeded
	sum.Abandoned += r.Abandoned
	sum.Opened += r.Opened
	sum.Reused += r.Reused
	sum.Lost += r.Lost
	sum.BytesOut += r.BytesOut
	sum.BytesIn += r.BytesIn
	addAll(sum.Errors, r.Errors)
	addAll(sum.Statuses, r.Statuses)
	sum.Generator = sumUsage(sum.Generator, r.Generator)
	sum.Server = mostUsage(sum.Server, r.Server)
}

func addAll(sum, more map[string]int64) {
	for name, n := range more {
		sum[name] += n
	}
}

// sumUsage is of generators that may share a machine: how many cores they have
// together is not known.
func sumUsage(a, b result.Usage) result.Usage {
	return result.Usage{
		CPU:         a.CPU + b.CPU,
		Memory:      a.Memory + b.Memory,
		Processes:   a.Processes + b.Processes,
		Goroutines:  a.Goroutines + b.Goroutines,
		Descriptors: a.Descriptors + b.Descriptors,
		GCPauses:    a.GCPauses + b.GCPauses,
		StoodStill:  max(a.StoodStill, b.StoodStill),
		GCs:         a.GCs + b.GCs,
	}
}

func mostUsage(a, b result.Usage) result.Usage {
	return result.Usage{
		CPU:         max(a.CPU, b.CPU),
		Memory:      max(a.Memory, b.Memory),
		Processes:   max(a.Processes, b.Processes),
		Goroutines:  max(a.Goroutines, b.Goroutines),
		Descriptors: max(a.Descriptors, b.Descriptors),
		Cores:       max(a.Cores, b.Cores),
		GCPauses:    max(a.GCPauses, b.GCPauses),
		StoodStill:  max(a.StoodStill, b.StoodStill),
		GCs:         max(a.GCs, b.GCs),
	}
}

// sumLatencies adds the histograms, each kind with its own.
func sumLatencies(sum *result.Round, rounds []placed) error {
	var response, service, lateness []result.Latencies
	phases := map[string][]result.Latencies{}
	for _, p := range rounds {
		response = append(response, p.round.Response)
		service = append(service, p.round.Service)
		lateness = append(lateness, p.round.Lateness)
		for name, l := range p.round.Phases {
			phases[name] = append(phases[name], l)
		}
	}
	sum.Phases = map[string]result.Latencies{}
	err := errors.Join(
		sumInto(&sum.Response, "response times", response),
		sumInto(&sum.Service, "service times", service),
		sumInto(&sum.Lateness, "lateness", lateness),
	)
	for _, name := range slices.Sorted(maps.Keys(phases)) {
		var l result.Latencies
		err = errors.Join(err, sumInto(&l, name, phases[name]))
		sum.Phases[name] = l
	}
	return firstLine(err)
}

// firstLine is the first of joined errors: a bad file has them all alike.
func firstLine(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return firstLine(joined.Unwrap()[0])
	}
	return err
}

func sumInto(to *result.Latencies, name string, all []result.Latencies) error {
	h, err := merged(all...)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if h == nil {
		return nil
	}
	var beyond int64
	for _, l := range all {
		beyond += l.Beyond
	}
	*to = summary(h, beyond)
	return nil
}

// judged finds anew what depends on the sums. Whether a generator was the limit
// only its own run can tell.
func judged(sum result.Load, runs []result.Load) (result.Load, error) {
	sum.Comparisons, sum.Diagnoses, sum.Objective = nil, nil, nil
	for _, s := range sum.Subjects {
		sum.Diagnoses = append(sum.Diagnoses, diagnoseServer(s, s.Rounds, sum.Plan)...)
	}
	for _, r := range runs {
		for _, d := range r.Diagnoses {
			if d.Invalid && !slices.Contains(sum.Diagnoses, d) {
				sum.Diagnoses = append(sum.Diagnoses, d)
			}
		}
	}
	var err error
	if sum.Comparisons, err = CompareSubjects(sum.Subjects, sum.Seed); err != nil {
		return sum, err
	}
	if text := objectiveOf(runs[0]); text != "" {
		return judgedObjective(sum, text)
	}
	return sum, nil
}

// judgedObjective is of all subjects, as that of one run is.
func judgedObjective(sum result.Load, text string) (result.Load, error) {
	o, err := ParseObjective(text)
	if err != nil {
		return sum, err
	}
	found, err := o.JudgeSubjects(sum.Subjects)
	sum.Objective = &found
	return sum, err
}
