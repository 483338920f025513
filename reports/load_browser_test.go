package reports_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// openLoad shows a load's report from a file.
func (b *browser) openLoad(run result.Load) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "load.html")
	if err := os.WriteFile(file, []byte(loadHTML(b.t, run)), 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.url = "file://" + file
	b.do(chromedp.Navigate(b.url))
}

func TestTheLoadPageInABrowser(t *testing.T) {
	b := startBrowser(t)
	long := "a-rather-long-name-without-a-blank-" + strings.Repeat("x", 80)
	for _, c := range []struct {
		name string
		run  result.Load
		test func(*testing.T, *browser)
	}{
		{"every plot is drawn", timed(failingLoad()), drawn("percentiles", "distribution", "throughput", "latency", "errors")},
		{"a search is drawn", searchedLoad(), drawn("percentiles", "distribution", "throughput", "latency", "search")},
		{"a run without a second has no plots over time", notFoundLoad(), drawn("search")},
		{"rounds, failures and rare requests are marked", timed(failingLoad()), marked},
		{"a hostile run's page is quiet", loadEverywhere(hostile + "<img src=x onerror=alert(1)>"), drawn("percentiles", "distribution", "throughput", "latency", "errors", "search")},
		{"an empty run's page is quiet", result.Load{}, drawn()},
		{"one request's page is quiet", oneRequestLoad(), func(t *testing.T, b *browser) {
			if n := value[int](b, `document.querySelectorAll("canvas").length`); n != 5 {
				t.Errorf("%d plots are drawn, want 5", n)
			}
		}},
		{"the plots follow the scheme", timed(failingLoad()), recolored},
		{"both schemes have contrast", timed(failingLoad()), contrast},
		{"a phone needs not scroll sideways", loadEverywhere(long), narrowLoad},
		{"a phone shows whole plots", timed(comparedLoad()), narrowLoad},
		{"the keyboard reads and zooms a plot", timed(comparedLoad()), keyed},
		{"the mouse reads and zooms a plot", timed(comparedLoad()), moused},
		{"a series can be switched off", timed(comparedLoad()), switched},
		{"what is not text has a name", timed(failingLoad()), accessibleLoad},
		{"paper is white", timed(failingLoad()), printed},
		{"the tables need no script", timed(failingLoad()), scriptlessLoad},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t, b.complaints, b.requests = t, nil, nil
			b.openLoad(c.run)
			c.test(t, b)
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, complaint := range b.complaints {
				t.Errorf("the browser complains: %s", complaint)
			}
			for _, request := range b.requests {
				if request != b.url && request != "data:," {
					t.Errorf("the page asks for %s", request)
				}
			}
			if len(b.requests) == 0 {
				t.Error("not even the page itself was seen to be asked for")
			}
		})
	}
}

// oneRequestLoad has a plot of one point of each kind, and rates that have no
// logarithm.
func oneRequestLoad() result.Load {
	load := timed(healthyLoad())
	r := &load.Subjects[0].Rounds[0]
	r.Requests, r.Succeeded, r.Response, r.Service = 1, 1, took(1, time.Millisecond, time.Millisecond), took(1, time.Millisecond, time.Millisecond)
	r.Timeline = []result.Instant{{At: 0, Sent: 1, Done: 1}}
	load.Search, load.Found = []result.Probe{{Rate: 0}}, &result.Found{}
	return load
}

// pixelScript is a function that counts a plot's pixels of a colour.
const pixelScript = `((id) => {
  const canvas = document.querySelector("#plot-" + id + " canvas");
  const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height }).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const data = copy.getImageData(0, 0, canvas.width, canvas.height).data;
  return (color, least = 200, most = 255) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = color;
    const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
    probe.remove();
    let n = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] >= least && data[i + 3] <= most && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12) n++;
    }
    return n;
  };
})`

// paintedScript are the series of a plot's legend, each with the pixels that have
// its colour.
const paintedScript = `((id) => {
  const count = ` + pixelScript + `(id);
  return [...document.querySelectorAll("#plot-" + id + " .u-series")].slice(1).map((row) => {
    const color = getComputedStyle(row.querySelector(".u-marker")).borderTopColor;
    return { Name: row.querySelector(".u-label").textContent, Color: color, Pixels: count(color) };
  });
})`

type painted struct {
	Name, Color string
	Pixels      int
}

func (b *browser) painted(id string) []painted {
	b.t.Helper()
	return value[[]painted](b, paintedScript+`("`+id+`")`)
}

// drawn finds each of these plots on the page, and no other, with pixels in the
// colour of each of its series.
func drawn(ids ...string) func(*testing.T, *browser) {
	return func(t *testing.T, b *browser) {
		page := plotsOn(t, value[string](b, `document.documentElement.outerHTML`))
		if n := value[int](b, `document.querySelectorAll(".plot canvas").length`); n != len(ids) || len(page) != n {
			t.Errorf("%d plots are drawn of %d, want %d", n, len(page), len(ids))
		}
		for _, id := range ids {
			series := b.painted(id)
			if len(series) != len(page[id].Series) || len(series) == 0 {
				t.Errorf("%s: %d series are shown, want %d", id, len(series), len(page[id].Series))
			}
			for _, s := range series {
				if s.Pixels < 20 {
					t.Errorf("%s: of %q %d pixels are drawn in %s", id, s.Name, s.Pixels, s.Color)
				}
			}
		}
	}
}

// marked looks for what no series shows, in colours that no series has.
func marked(t *testing.T, b *browser) {
	for what, script := range map[string]string{
		"whose a round is":            `("errors")("var(--s1)")`,
		"whose the other is":          `("errors")("var(--s2)")`,
		"where requests failed":       `("throughput")("var(--bad)")`,
		"where slow ones failed":      `("latency")("var(--bad)")`,
		"where few requests are left": `("percentiles")("var(--axis)", 15, 25) / 100 | 0`, // an area
	} {
		if n := value[int](b, pixelScript+script); n < 20 {
			t.Errorf("%s is marked by %d pixels", what, n)
		}
	}
}

// colored says that the plots have the colours of the page around them.
const colored = `getComputedStyle(document.querySelectorAll("#plot-distribution .u-marker")[1]).borderTopColor === getComputedStyle(document.querySelector(".swatch.s1")).backgroundColor`

func recolored(t *testing.T, b *browser) {
	defer b.do(media(""))
	seen := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		b.do(media(scheme))
		b.do(chromedp.Poll[chromedp.Void](colored))
		for _, s := range b.painted("distribution") {
			if s.Pixels < 20 {
				t.Errorf("%s: of %q %d pixels are drawn in %s", scheme, s.Name, s.Pixels, s.Color)
			}
			seen[s.Color] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("two subjects in two schemes have the colours %v", seen)
	}
}

func narrowLoad(t *testing.T, b *browser) {
	defer b.do(chromedp.EmulateViewport(1200, 900))
	b.do(chromedp.EmulateViewport(360, 740))
	b.do(chromedp.Evaluate[chromedp.Void](`for (const d of document.querySelectorAll("details")) d.open = true`))
	b.do(chromedp.Poll[chromedp.Void](`[...document.querySelectorAll(".uplot")].every((u) => u.getBoundingClientRect().right <= 360)`))
	if got := value[int](b, `document.documentElement.scrollWidth`); got > 360 {
		t.Errorf("on 360 pixels the page is %d wide", got)
	}
	if n := value[int](b, `[...document.querySelectorAll("canvas")].filter((c) => c.clientWidth < 250 || c.getBoundingClientRect().left < 0).length`); n > 0 {
		t.Errorf("%d plots are cut", n)
	}
	if n := value[int](b, `[...document.querySelectorAll("table:not(.u-legend)")].filter((t) => getComputedStyle(t.parentElement).overflowX !== "auto").length`); n > 0 {
		t.Errorf("%d tables can't be scrolled", n)
	}
}

const (
	legendOf  = `[...document.querySelectorAll("#plot-latency .u-series .u-value")].map((v) => v.textContent).join(" ")`
	shownFrom = `(document.querySelector("#plot-latency .reset").hidden ? "all" : "part")`
)

func keyed(t *testing.T, b *browser) {
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#plot-latency .u-over").focus()`))
	seen := map[string]bool{}
	for range 3 {
		b.do(chromedp.KeyEvent(kb.ArrowRight))
		seen[value[string](b, legendOf)] = true
	}
	for values := range seen {
		if !strings.Contains(values, "1.00 ms") && !strings.Contains(values, "2.00 ms") {
			t.Errorf("the legend says %q, want a p99 of 1 or 2 ms", values)
		}
	}
	if len(seen) < 2 {
		t.Errorf("the cursor stands still: %v", seen)
	}
	b.do(chromedp.KeyEvent("+"))
	b.do(chromedp.Poll[chromedp.Void](shownFrom + ` === "part"`))
	b.do(chromedp.KeyEvent(kb.Escape))
	b.do(chromedp.Poll[chromedp.Void](shownFrom + ` === "all"`))
	// The tab key leads to each plot, its legend, and the table behind it.
	for what, script := range map[string]string{
		"plots":   `[...document.querySelectorAll(".u-over")].filter((e) => e.tabIndex !== 0).length`,
		"series":  `[...document.querySelectorAll(".u-series + .u-series th")].filter((e) => e.tabIndex !== 0).length`,
		"details": `[...document.querySelectorAll("details > summary")].filter((e) => e.tabIndex !== 0).length`,
		"tables":  `[...document.querySelectorAll(".wide")].filter((e) => e.tabIndex !== 0).length`,
	} {
		if n := value[int](b, script); n > 0 {
			t.Errorf("%d %s can't be reached with the tab key", n, what)
		}
	}
}

func moused(t *testing.T, b *browser) {
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("plot-latency").scrollIntoView({ block: "center" })`))
	at := value[[]float64](b, `(({ left, top, width, height }) => [left + width * .2, top + height / 2, left + width * .6])(document.querySelector("#plot-latency .u-over").getBoundingClientRect())`)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	b.do(chromedp.Poll[chromedp.Void](legendOf + `.includes(" ms")`))
	if got := value[string](b, `[...document.querySelectorAll("#plot-throughput .u-series .u-value")].map((v) => v.textContent).join(" ")`); !strings.Contains(got, "/s") {
		t.Errorf("the plot of the same time above says %q, want its rates", got)
	}
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, at[0], at[1], chromedp.ButtonLeft))
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[2], at[1], chromedp.ButtonLeft))
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, at[2], at[1], chromedp.ButtonLeft))
	b.do(chromedp.Poll[chromedp.Void](shownFrom + ` === "part"`))
	b.do(chromedp.Click(chromedp.CSS("#plot-latency .reset")))
	b.do(chromedp.Poll[chromedp.Void](shownFrom + ` === "all"`))
}

func switched(t *testing.T, b *browser) {
	before := b.painted("distribution")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("#plot-distribution .u-series th")[1].focus()`))
	b.do(chromedp.KeyEvent(" "))
	b.do(chromedp.Poll[chromedp.Void](`document.querySelectorAll("#plot-distribution .u-series th")[1].getAttribute("aria-checked") === "false"`))
	if after := b.painted("distribution"); after[0].Pixels >= before[0].Pixels || after[1].Pixels < 20 {
		t.Errorf("before %v, and without %s %v", before, before[0].Name, after)
	}
}

func accessibleLoad(t *testing.T, b *browser) {
	for what, script := range map[string]string{
		"tables without headings":     `[...document.querySelectorAll("table:not([role=presentation])")].filter((t) => !t.querySelector("thead th[scope=col]") || !t.querySelector("tbody th[scope=row]")).length`,
		"headings that skip a level":  `[...document.querySelectorAll("h1,h2,h3,h4")].map((h) => +h.tagName[1]).filter((n, i, all) => i && n > all[i - 1] + 1).length`,
		"plots without a name":        `[...document.querySelectorAll(".u-over")].filter((u) => !u.ariaLabel).length`,
		"scrollers without a name":    `[...document.querySelectorAll(".wide")].filter((w) => !w.ariaLabel && !document.getElementById(w.getAttribute("aria-labelledby"))).length`,
		"plots without a table":       `[...document.querySelectorAll(".plot")].filter((p) => !p.closest("section").querySelector("table:not(.u-legend)")).length`,
		"pictures that say something": `[...document.querySelectorAll("svg")].filter((s) => s.ariaHidden !== "true").length`,
		"pages without a language":    `document.documentElement.lang ? 0 : 1`,
	} {
		if n := value[int](b, script); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

func printed(t *testing.T, b *browser) {
	defer b.do(media(""))
	b.do(media("light"))
	b.do(chromedp.Poll[chromedp.Void](colored))
	light := b.painted("distribution")
	b.do(media("dark"))
	b.do(chromedp.Poll[chromedp.Void](colored))
	b.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("beforeprint"))`))
	for i, s := range b.painted("distribution") {
		if s.Color != light[i].Color || s.Pixels < 20 {
			t.Errorf("on paper %q has %d pixels in %s, want %s", s.Name, s.Pixels, s.Color, light[i].Color)
		}
	}
	if n := value[int](b, `[...document.querySelectorAll("canvas")].filter((c) => c.clientWidth > 700).length`); n > 0 {
		t.Errorf("%d plots are wider than paper", n)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("afterprint"))`))
	if dark := b.painted("distribution"); dark[0].Color == light[0].Color {
		t.Error("after it was printed, the page stays light")
	}
}

func scriptlessLoad(t *testing.T, b *browser) {
	defer b.do(scripts(false))
	b.do(scripts(true))
	b.do(chromedp.Navigate(b.url))
	b.do(chromedp.Click(chromedp.CSS("#percentiles ~ details > summary")))
	text := value[string](b, `document.body.innerText`)
	for _, want := range []string{"56 were never read", "The tables have the same facts.", "p99.99", "samples above", "timeout with nothing read"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q can't be read", want)
		}
	}
	if n := value[int](b, `[...document.querySelectorAll(".plot")].filter((p) => p.checkVisibility()).length`); n > 0 {
		t.Errorf("%d empty plots are shown", n)
	}
}

var (
	pictured = flag.String("picture-of", "", "a run's JSON, for TestPictureOfALoad")
	picture  = flag.String("picture", "load.png", "the PNG that TestPictureOfALoad writes")
	scheme   = flag.String("picture-scheme", "light", "its colours: light or dark")
	tall     = flag.Int64("picture-height", 1400, "its height in pixels of the page, from the top; 0 is all")
)

// TestPictureOfALoad takes a picture of a saved run's page, at twice the
// resolution, for a README:
//
//	go test ./reports -run TestPictureOfALoad -picture-of run.json -picture "$PWD/load.png"
func TestPictureOfALoad(t *testing.T) {
	if *pictured == "" {
		t.Skip("-picture-of names no run")
	}
	file, err := os.Open(*pictured)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	run, err := reports.ReadLoad(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*picture, startBrowser(t).screenshot(run, 1120, *tall, *scheme), 0o644); err != nil {
		t.Fatal(err)
	}
}

// screenshot is a PNG of a run's page.
func (b *browser) screenshot(run result.Load, width, height int64, scheme string) []byte {
	b.t.Helper()
	b.do(media(scheme), chromedp.EmulateViewport(width, max(height, 600), chromedp.EmulateScale(2)))
	b.openLoad(run)
	take := chromedp.CaptureScreenshot()
	if height == 0 {
		take = chromedp.FullScreenshot(100)
	}
	png, err := chromedp.Run(b.ctx, take)
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}
