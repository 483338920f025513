package probeapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
)

// An Exchange is a request to a probe application, and the answer that the contract asks for.
type Exchange struct {
	Name   string
	Needs  string // the extra that the JSON answer's "can" must name; empty: every application has it
	Method string
	Query  string // as it is sent
	Body   []byte

	WantStatus int
	WantHeader http.Header             // all values of these names, in this order; none: must not be there
	WantType   string                  // the media type; empty: not looked at
	WantBody   func(body []byte) error // nil: the body is empty
}

// Check says how an answer breaks the contract, and nil if it keeps it.
func (e Exchange) Check(status int, header http.Header, body []byte) error {
	if status != e.WantStatus {
		return fmt.Errorf("status: want %d, got %d", e.WantStatus, status)
	}
	for name, want := range e.WantHeader {
		if got := header.Values(name); !slices.Equal(got, want) {
			return fmt.Errorf("header %s: want %q, got %q", name, want, got)
		}
	}
	if got, _, _ := mime.ParseMediaType(header.Get("Content-Type")); e.WantType != "" && got != e.WantType {
		return fmt.Errorf("Content-Type: want %s, got %q", e.WantType, header.Get("Content-Type"))
	}
	if e.WantBody == nil {
		return exactly(nil)(body)
	}
	return e.WantBody(body)
}

// Contract has an exchange for each key of the steering and those extras that show in an answer without its timing.
var Contract = slices.Concat(jsonAnswers(), sizes(), echoes(), chunks(), statuses(), heads(), headers(), extras())

func get(name, query string) Exchange {
	return Exchange{Name: name, Method: http.MethodGet, Query: query, WantStatus: http.StatusOK}
}

func post(name, query string, body []byte) Exchange {
	e := get(name, query)
	e.Method, e.Body = http.MethodPost, body
	return e
}

func (e Exchange) answers(contentType string, want []byte) Exchange {
	e.WantType, e.WantBody = contentType, exactly(want)
	e.WantHeader = http.Header{"Content-Length": {strconv.Itoa(len(want))}}
	return e
}

func (e Exchange) withoutLength() Exchange {
	e.WantHeader = http.Header{"Content-Length": nil}
	return e
}

func jsonAnswers() []Exchange {
	answer := func(e Exchange, length int) Exchange {
		e.WantType, e.WantBody = "application/json", received(e.Query, e.Body[:length])
		return e
	}
	body := bytes.Repeat(everyByte(), 1000)
	return []Exchange{
		answer(get("plain", ""), 0),
		answer(get("unknown keys and no numbers", "bogus&=&&size=x&chunk=&status=abc&delay=-1"), 0),
		answer(post("the digest of the body", "", body), len(body)),
		answer(post("read=no", "read=no", []byte("unread")), 0),
	}
}

func sizes() []Exchange {
	var all []Exchange
	for _, n := range []int{0, 1, 26, 65535, 65536, 1 << 20} {
		query := fmt.Sprintf("size=%d", n)
		all = append(all, get(query, query).answers("text/plain", Letters(n)))
	}
	return all
}

func echoes() []Exchange {
	every := everyByte()
	form := post("body=echo of a form", "body=echo", []byte("a=b&c=%20+"))
	put := post("body=echo of a PUT", "body=echo", every)
	put.Method = http.MethodPut
	return []Exchange{
		post("body=echo", "body=echo", bytes.Repeat(every, 1000)).answers("application/octet-stream", bytes.Repeat(every, 1000)),
		post("body=echo of nothing", "body=echo", nil).answers("application/octet-stream", nil),
		form.answers("application/octet-stream", form.Body),
		put.answers("application/octet-stream", put.Body),
		post("body=echo with read=no", "body=echo&read=no", every).answers("application/octet-stream", nil),
	}
}

func chunks() []Exchange {
	var all []Exchange
	for _, c := range []struct{ n, chunk int }{{0, 3}, {10, 3}, {9, 3}, {2, 3}, {200000, 65536}} {
		query := fmt.Sprintf("size=%d&chunk=%d", c.n, c.chunk)
		all = append(all, get(query, query).answers("text/plain", Letters(c.n)).withoutLength())
	}
	return all
}

func statuses() []Exchange {
	var all []Exchange
	for _, status := range []int{200, 201, 299, 404, 500, 599} {
		query := fmt.Sprintf("status=%d&size=3", status)
		e := get(query, query).answers("text/plain", Letters(3))
		e.WantStatus = status
		all = append(all, e)
	}
	for _, status := range []int{204, 304} {
		query := fmt.Sprintf("status=%d&size=3", status)
		e := get(query, query)
		e.WantStatus = status
		all = append(all, e)
	}
	return all
}

func heads() []Exchange {
	length := get("HEAD has the Content-Length of GET", "size=10").answers("text/plain", Letters(10))
	chunked := get("HEAD with chunk", "size=10&chunk=3").answers("text/plain", Letters(10)).withoutLength()
	length.Method, chunked.Method = http.MethodHead, http.MethodHead
	length.WantBody, chunked.WantBody = nil, nil
	return []Exchange{length, chunked}
}

func headers() []Exchange {
	repeated := get("header, twice", "size=1&header=X-Probe-A:1&header=X-Probe-B:2").answers("text/plain", Letters(1))
	repeated.WantHeader["X-Probe-A"], repeated.WantHeader["X-Probe-B"] = []string{"1"}, []string{"2"}
	decoded := get("a value is percent-decoded", "size=1&header=X-Probe:a%20b+c%26d%3de%25%zz").answers("text/plain", Letters(1))
	decoded.WantHeader["X-Probe"] = []string{"a b+c&d=e%%zz"}
	return []Exchange{repeated, decoded}
}

func extras() []Exchange {
	zero := get("write=zero", "write=zero&size=10&chunk=3").answers("text/plain", Letters(10)).withoutLength()
	zero.Needs = "write"
	duplex := post("duplex=yes", "duplex=yes&body=echo", bytes.Repeat(everyByte(), 1000))
	duplex = duplex.answers("application/octet-stream", duplex.Body)
	duplex.Needs = "duplex"
	return []Exchange{zero, duplex}
}

func everyByte() []byte {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	return every
}

func exactly(want []byte) func([]byte) error {
	return func(got []byte) error {
		if bytes.Equal(got, want) {
			return nil
		}
		at := 0
		for at < len(got) && at < len(want) && got[at] == want[at] {
			at++
		}
		return fmt.Errorf("body: want %d bytes, got %d, different from offset %d on", len(want), len(got), at)
	}
}

// received wants the JSON answer that says that the query and the body came.
func received(query string, body []byte) func([]byte) error {
	return func(got []byte) error {
		var answer Answer
		if err := json.Unmarshal(got, &answer); err != nil {
			return fmt.Errorf("body: want the JSON answer, got %.40q: %w", got, err)
		}
		switch {
		case answer.Probe != 1:
			return fmt.Errorf("probe: want 1, got %d", answer.Probe)
		case answer.Server == "":
			return fmt.Errorf("server: want a name, got none")
		case !slices.Contains([]string{"fcgi", "scgi", "ajp"}, answer.Protocol):
			return fmt.Errorf("protocol: want fcgi, scgi or ajp, got %q", answer.Protocol)
		case answer.Params["QUERY_STRING"] != query:
			return fmt.Errorf("params: want QUERY_STRING %q, got %q", query, answer.Params["QUERY_STRING"])
		}
		if err := answer.Body.Of(string(body)); err != nil {
			return fmt.Errorf("body: %w", err)
		}
		return nil
	}
}
