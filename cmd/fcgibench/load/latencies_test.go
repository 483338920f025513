package load

import (
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// thousandth is as exact as a histogram of three digits is.
func thousandth(got, want time.Duration) bool {
	return got >= want-want/1000-shortest && got <= want+want/1000+shortest
}

func TestPercentilesHaveWhatStandsBehindThem(t *testing.T) {
	r := NewRecorder()
	for i := range 10_000 {
		r.Record(time.Duration(i+1) * 100 * time.Microsecond)
	}
	l := r.Latencies()
	if l.Count != 10_000 || l.Beyond != 0 || !thousandth(l.Min, 100*time.Microsecond) || !thousandth(l.Max, time.Second) {
		t.Errorf("%d of %v to %v, %d beyond", l.Count, l.Min, l.Max, l.Beyond)
	}
	if len(l.Percentiles) != len(shownPercentiles) {
		t.Fatalf("%d percentiles, want %d", len(l.Percentiles), len(shownPercentiles))
	}
	for i, p := range l.Percentiles {
		if p.Of != shownPercentiles[i] || !thousandth(p.At, time.Duration(p.Of/100*float64(time.Second))) {
			t.Errorf("p%v is %v", p.Of, p.At)
		}
		above := float64(l.Count) * (100 - p.Of) / 100
		if float64(p.Samples) < above-11 || float64(p.Samples) > above+1 { // a bucket holds 10 of them
			t.Errorf("p%v has %d above it, want %.1f", p.Of, p.Samples, above)
		}
	}
}

func TestWhatLiesBeyondTheRangeIsClampedAndCounted(t *testing.T) {
	r := NewRecorder()
	for _, d := range []time.Duration{0, time.Nanosecond, time.Hour, time.Hour + 1, 100 * time.Hour} {
		r.Record(d)
	}
	l := r.Latencies()
	if l.Count != 5 || l.Beyond != 2 || l.Min != shortest || !thousandth(l.Max, time.Hour) {
		t.Errorf("%d values from %v to %v, %d beyond", l.Count, l.Min, l.Max, l.Beyond)
	}
}

// TestAPercentileIsNotExceededByItsShare, however few they are.
func TestAPercentileIsNotExceededByItsShare(t *testing.T) {
	for n := int64(1); n <= 1200; n++ {
		r := NewRecorder()
		for i := range n {
			r.Record(time.Duration(i+1) * time.Microsecond) // a microsecond apart, which a histogram keeps apart
		}
		for _, p := range r.Latencies().Percentiles {
			within, before := float64(p.At.Microseconds()), float64(p.At.Microseconds()-1)
			if least := p.Of / 100 * float64(n); within < least-1e-6 || before >= least+1e-6 {
				t.Fatalf("p%v of %d is the %gth", p.Of, n, within)
			}
		}
	}
}

// TestRequestsThatEndedAlikeStandBehindAPercentile, as those at a time limit.
func TestRequestsThatEndedAlikeStandBehindAPercentile(t *testing.T) {
	r := NewRecorder()
	for range 1000 {
		r.Record(5 * time.Second)
	}
	want := map[float64]int64{50: 500, 75: 250, 90: 100, 95: 50, 99: 10, 99.9: 1, 99.99: 0, 99.999: 0, 100: 0}
	for _, p := range r.Latencies().Percentiles {
		if p.Samples != want[p.Of] {
			t.Errorf("p%v has %d above it, want %d", p.Of, p.Samples, want[p.Of])
		}
	}
}

func TestLatenciesDecodeToTheSameHistogram(t *testing.T) {
	r := NewRecorder()
	for i := range 1000 {
		r.Record(time.Duration(i*i) * time.Microsecond)
	}
	h, err := decode(r.Latencies())
	if err != nil {
		t.Fatal(err)
	}
	if !h.Equals(r.histogram) {
		t.Error("the histogram is another one")
	}
	if again := summary(h, 0); again.Histogram != r.Latencies().Histogram || again.Max != r.Latencies().Max {
		t.Error("its summary is another one")
	}
}

func TestNothingRecordedHasNoPercentiles(t *testing.T) {
	l := NewRecorder().Latencies()
	if l.Count != 0 || l.Percentiles != nil || l.Histogram != "" {
		t.Errorf("%+v", l)
	}
	if h, err := decode(l); err != nil || h.TotalCount() != 0 {
		t.Errorf("decoded: %v, %v", h, err)
	}
}

func TestBrokenLatenciesAreAnError(t *testing.T) {
	good := NewRecorder()
	good.Record(time.Millisecond)
	miscounted := good.Latencies()
	miscounted.Count = 2
	for name, l := range map[string]result.Latencies{
		"no histogram": {Count: 1},
		"no base64":    {Count: 1, Histogram: "*"},
		"cut":          {Count: 1, Histogram: good.Latencies().Histogram[:12]},
		"miscounted":   miscounted,
	} {
		if _, err := decode(l); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAddedRecordersAreOne(t *testing.T) {
	a, b, both := NewRecorder(), NewRecorder(), NewRecorder()
	for i := range 100 {
		d := time.Duration(i) * time.Hour / 50
		both.Record(d)
		if i%2 == 0 {
			a.Record(d)
		} else {
			b.Record(d)
		}
	}
	a.Add(b)
	if got, want := a.Latencies(), both.Latencies(); got.Histogram != want.Histogram || got.Beyond != want.Beyond {
		t.Errorf("%d values, %d beyond; want %d, %d", got.Count, got.Beyond, want.Count, want.Beyond)
	}
	a.Reset()
	if l := a.Latencies(); l.Count != 0 || l.Beyond != 0 {
		t.Errorf("after Reset %d values, %d beyond", l.Count, l.Beyond)
	}
}
