package fcgi

import (
	"strings"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/6.2/body", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-1"},
			Title: "a body arrives whole", Needs: needsProbe, Cut: true,
			Rule: "The application receives as STDIN what CGI/1.1 gives on standard input.",
			Run: func(t *suite.T) {
				for _, n := range []int{0, 1, 8191, 8193, 65535, 70000} {
					body := strings.Repeat("b", n)
					c := dial(t)
					c.Send(upload(1, 0, post(t, "", n), body)...)
					bodyArrived(t, served(t, c.answer(1), "a body of any size arrives"), body, "a body of any size arrives")
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/large-answer", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-2"},
			Title: "a large answer comes whole", Needs: needsProbe,
			Rule: "STDOUT carries all of the application's output, in as many records as it takes.",
			Run: func(t *suite.T) {
				const n = 300000
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=300000"))...)
				_, _, body, err := c.answer(1).page()
				if err != nil {
					t.Fail("an answer of 300000 bytes comes whole\n%v", err)
				}
				for i, b := range body {
					if b != 'a'+byte(i%26) {
						t.Fail("an answer of 300000 bytes comes whole\nbyte %d is %q", i, b)
					}
				}
				if len(body) != n {
					t.Fail("an answer of 300000 bytes comes whole\ngot %d", len(body))
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/stderr", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-3"},
			Title: "the error stream is apart from the answer", Needs: needsProbe,
			Rule: "What the application writes to its error stream goes out as STDERR, and never as STDOUT.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "stderr=fcgikit-was-here"))...)
				a := c.answer(1)
				if strings.Contains(string(a.stdout), "fcgikit-was-here\n") || strings.HasPrefix(string(a.stdout), "fcgikit-was-here") || strings.HasSuffix(string(a.stdout), "fcgikit-was-here") {
					t.Fail("what is written to the error stream is not in STDOUT\nit is: %.80q", a.stdout)
				}
				if !strings.Contains(string(a.stderr), "fcgikit-was-here") {
					t.Note("nothing of it came as STDERR: %.60q", a.stderr)
				}
			},
		},
	)
}
