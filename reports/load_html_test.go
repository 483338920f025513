package reports_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func loadHTML(t *testing.T, run result.Load) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.LoadHTML(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// timed is a run whose rounds follow each other, A B B A, each with a timeline
// of seconds that were looked at late, and a short last one.
func timed(load result.Load) result.Load {
	load.Subjects = slices.Clone(load.Subjects)
	clock := load.Plan.Warmup
	for block := range load.Plan.Rounds {
		for place := range load.Subjects {
			s := &load.Subjects[(block+place)%len(load.Subjects)]
			s.Rounds = slices.Clone(s.Rounds)
			if block >= len(s.Rounds) {
				continue
			}
			r := &s.Rounds[block]
			r.Start, r.Timeline = clock, secondsOf(*r)
			clock += r.Duration + 20*time.Millisecond
		}
	}
	return load
}

func secondsOf(r result.Round) []result.Instant {
	var all []result.Instant
	rate := float64(r.Requests) / r.Duration.Seconds()
	for from := time.Duration(0); from < r.Duration; {
		to := min(from+1300*time.Millisecond, r.Duration)
		share := (to - from).Seconds() / r.Duration.Seconds()
		i := result.Instant{At: to, Asked: r.RateAsked, Sent: int64(math.Round(rate * (to - from).Seconds())), Connections: 8,
			P50: 800 * time.Microsecond, P99: time.Duration(1+len(all)) * time.Millisecond, Max: 20 * time.Millisecond, Errors: map[string]int64{}}
		i.Done = i.Sent
		for cause, n := range r.Errors {
			i.Errors[cause] = int64(float64(n) * share)
			i.Failed += i.Errors[cause]
		}
		all = append(all, i)
		from = to
	}
	return all
}

// searchedLoad is a search that found something.
func searchedLoad() result.Load {
	load := timed(healthyLoad())
	load.Plan.Rate, load.Plan.SearchTo = 500, 64_000
	load.Search = []result.Probe{{Rate: 500, Met: true}, {Rate: 1000, Met: true}, {Rate: 2000, Why: "p99<20ms: 31 ms"}, {Rate: 1400, Met: true}, {Rate: 1400, Longer: true, Met: true}}
	load.Found = &result.Found{Rate: 1400}
	return load
}

// loadEverywhere is a run with a text in every place that has one.
func loadEverywhere(s string) result.Load {
	load := timed(failingLoad())
	load.Tool, load.Plan.Workload, load.Interrupted = s, s, true
	for i := range load.Subjects {
		subject := &load.Subjects[i]
		subject.Name, subject.Target, subject.Protocol, subject.Method = s, s, s, s
		for j := range subject.Rounds {
			r := &subject.Rounds[j]
			r.Errors, r.Statuses = map[string]int64{s: 30}, map[string]int64{s: 30}
			r.Timeline = secondsOf(*r)
		}
	}
	load.Objective = &result.Objective{Text: s, Missed: []string{s}}
	load.Diagnoses = []result.Diagnosis{{Subject: s, What: s, Cure: s, Invalid: true}, {Subject: s, What: s, Cure: s}}
	load.Comparisons = []result.Comparison{{Measure: s, Base: s, Other: s, Ratio: 1, Low: 0.5, High: 2, Pairs: 6, Judgement: result.Judgement(s)}}
	load.Search = []result.Probe{{Rate: 10, Why: s}, {Rate: 20, Met: true}}
	load.Found = &result.Found{Why: s}
	return load
}

func TestALoadPageTellsWhatWasFound(t *testing.T) {
	for name, c := range map[string]struct {
		run   result.Load
		first string
		want  []string
	}{
		"healthy": {timed(healthyLoad()), "The objective p99<20ms,errors<0.1% was met.", []string{
			"prefork", "No request failed.", "2000 requests a second", "fcgi+unix:/run/prefork.sock", "seed 42", "fcgibench v1.2.3", "status 2xx 10000", "hello"}},
		"failing": {timed(failingLoad()), "The objective was missed", []string{
			"64 kept connections, 8 workers: 56 were never read", "use -connections 8 or -keepalive=false", "timeout with nothing read", "2800", "14 %", "backlog full",
			"This comparison is worthless: ", "2 requests took more than an hour", "errors<0.1%: 7.5 % (3000 of 40000)"}},
		"compared":  {timed(comparedLoad()), "", []string{"prefork against threaded", "1.12 (1.08 to 1.16)", "server CPU per request", "no difference shown", "better", "not enough rounds", "as fast as the connections allow"}},
		"searched":  {searchedLoad(), "The highest rate that meets p99<20ms,errors<0.1% is about 1400 requests a second.", []string{"The search's path", "p99<20ms: 31 ms", "met, longer"}},
		"not found": {notFoundLoad(), "", []string{"the tries contradict each other", "141"}},
		"invalid":   {timed(invalidLoad()), "This run is invalid", []string{"97 % of the machine's 2 cores", "give fcgibench a machine of its own"}},
		"empty":     {result.Load{}, "Nothing was measured.", []string{"No subject was loaded."}},
		"no rounds": {loadOf(preforkSubject()), "", []string{"prefork", "8"}},
	} {
		page := parsed(t, loadHTML(t, c.run))
		text := content(page)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q can't be read on the page", name, want)
			}
		}
		if got := content(element(page, "h1")); !strings.HasPrefix(got, c.first) || got == "" {
			t.Errorf("%s: the headline is %q, want %q", name, got, c.first)
		}
	}
}

func TestAnInterruptedLoadSaysSoBeforeItsVerdict(t *testing.T) {
	text := content(element(parsed(t, loadHTML(t, interruptedLoad())), "header"))
	at, verdict := strings.Index(text, "The run was interrupted: this is what was known by then."), strings.Index(text, "threaded")
	if at < 0 || verdict < at || strings.Count(text, "interrupted") != 1 {
		t.Errorf("the header is\n%s", text)
	}
}

// element is the first one of that name.
func element(n *html.Node, name string) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			return d
		}
	}
	return &html.Node{}
}

// TestALoadsTextIsNoHTML: whatever a name or a cause holds, the page has the
// elements and attributes that it has with an ordinary text.
func TestALoadsTextIsNoHTML(t *testing.T) {
	want := skeleton(t, loadHTML(t, loadEverywhere("text")))
	for _, text := range []string{
		hostile, "<script>alert(1)</script>", `" onmouseover="alert(1)`, "' autofocus onfocus='alert(1)", "</details></table><h1>x", "<!--", "--><b>",
		"</script><script>alert(1)</script>", "<!--<script>", "]]>", "</style><script>alert(1)</script>", "{{.Plots}}", "${alert(1)}", "\u2028alert(1)", `\u003c/script>`,
	} {
		page := loadHTML(t, loadEverywhere(text))
		if got := skeleton(t, page); got != want {
			t.Errorf("%q changes the page: %s", text, firstDifference(want, got))
		}
		if seen := content(parsed(t, page)); !strings.Contains(seen, visible(text)) {
			t.Errorf("%q can't be read on the page", text)
		}
		for _, p := range plotsOn(t, page) {
			if p.ID == "throughput" && !strings.Contains(p.Series[1].Name, visible(text)) {
				t.Errorf("%q: a series is %q", text, p.Series[1].Name)
			}
		}
	}
}

// TestTheLoadPageNeedsNothingElse: no asset is loaded, no attribute is a script,
// and its policy lets the scripts run that it has.
func TestTheLoadPageNeedsNothingElse(t *testing.T) {
	page := loadHTML(t, timed(failingLoad()))
	policy, ran := "", 0
	for n := range parsed(t, page).Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			switch {
			case a.Key == "src" || a.Key == "srcset" || a.Key == "action" || strings.HasPrefix(a.Key, "on"),
				a.Key == "href" && !strings.HasPrefix(a.Val, "#") && a.Val != "data:,":
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if attributes["http-equiv"] == "Content-Security-Policy" {
			policy = attributes["content"]
		}
		if n.Data == "script" && attributes["type"] == "" {
			sum := sha256.Sum256([]byte(n.FirstChild.Data))
			if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("%s... may not run: %s", n.FirstChild.Data[:40], policy)
			}
			ran++
		}
	}
	if ran != 2 || !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "script-src 'unsafe") {
		t.Errorf("%d scripts, policy %s", ran, policy)
	}
	if style := content(element(parsed(t, page), "style")); strings.Contains(style, "@import") || strings.Contains(style, "url(") {
		t.Error("the style loads something")
	}
	if !strings.Contains(page, "Copyright (c) 2022 Leon Sorokin") {
		t.Error("the library's licence is not in the page")
	}
}

func TestNoIDIsOnALoadPageTwice(t *testing.T) {
	ids := map[string]int{}
	for n := range parsed(t, loadHTML(t, loadEverywhere("text"))).Descendants() {
		for _, a := range n.Attr {
			if a.Key == "id" {
				ids[a.Val]++
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q is there %d times", id, n)
		}
	}
}

// plotOnPage is what the page's script is given.
type plotOnPage struct {
	ID     string
	X      []float64
	Series []seriesOnPage
	Rounds []struct {
		From, To float64
		Name     string
		Round    int
	}
	Failing []float64
	Few     float64
}

type seriesOnPage struct {
	Name string
	Y    []*float64
}

func plotsOn(t *testing.T, page string) map[string]plotOnPage {
	t.Helper()
	for n := range parsed(t, page).Descendants() {
		for _, a := range n.Attr {
			if n.Data == "script" && a.Key == "id" && a.Val == "plots" {
				var list []plotOnPage
				if err := json.Unmarshal([]byte(n.FirstChild.Data), &list); err != nil {
					t.Fatal(err)
				}
				plots := map[string]plotOnPage{}
				for _, p := range list {
					plots[p.ID] = p
				}
				return plots
			}
		}
	}
	t.Fatal("the page has no plots")
	return nil
}

func TestRatesDivideByTheRealLengthOfAnInstant(t *testing.T) {
	run := healthyLoad()
	run.Subjects[0].Rounds[0].Timeline = []result.Instant{
		{At: 1500 * time.Millisecond, Asked: 2000, Sent: 3000, Done: 2700, Failed: 300},
		{At: 2500 * time.Millisecond, Asked: 2000, Sent: 2000, Done: 2000},
		{At: 2700 * time.Millisecond, Asked: 2000, Sent: 400, Done: 100},
	}
	page := loadHTML(t, run)
	p := plotsOn(t, page)["throughput"]
	for name, want := range map[string]string{"asked": "2000 2000 2000 2000 –", "prefork, sent": "2000 2000 2000 2000 –", "prefork, answered": "1600 1600 2000 500 –"} {
		i := slices.IndexFunc(p.Series, func(s seriesOnPage) bool { return s.Name == name })
		if i < 0 {
			t.Errorf("no series %q", name)
			continue
		}
		if got := valuesOf(p.Series[i].Y); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if len(p.Failing) != 1 || p.Failing[0] != 0.75 {
		t.Errorf("failures are marked at %v, want 0.75 s", p.Failing)
	}
	if text := strings.Join(strings.Fields(content(element(parsed(t, page), "main"))), " "); !strings.Contains(text, "1600") || !strings.Contains(text, "500") {
		t.Error("the table lacks the rates")
	}
}

func valuesOf(ys []*float64) string {
	var words []string
	for _, y := range ys {
		if y == nil {
			words = append(words, "–")
		} else {
			words = append(words, fmt.Sprint(*y))
		}
	}
	return strings.Join(words, " ")
}

// TestRoundsStandSideBySide: in the order in which they ran, even where a file
// says that they ran at once.
func TestRoundsStandSideBySide(t *testing.T) {
	inTurn := timed(comparedLoad())
	atOnce := timed(comparedLoad())
	for i := range atOnce.Subjects {
		for j := range atOnce.Subjects[i].Rounds {
			atOnce.Subjects[i].Rounds[j].Start = 0
		}
	}
	for name, run := range map[string]result.Load{"in turn": inTurn, "at once": atOnce} {
		p := plotsOn(t, loadHTML(t, run))["latency"]
		if len(p.Rounds) != 12 {
			t.Fatalf("%s: %d rounds, want 12", name, len(p.Rounds))
		}
		for i := 1; i < len(p.Rounds); i++ {
			if p.Rounds[i].From < p.Rounds[i-1].To {
				t.Errorf("%s: round %d begins at %v s, before the one before ends: %v s", name, i+1, p.Rounds[i].From, p.Rounds[i-1].To)
			}
		}
		if !slices.IsSorted(p.X) {
			t.Errorf("%s: x goes back", name)
		}
	}
	var order []string
	for _, r := range plotsOn(t, loadHTML(t, inTurn))["latency"].Rounds[:4] {
		order = append(order, fmt.Sprint(r.Name, " ", r.Round))
	}
	if got := strings.Join(order, ", "); got != "threaded 1, prefork 1, prefork 2, threaded 2" {
		t.Errorf("the rounds stand as %s", got)
	}
}

// TestTheLatencyPlotsAreTheHistograms: of 1000 requests of 1 to 1000 ms the
// median is 500 ms, and the plot ends with the slowest.
func TestTheLatencyPlotsAreTheHistograms(t *testing.T) {
	run := healthyLoad()
	r := &run.Subjects[0].Rounds[0]
	r.Response, r.Requests, r.Succeeded = took(1000, time.Millisecond, time.Second), 1000, 1000
	plots := plotsOn(t, loadHTML(t, run))

	p := plots["percentiles"]
	last := len(p.X) - 1
	if p.X[0] != 1 || p.X[last] != 1000 || p.Few != 100 {
		t.Errorf("1/(1-p) goes from %v to %v, and there are few from %v", p.X[0], p.X[last], p.Few)
	}
	for i, x := range p.X {
		if want := math.Max(1, 1000*(1-1/x)); math.Abs(*p.Series[0].Y[i]-want) > 2+want/500 {
			t.Errorf("at 1/(1-p) = %v the latency is %v ms, want %v", x, *p.Series[0].Y[i], want)
		}
	}
	d := plots["distribution"]
	if n := len(d.X); n > 300 || d.X[0] != 1 || math.Abs(d.X[n-1]-1000) > 1 || *d.Series[0].Y[n-1] != 100 {
		t.Errorf("%d shares, from %v to %v ms, the last %v %%", n, d.X[0], d.X[n-1], *d.Series[0].Y[n-1])
	}
	for i, x := range d.X {
		if math.Abs(*d.Series[0].Y[i]-x/10) > 0.2+x/5000 {
			t.Errorf("within %v ms are %v %%, want %v", x, *d.Series[0].Y[i], x/10)
		}
	}
}

// TestPercentilesHaveTheirSamples: those with fewer than ten above are slanted.
func TestPercentilesHaveTheirSamples(t *testing.T) {
	page := loadHTML(t, healthyLoad())
	for _, want := range []string{`>p99</th><td>1.19 ms</td><td>1.09 ms</td><td>100</td>`, `>p99.9</th><td>13.0 ms</td><td>13.0 ms</td><td>10</td>`, `<td class="few">1</td>`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s on the page", want)
		}
	}
}

func TestALoadPageStaysSmall(t *testing.T) {
	long := func(rounds int, seconds int) result.Load {
		load := comparedLoad()
		for i := range load.Subjects {
			s := &load.Subjects[i]
			s.Rounds = nil
			for j := range rounds {
				r := healthyRound()
				r.Start, r.Duration = time.Duration((2*j+i)*seconds)*time.Second, time.Duration(seconds)*time.Second
				r.Response = took(100_000, 20*time.Microsecond, 5*time.Second)
				r.Timeline = secondsOf(r)
				s.Rounds = append(s.Rounds, r)
			}
		}
		return load
	}
	for name, run := range map[string]result.Load{"8 rounds of 10 s": long(8, 10), "2 rounds of an hour": long(2, 3600)} {
		if n := len(loadHTML(t, run)); n > 400_000 {
			t.Errorf("%s: a page of %d bytes", name, n)
		}
	}
}

func TestAnUnreadableHistogramIsAnErrorAndNoPage(t *testing.T) {
	run := healthyLoad()
	run.Subjects[0].Rounds[0].Response.Histogram = "HISTFAAAAB4="
	var b bytes.Buffer
	err := reports.LoadHTML(&b, run)
	if err == nil || !strings.HasPrefix(err.Error(), "prefork: response times: ") || strings.Contains(err.Error(), "\n") || b.Len() > 0 {
		t.Errorf("%d bytes, and the error %v", b.Len(), err)
	}
}
