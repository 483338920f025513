package client

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// sharing is how many requests a connection takes at once.
type sharing struct {
	n atomic.Int32 // 0: not known

	mu    sync.Mutex
	asked *question // being asked
}

// question is one asking of the application, whose outcome all requests that
// come meanwhile wait for.
type question struct {
	done chan struct{} // closed with err set
	err  error
}

func (s *sharing) capacity() int { return max(int(s.n.Load()), 1) }

// askLimit is how long an application may take to answer GET_VALUES; one that
// does not know it stays silent.
const askLimit = 2 * time.Second

// asksInARow is how often the question may be lost with its connection before
// that is taken for a no: one or two may be a worker's end, or a restart.
const asksInARow = 3

// maxSharing is how many request ids there are but for the null id (3.3).
const maxSharing = 65535

// learnSharing asks the application whether it multiplexes (4.1), once for a
// target.
func (p *pool) learnSharing(x *call) error {
	t, s := p.t, &p.sharing
	if t.Multiplex <= 1 || p.target.Protocol != FastCGI || t.DisableKeepAlives || s.n.Load() > 0 {
		return nil
	}
	if t.ForceMultiplex {
		s.n.Store(int32(min(t.Multiplex, maxSharing)))
		return nil
	}
	up, stop := alarm(x.deadline.time())
	defer stop()
	until := t.untilAbort()
	q := p.ask()
	select {
	case <-q.done:
		return q.err
	case <-until.Done():
		return ErrAborted
	case <-up:
		return &TimeoutError{Connecting, t.Timeout}
	case <-x.req.Context().Done():
		return context.Cause(x.req.Context())
	}
}

// ask is the question, put now or before. It is no request's own: the first one
// may be cancelled while others wait.
func (p *pool) ask() *question {
	s := &p.sharing
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked != nil {
		return s.asked
	}
	q := &question{done: make(chan struct{})}
	s.asked = q
	go func() {
		defer close(q.done)
		n, err := p.askInARow()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.n.Store(int32(n))
		s.asked, q.err = nil, err
	}()
	return q
}

// askInARow asks until there is an answer. Its error is that of connecting.
func (p *pool) askInARow() (n int, err error) {
	for range asksInARow {
		c, err := p.dial(context.Background(), time.Time{})
		if err != nil {
			return 0, err
		}
		n, err := askSharing(c, min(p.t.Multiplex, maxSharing))
		c.Close() // before others are made: MaxConns counts it, too
		if err == nil {
			return n, nil
		}
	}
	return 1, nil
}

// askSharing is how many requests, of at most want, the application says that it
// takes on a connection: one, if it says something else, or nothing in time. An
// error is the connection's end.
func askSharing(c *conn, want int) (int, error) {
	c.SetDeadline(time.Now().Add(askLimit))
	values, err := askValues(c)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, err
	}
	if values[fcgi.FCGI_MPXS_CONNS] != "1" {
		return 1, nil
	}
	if n, err := strconv.Atoi(values[fcgi.FCGI_MAX_REQS]); err == nil && n > 0 {
		want = min(want, n)
	}
	return want, nil
}

// askValues queries an application's variables (4.1); none where what came is no
// FCGI_GET_VALUES_RESULT. The query is padded, since libfcgi answers only when a
// byte has come after it.
func askValues(c *conn) (map[string]string, error) {
	query := fcgi.AppendGetValues(nil, fcgi.HeaderLen, fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS, fcgi.FCGI_MPXS_CONNS)
	if _, err := c.Conn.Write(query); err != nil {
		return nil, err
	}
	r, err := c.record()
	var breach *BreachError
	if err != nil && !errors.As(err, &breach) {
		return nil, err
	}
	if err != nil || r.Type != fcgi.TypeGetValuesResult {
		return nil, nil
	}
	pairs, err := fcgi.ParseValues(r.Content)
	if err != nil {
		return nil, nil
	}
	values := make(map[string]string, len(pairs))
	for _, p := range pairs {
		values[string(p.Name)] = string(p.Value)
	}
	return values, nil
}
