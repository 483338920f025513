package containers

import (
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func TestTargetsTakeOneNetworkOfEach(t *testing.T) {
	one, err := targets(false)
	if err != nil {
		t.Fatal(err)
	}
	all, err := targets(true)
	if err != nil {
		t.Fatal(err)
	}
	definitions, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	variants := 0
	for _, d := range definitions {
		if d.Kind == Server {
			variants += len(d.Variants())
		}
	}
	if len(all) != variants {
		t.Errorf("all are %d, want %d", len(all), variants)
	}
	kind := func(t target) string {
		t.variant.Network = ""
		return t.peer.Name + " " + t.variant.String()
	}
	kinds := map[string]int{}
	for _, target := range all {
		kinds[kind(target)] = 0
	}
	networks := map[string]int{}
	for _, target := range one {
		kinds[kind(target)]++
		networks[target.variant.Network]++
	}
	for k, n := range kinds {
		if n != 1 {
			t.Errorf("%s is there %d times, want once", k, n)
		}
	}
	if networks["unix"] == 0 || networks["tcp"] == 0 {
		t.Errorf("networks %v, want both", networks)
	}
}

// TestWhatIsUnexpected: a failure that isn't known, and a known one that passes
// or isn't put to the test; not one that may pass, or that a filter left out.
func TestWhatIsUnexpected(t *testing.T) {
	row := func(id string, sometimes bool) reports.Expectation {
		return reports.Expectation{ID: id, Known: result.Known{Version: "1", Reason: "r", Link: "l", Sometimes: sometimes}}
	}
	known := reports.Expectations{row("a/fails", false), row("a/passes", false), row("a/may", true), row("a/untested", false),
		row("a/left-out", false), row("a/variant@tcp", false)}
	found := result.Target{Results: []result.Result{
		{ID: "a/fails@bytes", Verdict: result.Fail}, {ID: "a/fails", Verdict: result.Pass},
		{ID: "a/passes", Verdict: result.Pass},
		{ID: "a/may", Verdict: result.Pass},
		{ID: "a/untested", Verdict: result.Untested},
		{ID: "a/new", Verdict: result.Warn},
		{ID: "a/harness", Verdict: result.Error},
		{ID: "a/variant@tcp", Verdict: result.Pass}, {ID: "a/variant", Verdict: result.Pass},
	}}
	known.Apply(&found)
	want := []string{"a/harness", "a/new", "a/passes", "a/untested", "a/variant"}
	if got := unexpected(found, known); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestASecondRunTakesTheFirstOnesPlace(t *testing.T) {
	first := result.Target{Results: []result.Result{{ID: "a", Verdict: result.Fail}, {ID: "b", Verdict: result.Pass}}}
	replace(&first, result.Target{Results: []result.Result{{ID: "c", Verdict: result.NA}, {ID: "a", Verdict: result.Pass}}})
	var got []string
	for _, r := range first.Results {
		got = append(got, r.ID+" "+string(r.Verdict))
	}
	if want := []string{"a pass", "b pass", "c n/a"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTheEndOfALogIsWholeLines(t *testing.T) {
	long := strings.Repeat("a line\n", maxResultLog)
	got := end(long)
	if len(got) > maxResultLog || len(got) < maxResultLog-len("a line\n") || !strings.HasPrefix(got, "a line\n") {
		t.Errorf("%d bytes, beginning with %q", len(got), got[:10])
	}
	if end("short\n") != "short\n" {
		t.Error("a short one isn't whole")
	}
}
