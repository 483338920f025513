package reports

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// LoadProgress tells of a run while it lasts: on a terminal as a block that is
// drawn again each second, else as a line now and then; and of each round that
// ended, as a line that stays. Its methods may be called at the same time.
type LoadProgress struct {
	W        io.Writer
	Terminal bool // W is one
	Quiet    bool // nothing is told
	Width    int  // of the terminal; 0 is defaultWidth
	Plan     result.Plan
	Subjects int // how many there are: 0 is one

	mu     sync.Mutex
	closed bool
	ended  int // how many rounds
	round  roundSoFar
	drawn  int // lines of the block, on the terminal
}

// Round begins a round of a subject: the n-th of so many. The 0th is its
// warm-up.
func (p *LoadProgress) Round(subject string, n, of int) {
	p.do(func() {
		whole := p.Plan.Duration
		if n == 0 {
			whole = p.Plan.Warmup
		}
		p.begin(roundSoFar{subject: clean(subject), n: n, of: of, whole: whole})
	})
}

// Try begins a search's n-th try, of such a length. Nobody knows how many there
// will be.
func (p *LoadProgress) Try(subject string, n int, whole time.Duration) {
	p.do(func() { p.begin(roundSoFar{subject: clean(subject), n: n, whole: whole}) })
}

func (p *LoadProgress) begin(r roundSoFar) {
	p.round = r
	p.draw()
}

// Instant tells of a second of the round.
func (p *LoadProgress) Instant(i result.Instant) {
	p.do(func() {
		p.round.add(i)
		if p.Terminal {
			p.draw()
			return
		}
		p.round.window.add(i)
		if p.round.window.length() >= plainEvery {
			fmt.Fprintln(p.W, p.round.name()+", "+p.round.plain())
			p.round.window = window{from: i.At}
		}
	})
}

// plainEvery is how often a line is written where there is no terminal.
const plainEvery = 5 * time.Second

// Done ends the round: a line of it stays, but for a warm-up.
func (p *LoadProgress) Done(r result.Round) {
	p.do(func() {
		p.erase()
		if p.round.warmsUp() {
			return
		}
		p.ended++
		fmt.Fprintln(p.W, p.round.name()+": "+roundWords(r))
	})
}

// Close takes the block away and gives the cursor back. It may be called again,
// and nothing is told after it.
func (p *LoadProgress) Close() {
	p.do(func() {
		p.erase()
		p.closed = true
	})
}

func (p *LoadProgress) do(tell func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.Quiet && !p.closed {
		tell()
	}
}

func (p *LoadProgress) width() int {
	if p.Width <= 0 {
		return defaultWidth
	}
	return p.Width
}

// roundWords are a round that ended, in a line.
func roundWords(r result.Round) string {
	if r.Requests == 0 {
		return "no request ended"
	}
	h, err := histogramOf(r.Response)
	if err != nil {
		return clean(err.Error())
	}
	answered := float64(r.Succeeded) / max(r.AnsweringTime().Seconds(), 1e-9)
	rate := rateWords(answered)
	if answered < rateShort*r.RateAsked {
		rate += " of " + rateWords(r.RateAsked)
	}
	failed := "no errors"
	if n := r.Requests - r.Succeeded; n > 0 {
		failed = fmt.Sprintf("%s failed", percent(float64(n)/float64(r.Requests)))
	}
	return fmt.Sprintf("%s a second, p50 %s, p99 %s, max %s, %s", rate,
		shortTime(percentileAt(h, 50)), shortTime(percentileAt(h, 99)), shortTime(percentileAt(h, 100)), failed)
}
