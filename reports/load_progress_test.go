package reports_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// instantAt is a second in which 1990 of 2000 requests were answered well.
func instantAt(second int) result.Instant {
	return result.Instant{At: time.Duration(second) * time.Second, Asked: 2000, Sent: 2000, Done: 2000, Failed: 10,
		Errors: map[string]int64{"backlog full": 10}, Connections: 8, P50: 800 * time.Microsecond, P99: 4 * time.Millisecond, Max: time.Duration(second) * 10 * time.Millisecond}
}

// played is a run of one warm-up and two rounds of five seconds.
func played(p *reports.LoadProgress) {
	p.Plan = healthyLoad().Plan
	p.Plan.Rounds = 2
	p.Round("prefork", 0, 2)
	p.Instant(instantAt(1))
	p.Done(healthyRound())
	for n := 1; n <= 2; n++ {
		p.Round("prefork", n, 2)
		for second := 1; second <= 5; second++ {
			p.Instant(instantAt(second))
		}
		r := healthyRound()
		r.Succeeded -= 50
		p.Done(r)
	}
}

func TestWithoutATerminalProgressIsLines(t *testing.T) {
	var b bytes.Buffer
	p := &reports.LoadProgress{W: &b}
	played(p)
	p.Close()
	golden(t, "load-progress.txt", b.String())
}

// TestASecondWithoutAnswersHasNoLatency: a server that stalls does not answer in
// no time.
func TestASecondWithoutAnswersHasNoLatency(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var b bytes.Buffer
		p := &reports.LoadProgress{W: &b, Terminal: terminal}
		p.Round("prefork", 1, 1)
		for second := range 6 {
			p.Instant(result.Instant{At: time.Duration(second+1) * time.Second, Sent: 10})
		}
		if text := b.String(); !strings.Contains(text, "no request ended") || strings.Contains(text, "p50 0") {
			t.Errorf("terminal %v: %q", terminal, text)
		}
	}
}

func TestQuietProgressIsNothing(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var b bytes.Buffer
		p := &reports.LoadProgress{W: &b, Quiet: true, Terminal: terminal}
		played(p)
		p.Close()
		if b.Len() > 0 {
			t.Errorf("terminal %v: %q is written", terminal, b.String())
		}
	}
}

func TestTheLiveViewIsTheGoldenOne(t *testing.T) {
	var shown strings.Builder
	for _, width := range []int{120, 80, 60, 40, 30, 12} {
		var b bytes.Buffer
		p := &reports.LoadProgress{W: &b, Terminal: true, Width: width}
		p.Plan = healthyLoad().Plan
		p.Plan.Rounds = 2
		p.Round("prefork", 1, 2)
		p.Instant(instantAt(1))
		p.Done(healthyRound())
		p.Round("prefork", 2, 2)
		p.Instant(instantAt(1))
		p.Instant(instantAt(2))
		fmt.Fprintf(&shown, "%d columns:\n%s\n\n", width, strings.Join(newTerminal(t, width).write(b.String()).rows, "\n"))
	}
	golden(t, "load-live.txt", shown.String())
}

// TestANarrowTerminalKeepsWhatMatters: which round it is, what is answered of
// what is asked, the slowest answers, and how many requests failed.
func TestANarrowTerminalKeepsWhatMatters(t *testing.T) {
	for _, width := range []int{40, 60, 80, 120} {
		var b bytes.Buffer
		p := &reports.LoadProgress{W: &b, Terminal: true, Width: width, Subjects: 2}
		p.Plan = healthyLoad().Plan
		p.Plan.Rounds = 12
		p.Round("fcgi+unix:/run/a-service-with-a-long-name/app.sock", 11, 12)
		i := instantAt(1)
		i.Asked, i.Failed = 100_000, 1000
		i.Sent, i.Done = 100_000, 100_000
		i.Errors = map[string]int64{"timeout with nothing read": 1000}
		p.Instant(i)
		rows := newTerminal(t, width).write(b.String()).rows
		for row, want := range []string{`^fcgi.*, round 11 of 12$`, `\b1 s of 5 s\b`, `\b99000 (answered$|of 100000 answered$)`, `\bp99 4.00 ms, max 10.0 ms\b`, `\b8\b`, `\b1 % .*timeout with`} {
			if !regexp.MustCompile(want).MatchString(rows[row]) {
				t.Errorf("%d columns: row %d is %q, want %s", width, row, rows[row], want)
			}
		}
	}
}

// TestATryIsAsLongAsItSays: the longer ones of a search are longer than the
// plan's.
func TestATryIsAsLongAsItSays(t *testing.T) {
	var b bytes.Buffer
	p := &reports.LoadProgress{W: &b, Terminal: true, Plan: result.Plan{SearchTo: 100, Duration: 2 * time.Second, Rounds: 1}}
	p.Try("prefork", 14, 6*time.Second)
	p.Instant(instantAt(3))
	rows := newTerminal(t, 80).write(b.String()).rows
	if rows[0] != "prefork, try 14" || !strings.HasSuffix(rows[1], "] 3 s of 6 s") {
		t.Errorf("it shows %q", rows[:2])
	}
}

func TestTheLiveViewLeavesNothingBehind(t *testing.T) {
	for _, width := range []int{80, 30, 2} {
		var b bytes.Buffer
		p := &reports.LoadProgress{W: &b, Terminal: true, Width: width}
		played(p)
		p.Round("prefork", 3, 3)
		p.Instant(instantAt(1))
		p.Close()
		once := b.Len()
		p.Close()
		p.Instant(instantAt(2))
		p.Round("prefork", 4, 4)
		p.Done(healthyRound())
		if b.Len() > once {
			t.Errorf("width %d: after its end there came %q", width, b.String()[once:])
		}
		screen := newTerminal(t, width).write(b.String())
		if screen.hidden || screen.noWrap {
			t.Errorf("width %d: the cursor is hidden (%v), or lines don't wrap (%v)", width, screen.hidden, screen.noWrap)
		}
		if rows := slices.DeleteFunc(screen.rows, func(r string) bool { return r == "" }); len(rows) != 2 {
			t.Errorf("width %d: what stays is\n%s\nwant a line for each round", width, strings.Join(rows, "\n"))
		}
	}
}

func TestProgressMayBeToldByAnyone(t *testing.T) {
	var b bytes.Buffer
	p := &reports.LoadProgress{W: &b, Terminal: true}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { played(p) })
	}
	all.Go(p.Close)
	all.Wait()
	if screen := newTerminal(t, 80).write(b.String()); screen.hidden {
		t.Error("the cursor is hidden")
	}
}

// terminal is as much of one as the live view needs. It fails on all else. What
// stays is wrapped by a real one, and stands in a row here.
type terminal struct {
	t              *testing.T
	width, row     int
	rows           []string
	hidden, noWrap bool
}

func newTerminal(t *testing.T, width int) *terminal {
	return &terminal{t: t, width: width, rows: []string{""}}
}

var control = regexp.MustCompile(`^\x1b\[([?0-9]*)([A-Za-z])`)

func (s *terminal) write(text string) *terminal {
	for text != "" {
		switch m := control.FindStringSubmatch(text); {
		case m != nil:
			s.control(m[1], m[2])
			text = text[len(m[0]):]
		case text[0] == '\r':
			text = text[1:]
		case text[0] == '\n':
			s.row++
			if s.row == len(s.rows) {
				s.rows = append(s.rows, "")
			}
			text = text[1:]
		default:
			end := strings.IndexAny(text, "\x1b\r\n")
			s.put(text[:end])
			text = text[end:]
		}
	}
	return s
}

// put writes a line from its beginning: the live view does no other.
func (s *terminal) put(line string) {
	if utf8.RuneCountInString(line) >= s.width && s.noWrap {
		s.t.Errorf("%q is as wide as the terminal, %d, and is cut", line, s.width)
	}
	if s.rows[s.row] != "" {
		s.t.Errorf("%q is written over %q", line, s.rows[s.row])
	}
	s.rows[s.row] = line
}

func (s *terminal) control(argument, command string) {
	switch argument + command {
	case "?25l", "?25h":
		s.hidden = command == "l"
	case "?7l", "?7h":
		s.noWrap = command == "l"
	case "2K":
		s.rows[s.row] = ""
	case "J":
		s.rows = append(s.rows[:s.row], "")
	default:
		n, err := strconv.Atoi(argument)
		if command != "A" || err != nil || n > s.row {
			s.t.Fatalf("ESC [ %s %s, in row %d", argument, command, s.row)
		}
		s.row -= n
	}
}
