package load

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// schemes all lead to the round's own transport: http too, which a request has
// whose server is known otherwise.
var schemes = []string{"fcgi", "fcgi+unix", "scgi", "scgi+unix", "ajp", "ajp+unix", "http", "https"}

var errNoTargets = errors.New("no targets: there is nothing to ask")

// standIn is what vegeta is given to ask, in place of the round's targets. Each
// hit would take their URL and headers apart and copy them twice, which costs
// more than sending them. Its number tells which target is meant.
var standIn = vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: "fcgi://target"})

// requests are made of the targets once.
func requests(targets []vegeta.Target) ([]*http.Request, error) {
	if len(targets) == 0 {
		return nil, errNoTargets
	}
	made := make([]*http.Request, len(targets))
	for i := range targets {
		t := &targets[i]
		req, err := t.Request()
		if err != nil {
			return nil, fmt.Errorf("target %s %s: %w", t.Method, t.URL, err)
		}
		if !slices.Contains(schemes, req.URL.Scheme) {
			return nil, fmt.Errorf("target %s %s: its scheme is none of %v", t.Method, t.URL, schemes)
		}
		made[i] = req
	}
	return made, nil
}

// request is what the seq-th hit asks, with the hit's context. A hit that asks
// the same again has it from the last time.
func (a *attack) request(h *hit, seq int64) *http.Request {
	blueprint := a.requests[seq%int64(len(a.requests))]
	if h.blueprint != blueprint {
		h.blueprint, h.req = blueprint, blueprint.WithContext(h.ctx)
	}
	if blueprint.GetBody != nil {
		h.req.Body, _ = blueprint.GetBody() // of bytes in memory: it can't fail
	}
	return h.req
}
