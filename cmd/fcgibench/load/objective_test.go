package load

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports/result"
)

// TestEachSubjectMeetsTheObjectiveAlone: a fast one does not make up for a slow
// one.
func TestEachSubjectMeetsTheObjectiveAlone(t *testing.T) {
	o, err := ParseObjective("p99<20ms,rate>=0.99")
	if err != nil || !o.OfRate() || o.OfErrors() {
		t.Fatal(o, err)
	}
	subject := func(name string, latency time.Duration) result.Subject {
		return result.Subject{Name: name, Rounds: []result.Round{{Duration: time.Second, RateAsked: 10, RateMet: 10, Requests: 1000, Succeeded: 1000, Response: evenly(1000, 0, latency)}}}
	}
	found, err := o.JudgeSubjects([]result.Subject{subject("fast", time.Millisecond), subject("slow", time.Second)})
	if err != nil || found.Met || len(found.Missed) != 1 || !strings.HasPrefix(found.Missed[0], "slow: p99<20ms: 99") {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err = o.JudgeSubjects([]result.Subject{subject("slow", time.Second)}); err != nil || !strings.HasPrefix(found.Missed[0], "p99<20ms: 99") {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err = o.JudgeSubjects([]result.Subject{subject("fast", time.Millisecond)}); err != nil || !found.Met {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestAnObjectiveWithoutErrorsTakesFewOfThem: latencies of requests that failed at
// once are good ones.
func TestAnObjectiveWithoutErrorsTakesFewOfThem(t *testing.T) {
	failing := func(n int64) []result.Round {
		r := steady()
		r.Succeeded -= n
		return []result.Round{r}
	}
	for _, c := range []struct {
		text   string
		failed int64
		missed []string
	}{
		{"p99<900ms", 20_000, []string{"errors<=1% (which goes without saying): 100 % (20000 of 20000)"}},
		{"p99<900ms", 201, []string{"errors<=1% (which goes without saying): 1 % (201 of 20000)"}},
		{"p99<900ms", 200, nil},
		{"p99<900ms,errors<60%", 10_000, nil},
	} {
		o, err := ParseObjective(c.text)
		if err != nil {
			t.Fatal(err)
		}
		found, err := o.Judge(failing(c.failed))
		if diff := cmp.Diff(result.Objective{Text: c.text, Met: c.missed == nil, Missed: c.missed}, found); err != nil || diff != "" {
			t.Errorf("%s, %d failed: %v\n%s", c.text, c.failed, err, diff)
		}
	}
}

func TestAnObjectiveIsJudgedOverAllRounds(t *testing.T) {
	good := steady()
	slow := steady()
	slow.Response = evenly(20_000, 100*time.Millisecond, 300*time.Millisecond)
	slow.Requests, slow.Succeeded, slow.RateMet = 20_000, 19_900, 1500
	both := []result.Round{good, slow}
	for _, c := range []struct {
		text   string
		rounds []result.Round
		missed []string
	}{
		{"p99<20ms,errors<0.1%,rate>=0.99", []result.Round{good}, nil},
		{"p99<20ms, errors<0.1% ,rate>=0.99", both, []string{"p99<20ms: 296 ms", "errors<0.1%: 0.25 % (100 of 40000)", "rate>=0.99: 0.875 (1750 of 2000 a second)"}},
		// An average of the two medians, 101.5 ms, would be missed.
		{"p49.9<6ms", both, nil},
		{"p50.1 < 6 ms", both, []string{"p50.1 < 6 ms: 100 ms"}},
		{"p50.1<6ms", both, []string{"p50.1<6ms: 100 ms"}},
		{"max<300ms", both, []string{"max<300ms: 300 ms"}},
		{"errors<=0.0025", both, nil},
		{"errors<0.0025", both, []string{"errors<0.0025: 0.25 % (100 of 40000)"}},
		{"errors<=0", []result.Round{good}, nil},
		{"rate>=0.875", both, nil},
		{"rate>0.875", both, []string{"rate>0.875: 0.875 (1750 of 2000 a second)"}},
		{"rate>=87.5%", both, nil},
		{"p99<1h,errors<1,rate>0", nil, []string{"p99<1h: no request ended", "errors<1: no request ended", "rate>0: no rate was asked for"}},
	} {
		o, err := ParseObjective(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := o.Judge(c.rounds)
		if err != nil {
			t.Fatal(err)
		}
		want := result.Objective{Text: c.text, Met: c.missed == nil, Missed: c.missed}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestDurationsAreInTheReportsWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		850 * time.Microsecond:    "850 µs",
		42249 * time.Microsecond:  "42.2 ms",
		10 * time.Millisecond:     "10 ms",
		999600 * time.Microsecond: "1 s",
		2500 * time.Millisecond:   "2.5 s",
		90 * time.Second:          "90 s",
	} {
		if got := shortly(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestBadObjectivesAreRefusedWithARightOne(t *testing.T) {
	for text, want := range map[string]string{
		"":                    `objective "": "" is no measure and its limit`,
		"p99":                 `objective "p99": "p99" is no measure and its limit`,
		"p99=20ms":            `"p99=20ms" is no measure and its limit`,
		"<20ms":               `"<20ms" is no measure and its limit`,
		"p99<20":              `"20" is no limit of a latency, such as 20ms`,
		"p99<-1s":             `"-1s" is no limit of a latency, such as 20ms`,
		"p99>20ms":            `"p99>20ms": p99 needs < or <=`,
		"p100<1s":             `"p100": a percentile is above 0 and below 100; the highest is max`,
		"p0<1s":               `"p0": a percentile is above 0 and below 100; the highest is max`,
		"pNaN<1s":             `"pNaN": a percentile is above 0 and below 100; the highest is max`,
		"mean<1s":             `"mean" is none of p50, p99.9, ..., max, errors, rate`,
		"errors<2%%":          `"2%%" is no share from 0 to 1, or 0% to 100%`,
		"errors<101%":         `"101%" is no share from 0 to 1, or 0% to 100%`,
		"errors<NaN":          `"NaN" is no share from 0 to 1, or 0% to 100%`,
		"errors>1%":           `"errors>1%": errors needs < or <=`,
		"rate<0.9":            `"rate<0.9": rate needs > or >=`,
		"rate>=2000":          `"2000" is no share from 0 to 1, or 0% to 100%`,
		"p99<1s,p99<2s":       `objective "p99<1s,p99<2s": p99 stands there twice`,
		"p99<1s,":             `"" is no measure and its limit`,
		"p99<20ms,errors<<1%": `"<1%" is no share`,
	} {
		_, err := ParseObjective(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), "; a right one is p99<20ms,errors<0.1%,rate>=0.99") {
			t.Errorf("%q: the error is\n%v\nwant\n%s; a right one is ...", text, err, want)
		}
	}
}

func TestTheObjectiveThatErrorsShowIsRight(t *testing.T) {
	if _, err := ParseObjective(rightObjective); err != nil {
		t.Error(err)
	}
}

func TestAnUnreadableHistogramIsNotJudged(t *testing.T) {
	r := steady()
	r.Response.Histogram = "AAAA"
	o, err := ParseObjective("p99<1s")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Judge([]result.Round{r}); err == nil || !strings.HasPrefix(err.Error(), "response times: ") {
		t.Errorf("the error is %v", err)
	}
}
