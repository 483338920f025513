package client

import (
	"cmp"
	"fmt"
	"net/http"
	"time"
)

// canRetry holds for a kept connection that ended before it gave a byte, a
// method that may be repeated, and a body that can be had again.
func (x *call) canRetry(err error) bool {
	lost, ok := err.(*TruncatedError) // its own: the body's may be another answer's
	if !ok || !lost.Reused || lost.Read > 0 {
		return false
	}
	switch x.req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
	default:
		return false
	}
	return x.req.Body == nil || x.req.Body == http.NoBody || x.req.GetBody != nil
}

// again is the same request once more, on a fresh connection.
func (t *Transport) again(lost *call) (*call, error) {
	req := lost.req
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("the request's body for a second try: %w", err)
		}
		req = req.Clone(req.Context())
		req.Body = body
	}
	var began time.Time
	if lost.x != nil {
		began = lost.x.Began
	}
	t.stats.retried.Add(1)
	x, err := t.newCall(req)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	x.deadline, x.lostAt = lost.deadline, cmp.Or(lost.c.lost, now())
	if x.x != nil {
		x.x.Began, x.x.Retried = began, true
	}
	return x, nil
}
