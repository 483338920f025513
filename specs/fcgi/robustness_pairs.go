package fcgi

import (
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// withTail is a request whose parameters end in bytes that are no pair.
func withTail(t *suite.T, tail string) [][]byte {
	return request(1, 0, append(get(t, ""), tail...))
}

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/3.4/pair-past-end", Level: suite.Must, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-R-6"},
			Title: "a pair that its stream does not hold is no variable", Needs: needsProbe, Hurts: true, Budget: 20 * time.Second,
			Rule: "A name and a value have as many bytes as their lengths say. Where the stream ends before, there is no such pair.",
			Run: func(t *suite.T) {
				const check = "a pair that its stream does not hold is not passed to the application"
				for _, tail := range []string{"\x05\x7fHELLO", "\x7f\x05HELLO"} {
					c := dial(t)
					c.Send(withTail(t, tail)...)
					a := c.answer(1)
					noHang(t, a, "a request whose last pair is cut is answered or refused")
					p, err := a.probe()
					if err == nil {
						t.Note("the application runs with the pairs before it")
					}
					for name, value := range p.Params {
						if strings.Contains(name+value, "HELLO") {
							t.Fail("%s\nPARAMS ends in %q: the application got %q=%q", check, tail, name, value)
						}
					}
					c.Close()
				}
				control(t)
			},
		},
		suite.Case{
			ID: "fcgi/robustness/cut-length", Level: suite.Robustness, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-R-9"},
			Title: "parameters that end within a length do no harm", Hurts: true, Budget: 20 * time.Second,
			Rule: "A request whose parameters are cut is answered or refused; its connection is not forgotten.",
			Run: func(t *suite.T) {
				for _, tail := range []string{"\x80\x00", "\x05"} {
					c := dial(t)
					c.Send(withTail(t, tail)...)
					noHang(t, c.answer(1), "parameters that end within a length are answered or refused")
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/huge-length", Level: suite.Robustness, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-R-8"},
			Title: "a length of a gigabyte does no harm", Hurts: true,
			Rule: "A length may be any up to 2^31-1: nobody has to have so much memory at hand for a pair that does not come.",
			Run: func(t *suite.T) {
				for _, pair := range []string{"\xc0\x00\x00\x00\x00A", "\x01\xc0\x00\x00\x00A"} {
					c := dial(t)
					c.Send(begin(1, fcgi.Responder, 0), params(1, []byte(pair)))
					c.Leave()
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/length-overflow", Level: suite.Robustness, Section: "FastCGI 3.4", Link: "https://github.com/FastCGI-Archives/fcgi2/issues/67", Rows: []string{"FCGI-R-7"},
			Title: "lengths whose sum overflows do no harm", Hurts: true, Hostile: true, Budget: 15 * time.Second,
			Rule: "Two lengths of 2^31-1 are more than 32 bits hold: CVE-2025-23016 of libfcgi, CVE-2025-40907 of Perl's FCGI.",
			Run: func(t *suite.T) {
				for _, pair := range []string{
					"\xff\xff\xff\xff\xff\xff\xff\xffAB",
					"\xff\xff\xff\xff\x01AB",
					"\x01\xff\xff\xff\xffAB",
				} {
					c := dial(t)
					c.Send(request(1, 0, []byte(pair))...)
					t.Note("lengths % x: %s", pair[:len(pair)-2], c.soon(1).fate())
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.4/name-with-equals", Level: suite.Should, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-R-25"},
			Title: "a name with = becomes no other variable", Needs: needsProbe,
			Rule: "Name and value are apart on the wire. FCGIKIT_A=B with the value C is not FCGIKIT_A with the value B=C.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "", "FCGIKIT_A=B", "C"))...)
				a := c.answer(1)
				noHang(t, a, "a request with such a name is answered or refused")
				p, err := a.probe()
				if err != nil {
					control(t)
				}
				cgi.EqualsInName(t, p.Params)
			},
		},
		suite.Case{
			ID: "fcgi/robustness/odd-names", Level: suite.Robustness, Section: "FastCGI 3.4", Link: link("3.4"), Rows: []string{"FCGI-R-25"},
			Title: "names that mean something elsewhere do no harm", Hurts: true, Budget: 40 * time.Second,
			Rule: "Names are bytes that a client may choose: the process's own environment is another.",
			Run: func(t *suite.T) {
				for _, name := range []string{"FCGIKIT\x00NUL", "FCGIKIT\nLINE", "FCGIKIT\xff", "PATH", "LD_PRELOAD", "IFS"} {
					c := dial(t)
					c.Send(request(1, 0, get(t, "", name, "fcgikit"))...)
					a := c.answer(1)
					noHang(t, a, "a request with an odd name is answered or refused")
					if p, err := a.probe(); err == nil && p.Params[probeapp.CodePoints(name)] != "fcgikit" {
						t.Note("%q does not arrive", name)
					}
					c.Close()
				}
			},
		},
	)
}
