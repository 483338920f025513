package reports_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderer "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

func markdownOf(t *testing.T, run result.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.Markdown(&b, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMarkdownIsTheGoldenOne(t *testing.T) { golden(t, "report.md", markdownOf(t, sample())) }

// rendered is what a page shows of Markdown: GitHub's dialect, with the HTML in
// it taken as it is.
func rendered(t *testing.T, markdown string) *html.Node {
	t.Helper()
	var b bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(renderer.WithUnsafe()))
	if err := md.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	page, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestAServersTextIsNoMarkdown: whatever it holds, the page has our elements
// alone, and the text can be read on it.
func TestAServersTextIsNoMarkdown(t *testing.T) {
	ours := map[string]bool{
		"html": true, "head": true, "body": true, "h1": true, "h2": true, "p": true, "strong": true, "table": true, "thead": true, "tbody": true,
		"tr": true, "th": true, "td": true, "code": true, "pre": true, "details": true, "summary": true, "ul": true, "li": true, "sub": true, "a": true,
	}
	for _, text := range []string{
		hostile, "a|b", "```", "``` ` `` |", "</details></td>", "[x](javascript:alert(1))", "![x](https://evil.example/x.png)", "<img src=x onerror=alert(1)>",
		"see https://evil.example/ there", "see www.evil.example", "me@evil.example", "\n\n# heading\n- list\n", "&lt;b&gt;", `\`, `\|`, "*a* _b_ ~~c~~ $x$", "`", "a`|`b", "<!--", "-->", "a\\",
	} {
		run := everywhere(text)
		page := rendered(t, markdownOf(t, run))
		cells := map[*html.Node]int{}
		for n := range page.Descendants() {
			switch {
			case n.Type == html.ElementNode && !ours[n.Data]:
				t.Errorf("%q: an element %q is on the page", text, n.Data)
			case n.Type == html.ElementNode && n.Data == "a":
				t.Errorf("%q: a link to %v is on the page", text, n.Attr)
			case n.Type == html.ElementNode && (n.Data == "td" || n.Data == "th"):
				cells[n.Parent]++
			}
		}
		for row, n := range cells {
			if n != 4 && n != 11 {
				t.Errorf("%q: a row has %d cells: %q", text, n, content(row))
			}
		}
		if seen := content(page); !strings.Contains(seen, visible(text)) {
			t.Errorf("%q: %q can't be read on the page:\n%s", text, visible(text), seen)
		}
	}
}

// visible is a part of a text that stands on the page as it is.
func visible(text string) string {
	text = strings.ReplaceAll(text, "\n", `\n`)
	for i, r := range text {
		if r < ' ' || r > '~' {
			return visible(text[i+1:])
		}
	}
	return text
}

func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func TestMarkdownLinksToTheSpecification(t *testing.T) {
	links := map[string]string{}
	for n := range rendered(t, markdownOf(t, sample())).Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" {
			links[content(n)] = n.Attr[0].Val
		}
	}
	if got, want := links["FastCGI 3.3"], "https://example.org/spec#3"; got != want {
		t.Errorf("FastCGI 3.3 links to %q, want %q", got, want)
	}
	if got, want := links["It never did."], "https://example.org/bugs/1"; got != want {
		t.Errorf("the reason links to %q, want %q", got, want)
	}
	for text, link := range links {
		if !strings.HasPrefix(link, "https://example.org/") {
			t.Errorf("%q links to %q", text, link)
		}
	}
}
