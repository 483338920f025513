package reference

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

// manners are ways in which a request reaches the server.
var manners = map[string]func(request []byte) [][]byte{
	"whole": func(b []byte) [][]byte { return [][]byte{b} },
	"cut":   func(b []byte) [][]byte { return [][]byte{b[:len(b)/2], b[len(b)/2:]} },
}

// eachAnswer sends requests one after the other on one connection.
func eachAnswer(t *testing.T, s served, manner string, requests ...[]byte) (answers []fcgiAnswer) {
	t.Helper()
	c := dialServed(t, s)
	for _, request := range requests {
		for _, piece := range manners[manner](request) {
			if _, err := c.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		answers = append(answers, readAnswer(t, c))
	}
	return answers
}

func TestARepeatedRequestIsAnsweredAsTheFirst(t *testing.T) {
	s := serveHandler(t, client.FastCGI, HandlerFunc(func(w *Response, r *Request) {
		body, _ := r.Stdin.Buffered()
		fmt.Fprintf(w, "%s %s %d %q", r.Param("A"), body, len(r.Params), r.Params)
		r.Params = append(r.Params, Param{[]byte("left"), []byte("behind")})
	}))
	a := records{params: []string{"A", "1", "B", "2"}}.bytes()
	longer := records{params: []string{"A", "1", "B", "3"}}.bytes()
	withBody := records{params: []string{"A", "1", "B", "2"}, stdin: "body"}.bytes()
	asked := slices.Concat(fcgi.AppendGetValues(nil, 0, fcgi.FCGI_MPXS_CONNS), a)
	for manner := range manners {
		got := eachAnswer(t, s, manner, a, a, a, longer, a, a, withBody, withBody, a, asked, asked, a)
		want := map[string]string{
			string(a): `1  2 [{"A" "1"} {"B" "2"}]`, string(longer): `1  2 [{"A" "1"} {"B" "3"}]`, string(withBody): `1 body 2 [{"A" "1"} {"B" "2"}]`,
		}
		want[string(asked)] = want[string(a)]
		for i, q := range [][]byte{a, a, a, longer, a, a, withBody, withBody, a, asked, asked, a} {
			if body := string(got[i].body(t)); body != want[string(q)] {
				t.Errorf("%s, request %d: %s, want %s", manner, i, body, want[string(q)])
			}
		}
	}
}

func TestEachGetValuesBeforeARepeatedRequestIsAnswered(t *testing.T) {
	s := serveHandler(t, client.FastCGI, HandlerFunc(func(w *Response, r *Request) {}))
	request := slices.Concat(fcgi.AppendGetValues(nil, 0, fcgi.FCGI_MPXS_CONNS), records{params: []string{"A", "1"}}.bytes())
	c := dialServed(t, s)
	for i := range 4 {
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		first := make([]byte, fcgi.HeaderLen)
		if _, err := c.Read(first); err != nil || first[1] != byte(fcgi.TypeGetValuesResult) {
			t.Fatalf("request %d: %v, %v", i, first, err)
		}
		rest := make([]byte, 4096)
		for n := 0; !strings.Contains(string(rest[:n]), "\x01\x03\x00\x01"); {
			m, err := c.Read(rest[n:])
			if n += m; err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestARepeatedRequestMayBeOneOfSeveral(t *testing.T) {
	begun, goOn := make(chan string, 8), make(chan struct{})
	s := serveHandler(t, client.FastCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- r.URL.Path
		<-goOn
	})))
	a := records{params: []string{"REQUEST_URI", "/a"}}.bytes()
	second := slices.Clone(a)
	fcgi.SetRequestID(second, 2)
	c := dialServed(t, s)
	var d fcgi.Decoder
	for range 3 {
		for _, request := range [][]byte{a, second} {
			if _, err := c.Write(request); err != nil {
				t.Fatal(err)
			}
			if path := <-begun; path != "/a" {
				t.Error(path)
			}
		}
		goOn <- struct{}{}
		goOn <- struct{}{}
		for ended := 0; ended < 2; {
			switch r, err := d.Next(); {
			case err == nil && r.Type == fcgi.TypeEndRequest:
				ended++
			case err != nil:
				buf := make([]byte, 4096)
				n, err := c.Read(buf)
				if err != nil {
					t.Fatal(err)
				}
				d.Feed(buf[:n])
			}
		}
	}
}

func TestWhatAHandlerDoesToARepeatedRequestIsItsOwnAffair(t *testing.T) {
	var before []*http.Request
	s := serveHandler(t, client.FastCGI, HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, describe(r), r.Header, r.TLS.ServerName)
		r.Header["Accept"][0] = "changed" // which net/http forbids
		r.Header.Set("User-Agent", "changed")
		r.Header.Add("Accept", "added")
		r.Header.Del("Cookie")
		r.URL.Path, r.Method, r.TLS.ServerName = "/changed", "PUT", "changed"
		before = append(before, r)
	})))
	request := records{params: []string{
		"REQUEST_METHOD", "HEAD", "REQUEST_URI", "/a?b", "HTTP_HOST", "h", "REMOTE_ADDR", "192.0.2.1", "HTTPS", "on",
		"HTTP_ACCEPT", "*/*", "HTTP_USER_AGENT", "u", "HTTP_COOKIE", "a=b",
	}}.bytes()
	post := []byte(strings.Replace(string(request), "HEAD", "POST", 1))
	answers := eachAnswer(t, s, "whole", post, post, post, post, post)
	for i, a := range answers[1:] {
		if a.stdout != answers[0].stdout || !strings.Contains(a.stdout, "map[Accept:[*/*] Cookie:[a=b] User-Agent:[u]]") {
			t.Errorf("request %d: %s, the first: %s", i+1, a.stdout, answers[0].stdout)
		}
	}
	for i, r := range before {
		if r.URL.Path != "/changed" || r.Header.Get("User-Agent") != "changed" || len(r.Header["Accept"]) != 2 || r.Context().Err() == nil {
			t.Errorf("request %d after all: %v %v", i, r.URL, r.Header)
		}
	}
	for i, a := range eachAnswer(t, s, "whole", request, request, request) {
		if len(a.body(t)) != 0 {
			t.Errorf("HEAD %d: %q", i, a.stdout)
		}
	}
}
