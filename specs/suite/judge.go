package suite

import (
	"fmt"
	"runtime/debug"

	"github.com/fcgikit/fcgikit/reports/result"
)

// judge makes of how a case ended its verdict.
func (s *session) judge(res *result.Result, c *Case, t *T, ended any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	noted := ""
	switch e := ended.(type) {
	case nil:
		res.Verdict = result.Pass
	case failure:
		if c.Level == May || c.Level == Robustness {
			res.Verdict, noted = result.Pass, e.message
			break
		}
		broken(res, c, e.message)
	case hang:
		if c.Level == May { // who leaves an option out may be silent
			res.Verdict, noted = result.Pass, e.message
			break
		}
		broken(res, c, e.message)
		res.Kind, res.Hang = result.Hang, s.hangForm(t)
	case missing:
		res.Verdict, res.Message = result.Untested, e.reason
	case spent:
		res.Verdict = result.Untested
		res.Message = fmt.Sprintf("its %v ran out before its end: raise -timeout-scale", t.Within(c.budget()))
	case declared:
		res.Verdict, res.Message = result.NA, e.evidence
	case lost:
		broken(res, c, fmt.Sprintf("%s\n%v", accepted, e.err))
		res.Verdict, res.Kind = result.Fail, result.Crash
	default:
		res.Verdict, res.Message = result.Error, fmt.Sprintf("%v\n%s", e, debug.Stack())
	}
	res.Note = notes(append(t.notes, noted)...)
	if res.Broken() || res.Verdict == result.Error {
		res.Bytes, res.Mark = t.events, t.marked()
	}
	if res.Verdict == result.NA {
		res.Bytes = t.events
	}
}

// accepted is the check of every connection.
const accepted = "the server accepts a connection"

// broken is a rule broken: of a should it is a warning.
func broken(res *result.Result, c *Case, message string) {
	res.Verdict, res.Message, res.Check = result.Fail, message, firstLine(message)
	if c.Level == Should {
		res.Verdict = result.Warn
	}
}

// hangForm tells how the connection hung on which nothing more came.
func (s *session) hangForm(t *T) result.HangForm {
	c := t.quiet
	switch {
	case c == nil:
		return ""
	case c.taken == 0 && len(c.in) == 0:
		return result.Silent
	case s.face.Partial(c.in):
		return result.Stalled
	}
	return result.Unended
}

// marked is what the failure is about: what the case marked, else the last that
// came, else the last that was sent.
func (t *T) marked() *result.Mark {
	if t.mark != nil || len(t.events) == 0 {
		return t.mark
	}
	last := len(t.events) - 1
	for i := last; i >= 0; i-- {
		if !t.events[i].Sent && len(t.events[i].Bytes) > 0 {
			last = i
			break
		}
	}
	e := t.events[last]
	return &result.Mark{Connection: e.Connection, Sent: e.Sent, Offset: e.Offset, Length: len(e.Bytes)}
}
