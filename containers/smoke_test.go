package containers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// A smoke is one thing that a gateway has to carry, byte for byte, to the probe
// application and back.
type smoke struct {
	name string
	run  func(through) error
}

var smokes = []smoke{
	{"URL", through.url},
	{"query", through.query},
	{"header", through.header},
	{"HEAD", through.head},
	{"empty body", uploads(0)},
	{"body of a byte", uploads(1)},
	{"body of 64 KiB", uploads(64 << 10)},
	{"long body", uploads(10 << 20)},
	{"content type", through.contentType},
	{"answer of 70000 bytes", downloads("size=70000", 70000)},
	{"long answer", downloads("size=10485760", 10<<20)},
	{"answer without a length", downloads("size=10000&chunk=999", 10000)},
	{"status 404", status(404)},
	{"status 500", status(500)},
	{"status 204", bodiless(204)},
	{"status 304", bodiless(304)},
	{"two cookies", through.cookies},
	{"several at once", through.several},
}

// through is a gateway with the probe application behind it.
type through struct {
	client *http.Client
	base   string // its URL, with a slash at its end
	limit  int    // bytes of the longest body; 0 is no limit
	ajp    bool
}

// page has one segment, since lighttpd sends no more over AJP.
const page = "probe"

// ask gets an answer whole.
func (g through) ask(method, page, query string, body []byte, header http.Header) (*http.Response, []byte, error) {
	request, err := http.NewRequest(method, g.base+page+"?"+query, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := g.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	return response, got, err
}

// params are what the application received.
func (g through) params(method, page, query string, body []byte, header http.Header) (map[string]string, error) {
	response, got, err := g.ask(method, page, query, body, header)
	if err != nil {
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(got, &a); err != nil || a.Probe != 1 || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s is no answer of the probe application: %.80q", response.Status, got)
	}
	return a.Params, nil
}

// differs is what is wrong with a parameter; nil where it isn't.
func differs(params map[string]string, name, want string) error {
	if got, ok := params[name]; !ok || got != want {
		return fmt.Errorf("%s is %q (there: %v), expected %q", name, got, ok, want)
	}
	return nil
}

// url has what is escaped arrive undecoded in REQUEST_URI and, over the
// protocols that have it, decoded in PATH_INFO. AJP's req_uri has no query.
func (g through) url() error {
	params, err := g.params("GET", "a%20b", "x=1", nil, nil)
	if err != nil {
		return err
	}
	if g.ajp {
		return differs(params, "REQUEST_URI", "/a%20b")
	}
	return errors.Join(differs(params, "REQUEST_URI", "/a%20b?x=1"), differs(params, "PATH_INFO", "/a b"))
}

func (g through) query() error {
	const query = "a=%2F&b=+&c"
	params, err := g.params("GET", page, query, nil, nil)
	if err != nil {
		return err
	}
	return errors.Join(differs(params, "QUERY_STRING", query), differs(params, "REQUEST_METHOD", "GET"))
}

func (g through) header() error {
	long := strings.Repeat("0123456789", 300)
	params, err := g.params("GET", page, "", nil, http.Header{"X-Smoke": {"some value"}, "X-Long": {long}})
	if err != nil {
		return err
	}
	return errors.Join(differs(params, "HTTP_X_SMOKE", "some value"), differs(params, "HTTP_X_LONG", long))
}

// head lets the gateway leave out Content-Length, as Apache does.
func (g through) head() error {
	response, got, err := g.ask("HEAD", page, "size=5", nil, nil)
	length := response != nil && (response.ContentLength == 5 || response.ContentLength == -1)
	if err == nil && (response.StatusCode != 200 || len(got) > 0 || !length) {
		err = fmt.Errorf("%s with Content-Length %d and %d bytes, expected 200, 5 or none, and 0", response.Status, response.ContentLength, len(got))
	}
	return err
}

func uploads(n int) func(through) error {
	return func(g through) error {
		n := g.limited(n)
		return g.gives("POST", "body=echo", payload()[:n], payload()[:n])
	}
}

func downloads(query string, n int) func(through) error {
	return func(g through) error {
		return g.gives("GET", query, nil, probeapp.Letters(n))
	}
}

// limited is the length, or what is allowed of it.
func (g through) limited(n int) int {
	if g.limit > 0 {
		return min(n, g.limit)
	}
	return n
}

// gives expects the body, to the last byte.
func (g through) gives(method, query string, body, want []byte) error {
	response, got, err := g.ask(method, page, query, body, nil)
	if err == nil && (response.StatusCode != 200 || !bytes.Equal(got, want)) {
		err = fmt.Errorf("%s with %d bytes, expected 200 and %d; the same: %v", response.Status, len(got), len(want), bytes.Equal(got, want))
	}
	return err
}

func (g through) contentType() error {
	params, err := g.params("PUT", page, "", []byte(`{"a":1}`), http.Header{"Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	return errors.Join(differs(params, "CONTENT_TYPE", "application/json"), differs(params, "CONTENT_LENGTH", "7"), differs(params, "REQUEST_METHOD", "PUT"))
}

func status(code int) func(through) error {
	return func(g through) error {
		response, got, err := g.ask("GET", page, fmt.Sprintf("status=%d&size=5", code), nil, nil)
		if err == nil && (response.StatusCode != code || string(got) != "abcde") {
			err = fmt.Errorf("%s with %q, expected %d with abcde", response.Status, got, code)
		}
		return err
	}
}

func bodiless(code int) func(through) error {
	return func(g through) error {
		response, got, err := g.ask("GET", page, fmt.Sprintf("status=%d", code), nil, nil)
		if err == nil && (response.StatusCode != code || len(got) > 0) {
			err = fmt.Errorf("%s with %d bytes, expected %d with none", response.Status, len(got), code)
		}
		return err
	}
}

func (g through) cookies() error {
	query := "size=1&header=" + url.QueryEscape("Set-Cookie:a=1") + "&header=" + url.QueryEscape("Set-Cookie:b=2")
	response, _, err := g.ask("GET", page, query, nil, nil)
	if err == nil && strings.Join(response.Header["Set-Cookie"], ";") != "a=1;b=2" {
		err = fmt.Errorf("Set-Cookie is %q, expected a=1 and b=2", response.Header["Set-Cookie"])
	}
	return err
}

func (g through) several() error {
	failures := make([]error, atOnce)
	var all sync.WaitGroup
	for i := range atOnce {
		all.Go(func() {
			for n := range 10 {
				size := 1000*n + i
				failures[i] = errors.Join(failures[i], g.gives("GET", fmt.Sprintf("size=%d", size), nil, probeapp.Letters(size)))
			}
		})
	}
	all.Wait()
	return errors.Join(failures...)
}
