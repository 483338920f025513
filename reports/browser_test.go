package reports_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/fcgikit/fcgikit/reports/result"
)

// browser is a tab that shows a report, and all that it complained of or asked
// for.
type browser struct {
	t   *testing.T
	ctx context.Context
	url string

	mu                   sync.Mutex
	complaints, requests []string
}

// startBrowser opens a tab in a chromium of its own.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome-headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		lacking(t, "no browser is installed (Debian: chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.DisableGPU)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // chromium refuses to be root's with one
	}
	// A cold start on a busy machine takes ten seconds.
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, stopTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		stopTab()
		stopBrowser()
		stop()
	})
	b := &browser{t: t, ctx: ctx}
	b.do(chromedp.EmulateViewport(1200, 900))
	if err := chromedp.Listen(ctx, b.event); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) event(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console: "+string(e.Type))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, "log: "+e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		b.complaints = append(b.complaints, "dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open shows a run's report from a file.
func (b *browser) open(run result.Run) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(htmlOf(b.t, run)), 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.url = "file://" + file
	b.do(chromedp.Navigate(b.url))
}

// value is what a script on the page comes to.
func value[T any](b *browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// media emulates prefers-color-scheme.
func media(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

func scripts(off bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
		return err
	})
}

const (
	shownCases = `[...document.querySelectorAll("tr.case")].filter((row) => row.checkVisibility()).map((row) => row.querySelector("summary code").textContent)`
	allCases   = `document.querySelectorAll("tr.case").length`
)

func TestThePageInABrowser(t *testing.T) {
	b := startBrowser(t)
	for _, c := range []struct {
		name string
		run  result.Run
		test func(*testing.T, *browser)
	}{
		{"the verdict and the evidence can be read", sample(), readable},
		{"a hostile server's page is quiet", everywhere(hostile + "<img src=x onerror=alert(1)>"), func(*testing.T, *browser) {}},
		{"a real run's page is quiet", realRun(t), func(*testing.T, *browser) {}},
		{"the filter filters", sample(), filters},
		{"a link shows its case", sample(), reveals},
		{"a phone needs not scroll sideways", everywhere("a-rather-long-text-without-a-blank-" + strings.Repeat("x", 80)), narrow},
		{"both schemes have contrast", sample(), contrast},
		{"inputs have labels and tables headings", sample(), accessible},
		{"it can be read without its script", sample(), scriptless},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t, b.complaints, b.requests = t, nil, nil
			b.open(c.run)
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

func readable(t *testing.T, b *browser) {
	text := value[string](b, `document.body.innerText`)
	for _, want := range []string{
		"Of 2 targets 1 met a failure of the harness.", "fcgi+unix:/run/app.sock", "What is wrong", "fcgi/3.3/request-id",
		"expected request id 256, got {FCGI_STDOUT, 0, 26 bytes + 6 padding}", "hang, silent: not a byte came",
		"in the variants plain, @bytes, @random; not in @record", "fcgiprobe app php >/srv/probe.php", "It never did.",
		"fcgiprobe unix:/run/app.sock -script /srv/probe.php -seed 42 -v -run fcgi/3.3/request-id", `\x1b[2J`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q can't be read on the page", want)
		}
	}
	if strings.Contains(text, "01 06 00 00") {
		t.Error("the bytes are not folded")
	}
	b.do(chromedp.Click(chromedp.CSS(`tr[id="t1-fail-fcgi_3.3_request-id"] .wire > summary`)))
	if text := value[string](b, `document.body.innerText`); !strings.Contains(text, "01 06 00 00 00 1a 06 00") {
		t.Error("the bytes can't be unfolded")
	}
	if got := value[string](b, `document.querySelector("mark").textContent`); got != "00 00" {
		t.Errorf("%q is marked, want 00 00", got)
	}
	if got := value[string](b, `document.querySelector("h1").compareDocumentPosition(document.querySelector("main")) & 4 ? "first" : "later"`); got != "first" {
		t.Error("the verdict does not come first")
	}
}

func filters(t *testing.T, b *browser) {
	all := value[int](b, allCases)
	shows := func(want ...string) {
		t.Helper()
		if got := value[[]string](b, shownCases); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%q are shown, want %q", got, want)
		}
	}
	if got := value[[]string](b, shownCases); len(got) != all {
		t.Errorf("%d of %d cases are shown at first", len(got), all)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "REQUEST-ID stdout"))
	shows("fcgi/3.3/request-id")
	if got := value[string](b, `document.getElementById("shown").textContent`); !strings.HasPrefix(got, "1 of ") {
		t.Errorf("the filter says %q", got)
	}
	if got := value[int](b, `[...document.querySelectorAll("tr.section")].filter((row) => row.checkVisibility()).length`); got != 1 {
		t.Errorf("%d headings of sections are shown, want 1", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), " nothing has this"))
	shows()
	if !value[bool](b, `document.getElementById("none").checkVisibility()`) {
		t.Error("that nothing matches is not said")
	}
	b.do(chromedp.Click(chromedp.CSS("button[type=reset]")))
	b.do(chromedp.Poll[chromedp.Void](`document.getElementById("none").hidden`))
	b.do(chromedp.Click(chromedp.CSS("#wanting")))
	b.do(chromedp.Click(chromedp.CSS("input[name=level][value=must]")))
	shows("fcgi/robustness/short", "fcgi/5.4/abort")
	// The space bar is enough.
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=level][value=robustness]"), " "))
	shows("fcgi/5.4/abort")
}

func reveals(_ *testing.T, b *browser) {
	b.do(chromedp.Click(chromedp.CSS("input[name=state][value=warn]")))
	b.do(chromedp.Click(chromedp.CSS(`a[href="#t1-warn-fcgi_5.4_abort"]`)))
	b.do(chromedp.Poll[chromedp.Void](`document.getElementById("t1-warn-fcgi_5.4_abort").checkVisibility()`))
}

func narrow(t *testing.T, b *browser) {
	defer b.do(chromedp.EmulateViewport(1200, 900))
	b.do(chromedp.EmulateViewport(400, 800))
	b.do(chromedp.Evaluate[chromedp.Void](`for (const d of document.querySelectorAll("details")) d.open = true`))
	if got := value[int](b, `document.documentElement.scrollWidth`); got > 400 {
		t.Errorf("on 400 pixels the page is %d wide", got)
	}
}

// contrastScript finds the texts with less contrast to what is behind them than
// WCAG 2.2 wants of ordinary text, 4.5 to 1.
const contrastScript = `(() => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = numbers(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  for (const d of document.querySelectorAll("details")) d.open = true;
  const bad = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [luminance(numbers(getComputedStyle(e).color)), luminance(behind(e))].sort((a, b) => b - a);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
  }
  return [...bad];
})()`

func contrast(t *testing.T, b *browser) {
	defer b.do(media(""))
	paper := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		b.do(media(scheme))
		for _, bad := range value[[]string](b, contrastScript) {
			t.Errorf("%s: too little contrast: %s", scheme, bad)
		}
		paper[value[string](b, `getComputedStyle(document.body).backgroundColor`)] = true
	}
	if len(paper) != 2 {
		t.Errorf("the page looks the same in both schemes: %v", paper)
	}
}

func accessible(t *testing.T, b *browser) {
	for what, script := range map[string]string{
		"inputs without a label":      `[...document.querySelectorAll("input")].filter((i) => !i.labels.length).length`,
		"tables without headings":     `[...document.querySelectorAll("table")].filter((t) => !t.querySelector("thead th[scope=col]")).length`,
		"headings that skip a level":  `[...document.querySelectorAll("h1,h2,h3,h4")].map((h) => +h.tagName[1]).filter((n, i, all) => i && n > all[i - 1] + 1).length`,
		"verdicts without a word":     `[...document.querySelectorAll(".badge")].filter((b) => !/[a-z]{3}|n\/a/.test(b.textContent)).length`,
		"links without a text":        `[...document.querySelectorAll("a")].filter((a) => !a.textContent.trim()).length`,
		"pages without a language":    `document.documentElement.lang ? 0 : 1`,
		"marks without an underline":  `[...document.querySelectorAll("mark")].filter((m) => !getComputedStyle(m).textDecoration.includes("underline")).length`,
		"elements out of the tab row": `document.querySelectorAll("[tabindex]").length`,
	} {
		if n := value[int](b, script); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := value[int](b, `document.querySelectorAll("mark").length`); n == 0 {
		t.Error("nothing is marked")
	}
}

func scriptless(t *testing.T, b *browser) {
	defer b.do(scripts(false))
	b.do(scripts(true))
	b.do(chromedp.Navigate(b.url))
	if value[bool](b, `document.getElementById("filter").checkVisibility()`) {
		t.Error("a filter is shown that can't work")
	}
	if got, all := len(value[[]string](b, shownCases)), value[int](b, allCases); got != all || all == 0 {
		t.Errorf("%d of %d cases are shown", got, all)
	}
	if text := value[string](b, `document.body.innerText`); !strings.Contains(text, "expected request id 256") {
		t.Error("the failures can't be read")
	}
}
