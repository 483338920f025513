package reports_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func htmlOf(t *testing.T, run result.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.HTML(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAServersTextIsNoHTML: whatever it holds, the page has the elements and
// attributes that it has with an ordinary text.
func TestAServersTextIsNoHTML(t *testing.T) {
	plain := skeleton(t, htmlOf(t, everywhere("text")))
	variants := skeleton(t, htmlOf(t, everywhere("text@variant"))) // what is behind an @ is a variant's name
	for _, text := range []string{
		hostile, "<script>alert(1)</script>", `" onmouseover="alert(1)`, "' autofocus onfocus='alert(1)", "</details></table><h1>x", "<!--", "--><b>",
		"</script><script>alert(1)</script>", "</style><script>alert(1)</script>", "{{.Targets}}", "${alert(1)}", "javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
	} {
		page, want := htmlOf(t, everywhere(text)), plain
		if strings.Contains(text, "@") {
			want = variants
		}
		if got := skeleton(t, page); got != want {
			t.Errorf("%q changes the page: %s", text, firstDifference(want, got))
		}
		if seen := content(parsed(t, page)); !strings.Contains(seen, visible(text)) {
			t.Errorf("%q can't be read on the page", text)
		}
	}
}

func parsed(t *testing.T, page string) *html.Node {
	t.Helper()
	n, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// skeleton is a page's elements and the names of their attributes.
func skeleton(t *testing.T, page string) string {
	var b strings.Builder
	for n := range parsed(t, page).Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		b.WriteString(n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "an element " + y[i] + " where " + x[i] + " is expected"
		}
	}
	return "it has elements more, or fewer"
}

// TestThePageNeedsNothingElse: no asset is loaded, and links lead to the web or
// into the page.
func TestThePageNeedsNothingElse(t *testing.T) {
	page := htmlOf(t, sample())
	for n := range parsed(t, page).Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "src" || a.Key == "srcset" || a.Key == "action" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			case a.Key == "href" && n.Data == "a" && !regexp.MustCompile(`^(https://example\.org/|#)`).MatchString(a.Val),
				a.Key == "href" && n.Data != "a" && a.Val != "data:,":
				t.Errorf("<%s> links to %q", n.Data, a.Val)
			}
		}
	}
	if strings.Contains(page, "@import") || strings.Contains(page, "url(") {
		t.Error("the style loads something")
	}
}

// TestLinksWithinThePageLeadSomewhere: each to an element, and no id is there
// twice.
func TestLinksWithinThePageLeadSomewhere(t *testing.T) {
	ids := map[string]int{}
	var links []string
	for n := range parsed(t, htmlOf(t, sample())).Descendants() {
		for _, a := range n.Attr {
			if a.Key == "id" {
				ids[a.Val]++
			}
			if a.Key == "href" && strings.HasPrefix(a.Val, "#") {
				links = append(links, strings.TrimPrefix(a.Val, "#"))
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q is there %d times", id, n)
		}
	}
	for _, link := range links {
		if ids[link] == 0 {
			t.Errorf("#%s leads nowhere", link)
		}
	}
	if len(links) < 10 {
		t.Errorf("%d links within the page, want one for each failure at least", len(links))
	}
}

func TestALongTraceIsCutAroundItsMark(t *testing.T) {
	r := with("fcgi/3.3/long", "FastCGI 3.3", failing)
	for i := range 2000 {
		r.Bytes = append(r.Bytes, result.Event{Connection: 1, Sent: true, Offset: int64(i), Bytes: []byte{byte(i)}, Text: "a byte"})
	}
	r.Mark = &result.Mark{Connection: 1, Sent: true, Offset: 1234, Length: 1}
	page := htmlOf(t, result.Run{Targets: []result.Target{{Results: []result.Result{r}}}})
	if n := strings.Count(page, "a byte"); n != 300 {
		t.Errorf("%d of 2000 events are shown, want 300", n)
	}
	if !strings.Contains(page, "&gt;  1234  ") || !strings.Contains(page, "1700 more are in the JSON report") {
		t.Error("the marked byte is not shown, or not that the rest is left out")
	}
}
