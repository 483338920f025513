package load

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// echoed answers what was asked, with a header's value.
func echoed(_ int, req *http.Request) (*http.Response, error) {
	body := []byte(req.Header.Get("X-Who"))
	if req.Body != nil {
		sent, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = append(body, sent...)
	}
	return answer(200, string(body)), nil
}

// TestAnAnswerMayBeOfTheBodyAndTheHeaders of what is asked, of one URL too.
func TestAnAnswerMayBeOfTheBodyAndTheHeaders(t *testing.T) {
	post := func(body string) vegeta.Target {
		return vegeta.Target{Method: "POST", URL: "http://h/x", Body: []byte(body)}
	}
	get := func(who string) vegeta.Target {
		return vegeta.Target{Method: "GET", URL: "http://h/x", Header: http.Header{"X-Who": {who}}}
	}
	for name, targets := range map[string][]vegeta.Target{
		"bodies":  {post("one"), post("one"), post("two")},
		"headers": {get("a"), get("b")},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := Round{Transport: scripted(echoed), Targets: targets, Schedule: Constant(10), Requests: 12}.mustRun(t, t.Context())
			if r.Succeeded != 12 {
				t.Errorf("%s: %d of 12 succeeded, errors %v", name, r.Succeeded, r.Errors)
			}
		})
	}
}

// TestTheSameQuestionHasOneAnswer wherever it stands in a file.
func TestTheSameQuestionHasOneAnswer(t *testing.T) {
	ask := func(url string) vegeta.Target { return vegeta.Target{Method: "GET", URL: url} }
	synctest.Test(t, func(t *testing.T) {
		bodies := []string{"a", "b", "c"}
		mixed := scripted(func(n int, _ *http.Request) (*http.Response, error) { return answer(200, bodies[n]), nil })
		r := Round{Transport: mixed, Targets: []vegeta.Target{ask("http://h/1"), ask("http://h/2"), ask("http://h/1")}, Schedule: Constant(10), Requests: 3}.mustRun(t, t.Context())
		if r.Succeeded != 2 || r.Errors[string(WrongBody)] != 1 {
			t.Errorf("%d of 3 succeeded, errors %v", r.Succeeded, r.Errors)
		}
	})
}
