package cgi

import (
	"net/http"
	"testing"
)

func TestAppendAnswerWritesSection6_3(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		header http.Header
		want   string
	}{
		{"no header", 200, nil, "Status: 200 OK\r\n\r\n"},
		{"sorted", 404, http.Header{"X-A": {"1", "2"}, "Content-Type": {"text/plain"}},
			"Status: 404 Not Found\r\nContent-Type: text/plain\r\nX-A: 1\r\nX-A: 2\r\n\r\n"},
		{"a code without reason", 299, http.Header{}, "Status: 299 \r\n\r\n"},
		{"no second Status", 200, http.Header{"status": {"404"}, "Status": {"500"}}, "Status: 200 OK\r\n\r\n"},
		{"no name that is none", 200, http.Header{"A\r\nB": {"x"}, "": {"y"}, "C:": {"z"}}, "Status: 200 OK\r\n\r\n"},
		{"no line end in a value", 200, http.Header{"A": {"b\r\nC: d\x00\te"}}, "Status: 200 OK\r\nA: b  C: d \te\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(AppendAnswer([]byte("before"), c.status, c.header)); got != "before"+c.want {
				t.Errorf("got  %q\nwant %q", got, "before"+c.want)
			}
		})
	}
}

func TestAppendAnswerTakesNoMemory(t *testing.T) {
	header := http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"42"}, "X-A": {"1", "2"}}
	buf := make([]byte, 0, 1024)
	if allocs := testing.AllocsPerRun(100, func() { _ = AppendAnswer(buf[:0], 200, header) }); allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}
