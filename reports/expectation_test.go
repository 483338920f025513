package reports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports/result"
)

const twoRows = `
- id: fcgi/3.3/version
  version: "1.0"
  reason: It sends version 0.
  link: https://example.org/1
- id: fcgi/6.2/body@bytes
  version: 1.0
  reason: 'It reads once: a body in pieces is cut.'
  link: https://example.org/2
  sometimes: true
`

func TestExpectationsAreReadAndWritten(t *testing.T) {
	want := Expectations{
		{ID: "fcgi/3.3/version", Known: result.Known{Version: "1.0", Reason: "It sends version 0.", Link: "https://example.org/1"}},
		{ID: "fcgi/6.2/body@bytes", Known: result.Known{Version: "1.0", Reason: "It reads once: a body in pieces is cut.", Link: "https://example.org/2", Sometimes: true}},
	}
	got, err := ReadExpectations(strings.NewReader(twoRows))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	var b strings.Builder
	if err := got.Write(&b); err != nil {
		t.Fatal(err)
	}
	again, err := ReadExpectations(strings.NewReader(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if d := cmp.Diff(want, again); d != "" {
		t.Error(d)
	}
}

func TestNoExpectations(t *testing.T) {
	var b strings.Builder
	if err := (Expectations{}).Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "# a comment\n", "[]\n", b.String()} {
		all, err := ReadExpectations(strings.NewReader(text))
		if err != nil || len(all) != 0 {
			t.Errorf("%q: %v, %v", text, all, err)
		}
	}
}

func TestWhatIsWrongWithAnExpectationFile(t *testing.T) {
	row := func(lines ...string) string { return "- id: a/b\n  " + strings.Join(lines, "\n  ") + "\n" }
	full := row("version: v", "reason: r", "link: l")
	for text, want := range map[string]string{
		full + full:                              "line 5: a/b has a row already",
		row("version: v", "reason: r"):           "line 1: a/b: link not filled in",
		row("version: ''", "reason:", "link: l"): "version and reason not filled in",
		row("verson: v"):                         `unknown key "verson": expected id, version, reason, link or sometimes`,
		row("version: v", "version: v"):          "version comes twice",
		row("version: [v]"):                      "version: expected a text",
		row("sometimes: perhaps"):                "expected true or false",
		"- reason: r\n":                          "has no id",
		"- a/b\n":                                "expected a row that begins with id",
		"id: a/b\n":                              "line 1: expected a list of rows",
		"- id: 'a\n":                             "it is no YAML: ",
	} {
		_, err := ReadExpectations(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line with %q", text, err, want)
		}
	}
}

// found is a target's results; ID=verdict each.
func found(rows ...string) result.Target {
	var t result.Target
	for _, row := range rows {
		id, verdict, _ := strings.Cut(row, "=")
		t.Results = append(t.Results, result.Result{ID: id, Verdict: result.Verdict(verdict), Check: "the check"})
	}
	return t
}

func knownOf(ids ...string) Expectations {
	var all Expectations
	for _, id := range ids {
		id, sometimes := strings.CutSuffix(id, "?")
		all = append(all, Expectation{ID: id, Known: result.Known{Version: "v", Reason: "r", Link: "l", Sometimes: sometimes}})
	}
	return all
}

func TestWhatCountsDespiteExpectations(t *testing.T) {
	for name, c := range map[string]struct {
		known Expectations
		found result.Target
		want  int
	}{
		"a known failure":                            {knownOf("a"), found("a=fail", "b=pass"), result.ExitConforming},
		"an unknown one":                             {knownOf("b"), found("a=fail", "b=fail"), result.ExitNotConforming},
		"a known one that passes":                    {knownOf("a"), found("a=pass"), result.ExitNotConforming},
		"one that may pass":                          {knownOf("a?"), found("a=pass"), result.ExitConforming},
		"a case of which one variant fails":          {knownOf("a"), found("a=pass", "a@bytes=fail"), result.ExitConforming},
		"a case of which no variant fails":           {knownOf("a"), found("a=pass", "a@bytes=pass"), result.ExitNotConforming},
		"a variant alone":                            {knownOf("a@bytes"), found("a=pass", "a@bytes=fail"), result.ExitConforming},
		"another variant":                            {knownOf("a@bytes"), found("a=fail", "a@bytes=fail"), result.ExitNotConforming},
		"a variant that passes beside one that does": {knownOf("a@bytes"), found("a@record=fail", "a@bytes=pass"), result.ExitNotConforming},
		"one that was not tested":                    {knownOf("a"), found("a=untested", "b=pass"), result.ExitConforming},
	} {
		c.known.Apply(&c.found)
		if got := result.ExitCode(c.found.Results, false); got != c.want {
			t.Errorf("%s: exit code %d, want %d", name, got, c.want)
		}
	}
}

func TestAKnownWarningIsNoneWithStrict(t *testing.T) {
	target := found("a=warn", "b=pass")
	knownOf("a").Apply(&target)
	if got := result.ExitCode(target.Results, true); got != result.ExitConforming {
		t.Errorf("exit code %d", got)
	}
}

func TestFailuresToFillIn(t *testing.T) {
	all := Failures([]result.Target{
		found("b=fail", "b@bytes=fail", "a=pass", "a@bytes=fail", "w=warn", "u=untested"),
		found("b=fail"),
	}, false)
	var ids []string
	for _, e := range all {
		ids = append(ids, e.ID)
	}
	if got := strings.Join(ids, " "); got != "a@bytes b" {
		t.Errorf("%s", got)
	}
	if all := Failures([]result.Target{found("w=warn")}, true); len(all) != 1 {
		t.Errorf("%v", all)
	}
	var b strings.Builder
	if err := all.Write(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadExpectations(strings.NewReader(b.String())); err == nil || !strings.Contains(err.Error(), "version and reason and link not filled in") {
		t.Errorf("%v", err)
	}
}

func TestWhatIsKnownStaysKnown(t *testing.T) {
	target := found("a=fail", "b=fail")
	knownOf("a").Apply(&target)
	all := Failures([]result.Target{target}, false)
	if len(all) != 2 || all[0].Reason != "r" || all[1].Reason != "" {
		t.Errorf("%+v", all)
	}
}
