package reports_test

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// links are the references of a page, and its elements' ids.
func links(t *testing.T, page string) (refs, ids []string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return refs, ids
		case html.StartTagToken, html.SelfClosingTagToken:
			for _, a := range z.Token().Attr {
				switch a.Key {
				case "href", "src", "action", "data", "poster":
					refs = append(refs, a.Val)
				case "id":
					ids = append(ids, a.Val)
				}
			}
		}
	}
}

func TestEveryLinkOfTheSiteLeadsSomewhere(t *testing.T) {
	for name, m := range map[string]*reports.Matrix{"sample": matrixOf(t, matrixFiles()...), "hostile": hostileMatrix(t)} {
		site := siteOf(t, m)
		ids := map[string][]string{}
		for file, page := range site {
			_, ids[file] = links(t, page)
			for i, id := range ids[file] {
				if slices.Contains(ids[file][:i], id) {
					t.Errorf("%s: %s: the id %q is there twice", name, file, id)
				}
			}
		}
		for file, page := range site {
			if !strings.HasSuffix(file, ".html") {
				continue
			}
			refs, _ := links(t, page)
			for _, ref := range refs {
				u, err := url.Parse(ref)
				if err != nil {
					t.Errorf("%s: %s: %v", name, file, err)
					continue
				}
				if u.Scheme == "https" || u.Scheme == "http" || ref == "data:," {
					continue
				}
				to := file
				if u.Path != "" {
					to = path.Join(path.Dir(file), u.Path)
				}
				if _, ok := site[to]; !ok {
					t.Errorf("%s: %s: nothing is at %s", name, file, ref)
				} else if u.Fragment != "" && !slices.Contains(ids[to], u.Fragment) {
					t.Errorf("%s: %s: nothing has the id of %s", name, file, ref)
				}
			}
		}
	}
}

func TestNoFileOfTheSiteIsOutsideOfIt(t *testing.T) {
	for file := range siteOf(t, hostileMatrix(t)) {
		base := path.Base(file)
		if path.Clean(file) != file || path.IsAbs(file) || strings.HasPrefix(file, ".") || strings.HasPrefix(base, ".") || strings.Count(file, "/") > 1 {
			t.Errorf("%q is no name of a file within a folder", file)
		}
		if len(base) > 120 {
			t.Errorf("%q is too long for a disk", base)
		}
	}
}

func TestNothingHostileWorksOnThePages(t *testing.T) {
	for file, page := range siteOf(t, hostileMatrix(t)) {
		if path.Ext(file) == ".json" { // for programs, which show it as they see fit
			continue
		}
		for _, bad := range []string{"<script>alert", "<img", "\x1b", "\u202e", "href=\"javascript:"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %q", file, bad)
			}
		}
	}
}

func TestALargeMatrixStaysSmall(t *testing.T) {
	const mega = 1 << 20
	site, total := siteOf(t, largeMatrix(t)), 0
	for file, page := range site {
		total += len(page)
		if len(page) > 2*mega {
			t.Errorf("%s has %d bytes", file, len(page))
		}
	}
	if total > 25*mega {
		t.Errorf("the site has %d bytes", total)
	}
	if page := site["case/fcgi_2.0_case-0.html"]; !strings.Contains(page, "expected request id 256") || !strings.Contains(page, "01 06 <mark>00 00</mark>") {
		t.Error("of a failure neither its message nor its marked bytes are left")
	}
}

func TestFourKiBOfADirectionAreShownAtMost(t *testing.T) {
	r := with("fcgi/3.3/long", "FastCGI 3.3", wrongID)
	more := r.Bytes[2]
	more.Bytes = slices.Repeat([]byte{0xab}, 100)
	for i := range int64(100) {
		more.Offset = 1000 + 100*i
		r.Bytes = append(r.Bytes, more)
	}
	page := siteOf(t, matrixOf(t, reports.MatrixFile{Name: "a", Run: runOf(1, named("a", "", "fcgi", "", "unix", r))}))["case/fcgi_3.3_long.html"]
	if n := strings.Count(page, "ab "); n < 3000 || n > 4096 {
		t.Errorf("%d bytes are shown", n)
	}
}

func TestACasePageHasTheRuleTheBytesAndTheLog(t *testing.T) {
	page := siteOf(t, matrixOf(t, matrixFiles()...))["case/fcgi_3.3_request-id.html"]
	for _, want := range []string{
		"The rule of fcgi/3.3/request-id.", `href="https://example.org/spec#3"`, "01 06 <mark>00 00</mark>", "the log at request-id",
		"threaded, unix", "prefork, unix", "in 1 of 2 ways", "expected request id 256",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	known := siteOf(t, matrixOf(t, matrixFiles()...))["case/fcgi_3.10_late.html"]
	for _, want := range []string{"It never did.", "https://example.org/bugs/1", `>✗</span> known failure</span>`, "the last line of alpha", "when all cases had run"} {
		if !strings.Contains(known, want) {
			t.Errorf("%q is not on the page of a known failure", want)
		}
	}
}

func TestAPeerPageHasItsRuns(t *testing.T) {
	site := siteOf(t, matrixOf(t, matrixFiles()...))
	for _, want := range []string{"seed 42", "2026-03-04 05:06 UTC", "fcgiprobe v1.2.3", "alpha/1.0", "prefork, unix", "the last line of alpha", "FastCGI 1.0: what is new"} {
		if !strings.Contains(site["peer/alpha.html"], want) {
			t.Errorf("%q is not on alpha's page", want)
		}
	}
	if !strings.Contains(site["peer/gamma.html"], "not reached: it can&#39;t be reached") || !strings.Contains(site["index.html"], "it can&#39;t be reached") {
		t.Error("that gamma was not reached is not told")
	}
}

func TestTheIndexSaysWhatIsBroken(t *testing.T) {
	bad, recorded := with("fcgi/3.3/version", "FastCGI 3.3", failing), with("fcgi/3.3/late", "FastCGI 3.3", failing)
	recorded.Known = &result.Known{Reason: "It never did."}
	for want, results := range map[string][]result.Result{
		"No failure.": {passing("fcgi/3.3/version", "FastCGI 3.3")},
		"1 known failure, each recorded with its reason; none is new.": {recorded},
		"1 new failure in 1 implementation, beside 1 known failure.":   {recorded, bad},
		"1 new failure in 1 implementation, beside 0 known failures.":  {bad},
	} {
		if index := siteOf(t, matrixOf(t, reports.MatrixFile{Name: "a", Run: runOf(1, named("a", "", "fcgi", "", "unix", results...))}))["index.html"]; !strings.Contains(index, "· "+want+"</p>") {
			t.Errorf("%q is not on the index", want)
		}
	}
}
