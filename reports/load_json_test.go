package reports_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// sampleLoad is a run with every field.
func sampleLoad() result.Load {
	latencies := result.Latencies{Count: 2000, Beyond: 1, Min: time.Millisecond, Max: time.Hour, Mean: 3 * time.Millisecond,
		Percentiles: []result.Percentile{{Of: 99.9, At: 20 * time.Millisecond, Samples: 2}}, Histogram: "HISTFAAAAB4="}
	round := result.Round{
		Start: time.Second, Duration: 10 * time.Second, Answering: 9 * time.Second, RateAsked: 200, RateMet: 199.5, Requests: 2000, Succeeded: 1990, Abandoned: 3,
		Response: latencies, Service: latencies, Phases: map[string]result.Latencies{"first byte": latencies},
		Errors: map[string]int64{"backlog full": 10}, Statuses: map[string]int64{"200": 1990},
		Opened: 8, Reused: 1992, Lost: 1, BytesOut: 1 << 40, BytesIn: 1 << 41,
		Server:    result.Usage{CPU: time.Second, Memory: 1 << 30, Processes: 9},
		Generator: result.Usage{CPU: time.Second, Memory: 1 << 20, Goroutines: 10, Descriptors: 20, Cores: 2, GCPauses: time.Millisecond, GCs: 2},
		Timeline:  []result.Instant{{At: time.Second, Asked: 200, Sent: 200, Done: 199, Failed: 1, Errors: map[string]int64{"backlog full": 1}, Connections: 8, P50: 1, P99: 2, Max: 3}},
	}
	return result.Load{
		Version: result.LoadVersion, Tool: "fcgibench v1.2.3", Started: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Seed: -1, Interrupted: true,
		Plan: result.Plan{Rate: 200, RampTo: 400, SearchTo: 800, Longer: time.Minute, Step: time.Second, Poisson: true, Duration: 10 * time.Second, Requests: 5, Warmup: time.Second, Rounds: 6,
			Connections: 8, KeepAlive: true, Mux: 4, Workload: "hello", Timeout: 5 * time.Second},
		Subjects: []result.Subject{
			{Name: "prefork", Target: "fcgi+unix:/s", Protocol: "fcgi", Method: "prefork", Workers: 8, Backlog: 128, Pool: 8, Rounds: []result.Round{round, round}},
			{Name: "\x1b]0;owned\a\u202e", Target: "scgi://127.0.0.1:4000", Protocol: "scgi", Rounds: []result.Round{{Phases: map[string]result.Latencies{}}}},
		},
		Comparisons: []result.Comparison{
			{Measure: "p99", Base: "a", Other: "b", Ratio: 0.5, Low: 0.4, High: 0.6, Pairs: 6, Judgement: result.Better},
			{Measure: "p50", Base: "a", Other: "b", Ratio: 1, Low: 1, High: 1, Pairs: 1, Judgement: result.NotEnoughRounds},
		},
		Search:    []result.Probe{{Rate: 100, Met: true}, {Rate: 200, Longer: true, Why: "p99<20ms: 31ms"}},
		Found:     &result.Found{Rate: 100, AtLeast: true, Why: "not found"},
		Objective: &result.Objective{Text: "p99<20ms", Missed: []string{"p99<20ms: 31ms"}},
		Diagnoses: []result.Diagnosis{{Subject: "a", What: "64 kept connections", Cure: "use -connections 8", Invalid: true}},
	}
}

func loadJSON(t *testing.T, load result.Load) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := reports.WriteLoad(&b, load); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// validLoad is what the schema says of a run.
func validLoad(t *testing.T, run []byte) error {
	t.Helper()
	return validBy(t, reports.LoadSchema, run)
}

func TestLoadsAreValidAgainstTheSchema(t *testing.T) {
	for name, load := range map[string]result.Load{
		"sample":      sampleLoad(),
		"no subjects": {Version: result.LoadVersion},
		"no rounds":   {Version: result.LoadVersion, Subjects: []result.Subject{{Name: "a"}}},
		"no phases":   {Version: result.LoadVersion, Subjects: []result.Subject{{Name: "a", Rounds: make([]result.Round, 1)}}},
	} {
		if err := validLoad(t, loadJSON(t, load)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchemaRefusesWhatIsNoLoad(t *testing.T) {
	for name, change := range map[string]func(run, round map[string]any){
		"another version":      func(run, _ map[string]any) { run["version"] = 2 },
		"no subjects":          func(run, _ map[string]any) { delete(run, "subjects") },
		"no plan":              func(run, _ map[string]any) { delete(run, "plan") },
		"an unknown field":     func(_, round map[string]any) { round["colour"] = "red" },
		"a negative count":     func(_, round map[string]any) { round["requests"] = -1 },
		"a fraction":           func(_, round map[string]any) { round["requests"] = 1.5 },
		"null phases":          func(_, round map[string]any) { round["phases"] = nil },
		"a text for a count":   func(_, round map[string]any) { round["errors"] = map[string]any{"refused": "1"} },
		"an unknown judgement": func(run, _ map[string]any) { run["comparisons"].([]any)[0].(map[string]any)["judgement"] = "good" },
		"no base64":            func(_, round map[string]any) { round["service"].(map[string]any)["histogram"] = "*" },
	} {
		var run map[string]any
		if err := json.Unmarshal(loadJSON(t, sampleLoad()), &run); err != nil {
			t.Fatal(err)
		}
		change(run, run["subjects"].([]any)[0].(map[string]any)["rounds"].([]any)[0].(map[string]any))
		text, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		if validLoad(t, text) == nil {
			t.Errorf("a run with %s is valid", name)
		}
	}
}

// TestTheLoadSchemaHasTheFieldsOfTheTypes: each field by its JSON name, and
// required where it is never left out.
func TestTheLoadSchemaHasTheFieldsOfTheTypes(t *testing.T) {
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct{ Enum []string }
			Required   []string
		} `json:"$defs"`
	}
	if err := json.Unmarshal(reports.LoadSchema, &schema); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{result.Load{}, result.Plan{}, result.Subject{}, result.Round{}, result.Latencies{}, result.Percentile{}, result.Usage{},
		result.Instant{}, result.Comparison{}, result.Objective{}, result.Probe{}, result.Found{}, result.Diagnosis{}} {
		kind := reflect.TypeOf(v)
		def := schema.Defs[strings.ToLower(kind.Name())]
		var names, required, properties []string
		for i := range kind.NumField() {
			name, options, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
			if options != "omitempty" {
				required = append(required, name)
			}
		}
		for name := range def.Properties {
			properties = append(properties, name)
		}
		for _, list := range [][]string{names, required, properties, def.Required} {
			slices.Sort(list)
		}
		if diff := cmp.Diff(names, properties); diff != "" {
			t.Errorf("%v: fields (-) and properties (+):\n%s", kind, diff)
		}
		if diff := cmp.Diff(required, def.Required); diff != "" {
			t.Errorf("%v: required fields (-) and properties (+):\n%s", kind, diff)
		}
	}
	want := []string{string(result.Better), string(result.Worse), string(result.NoDifference), string(result.NotEnoughRounds), string(result.Worthless)}
	if diff := cmp.Diff(want, schema.Defs["comparison"].Properties["judgement"].Enum); diff != "" {
		t.Errorf("judgements, Go (-) and schema (+):\n%s", diff)
	}
}

func TestALoadIsReadAsItWasWritten(t *testing.T) {
	got, err := reports.ReadLoad(bytes.NewReader(loadJSON(t, sampleLoad())))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleLoad(), got); diff != "" {
		t.Error(diff)
	}
}

func TestALoadIsHarmlessOnATerminal(t *testing.T) {
	for _, r := range string(loadJSON(t, sampleLoad())) {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%q is printed", r)
		}
	}
}

func TestWritingALoadLeavesItAlone(t *testing.T) {
	load := result.Load{Version: result.LoadVersion, Subjects: []result.Subject{{Name: "a", Rounds: make([]result.Round, 1)}}}
	loadJSON(t, load)
	if load.Subjects[0].Rounds[0].Phases != nil {
		t.Error("its phases were changed")
	}
}

func TestWhatIsNoLoadIsRefusedInOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "no run of fcgibench: byte 0: unexpected end of JSON input",
		"<html>":                           "no run of fcgibench: byte 1: invalid character '<' looking for beginning of value",
		"[]":                               "no run of fcgibench: byte 1: expected an object, got array",
		"{}":                               `no run of fcgibench: it has no "version"`,
		`{"version":1,"targets":[]}`:       `no run of fcgibench: it has no "subjects"`,
		`{"version":2,"subjects":0}`:       "a run of version 2: this fcgibench reads version 1",
		`{"version":1,"subjects":[]} {}`:   "no run of fcgibench: byte 29: invalid character '{' after top-level value",
		`{"version":1,"subjects":[{}]}`:    "a bad run: subject 1 has no name",
		`{"version":1,"subjects":{"a":1}}`: "a bad run: byte 25: subjects: expected []result.Subject, got object",
		`{"version":1,"subjects":[{"name":"a","rounds":[{"requests":1,"succeeded":2}]}]}`:                         `a bad run: "a", round 1: 2 of 1 requests succeeded in 0s`,
		`{"version":1,"subjects":[],"comparisons":[{"measure":"p50","base":"a","other":"b","judgement":"good"}]}`: `a bad run: p50 of "a" and "b": judgement "good": expected one of ["better" "worse" "no difference shown" "not enough rounds" "worthless"]`,
	} {
		_, err := reports.ReadLoad(strings.NewReader(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s: the error is\n%v\nwant\n%s", text, err, want)
		}
	}
}
