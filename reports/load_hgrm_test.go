package reports_test

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// TestTheHgrmHasTheTextsPercentiles: a line's value is the first that so many
// percent do not exceed, and not that of the nearest rank.
func TestTheHgrmHasTheTextsPercentiles(t *testing.T) {
	for _, n := range []int{1, 2, 7, 151, 1999, 10_000} {
		random := rand.New(rand.NewPCG(uint64(n), 1))
		all := make([]time.Duration, n)
		for i := range all {
			all[i] = time.Duration(1e6 * random.ExpFloat64()).Round(time.Microsecond)
		}
		times := took(0, 0, 0, all...)
		run := loadOf(result.Subject{Name: "a", Rounds: []result.Round{{Requests: int64(n), Succeeded: int64(n), Response: times, Service: times}}})
		h, err := hdrhistogram.Decode([]byte(times.Histogram))
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for _, m := range hgrmLine.FindAllStringSubmatch(hgrmOf(t, run), -1) {
			lines++
			value, percentile := number(t, m[1]), 100*number(t, m[2])
			rank := max(1, result.Rank(int64(n), percentile))
			if want := float64(h.ValueAtPercentile(100*float64(rank)/float64(n))) / 1000; value != want {
				t.Errorf("of %d values p%g is %g ms, want %g", n, percentile, value, want)
			}
		}
		if lines < 2 {
			t.Errorf("of %d values there are %d lines", n, lines)
		}
	}
}

var hgrmLine = regexp.MustCompile(`(?m)^ +([0-9.]+) +([0-9.]+) +[0-9]+ +(?:[0-9.]+|inf)$`)

func hgrmOf(t *testing.T, run result.Load) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.LoadHgrm(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
