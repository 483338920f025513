package reports_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/fcgikit/fcgikit/reports"
)

// written is the folder of a matrix's site.
func written(t *testing.T, m *reports.Matrix) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range siteOf(t, m) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// kinds of pages, of the sample.
var samplePages = []string{"index.html", "fcgi.html", "case/fcgi_3.3_request-id.html", "case/fcgi_6.4_filter.html", "peer/alpha.html", "peer/gamma.html"}

func TestTheMatrixInABrowser(t *testing.T) {
	b := startBrowser(t)
	sample, evil := written(t, matrixOf(t, matrixFiles()...)), written(t, hostileMatrix(t))
	for _, c := range []struct {
		name  string
		dir   string
		pages []string
		test  func(*testing.T, *browser)
	}{
		{"counts are filtered", sample, []string{"index.html"}, matrixCounts},
		{"the filter stands in the URL", sample, []string{"index.html"}, matrixHash},
		{"an implementation's ways unfold by the keyboard", sample, []string{"index.html"}, matrixWays},
		{"cases are filtered", sample, []string{"fcgi.html"}, matrixCases},
		{"a cell leads to its cases, and a case to the bytes", sample, []string{"index.html"}, matrixDrill},
		{"the ways of an implementation are filtered", sample, []string{"peer/alpha.html"}, matrixPeerCases},
		{"a phone needs not scroll sideways", sample, samplePages, matrixNarrow},
		{"what is new stands out from what is known", sample, []string{"fcgi.html"}, matrixNew},
		{"both schemes have contrast", sample, samplePages, matrixContrast},
		{"tables and inputs are told to a screen reader", sample, samplePages, matrixAccessible},
		{"what is above a table stays", sample, []string{"fcgi.html"}, matrixSticky},
		{"it can be read without its script", sample, samplePages, matrixScriptless},
		{"a hostile server's pages are quiet", evil, somePages(t, evil), func(*testing.T, *browser) {}},
		{"a hostile server's pages fit a phone", evil, somePages(t, evil), matrixNarrow},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, page := range c.pages {
				b.t, b.complaints, b.requests = t, nil, nil
				b.visit(filepath.Join(c.dir, filepath.FromSlash(page)))
				c.test(t, b)
				b.quiet(c.dir)
			}
		})
	}
}

// somePages are the first of each kind.
func somePages(t *testing.T, dir string) []string {
	t.Helper()
	pages := []string{"index.html"}
	for _, kind := range []string{"*.html", "case/*.html", "peer/*.html"} {
		found, err := filepath.Glob(filepath.Join(dir, kind))
		if err != nil || len(found) == 0 {
			t.Fatalf("no page %s: %v", kind, err)
		}
		name, err := filepath.Rel(dir, found[0])
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, filepath.ToSlash(name))
	}
	return pages
}

func (b *browser) visit(file string) {
	b.t.Helper()
	b.url = "file://" + file
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url))
}

// quiet fails the test for all that the browser complains of, and for what is
// asked for beside pages of the site.
func (b *browser) quiet(dir string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.complaints {
		b.t.Errorf("%s: the browser complains: %s", b.url, complaint)
	}
	asked := 0
	for _, request := range b.requests {
		page := strings.HasPrefix(request, "file://"+dir+"/") && strings.HasSuffix(strings.Split(request, "#")[0], ".html")
		if page {
			asked++
		} else if request != "data:," && request != "about:blank" {
			b.t.Errorf("%s asks for %s", b.url, request)
		}
	}
	if asked == 0 {
		b.t.Errorf("%s was not seen to be asked for", b.url)
	}
}

// seen is the text of what is shown of a selector's elements, in one line each.
func seen(b *browser, selector string) []string {
	b.t.Helper()
	return value[[]string](b, `[...document.querySelectorAll("`+selector+`")].filter((e) => e.checkVisibility()).map((e) => e.innerText.replace(/\s+/g, " ").trim())`)
}

const alphaFcgi = `section[data-protocol=fcgi] tbody[data-peer=alpha] .peer`

func matrixCounts(t *testing.T, b *browser) {
	numbers := func() string { t.Helper(); return strings.Join(seen(b, alphaFcgi+" td"), "|") }
	all := numbers()
	if !strings.Contains(all, "✘") || !strings.Contains(all, "✓") || !strings.Contains(all, "✗") {
		t.Fatalf("at first the cells are %q", all)
	}
	b.do(chromedp.Click(chromedp.CSS("#wanting")))
	if got := numbers(); strings.Contains(got, "✓") || strings.Contains(got, "?") || !strings.Contains(got, "✘") {
		t.Errorf("of what is broken the cells are %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS("input[name=level][value=must]")))
	if got := numbers(); !strings.Contains(got, "!1") || !strings.Contains(got, "✘1") || strings.Contains(got, "✗") {
		t.Errorf("without must the cells are %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS("button[type=reset]")), chromedp.Poll[chromedp.Void](`location.hash === ""`))
	if got := numbers(); got != all {
		t.Errorf("after All the cells are %q, and were %q", got, all)
	}
	b.do(chromedp.Click(chromedp.CSS("input[name=protocol][value=scgi]")))
	if got := seen(b, "section.protocol h2"); len(got) != 1 || !strings.HasPrefix(got[0], "FastCGI 1.0") {
		t.Errorf("without SCGI there are %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=peer]"), "bet"))
	if got := seen(b, ".counts .peer th"); len(got) != 1 || !strings.Contains(got[0], "beta") {
		t.Errorf("of bet there are %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=peer]"), "x"))
	if got := seen(b, "#none"); len(got) != 1 {
		t.Error("that nothing matches is not said")
	}
}

func matrixHash(t *testing.T, b *browser) {
	b.do(chromedp.Click(chromedp.CSS("input[name=state][value=pass]")), chromedp.SendKeys(chromedp.CSS("input[name=peer]"), "alpha"))
	hash := value[string](b, `location.hash`)
	if !strings.Contains(hash, "peer=alpha") || !strings.Contains(hash, "state=") || strings.Contains(hash, "pass") {
		t.Fatalf("the hash is %q", hash)
	}
	before := seen(b, ".counts tr")
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url+hash))
	if got := seen(b, ".counts tr"); !slices.Equal(got, before) || len(got) == 0 {
		t.Errorf("opened again it shows %q, and showed %q", got, before)
	}
	if value[bool](b, `document.querySelector("input[name=state][value=pass]").checked`) {
		t.Error("the box is checked again")
	}
}

func matrixWays(t *testing.T, b *browser) {
	const ways = `section[data-protocol=fcgi] tbody[data-peer=alpha] .way th`
	if got := seen(b, ways); len(got) != 0 {
		t.Fatalf("at first there are %q", got)
	}
	b.do(chromedp.Focus(chromedp.CSS(`section[data-protocol=fcgi] tbody[data-peer=alpha] button.open`)), chromedp.KeyEvent(kb.Enter))
	if got := seen(b, ways); !slices.Equal(got, []string{"prefork, unix", "threaded, unix"}) {
		t.Errorf("unfolded there are %q", got)
	}
}

const caseRows = ".grid tbody tr:not(.section) th code"

func matrixCases(t *testing.T, b *browser) {
	all := seen(b, caseRows)
	if len(all) < 10 {
		t.Fatalf("at first there are %d cases", len(all))
	}
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=text]"), "REQUEST-ID title"))
	if got := seen(b, caseRows); !slices.Equal(got, []string{"fcgi/3.3/request-id"}) {
		t.Errorf("of request-id there are %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS("button[type=reset]")), chromedp.Poll[chromedp.Void](`location.hash === ""`))
	b.do(chromedp.SetValue(chromedp.CSS("select[name=section]"), "FastCGI_6.2"), chromedp.Evaluate[chromedp.Void](`document.querySelector("select").dispatchEvent(new Event("input", {bubbles: true}))`))
	if got := seen(b, caseRows); !slices.Equal(got, []string{"fcgi/6.2/body"}) {
		t.Errorf("of section 6.2 there are %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS("button[type=reset]")), chromedp.Poll[chromedp.Void](`location.hash === ""`))
	for _, box := range value[[]string](b, `[...document.querySelectorAll("input[name=state]")].map((i) => i.value)`) {
		if box != "known" {
			b.do(chromedp.Click(chromedp.CSS("input[name=state][value=" + box + "]")))
		}
	}
	if got := seen(b, caseRows); !slices.Equal(got, []string{"fcgi/3.9/flaky", "fcgi/3.10/late"}) {
		t.Errorf("of what is known there are %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=peer]"), "alpha"))
	if got := seen(b, ".grid thead th"); len(got) != 2 {
		t.Errorf("of alpha there are the columns %q", got)
	}
}

func matrixDrill(t *testing.T, b *browser) {
	b.do(chromedp.Click(chromedp.CSS(alphaFcgi+` a[data-section='FastCGI_3.3']`)), chromedp.WaitVisible(chromedp.CSS(".grid")))
	if got := seen(b, caseRows); !slices.Equal(got, []string{"fcgi/3.3/request-id", "fcgi/3.3/version", "fcgi/robustness/short"}) {
		t.Errorf("the cell leads to %q", got)
	}
	if got := seen(b, ".grid thead th"); len(got) != 2 || !strings.Contains(got[1], "alpha") {
		t.Errorf("the cell leads to the columns %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS(`a[href='case/fcgi_3.3_request-id.html#alpha']`)), chromedp.WaitVisible(chromedp.CSS("#alpha .wire")))
	if got := strings.Join(seen(b, "main"), ""); strings.Contains(got, "01 06 00 00") || strings.Contains(got, "the log at request-id") {
		t.Error("the bytes or the log are not folded")
	}
	b.do(chromedp.Click(chromedp.CSS(`#alpha .wire > summary`)), chromedp.Click(chromedp.CSS(`#alpha .log > summary`)))
	got := strings.Join(seen(b, "#alpha"), "")
	for _, want := range []string{"01 06 00 00 00 1a 06 00", "the log at request-id", "expected request id 256"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q can't be read", want)
		}
	}
	b.do(chromedp.Click(chromedp.CSS(`a[rel=next]`)), chromedp.WaitVisible(chromedp.CSS(`a[rel=prev][href='fcgi_3.3_request-id.html']`)))
}

func matrixPeerCases(t *testing.T, b *browser) {
	b.do(chromedp.Click(chromedp.CSS("input[name=protocol][value=fcgi]")))
	if got := seen(b, caseRows); !slices.Equal(got, []string{"scgi/2/closes", "scgi/3/body"}) {
		t.Errorf("without FastCGI there are %q", got)
	}
	b.do(chromedp.Click(chromedp.CSS("#wanting")))
	if got := seen(b, caseRows); !slices.Equal(got, []string{"scgi/3/body"}) {
		t.Errorf("of what is broken there are %q", got)
	}
}

const phone = 360

func matrixNarrow(t *testing.T, b *browser) {
	defer b.do(chromedp.EmulateViewport(1200, 900))
	b.do(chromedp.EmulateViewport(phone, 740))
	b.do(chromedp.Evaluate[chromedp.Void](`for (const d of document.querySelectorAll("details")) d.open = true; for (const o of document.querySelectorAll("button.open")) o.click()`))
	if got := value[int](b, `document.documentElement.scrollWidth`); got > phone {
		t.Errorf("%s: on %d pixels the page is %d wide", b.url, phone, got)
	}
	for _, wide := range value[[]string](b, `[...document.querySelectorAll(".counts, .grid")].filter((table) => table.checkVisibility())
		.filter((table) => table.tBodies[0].rows[0].cells[0].getBoundingClientRect().width > innerWidth * 0.6).map((table) => table.className)`) {
		t.Errorf("%s: the first column of %s leaves no room for the others", b.url, wide)
	}
}

// mixedContrast has colours that were mixed told by the browser as color(srgb ...),
// of 0 to 1.
var mixedContrast = strings.Replace(contrastScript, `color.match(/[\d.]+/g).map(Number)`,
	`color.match(/-?[\d.]+(e-?\d+)?/g).map((n, i) => color.startsWith("color(") && i < 3 ? n * 255 : Number(n))`, 1)

func matrixContrast(t *testing.T, b *browser) {
	defer b.do(media(""))
	paper := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		b.do(media(scheme))
		for _, bad := range value[[]string](b, mixedContrast) {
			t.Errorf("%s, %s: too little contrast: %s", b.url, scheme, bad)
		}
		paper[value[string](b, `getComputedStyle(document.body).backgroundColor`)] = true
	}
	if len(paper) != 2 {
		t.Errorf("%s looks the same in both schemes: %v", b.url, paper)
	}
}

// matrixNew tells a new failure from a known one by how light they are, for who
// sees no colours: the one is inverted, and the other is on a tint of the paper.
func matrixNew(t *testing.T, b *browser) {
	defer b.do(media(""))
	for _, scheme := range []string{"light", "dark"} {
		b.do(media(scheme))
		ratios := value[[]float64](b, `(() => {
			const luminance = (color) => {
				const parts = color.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
				const [r, g, b] = parts.map((n) => color.startsWith("color(") ? n : n / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
				return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
			};
			const solid = (e) => { for (; ; e = e.parentElement) { const color = getComputedStyle(e).backgroundColor; if (color !== "rgba(0, 0, 0, 0)") return luminance(color); } };
			const [paper, known, fresh] = [".grid th[scope=row]", ".grid td.is-known > a", ".grid td.is-fail > a"].map((s) => solid(document.querySelector(s)));
			const ratio = (a, b) => Math.max(a, b) / Math.min(a, b);
			return [ratio(paper, known), ratio(paper, fresh)];
		})()`)
		if ratios[0] > 2 || ratios[1] < 3 {
			t.Errorf("%s: to the paper a known failure has the contrast %.1f and a new one %.1f, want below 2 and from 3", scheme, ratios[0], ratios[1])
		}
	}
}

func matrixAccessible(t *testing.T, b *browser) {
	for what, script := range map[string]string{
		"inputs without a label":              `[...document.querySelectorAll("input, select")].filter((i) => !i.labels.length).length`,
		"tables without headings":             `[...document.querySelectorAll("table")].filter((t) => !t.querySelector("thead th[scope=col]")).length`,
		"large tables without a caption":      `[...document.querySelectorAll(".overview, .counts, .grid")].filter((t) => !t.caption).length`,
		"rows without a heading":              `[...document.querySelectorAll(".overview tbody tr, .counts tbody tr, .grid tbody tr")].filter((r) => !r.querySelector("th[scope]")).length`,
		"headings that skip a level":          `[...document.querySelectorAll("h1,h2,h3,h4")].map((h) => +h.tagName[1]).filter((n, i, all) => i && n > all[i - 1] + 1).length`,
		"first headings beside one":           `Math.abs(document.querySelectorAll("h1").length - 1)`,
		"links without a name":                `[...document.querySelectorAll("a")].filter((a) => !(a.getAttribute("aria-label") ?? a.textContent).trim()).length`,
		"cells with a sign alone":             `[...document.querySelectorAll(".counts td, .grid td")].filter((d) => d.textContent.trim() && !/[a-z]{3}|n\/a/.test((d.querySelector("[aria-label]")?.getAttribute("aria-label") ?? "") + d.textContent)).length`,
		"regions that scroll without a name":  `[...document.querySelectorAll(".wide")].filter((r) => r.tabIndex !== 0 || !r.getAttribute("aria-label") || r.getAttribute("role") !== "region").length`,
		"pages without a language or a title": `document.documentElement.lang && document.title ? 0 : 1`,
		"focuses that can't be seen":          `(() => { const e = document.querySelector("main a, main summary"); if (!e) return 0; e.focus({focusVisible: true}); return getComputedStyle(e).outlineStyle === "none" ? 1 : 0 })()`,
	} {
		if n := value[int](b, script); n != 0 {
			t.Errorf("%s: %d %s", b.url, n, what)
		}
	}
}

func matrixSticky(t *testing.T, b *browser) {
	defer b.do(chromedp.EmulateViewport(1200, 900))
	b.do(chromedp.EmulateViewport(500, 500))
	got := value[[]int](b, `(() => {
		const box = document.querySelector(".wide:has(.grid)"), table = box.querySelector("table");
		table.style.width = "900px";
		const column = table.tHead.rows[0].cells[1], row = [...table.querySelectorAll("tr:not(.section) > th[scope=row]")].at(-1);
		const before = [column.getBoundingClientRect().top - box.getBoundingClientRect().top, row.getBoundingClientRect().left];
		box.scrollTop = 200; box.scrollLeft = 40;
		return [box.scrollTop, box.scrollLeft, column.getBoundingClientRect().top - box.getBoundingClientRect().top - before[0], row.getBoundingClientRect().left - before[1]].map(Math.round);
	})()`)
	if !slices.Equal(got, []int{200, 40, 0, 0}) {
		t.Errorf("scrolled down and across by %v, want 200 and 40, and heads and cases that stay", got)
	}
}

func matrixScriptless(t *testing.T, b *browser) {
	defer b.do(scripts(false))
	before := len(seen(b, "main a"))
	b.do(scripts(true))
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(b.url))
	if got := seen(b, ".filter, .open"); len(got) != 0 {
		t.Errorf("%s: %q are shown that can't work", b.url, got)
	}
	if got := len(seen(b, "main a")); got < before {
		t.Errorf("%s: %d links are shown, and %d with the script", b.url, got, before)
	}
	if got := seen(b, ".way"); strings.HasSuffix(b.url, "index.html") && len(got) == 0 {
		t.Error("the ways of implementations can't be seen")
	}
}
