package reports

import "github.com/fcgikit/fcgikit/reports/result"

// loadSearch is the path of a search, try by try.
type loadSearch struct {
	Tries []loadTry
	Found string // the rate, with its unit; empty where none was found
}

type loadTry struct {
	Number    int
	Rate, Why string
	Met       bool
	Longer    bool
}

func searchOf(run result.Load) *loadSearch {
	if len(run.Search) == 0 {
		return nil
	}
	s := &loadSearch{}
	for i, p := range run.Search {
		s.Tries = append(s.Tries, loadTry{i + 1, rateWords(p.Rate), clean(p.Why), p.Met, p.Longer})
	}
	if f := run.Found; f != nil && f.Rate > 0 {
		s.Found = foundRate(f.Rate) + " requests a second"
		if f.AtLeast {
			s.Found += " or more"
		}
	}
	return s
}

// searchPlot is the rate of each try, from the first.
func searchPlot(run result.Load) loadPlot {
	p := loadPlot{ID: "search"}
	path := loadSeries{Name: "rate tried", Style: "thin"}
	met := loadSeries{Name: "objective met", Style: "dots"}
	missed := loadSeries{Name: "objective missed", Style: "crosses"}
	for i, try := range run.Search {
		p.X = append(p.X, float64(i+1))
		path.Y = append(path.Y, try.Rate)
		yes, no := try.Rate, unknown
		if !try.Met {
			yes, no = no, yes
		}
		met.Y, missed.Y = append(met.Y, yes), append(missed.Y, no)
	}
	if run.Found != nil {
		p.Found = run.Found.Rate
	}
	if len(p.X) > 0 {
		p.Series = []loadSeries{path, met, missed}
	}
	return p
}
