package reference

import (
	"fmt"
	"strings"
	"time"
)

// Stall is a server that now and then answers nobody, as one does that collects
// garbage or waits for a lock: whoever asks within a stall waits to its end.
//
// A stall begins whenever Every divides the time since 1970, so that all
// processes of a server stall together, and a load generator knows when.
type Stall struct{ For, Every time.Duration }

// ParseStall reads a Stall such as 1s@10s: one second of every ten.
func ParseStall(text string) (Stall, error) {
	length, period, found := strings.Cut(text, "@")
	if !found {
		return Stall{}, badStall(text, "it has no @")
	}
	var s Stall
	var err error
	if s.For, err = time.ParseDuration(length); err != nil || s.For <= 0 {
		return Stall{}, badStall(text, fmt.Sprintf("%q is no length of time", length))
	}
	if s.Every, err = time.ParseDuration(period); err != nil || s.Every <= s.For {
		return Stall{}, badStall(text, fmt.Sprintf("%q is no longer time than %s", period, length))
	}
	return s, nil
}

func badStall(text, reason string) error {
	return fmt.Errorf("stall %q: %s; a good one is 1s@10s, one second of every ten", text, reason)
}

// String is what ParseStall reads.
func (s Stall) String() string { return s.For.String() + "@" + s.Every.String() }

// Handler is h behind the stalls. The zero Stall has none.
func (s Stall) Handler(h Handler) Handler {
	if s.For <= 0 || s.Every <= 0 {
		return h
	}
	return HandlerFunc(func(w *Response, r *Request) {
		if left := s.left(time.Now()); left > 0 && !waited(r, left) {
			w.Silence()
			return
		}
		h.Respond(w, r)
	})
}

// left is how long a stall goes on, 0 between them.
func (s Stall) left(now time.Time) time.Duration {
	return max(0, s.For-time.Duration(now.UnixNano()%int64(s.Every)))
}
