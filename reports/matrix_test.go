package reports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func summaryPeer(t *testing.T, m *reports.Matrix, name string) result.MatrixPeer {
	t.Helper()
	for _, p := range m.Summary().Peers {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no implementation is named %q", name)
	return result.MatrixPeer{}
}

func TestFilesOfAnImplementationBecomeOneWithItsWays(t *testing.T) {
	alpha := summaryPeer(t, matrixOf(t, matrixFiles()...), "alpha")
	var ways []string
	for _, target := range alpha.Targets {
		ways = append(ways, target.Protocol+" "+target.How)
	}
	if diff := cmp.Diff([]string{"fcgi prefork, unix", "fcgi threaded, unix", "scgi threaded, tcp"}, ways); diff != "" {
		t.Error(diff)
	}
	fcgi := alpha.Protocols[0]
	for id, want := range map[string]string{
		"fcgi/3.3/request-id": "fail",  // one way passes, one fails
		"fcgi/3.10/late":      "known", // and is run in one way alone
		"fcgi/5.4/abort":      "warn",  //
		"fcgi/6.4/filter":     "untested",
		"fcgi/6.3/authorizer": "", // it passes in the one way that could be asked
		"fcgi/3.3/version":    "", //
	} {
		if got := fcgi.Others[id]; got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
	if fcgi.Tested != fcgi.Kept+fcgi.Counts["fail"]+fcgi.Counts["warn"]+fcgi.Counts["known"] {
		t.Errorf("%d are tested of %v", fcgi.Tested, fcgi.Counts)
	}
	all, sections := 0, 0
	for _, n := range fcgi.Counts {
		all += n
	}
	for _, s := range fcgi.Sections {
		for _, n := range s.Counts {
			sections += n
		}
	}
	if all != sections || all == 0 {
		t.Errorf("%d cases in all, and %d in the sections", all, sections)
	}
}

// TestWhatOneWayBreaksIsBroken though it is mended in another, and though others
// could not be asked.
func TestWhatOneWayBreaksIsBroken(t *testing.T) {
	expected := &result.Known{Version: "1.0", Reason: "It never did."}
	broken, passes := with("fcgi/3.3/version", "FastCGI 3.3", failing), passing("fcgi/3.3/version", "FastCGI 3.3")
	broken.Known, passes.Known = expected, expected
	m := matrixOf(t, reports.MatrixFile{Name: "a", Run: runOf(1,
		named("a", "", "fcgi", "", "tcp", passes), named("a", "", "fcgi", "", "unix", broken),
		named("a", "", "fcgi", "", "tls", with("fcgi/3.3/version", "FastCGI 3.3", needing("more"))))})
	p := summaryPeer(t, m, "a").Protocols[0]
	if p.Kept != 0 || p.Tested != 1 || p.Others["fcgi/3.3/version"] != "known" {
		t.Errorf("%d of %d kept, and it is %q", p.Kept, p.Tested, p.Others["fcgi/3.3/version"])
	}
	page := siteOf(t, m)["case/fcgi_3.3_version.html"]
	if !strings.Contains(page, "known failure</span> <small>in 1 of 3 ways</small></td><td>It never did.</td>") {
		t.Errorf("its page doesn't say so:\n%s", page[strings.Index(page, "<tbody>"):])
	}
}

func TestAFileNamesItsImplementation(t *testing.T) {
	beta := summaryPeer(t, matrixOf(t, matrixFiles()...), "beta")
	if got := beta.Targets[0].How; got != "fcgi+unix:/run/app.sock" {
		t.Errorf("its way is %q, want its address", got)
	}
}

func TestVersionsOfAnImplementationAreApart(t *testing.T) {
	pass := passing("fcgi/3.3/version", "FastCGI 3.3")
	m := matrixOf(t,
		reports.MatrixFile{Name: "a", Run: runOf(1, named("alpha", "1.10", "fcgi", "", "unix", pass))},
		reports.MatrixFile{Name: "b", Run: runOf(1, named("alpha", "1.9", "fcgi", "", "unix", pass))})
	var pages []string
	for _, p := range m.Summary().Peers {
		pages = append(pages, p.Page)
	}
	if diff := cmp.Diff([]string{"alpha-1.9", "alpha-1.10"}, pages); diff != "" {
		t.Error(diff)
	}
}

func TestOfTwoRunsOfOneWayTheLaterCounts(t *testing.T) {
	good := runOf(2, named("alpha", "1.0", "fcgi", "threaded", "unix", passing("fcgi/3.3/version", "FastCGI 3.3")))
	bad := runOf(1, named("alpha", "1.0", "fcgi", "threaded", "unix", with("fcgi/3.3/version", "FastCGI 3.3", failing)))
	for _, files := range [][]reports.MatrixFile{{{Name: "new.json", Run: good}, {Name: "old.json", Run: bad}}, {{Name: "old.json", Run: bad}, {Name: "new.json", Run: good}}} {
		m := matrixOf(t, files...)
		if got := summaryPeer(t, m, "alpha").Protocols[0].Counts; got["pass"] != 1 || got["fail"] != 0 {
			t.Errorf("%v, want the later run's", got)
		}
		want := "alpha 1.0 (fcgi threaded, unix) is in old.json and in new.json: the later run counts, new.json of 2026-03-02T05:06:07Z"
		if diff := cmp.Diff([]string{want}, m.Remarks); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFilesThatNothingTellsApartAreRefused(t *testing.T) {
	nameless := runOf(1, result.Target{Target: "unix:/s", Protocol: "fcgi", Results: []result.Result{passing("fcgi/3.3/version", "FastCGI 3.3")}})
	peer := runOf(1, named("app", "", "fcgi", "", "unix", passing("fcgi/3.3/version", "FastCGI 3.3")))
	for _, c := range []struct {
		files []reports.MatrixFile
		want  string
	}{
		{[]reports.MatrixFile{{Name: "a/app.json", Run: nameless}, {Name: "b/app.json", Run: nameless}},
			`a/app.json and b/app.json are both called "app": expected file names that differ, for they name the implementations`},
		{[]reports.MatrixFile{{Name: "a/app.json", Run: nameless}, {Name: "peer.json", Run: peer}},
			`a/app.json has no implementation's name, and another file's targets are called "app": expected a file name of its own`},
	} {
		if _, err := reports.NewMatrix(c.files); err == nil || err.Error() != c.want {
			t.Errorf("the error is\n%v\nwant\n%s", err, c.want)
		}
	}
}

func TestWithoutAResultThereIsNoMatrix(t *testing.T) {
	files := matrixFiles()
	for name, some := range map[string][]reports.MatrixFile{"no file": nil, "not reached": files[3:]} {
		if _, err := reports.NewMatrix(some); !errors.Is(err, reports.ErrNoResults) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestTheLatestRunDescribesACase(t *testing.T) {
	older, newer := passing("fcgi/3.3/version", "FastCGI 3.3"), passing("fcgi/3.3/version", "FastCGI 3.3")
	newer.Title = "the new title"
	site := siteOf(t, matrixOf(t,
		reports.MatrixFile{Name: "b", Run: runOf(9, named("b", "", "fcgi", "", "unix", newer))},
		reports.MatrixFile{Name: "a", Run: runOf(1, named("a", "", "fcgi", "", "unix", older))}))
	if !strings.Contains(site["case/fcgi_3.3_version.html"], "<h1>the new title</h1>") {
		t.Error("the older title is shown")
	}
}

func matrixJSONOf(t *testing.T, m *reports.Matrix) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := reports.MatrixJSON(&b, m.Summary()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheSummaryIsValidAndReadAsItWasWritten(t *testing.T) {
	for name, m := range map[string]*reports.Matrix{"sample": matrixOf(t, matrixFiles()...), "hostile": hostileMatrix(t)} {
		text := matrixJSONOf(t, m)
		if err := validBy(t, reports.MatrixSchema, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := reports.ReadMatrix(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.Summary(), got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestWhatIsNoMatrixIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                            reports.ErrNoMatrix.Error(),
		`{"version":1,"targets":[]}`:  reports.ErrNoMatrix.Error(),
		`{"matrix":2}`:                "a matrix of version 2: this fcgiprobe reads version 1",
		`{"matrix":1,"peers":"none"}`: "a bad matrix: byte 26: peers: expected []result.MatrixPeer, got string",
	} {
		if _, err := reports.ReadMatrix(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%s: the error is\n%v\nwant\n%s", text, err, want)
		}
	}
	if _, err := reports.ReadJSON(bytes.NewReader(matrixJSONOf(t, matrixOf(t, matrixFiles()...)))); err == nil {
		t.Error("a matrix is read as a run")
	}
}

func TestTheTableOfTheMatrix(t *testing.T) {
	golden(t, "matrix.md", siteOf(t, matrixOf(t, matrixFiles()...))["matrix.md"])
}

func TestAShareIsWholeOnlyWhereEveryRuleIsKept(t *testing.T) {
	results := []result.Result{with("fcgi/3.3/bad", "FastCGI 3.3", failing)}
	for i := range 300 {
		results = append(results, passing("fcgi/3.3/"+strings.Repeat("a", i+1), "FastCGI 3.3"))
	}
	for want, some := range map[string][]result.Result{"99 % (300 of 301), **1 new**": results, "100 % (300 of 300)": results[1:]} {
		m := matrixOf(t, reports.MatrixFile{Name: "a", Run: runOf(1, named("a", "", "fcgi", "", "unix", some...))})
		if md := siteOf(t, m)["matrix.md"]; !strings.Contains(md, "| "+want+" |") {
			t.Errorf("%q is not in\n%s", want, md)
		}
	}
}

func TestABadgeSaysTheShareInItsColour(t *testing.T) {
	pass, known := passing("fcgi/3.3/version", "FastCGI 3.3"), with("fcgi/3.3/late", "FastCGI 3.3", failing)
	known.Known = &result.Known{Reason: "It never did."}
	for want, results := range map[string][]result.Result{
		`{"schemaVersion":1,"label":"fcgikit","message":"fcgi 100%","color":"brightgreen"}`: {pass},
		`{"schemaVersion":1,"label":"fcgikit","message":"fcgi 50%","color":"orange"}`:       {pass, known},
		`{"schemaVersion":1,"label":"fcgikit","message":"fcgi 50%","color":"red"}`:          {pass, with("fcgi/3.3/new", "FastCGI 3.3", failing)},
		`{"schemaVersion":1,"label":"fcgikit","message":"untested","color":"lightgrey"}`:    {with("fcgi/3.3/a", "FastCGI 3.3", needing("more"))},
	} {
		got := siteOf(t, matrixOf(t, reports.MatrixFile{Name: "a", Run: runOf(1, named("a", "", "fcgi", "", "unix", results...))}))["badge/a.json"]
		if !json.Valid([]byte(got)) || strings.TrimSpace(got) != want {
			t.Errorf("the badge is\n%swant\n%s", got, want)
		}
	}
}
