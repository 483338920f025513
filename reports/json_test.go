package reports_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func jsonOf(t *testing.T, run result.Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := reports.JSON(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// valid is what the schema says of a report.
func valid(t *testing.T, report []byte) error {
	t.Helper()
	return validBy(t, reports.Schema, report)
}

func validBy(t *testing.T, text, report []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent()
	const name = "schema.json"
	if err := c.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(report))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(instance)
}

func TestReportsAreValidAgainstTheSchema(t *testing.T) {
	empty := result.Run{Version: result.Version, Targets: []result.Target{{Target: "fcgi+unix:/s"}}}
	interrupted := sample()
	interrupted.Interrupted = true
	for name, run := range map[string]result.Run{
		"sample": sample(), "real": realRun(t), "interrupted": interrupted, "no targets": {Version: result.Version}, "no results": empty,
	} {
		if err := valid(t, jsonOf(t, run)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchemaRefusesWhatIsNoReport(t *testing.T) {
	for name, change := range map[string]func(run, result map[string]any){
		"another version":    func(run, _ map[string]any) { run["version"] = 2 },
		"no targets":         func(run, _ map[string]any) { delete(run, "targets") },
		"an unknown field":   func(_, result map[string]any) { result["colour"] = "red" },
		"an unknown verdict": func(_, result map[string]any) { result["verdict"] = "failed" },
		"a form of no hang":  func(_, result map[string]any) { result["hang"] = "silent" },
		"no base64":          func(_, result map[string]any) { result["bytes"] = []any{map[string]any{"bytes": "*"}} },
	} {
		var run map[string]any
		if err := json.Unmarshal(jsonOf(t, sample()), &run); err != nil {
			t.Fatal(err)
		}
		first := run["targets"].([]any)[0].(map[string]any)["results"].([]any)[0].(map[string]any)
		change(run, first)
		report, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		if valid(t, report) == nil {
			t.Errorf("a report with %s is valid", name)
		}
	}
}

// TestTheSchemaHasTheFieldsOfTheTypes: each field by its JSON name, and required
// where it is never left out.
func TestTheSchemaHasTheFieldsOfTheTypes(t *testing.T) {
	var schema struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage
			Required   []string
		} `json:"$defs"`
	}
	if err := json.Unmarshal(reports.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{result.Run{}, result.Target{}, result.Result{}, result.Known{}, result.Mark{}, result.Event{}} {
		kind := reflect.TypeOf(v)
		def := schema.Defs[strings.ToLower(kind.Name())]
		var names, required []string
		for i := range kind.NumField() {
			name, options, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
			if options != "omitempty" && options != "omitzero" {
				required = append(required, name)
			}
		}
		var properties []string
		for name := range def.Properties {
			properties = append(properties, name)
		}
		slices.Sort(names)
		slices.Sort(properties)
		if diff := cmp.Diff(names, properties); diff != "" {
			t.Errorf("%v: fields (-) and properties (+):\n%s", kind, diff)
		}
		slices.Sort(required)
		if diff := cmp.Diff(required, slices.Sorted(slices.Values(def.Required))); diff != "" {
			t.Errorf("%v: required fields (-) and properties (+):\n%s", kind, diff)
		}
	}
}

// TestTheSchemaHasTheConstants: every verdict, kind and form of a hang.
func TestTheSchemaHasTheConstants(t *testing.T) {
	var schema struct {
		Defs struct {
			Result struct {
				Properties map[string]struct{ Enum []string }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(reports.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	var verdicts []string
	for _, v := range result.Verdicts {
		verdicts = append(verdicts, string(v))
	}
	for name, want := range map[string][]string{
		"verdict": verdicts,
		"kind":    {string(result.Hang), string(result.Crash)},
		"hang":    {string(result.Silent), string(result.Stalled), string(result.Unended)},
	} {
		if diff := cmp.Diff(want, schema.Defs.Result.Properties[name].Enum); diff != "" {
			t.Errorf("%s, Go (-) and schema (+):\n%s", name, diff)
		}
	}
}

func TestAReportIsReadAsItWasWritten(t *testing.T) {
	for name, run := range map[string]result.Run{"sample": validUTF8(sample()), "real": realRun(t)} {
		got, err := reports.ReadJSON(bytes.NewReader(jsonOf(t, run)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(run, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// validUTF8 is a run whose texts JSON can hold.
func validUTF8(run result.Run) result.Run {
	run.Targets[0].Server = "Sample 1.0 \x1b\u009b\u202e\U000e0001"
	run.Targets[0].Declares = nil
	for i := range run.Targets[0].Results {
		r := &run.Targets[0].Results[i]
		r.Message, r.Note = strings.ToValidUTF8(r.Message, "?"), strings.ToValidUTF8(r.Note, "?")
		for j := range r.Bytes {
			r.Bytes[j].Text, r.Bytes[j].Detail = strings.ToValidUTF8(r.Bytes[j].Text, "?"), nil
		}
	}
	return run
}

func TestJSONIsHarmlessOnATerminal(t *testing.T) {
	for _, r := range string(jsonOf(t, everywhere(hostile+"\U000e0001"))) {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%q is printed", r)
		}
	}
}

func TestWhatIsNoReportIsRefusedInOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "no report of fcgiprobe: byte 0: unexpected end of JSON input",
		"<html>":                        "no report of fcgiprobe: byte 1: invalid character '<' looking for beginning of value",
		"[]":                            "no report of fcgiprobe: byte 1: expected an object, got array",
		"{}":                            `no report of fcgiprobe: it has no "version"`,
		`{"version":1}`:                 `no report of fcgiprobe: it has no "targets"`,
		`{"version":2,"targets":0}`:     "a report of version 2: this fcgiprobe reads version 1",
		`{"version":"1"}`:               "no report of fcgiprobe: byte 14: version: expected int, got string",
		`{"version":1,"targets":[]} {}`: "no report of fcgiprobe: byte 28: invalid character '{' after top-level value",
		`{"version":1,"targets":[{"target":"t","results":[{"verdict":"pass"}]}]}`:        `a bad report: "t", result 1 has no id`,
		`{"version":1,"targets":[{"target":"t","results":[{"id":"a","verdict":"ok"}]}]}`: `a bad report: "t", a: verdict "ok": expected one of ["error" "fail" "warn" "untested" "n/a" "pass"]`,
	} {
		_, err := reports.ReadJSON(strings.NewReader(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s: the error is\n%v\nwant\n%s", text, err, want)
		}
	}
}
