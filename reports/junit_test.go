package reports_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func junitOf(t *testing.T, run result.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.JUnit(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJUnitIsTheGoldenOne(t *testing.T) { golden(t, "junit.xml", junitOf(t, sample())) }

// TestJUnitIsValid: testdata/junit.xsd says what Jenkins' xUnit plugin takes.
// FCGIKIT_JUNIT_XSD names a copy of that plugin's own schema, junit-10.xsd, to be
// asked, too.
func TestJUnitIsValid(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		lacking(t, "xmllint is not installed (Debian: libxml2-utils)")
	}
	schemas := []string{filepath.Join("testdata", "junit.xsd")}
	if theirs := os.Getenv("FCGIKIT_JUNIT_XSD"); theirs != "" {
		schemas = append(schemas, theirs)
	}
	for name, run := range map[string]result.Run{
		"sample": sample(), "real": realRun(t), "hostile": everywhere(hostile), "no targets": {}, "no results": {Targets: []result.Target{{}}},
	} {
		for _, schema := range schemas {
			if out, err := validate(xmllint, schema, junitOf(t, run)); err != nil {
				t.Errorf("%s, %s: %v\n%s", name, schema, err, out)
			}
		}
	}
}

// TestTheSchemaRefusesWhatIsNoJUnit: else its word is worth nothing.
func TestTheSchemaRefusesWhatIsNoJUnit(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		lacking(t, "xmllint is not installed (Debian: libxml2-utils)")
	}
	good := junitOf(t, sample())
	for name, change := range map[string][2]string{
		"a testcase without a name":   {` name="fcgi/3.3/version"`, ``},
		"an element that is unknown":  {`<failure `, `<fault `},
		"properties outside of a run": {`<testsuites name="fcgiprobe"`, `<testsuites skipped="1"`},
		"a time in words":             {` time="0.002"`, ` time="2 ms"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if strings.HasPrefix(change[1], "<fault") {
			bad = strings.Replace(bad, "</failure>", "</fault>", 1)
		}
		if bad == good {
			t.Fatalf("%s: %s is not in the report", name, change[0])
		}
		if out, err := validate(xmllint, filepath.Join("testdata", "junit.xsd"), bad); err == nil {
			t.Errorf("%s is valid:\n%s", name, out)
		}
	}
}

func validate(xmllint, schema, text string) (string, error) {
	cmd := exec.Command(xmllint, "--nonet", "--noout", "--schema", schema, "-")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// lacking skips a test for a program that is not there; in CI it is a failure.
func lacking(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("FCGIKIT_REQUIRE_PEERS") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// TestJUnitSaysWhatHappened: what a reader of the XML counts is what was found.
func TestJUnitSaysWhatHappened(t *testing.T) {
	type outcome struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
	}
	var all struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Name    string `xml:"name,attr"`
			Skipped int    `xml:"skipped,attr"`
			Cases   []struct {
				Name    string    `xml:"name,attr"`
				Class   string    `xml:"classname,attr"`
				Failure []outcome `xml:"failure"`
				Error   []outcome `xml:"error"`
				Skipped []outcome `xml:"skipped"`
				Out     string    `xml:"system-out"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(junitOf(t, sample())), &all); err != nil {
		t.Fatal(err)
	}
	tests, failures, errors, skipped := 0, 0, 0, 0
	said := map[string]string{}
	for _, suite := range all.Suites {
		for _, c := range suite.Cases {
			tests++
			failures += len(c.Failure)
			errors += len(c.Error)
			skipped += len(c.Skipped)
			for _, o := range append(append(c.Failure, c.Error...), c.Skipped...) {
				said[c.Name] = o.Type + ": " + o.Message
			}
			if c.Out != "" {
				said[c.Name] = c.Out
			}
		}
		skipped -= suite.Skipped
	}
	if tests != all.Tests || failures != all.Failures || errors != all.Errors || skipped != 0 {
		t.Errorf("the numbers say %d tests, %d failures, %d errors; there are %d, %d, %d, and %d too many are skipped",
			all.Tests, all.Failures, all.Errors, tests, failures, errors, skipped)
	}
	for name, want := range map[string]string{
		"fcgi/3.3/request-id":   "fail: an answer's records have the request's id",
		"fcgi/4.1/answered":     "hang: what was expected",
		"fcgi/robustness/short": "crash: what was expected",
		"fcgi/5.5/unknown-role": "passes now: it passes, and is expected to fail: It took any role.",
		"fcgi/3.4/lengths":      "error: runtime error: index out of range",
		"fcgi/3.10/late":        "known: known failure: It never did. (1.0) https://example.org/bugs/1",
		"fcgi/6.3/authorizer":   "untested: untested: it needs the probe application",
		"fcgi/5.1/multiplexed":  "n/a: n/a: FCGI_MPXS_CONNS=0 in",
		"fcgi/5.4/abort":        "warning: the title",
		"fcgi/3.4/noted":        "note: it answered",
		"fcgi/3.3/version":      "",
		"fcgi/3.9/flaky-passed": "",
		"fcgi/6.2/body@record":  "",
		"scgi/2/closes":         "",
		"fcgi/6.2/body@bytes":   "fail: what was expected",
		"fcgi/3.9/flaky":        "known: known failure: It is slow at times.",
		"fcgi/6.2/body@random":  "fail: another expectation",
		"fcgi/6.1/stalls":       "hang: what was expected",
		"fcgi/5.5/exit":         "untested: untested: it needs the probe application's extra",
		"fcgi/3.5/kept":         "untested: untested: the first request",
		"fcgi/6.1/goes-on":      "hang: what was expected",
		"fcgi/6.2/body":         "fail: what was expected",
		"fcgi/6.4/filter":       "untested: untested: it needs the probe application",
		"scgi/3/body":           "",
	} {
		if got := said[name]; !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestJUnitHasNoCharacterThatXMLForbids: Go's own decoder refuses them.
func TestJUnitHasNoCharacterThatXMLForbids(t *testing.T) {
	text := junitOf(t, everywhere(hostile+"]]>\ufffe\uffff\U0001ffff"))
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
