package suite

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// lineServer answers each line with "ok"; "die" ends it until it is revived, and
// "half" is answered by half a line.
type lineServer struct {
	one  bool // connection at a time
	mu   sync.Mutex
	path string
	l    net.Listener
	most atomic.Int32 // connections at once
	now  atomic.Int32
}

func (s *lineServer) start(t *testing.T) client.Target {
	t.Helper()
	s.path = filepath.Join(t.TempDir(), "s")
	s.revive()
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.l.Close()
	})
	return client.Target{Protocol: client.SCGI, Network: "unix", Address: s.path}
}

func (s *lineServer) revive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := net.Listen("unix", s.path)
	if err != nil {
		panic(err)
	}
	s.l = l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if s.one {
				s.serve(l, c)
				continue
			}
			go s.serve(l, c)
		}
	}()
}

func (s *lineServer) serve(l net.Listener, c net.Conn) {
	defer c.Close()
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	defer s.now.Add(-1)
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if lines.Text() == "die" {
			l.Close()
			return
		}
		if lines.Text() == "half" {
			fmt.Fprint(c, "o")
			continue
		}
		fmt.Fprintln(c, "ok")
	}
}

// lineFace is that server's protocol.
type lineFace struct{}

func (lineFace) Plain(t *T) (Server, error) {
	c := t.Dial()
	c.Send([]byte("hello\n"))
	if end, more := c.More(defaultBudget); !more {
		return Server{}, fmt.Errorf("no answer: %s", end)
	}
	return Server{Probe: true, Can: []string{"juggle"}, Name: "lines"}, nil
}

func caseOf(id string, level Level, run func(t *T)) *Case {
	return &Case{ID: "scgi/" + id, Level: level, Title: "title", Rule: "rule", Section: "section", Hurts: level == Robustness, Run: run}
}

func verdicts(t *testing.T, s *lineServer, o Options, cases ...*Case) map[string]result.Result {
	t.Helper()
	found, err := Run(t.Context(), s.start(t), cases, lineFace{}, o)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]result.Result{}
	for _, r := range found.Results {
		all[strings.TrimPrefix(r.ID, "scgi/")] = r
	}
	return all
}

func TestHowACaseEndsIsItsVerdict(t *testing.T) {
	got := verdicts(t, &lineServer{}, Options{},
		caseOf("passes", Must, func(t *T) { t.Note("seen") }),
		caseOf("must", Must, func(t *T) { t.Fail("the check\nmore") }),
		caseOf("gomega", Must, func(t *T) { t.Expect(1).To(equalTwo{}, "one is two") }),
		caseOf("should", Should, func(t *T) { t.Fail("the check") }),
		caseOf("may", May, func(t *T) { t.Fail("the check") }),
		caseOf("hangs", Must, func(t *T) { t.Hang("it answers") }),
		caseOf("may-hang", May, func(t *T) { t.Hang("it answers") }),
		caseOf("untested", Must, func(t *T) { t.Untested("why") }),
		caseOf("na", Must, func(t *T) { t.NA("01 02") }),
		caseOf("breaks", Must, func(*T) { panic("the case's own mistake") }),
	)
	for id, want := range map[string]result.Verdict{
		FirstID: result.Pass, "passes": result.Pass, "must": result.Fail, "gomega": result.Fail, "should": result.Warn,
		"may": result.Pass, "hangs": result.Fail, "may-hang": result.Pass, "untested": result.Untested, "na": result.NA, "breaks": result.Error,
	} {
		if got[id].Verdict != want {
			t.Errorf("%s: %s, want %s (%s)", id, got[id].Verdict, want, got[id].Message)
		}
	}
	if r := got["must"]; r.Check != "the check" || r.Message != "the check\nmore" {
		t.Errorf("%+v", r)
	}
	if got["passes"].Note != "seen" || got["may"].Note != "the check" || got["hangs"].Kind != result.Hang {
		t.Errorf("%+v %+v %+v", got["passes"], got["may"], got["hangs"])
	}
}

// equalTwo is a matcher of Gomega's that nothing but 2 matches.
type equalTwo struct{}

func (equalTwo) Match(actual any) (bool, error)          { return actual == 2, nil }
func (equalTwo) FailureMessage(actual any) string        { return "expected 2" }
func (equalTwo) NegatedFailureMessage(actual any) string { return "expected none" }

func TestACrashIsFoundByTheCanary(t *testing.T) {
	die := func(t *T) { t.Dial().Send([]byte("die\n")).More(defaultBudget) }
	revived := &lineServer{}
	got := verdicts(t, revived, Options{Restart: func(context.Context) error { revived.revive(); return nil }},
		caseOf("kills", Robustness, die), caseOf("harmless", Robustness, func(*T) {}))
	if r := got["kills"]; r.Verdict != result.Fail || r.Kind != result.Crash {
		t.Errorf("%+v", r)
	}
	if got["harmless"].Verdict != result.Pass {
		t.Errorf("%+v", got["harmless"])
	}
}

func TestWithoutAnAnswerToTheFirstRequestNothingIsTested(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	target := client.Target{Protocol: client.SCGI, Network: "unix", Address: l.Addr().String()}
	found, err := Run(t.Context(), target, []*Case{caseOf("a", Must, func(*T) {})}, lineFace{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := result.Count(found.Results)
	if n[result.Fail] != 1 || n[result.Untested] != 1 || result.ExitCode(found.Results, false) != result.ExitNotConforming {
		t.Errorf("%v", found.Results)
	}
}

func TestATargetThatIsNotThereIsAnError(t *testing.T) {
	target := client.Target{Protocol: client.SCGI, Network: "unix", Address: filepath.Join(t.TempDir(), "none")}
	if _, err := Run(t.Context(), target, nil, lineFace{}, Options{}); err == nil {
		t.Error("no error")
	}
}

func TestWhatACaseNeedsAndTheServerLacks(t *testing.T) {
	needs := caseOf("needs", Must, func(*T) {})
	needs.Needs = Needs{Probe: true, Can: []string{"fly"}}
	can := caseOf("can", Must, func(*T) {})
	can.Needs = Needs{Probe: true, Can: []string{"juggle"}}
	got := verdicts(t, &lineServer{}, Options{}, needs, can)
	if r := got["needs"]; r.Verdict != result.Untested || !strings.Contains(r.Message, `"fly"`) {
		t.Errorf("%+v", r)
	}
	if got["can"].Verdict != result.Pass {
		t.Errorf("%+v", got["can"])
	}
}

func TestTheSameSeedIsTheSameOrderAndBytes(t *testing.T) {
	run := func(seed int64) (order []string) {
		var cases []*Case
		for i := range 8 {
			cases = append(cases, caseOf(fmt.Sprintf("c%d", i), Must, func(t *T) { t.Note("%d", t.Random().Uint64()) }))
		}
		for _, r := range orderOf(t, seed, cases) {
			order = append(order, r.ID+" "+r.Note)
		}
		return order
	}
	a, b, c := run(7), run(7), run(8)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("%v\n%v\n%v", a, b, c)
	}
}

func orderOf(t *testing.T, seed int64, cases []*Case) []result.Result {
	found, err := Run(t.Context(), new(lineServer).start(t), cases, lineFace{}, Options{Seed: seed, Parallel: 1})
	if err != nil {
		t.Fatal(err)
	}
	return found.Results
}

func TestEveryCutIsTheSameBytes(t *testing.T) {
	pieces := [][]byte{[]byte("header: and content"), []byte("short"), make([]byte, 5000)}
	want := bytes.Join(pieces, nil)
	for _, cut := range Cuts {
		var got []byte
		for _, b := range (Variant{cut: cut}).pieces(&T{random: randomOf(1, cut.Name)}, pieces) {
			got = append(got, b...)
		}
		if string(got) != string(want) {
			t.Errorf("%q: %d bytes, want %d", cut.Name, len(got), len(want))
		}
	}
}

func TestSelection(t *testing.T) {
	var r Registry
	for _, c := range []*Case{caseOf("a/one", Must, func(*T) {}), caseOf("a/two", Should, func(*T) {}), caseOf("b/one", Robustness, func(*T) {})} {
		r.Add(*c)
	}
	slow := caseOf("b/slow", Must, func(*T) {})
	slow.Slow = true
	r.Add(*slow)
	for want, s := range map[string]Selection{
		"a/one a/two b/one": {},
		"a/one a/two":       {Run: []string{"scgi/a"}},
		"a/one b/one":       {Run: []string{"scgi/*/one"}},
		"b/one":             {Skip: []string{"scgi/a"}},
		"a/two":             {Levels: []Level{Should}},
		"b/one b/slow":      {Run: []string{"scgi/b"}, Thorough: true},
		"":                  {Protocol: client.AJP},
	} {
		cases, err := r.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, c := range cases {
			ids = append(ids, strings.TrimPrefix(c.ID, "scgi/"))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
	if _, err := r.Select(Selection{Skip: []string{"scgi/c"}}); err == nil {
		t.Error("a pattern that matches nothing is no error")
	}
}

func TestAnIncompleteCaseIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Case){
		"id":      func(c *Case) { c.ID = "Wrong id" },
		"rule":    func(c *Case) { c.Rule = "" },
		"level":   func(c *Case) { c.Level = "often" },
		"hurts":   func(c *Case) { c.Level, c.Hurts = Robustness, false },
		"hostile": func(c *Case) { c.Hostile = true },
	} {
		c := caseOf("a", Must, func(*T) {})
		spoil(c)
		if c.check() == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

// Partial is an unfinished line.
func (lineFace) Partial(b []byte) bool { return len(b) > 0 && b[len(b)-1] != '\n' }

func TestHangsAreToldApart(t *testing.T) {
	s := &lineServer{}
	hangs := func(send string) func(*T) {
		return func(t *T) {
			c := t.Dial()
			c.Send([]byte(send))
			for more := true; more; _, more = c.More(50 * time.Millisecond) {
			}
			t.Hang("the answer ends")
		}
	}
	got := verdicts(t, s, Options{},
		caseOf("silent", Must, hangs("no line")), caseOf("stalled", Must, hangs("half\n")), caseOf("unended", Must, hangs("a line\n")))
	for id, want := range map[string]result.HangForm{"silent": result.Silent, "stalled": result.Stalled, "unended": result.Unended} {
		if got[id].Kind != result.Hang || got[id].Hang != want {
			t.Errorf("%s: %s %q, want %q", id, got[id].Kind, got[id].Hang, want)
		}
	}
}

func TestAServerOfOneConnectionAtATimeIsProbedSerially(t *testing.T) {
	s := &lineServer{one: true}
	var cases []*Case
	for i := range 6 {
		cases = append(cases, caseOf(fmt.Sprintf("c%d", i), Must, func(t *T) {
			c := t.Dial()
			c.Send([]byte("hello\n"))
			if _, more := c.More(defaultBudget); !more {
				t.Hang("an answer")
			}
			c.More(20 * time.Millisecond)
		}))
	}
	two := caseOf("two", Must, func(*T) {})
	two.Needs.Concurrent = true
	got := verdicts(t, s, Options{}, append(cases, two)...)
	for id, r := range got {
		if id != "two" && r.Verdict != result.Pass {
			t.Errorf("%s: %s %s", id, r.Verdict, r.Message)
		}
	}
	if got["two"].Verdict != result.Untested {
		t.Errorf("%+v", got["two"])
	}
	if s.most.Load() > 1 {
		t.Errorf("%d connections were served at once", s.most.Load())
	}
}

func TestCasesOneByOneMayNeedTwoConnections(t *testing.T) {
	s := &lineServer{}
	two := caseOf("two", Must, func(*T) {})
	two.Needs.Concurrent = true
	if got := verdicts(t, s, Options{Parallel: 1}, two)["two"]; got.Verdict != result.Pass {
		t.Errorf("%s: %s", got.Verdict, got.Message)
	}
}

func TestACrashOfAHarmlessCaseIsItsOwn(t *testing.T) {
	s := &lineServer{}
	kills := caseOf("kills", Must, func(t *T) { t.Dial().Send([]byte("die\n")).More(defaultBudget) })
	cases := []*Case{kills}
	for i := range 12 {
		cases = append(cases, caseOf(fmt.Sprintf("c%d", i), Must, func(t *T) { t.Dial().Send([]byte("hello\n")).More(defaultBudget) }))
	}
	got := verdicts(t, s, Options{Restart: func(context.Context) error { s.revive(); return nil }}, cases...)
	for id, r := range got {
		if want := id == "kills"; (r.Verdict == result.Fail) != want {
			t.Errorf("%s: %s %s", id, r.Verdict, r.Message)
		}
	}
	if got["kills"].Kind != result.Crash {
		t.Errorf("%+v", got["kills"])
	}
}

func TestACrashThatLastsIsToldOnce(t *testing.T) {
	kills := caseOf("kills", Must, func(t *T) { t.Dial().Send([]byte("die\n")).More(defaultBudget) })
	cases := []*Case{kills}
	for i := range 12 {
		cases = append(cases, caseOf(fmt.Sprintf("c%d", i), Must, func(t *T) { t.Dial().Send([]byte("hello\n")).More(defaultBudget) }))
	}
	found, err := Run(t.Context(), (&lineServer{}).start(t), cases, lineFace{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := result.Count(found.Results); n[result.Fail] != 1 {
		t.Errorf("%v", n)
	}
}

func TestAFailureBesideOthersIsTriedAlone(t *testing.T) {
	var tries atomic.Int32
	got := verdicts(t, &lineServer{}, Options{}, caseOf("once", Must, func(t *T) {
		if tries.Add(1) == 1 {
			t.Fail("the check")
		}
	}))
	if r := got["once"]; r.Verdict != result.Pass || !strings.Contains(r.Note, "beside") {
		t.Errorf("%+v", r)
	}
}

func TestACaseWithoutTimeLeftBlamesNobody(t *testing.T) {
	slow := caseOf("slow", Must, func(t *T) {
		t.Dial().More(time.Minute)
		t.Hang("an answer")
	})
	dials := caseOf("dials", Must, func(t *T) {
		time.Sleep(60 * time.Millisecond)
		t.Dial()
	})
	slow.Budget, dials.Budget = 50*time.Millisecond, 50*time.Millisecond
	for id, r := range verdicts(t, &lineServer{}, Options{}, slow, dials) {
		if id != FirstID && r.Verdict != result.Untested {
			t.Errorf("%s: %s %s", id, r.Verdict, r.Message)
		}
	}
}

func TestAxesAreTurnedOneAtATime(t *testing.T) {
	size := Axis{Name: "size", Values: []string{"1", "255"}}
	c := caseOf("turned", Must, func(t *T) { t.Note("%s", t.Value(size)) })
	c.Over = []Axis{size, {Name: "keep", Values: []string{"off", "on"}}}
	got := verdicts(t, &lineServer{}, Options{}, c)
	for id, want := range map[string]string{"turned": "1", "turned@size-255": "255", "turned@keep-on": "1"} {
		if got[id].Note != want {
			t.Errorf("%s: %+v", id, got[id])
		}
	}
	if n := len(c.Variants(true)); n != 3+len(Cuts)-1 {
		t.Errorf("%d variants when thorough", n)
	}
}
