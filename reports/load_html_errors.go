package reports

import (
	"strconv"

	"github.com/fcgikit/fcgikit/reports/result"
)

// mostCauses is how many a plot tells apart.
const mostCauses = loadColors

// errorPlot is failures a second, by cause. It is empty where nothing failed.
func errorPlot(run result.Load, t timeline) loadPlot {
	k := trackOf(run, t)
	p := k.plot("errors")
	p.Failing = nil
	causes := t.causes()
	rest := causes[min(len(causes), mostCauses):]
	for i, cause := range causes[:len(causes)-len(rest)] {
		style := []string{"solid", "dashed", "dotted"}[i%3]
		p.Series = append(p.Series, loadSeries{clean(cause), i + 1, style, k.series(-1, func(m moment) float64 { return m.perSecond(m.errors[cause]) })})
	}
	if len(rest) > 0 {
		p.Series = append(p.Series, loadSeries{"other causes", 0, "thin", k.series(-1, func(m moment) float64 {
			var n int64
			for _, cause := range rest {
				n += m.errors[cause]
			}
			return m.perSecond(n)
		})})
	}
	return p
}

// loadCause is why requests of a subject failed.
type loadCause struct {
	Subject string
	Color   int
	Cause   string
	Count   string
	Share   string
}

func causesOf(sums []*loadSum) []loadCause {
	var all []loadCause
	for i, s := range sums {
		for _, name := range byCount(s.errors) {
			all = append(all, loadCause{subjectWord(s.Subject), colorAt(i), clean(name),
				strconv.FormatInt(s.errors[name], 10), percent(float64(s.errors[name]) / float64(max(s.requests, 1)))})
		}
	}
	return all
}

// statusesOf are what each subject answered with.
func statusesOf(sums []*loadSum) []loadAdvice {
	var all []loadAdvice
	for i, s := range sums {
		if len(s.statuses) > 0 {
			all = append(all, loadAdvice{Subject: subjectWord(s.Subject), Color: colorAt(i), What: statusWords(s.statuses)})
		}
	}
	return all
}
