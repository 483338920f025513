package load

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// hit is one request on its way. It is used again and again, with its context,
// which costs more to make than all the rest.
type hit struct {
	ctx      context.Context
	cancel   context.CancelFunc // nil where the Transport aborts
	exchange client.Exchange

	blueprint, req *http.Request // what it asked last, and that with its context

	planned, began, ended time.Duration // since the round began
	held                  time.Duration // of what it began late, for how long nothing could be sent
	scheduled             bool
	status                int // 0 where no answer came whole
	body                  int64
	cause                 Cause
}

// newHit gives each a context of its own. Where that can be cancelled it is not
// the round's, which each request would lock.
func newHit(ctx context.Context) *hit {
	h := &hit{}
	if ctx.Done() != nil {
		ctx, h.cancel = context.WithCancel(ctx)
	}
	h.ctx = client.WithExchange(ctx, &h.exchange)
	return h
}

// phases are how long each took. The one in which a request failed lasts to its
// end: that is where the time went.
func (h *hit) phases() (took [phaseCount]time.Duration) {
	for i := range took {
		took[i] = unreached
	}
	x := &h.exchange
	end := x.Began.Add(h.ended - h.began)
	switch {
	case x.Began.IsZero():
		if h.held > 0 {
			took[phaseQueue] = h.held
		}
	case x.GotConn.IsZero():
		took[phaseQueue] = h.queued()
		if x.ConnectTime > 0 {
			took[phaseConnect] = x.ConnectTime
		}
	default:
		took[phaseQueue] = h.queued()
		if !x.Reused {
			took[phaseConnect] = x.ConnectTime
		}
		between(took[phaseWrite:], x.GotConn, x.WroteHead, x.FirstByte, end)
	}
	return took
}

// queued is how long it waited for a connection, up to its end where it got none.
func (h *hit) queued() time.Duration {
	x := &h.exchange
	until := x.GotConn
	if until.IsZero() {
		until = x.Began.Add(h.ended - h.began)
	}
	return h.held + max(0, until.Sub(x.Began)-x.ConnectTime)
}

// service is from when it would have been sent: who is held up waits in the
// client's queue, to who looks at the books.
func (h *hit) service() time.Duration { return h.ended - h.began + h.held }

// lateness is how late it began by the generator's doing.
func (h *hit) lateness() time.Duration { return max(0, h.began-h.planned-h.held) }

// between is the times from each moment to the next, up to one that was not
// reached: until the last.
func between(took []time.Duration, at ...time.Time) {
	last := at[len(at)-1]
	for i, to := range at[1:] {
		reached := !to.IsZero()
		if !reached {
			to = last
		}
		took[i] = max(0, to.Sub(at[i]))
		if !reached {
			return
		}
	}
}

// RoundTrip stands between vegeta and the Transport. It reads the body itself,
// so that all of the exchange is seen here, and vegeta gets an empty one.
func (a *attack) RoundTrip(req *http.Request) (*http.Response, error) {
	seq, err := sequence(req)
	if err != nil {
		return nil, err
	}
	s := a.tally.shard(seq)
	h := s.take(a.hits)
	a.start(h, seq)
	resp, err := a.round.Transport.RoundTrip(a.request(h, seq))
	var digest uint64
	if err == nil {
		h.body, digest, err = drain(resp.Body)
		resp.Body = http.NoBody
	}
	h.ended = time.Since(a.began)
	if a.holdup != nil {
		a.holdup.end()
	}
	if err == nil {
		h.status = resp.StatusCode
	}
	h.cause = a.judge(h, seq, digest, err)
	a.tell(seq, h)
	s.book(h)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// sequence is vegeta's number of a hit.
func sequence(req *http.Request) (int64, error) {
	values := req.Header["X-Vegeta-Seq"]
	if len(values) != 1 {
		return 0, fmt.Errorf("a request of vegeta's has %d sequence numbers, want 1", len(values))
	}
	return strconv.ParseInt(values[0], 10, 64)
}

// start is the moment of the request's start, and when it was planned.
func (a *attack) start(h *hit, seq int64) {
	h.status, h.body = 0, 0
	h.exchange = client.Exchange{}
	h.began = time.Since(a.began)
	h.planned, h.held = h.began, 0
	if h.scheduled = a.round.Schedule != nil; !h.scheduled {
		return
	}
	h.planned = a.round.Schedule.At(seq)
	if h.held = max(0, min(a.holdup.took(seq, h.began), h.began-h.planned)); h.held > 0 {
		h.exchange.Due = a.began.Add(h.began - h.held)
	}
}

// judge is why the seq-th hit did not succeed.
func (a *attack) judge(h *hit, seq int64, digest uint64, err error) Cause {
	switch {
	case interrupted(a.ctx, err):
		return interruptedByUs
	case err != nil:
		return h.causeOf(err)
	case !a.round.goodStatus(h.status):
		return WrongStatus
	case !a.round.AnyBody && !a.answers.right(a.round.Targets, seq, digest):
		return WrongBody
	}
	return none
}

// reader drains a body. It is as long as the client reads past its own buffer.
type reader struct {
	hash maphash.Hash
	buf  [32 << 10]byte
}

var readers = sync.Pool{New: func() any {
	r := new(reader)
	r.hash.SetSeed(seed)
	return r
}}

// drain reads a body to its end.
func drain(body io.ReadCloser) (length int64, digest uint64, err error) {
	defer body.Close()
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.hash.Reset()
	for {
		n, err := body.Read(r.buf[:])
		r.hash.Write(r.buf[:n])
		length += int64(n)
		if err == io.EOF {
			return length, r.hash.Sum64(), nil
		}
		if err != nil {
			return length, 0, err
		}
	}
}
