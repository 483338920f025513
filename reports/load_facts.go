package reports

import (
	"fmt"
	"time"
)

// fact is something of a subject, in a line.
type fact struct{ label, text string }

// facts are what went to a subject and came back, and what that took.
func (s *loadSum) facts() []fact {
	all := []fact{{"rate", s.rateFact()}, {"requests", s.requestsFact()}}
	if len(s.statuses) > 0 {
		all = append(all, fact{"statuses", statusWords(s.statuses)})
	}
	all = append(all,
		fact{"connections", fmt.Sprintf("%d opened, %d requests on kept ones, %d lost", s.opened, s.reused, s.lost)},
		fact{"bytes", s.bytesFact()},
		fact{"server", s.serverFact()},
		fact{"generator", s.generatorFact()},
	)
	if s.lateness.TotalCount() > 0 {
		all = append(all, fact{"sent late", fmt.Sprintf("p50 %s, p99 %s, max %s (by the generator)",
			shortTime(percentileAt(s.lateness, 50)), shortTime(percentileAt(s.lateness, 99)), shortTime(percentileAt(s.lateness, 100)))})
	}
	return all
}

func (s *loadSum) rateFact() string {
	asked := ""
	if s.asked > 0 {
		asked = rateWords(s.asked) + " asked, "
	}
	return fmt.Sprintf("%s%s sent, %s answered well a second, in %s, %s in all",
		asked, rateWords(s.met), rateWords(s.answered), number(len(s.Rounds), "round"), longTime(s.duration))
}

func (s *loadSum) requestsFact() string {
	words := fmt.Sprintf("%d, none failed", s.requests)
	if s.failed() > 0 {
		words = fmt.Sprintf("%d, %d failed (%s)", s.requests, s.failed(), percent(s.failedShare()))
	}
	if s.abandoned > 0 {
		words += fmt.Sprintf("; %d more were on their way, or due, at the end", s.abandoned)
	}
	return words
}

func (s *loadSum) bytesFact() string {
	out, in := float64(s.bytesOut), float64(s.bytesIn)
	return fmt.Sprintf("%s out, %s in; a request %s and %s",
		wireBytes(out), wireBytes(in), wireBytes(s.perRequest(out)), wireBytes(s.perRequest(in)))
}

// serverFact is of its process tree, where it is one of this machine's.
func (s *loadSum) serverFact() string {
	u := s.server
	if u.CPU == 0 && u.Memory == 0 {
		return "CPU and memory not known"
	}
	processes := "1 process"
	if u.Processes != 1 {
		processes = fmt.Sprintf("%d processes", u.Processes)
	}
	return fmt.Sprintf("CPU %s a request, %s cores; memory %s; %s",
		s.costWords(u.CPU), threeDigits(s.cores(u)), memoryBytes(u.Memory), processes)
}

func (s *loadSum) generatorFact() string {
	u := s.generator
	cores := threeDigits(s.cores(u)) + " cores"
	if u.Cores > 0 {
		cores = fmt.Sprintf("%s of %s", threeDigits(s.cores(u)), number(u.Cores, "core"))
	}
	gc := "no GC"
	if u.GCs > 0 {
		gc = fmt.Sprintf("%s paused it for %s", number(int(u.GCs), "GC cycle"), shortTime(u.GCPauses))
	}
	return fmt.Sprintf("CPU %s a request, %s; memory %s; %s; %s; %s",
		s.costWords(u.CPU), cores, memoryBytes(u.Memory), number(u.Goroutines, "goroutine"), number(u.Descriptors, "descriptor"), gc)
}

func (s *loadSum) costWords(cpu time.Duration) string {
	return shortTime(time.Duration(s.perRequest(float64(cpu))))
}
