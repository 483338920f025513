package reports

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// What a terminal does: lines that are longer than it are cut while the block is
// drawn, so that the block has as many lines after its window was made smaller.
const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	wrapOff    = "\x1b[?7l"
	wrapOn     = "\x1b[?7h"
	lineUp     = "\x1b[%dA"
	clearLine  = "\x1b[2K"
	clearBelow = "\x1b[J"
)

// draw draws the block over the one that stands there, in one write, so that
// half of it is never seen.
func (p *LoadProgress) draw() {
	if !p.Terminal {
		return
	}
	var b strings.Builder
	b.WriteString(hideCursor + wrapOff + p.up())
	lines := p.block()
	for _, line := range lines {
		b.WriteString(clearLine + line + "\n")
	}
	b.WriteString(clearBelow + wrapOn)
	p.drawn = len(lines)
	fmt.Fprint(p.W, b.String())
}

// cut is a line that is shorter than the terminal is wide: in the last column
// some begin a new one.
func (p *LoadProgress) cut(line string) string {
	const dotted = 12 // on a narrower one each column counts
	runes := []rune(line)
	if n := max(p.width()-1, 1); n < dotted && len(runes) > n {
		return string(runes[:n])
	}
	return shorten(line, p.width()-1)
}

// erase takes the block away.
func (p *LoadProgress) erase() {
	if p.drawn == 0 {
		return
	}
	fmt.Fprint(p.W, p.up()+clearBelow+showCursor)
	p.drawn = 0
}

func (p *LoadProgress) up() string {
	if p.drawn == 0 {
		return "\r"
	}
	return "\r" + fmt.Sprintf(lineUp, p.drawn)
}

// fitting is the first of a line's forms that the terminal has room for; where
// there is none, as much of the last as it has.
func (p *LoadProgress) fitting(forms ...string) string {
	for _, form := range forms {
		if utf8.RuneCountInString(form) < p.width() {
			return form
		}
	}
	return p.cut(forms[len(forms)-1])
}

// block are the lines of the live view. On a narrow terminal each leaves out what
// matters least.
func (p *LoadProgress) block() []string {
	r := &p.round
	lines := []string{p.title(), p.bar()}
	if r.last.At == 0 {
		return lines
	}
	return append(lines, p.rates(), p.response(),
		p.fitting(fmt.Sprintf("  connections  %d", r.last.Connections), fmt.Sprintf("  %s", number(r.last.Connections, "connection"))),
		p.failures())
}

// title is the subject, as much of it as there is room for, and which of its
// rounds this is.
func (p *LoadProgress) title() string {
	const least = 6 // of a subject: fewer letters tell nothing
	turn := p.round.turn()
	forms := []string{p.round.name()}
	if room := p.width() - 1 - utf8.RuneCountInString(", "+turn); room >= least {
		forms = append(forms, shorten(p.round.subject, room)+", "+turn)
	}
	return p.fitting(append(forms, turn)...)
}

// rates are those of the last second.
func (p *LoadProgress) rates() string {
	r := &p.round
	answered, asked, of := perSecond(r.last.Done-r.last.Failed, r.second), "", ""
	if r.last.Asked > 0 {
		asked, of = rateWords(r.last.Asked)+" asked, ", " of "+rateWords(r.last.Asked)
	}
	return p.fitting(
		fmt.Sprintf("  a second     %s%s sent, %s answered", asked, perSecond(r.last.Sent, r.second), answered),
		fmt.Sprintf("  a second     %s%s answered", answered, of),
		fmt.Sprintf("  %s%s answered", answered, of),
		fmt.Sprintf("  %s answered", answered))
}

func (p *LoadProgress) response() string {
	r := &p.round
	latencies := r.latencies(r.last.Max)
	forms := []string{"  response     " + latencies + " in the last second", "  response     " + latencies, "  " + latencies}
	if r.last.Done > 0 {
		forms = append(forms, "  p99 "+shortTime(r.last.P99)+", max "+shortTime(r.last.Max), "  p99 "+shortTime(r.last.P99))
	}
	return p.fitting(forms...)
}

// failures are those of the round so far.
func (p *LoadProgress) failures() string {
	r := &p.round
	if r.failed == 0 {
		return p.fitting("  errors       none", "  no errors")
	}
	share, causes := percent(float64(r.failed)/float64(max(r.done, 1))), countsWords(r.errors)
	return p.fitting(
		fmt.Sprintf("  errors       %s of %d (%s)", share, r.done, causes),
		fmt.Sprintf("  errors       %s (%s)", share, causes),
		fmt.Sprintf("  %s failed (%s)", share, causes))
}

const (
	barWidth    = 30
	barNarrow   = 10
	barComments = 45 // columns beside it
)

// bar is how far the round is, and how long the run still takes.
func (p *LoadProgress) bar() string {
	share, words := p.share()
	width := barWidth
	if p.width() < barWidth+barComments {
		width = barNarrow
	}
	full := int(share * float64(width))
	bar := fmt.Sprintf("  [%s%s]", strings.Repeat("#", full), strings.Repeat("-", width-full))
	if words == "" {
		return p.fitting(bar)
	}
	left := p.left(share)
	return p.fitting(bar+" "+words+left, "  "+words+left, "  "+words)
}

// share is how much of the round is over, from 0 to 1.
func (p *LoadProgress) share() (share float64, words string) {
	at, whole := p.round.last.At, p.round.whole
	if whole > 0 {
		share = min(1, at.Seconds()/whole.Seconds())
		words = fmt.Sprintf("%s of %s", longTime(at), longTime(whole))
	}
	if n := p.Plan.Requests; n > 0 && !p.round.warmsUp() {
		if byCount := min(1, float64(p.round.done)/float64(n)); byCount >= share {
			return byCount, fmt.Sprintf("%d of %d requests", p.round.done, n)
		}
	}
	return share, words
}

// left is how long the rest of the run takes, where that is known: of rounds
// with a duration, and more than one.
func (p *LoadProgress) left(share float64) string {
	all := max(p.Subjects, 1) * p.Plan.Rounds
	if p.Plan.Duration == 0 || p.Plan.Requests > 0 || p.Plan.SearchTo > 0 || all < 2 {
		return ""
	}
	open := float64(all - p.ended)
	if !p.round.warmsUp() {
		open -= share
	}
	return fmt.Sprintf(", %s left in all", longTime(time.Duration(max(open, 0)*float64(p.Plan.Duration)).Round(time.Second)))
}
