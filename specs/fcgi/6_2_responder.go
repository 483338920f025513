package fcgi

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/6.2/nothing-before-params-end", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-1"},
			Title: "nothing is answered before the end of PARAMS",
			Rule:  "A responder sends no output before it has read all of the parameters.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, get(t, "")))
				a, came := c.untilStdout(1, nothingFollows)
				if came {
					t.Fail("nothing is answered before the end of PARAMS\nwithout it came: %.60q", a.stdout)
				}
				c.Send(endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				if a = c.answer(1); len(a.stdout) == 0 {
					t.Untested("the request was not answered when its parameters were complete, either: %s", a.why())
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/answer-before-stdin-end", Level: suite.May, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-2"},
			Title: "an application answers before it has read its body", Needs: needsProbe,
			Rule: "A responder may write its output before all of STDIN has come.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, post(t, "read=no", 100)), endOf(fcgi.TypeParams, 1))
				a, came := c.untilStdout(1, mayWait)
				if !came {
					t.Note("an application that does not read its body is not answered before the end of STDIN: %s", a.why())
					return
				}
				for a.end == nil {
					r, ok := c.recordWithin(mayWait)
					if !ok {
						t.Note("STDOUT came before the end of STDIN, and END_REQUEST did not")
						return
					}
					a.take(r, 1)
				}
				t.Note("STDOUT and END_REQUEST came before the end of STDIN")
			},
		},
		suite.Case{
			ID: "fcgi/6.2/get-without-stdin", Level: suite.May, Section: "FastCGI 6.2", Link: "https://github.com/php/php-src/issues/18275", Rows: []string{"FCGI-6.2-4"},
			Title: "a GET request without a STDIN record",
			Rule:  "STDIN is ended by an empty record of a GET request too. What an application does without it is left open.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, get(t, "")), endOf(fcgi.TypeParams, 1))
				if _, came := c.untilStdout(1, nothingFollows); came {
					t.Note("it was answered without the end of STDIN")
				} else {
					t.Note("nothing came within %v without the end of STDIN", nothingFollows)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/content-length", Level: suite.Should, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-5"},
			Title: "the body is no longer than CONTENT_LENGTH", Needs: needsProbe, Budget: suite.Several,
			Rule: "The application gets at most CONTENT_LENGTH bytes of STDIN, as CGI/1.1 has it.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(upload(1, 0, post(t, "", 6), "abcdef")...)
				if _, err := c.answer(1).probe(); err != nil {
					t.Untested("a request whose body has its CONTENT_LENGTH is not served: %v", err)
				}
				c = dial(t)
				c.Send(upload(1, 0, post(t, "", 2), "abcdef")...)
				p, err := c.answer(1).probe()
				switch {
				case err != nil:
					t.Note("a longer body is refused: %v", err)
				case p.Body.Length > 2:
					t.Fail("the body is no longer than CONTENT_LENGTH\nit is 2, and 6 bytes were sent: the application got %d", p.Body.Length)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/short-body", Level: suite.Should, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-6"},
			Title: "a request is ended whose body is shorter than CONTENT_LENGTH", Needs: needsProbe,
			Rule: "The end of STDIN ends the body. The application may see that it is short, and goes on in any case.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(upload(1, 0, post(t, "", 10), "abc")...)
				a := c.answer(1)
				if a.end == nil && a.ended == suite.Nothing {
					t.Hang("a request is ended whose body is shorter than CONTENT_LENGTH\n%s", a.why())
				}
				p, err := a.probe()
				switch {
				case err != nil:
					t.Note("it is refused: %v", err)
				case p.Body.Length > 3:
					t.Fail("a body is not made longer than what was sent\n3 bytes were, the application got %d", p.Body.Length)
				default:
					t.Note("the application got %d bytes of the 3", p.Body.Length)
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/no-content-length", Level: suite.May, Section: "RFC 3875 4.1.2", Link: "https://github.com/php/php-src/pull/7509", Rows: []string{"FCGI-6.2-7"},
			Title: "a body without CONTENT_LENGTH", Needs: needsProbe,
			Rule: "A gateway that does not know a body's length yet can't send CONTENT_LENGTH. CGI/1.1 says that there is no body then, FastCGI's STDIN has an end of its own.",
			Run: func(t *suite.T) {
				for _, more := range [][]string{nil, {"CONTENT_LENGTH", ""}} {
					c := dial(t)
					c.Send(upload(1, 0, pairs(t, "PUT", "", 0, more), "abcdef")...)
					if p, err := c.answer(1).probe(); err != nil {
						t.Note("it is refused: %v", err)
					} else {
						t.Note("the application got %d bytes of 6", p.Body.Length)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/body", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-8"},
			Title: "a body arrives whole", Needs: needsProbe, Cut: true,
			Rule: "The application receives as STDIN what CGI/1.1 gives on standard input.",
			Run:  func(t *suite.T) { sends(t, 70_000, "a body of any size arrives") },
		},
		suite.Case{
			ID: "fcgi/6.2/body-sizes", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-8"},
			Title: "a body of any size arrives whole", Needs: needsProbe, Budget: suite.Several,
			Rule: "The application receives as STDIN what CGI/1.1 gives on standard input: from nothing to more than a record holds.",
			Run: func(t *suite.T) {
				for _, n := range []int{0, 1, 4096, 8191, 8193, 65535, 65536} {
					sends(t, n, "a body of any size arrives")
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/large-body", Level: suite.Must, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-8"},
			Title: "a large body arrives whole", Needs: needsProbe, Budget: suite.Several,
			Rule: "STDIN may be of any length: CGI/1.1 has no limit but what the server sets.",
			Run: func(t *suite.T) {
				body := strings.Repeat("all of it ", large/10)
				c := dial(t)
				c.Send(upload(1, kept(t), post(t, "", len(body)), body)...)
				a := c.answer(1)
				if head, _, err := a.page(); err == nil && head.Status >= 400 {
					t.Untested("a body of %d bytes is refused, with status %d", len(body), head.Status)
				}
				const check = "a body of ten million bytes arrives"
				probeapp.BodyArrived(t, served(t, a, check), body, check)
			},
		},
		suite.Case{
			ID: "fcgi/6.2/duplex", Level: suite.Must, Section: "FastCGI 6.2", Link: "https://github.com/php/php-src/pull/10273", Rows: []string{"FCGI-6.2-9"},
			Title: "a body may be answered while it comes", Needs: suite.Needs{Probe: true, Can: []string{"duplex"}}, Budget: suite.Several,
			Rule: "STDIN and STDOUT are independent streams: an application may write the one while the other one comes, as much as it likes.",
			Run: func(t *suite.T) {
				const check = "a body of ten million bytes is sent back while it comes"
				body := strings.Repeat("back ", large/5)
				c := dial(t)
				c.SendAside(upload(1, 0, post(t, "body=echo&duplex=yes", len(body)), body)...)
				a := taken(t, c.answer(1), len(body))
				_, got, err := a.page()
				switch {
				case err == nil && string(got) == body:
				case a.end == nil && a.ended == suite.Nothing:
					t.Hang("%s\n%d bytes of it came: %s", check, len(got), a.why())
				case err != nil:
					t.Fail("%s\n%v", check, err)
				default:
					t.Fail("%s\n%s", check, difference(got, []byte(body)))
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/unread-body", Level: suite.Should, Section: "FastCGI 6.2", Link: "https://github.com/unbit/uwsgi/pull/609", Rows: []string{"FCGI-6.2-10"},
			Title: "the answer comes to a body that is not read", Needs: needsProbe, Budget: suite.Several,
			Rule: "A web server may send all of a request before it reads the answer. An application that does not read the body must not lose the answer by closing.",
			Run: func(t *suite.T) {
				const check = "a request is answered whose body is not read"
				body := strings.Repeat("unread....", large/10)
				c := dial(t)
				sent := c.SendAside(upload(1, 0, post(t, "read=no&size=26", len(body)), body)...)
				if !sent(blocked) {
					t.Note("the server does not take all of a body that is not read, until its answer is")
				}
				a := taken(t, c.answer(1), len(body))
				err := letters(a, 26)
				switch {
				case err == nil:
				case len(a.records) == 0 && a.ended == suite.Nothing:
					t.Hang("%s\n%s", check, a.why())
				default:
					t.Fail("%s\n%v (%s)", check, err, a.ending())
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/variables", Level: suite.Should, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-11"},
			Title: "the parameters are the application's CGI variables", Needs: needsProbe,
			Rule: "PARAMS carries CGI's variables, so that the application finds there what it would in its environment.",
			Run: func(t *suite.T) {
				const check = "every parameter that was sent reaches the application"
				pairs := post(t, "", 3, "HTTP_X_FCGIKIT", "yes", "FCGIKIT_OWN", "a value", "REMOTE_PORT", "49152", "HTTPS", "on")
				var list []cgi.Variable
				sent, _ := fcgi.ParseValues(pairs)
				for _, p := range sent {
					list = append(list, cgi.Variable{Name: string(p.Name), Value: string(p.Value)})
				}
				c := dial(t)
				c.Send(upload(1, 0, pairs, "abc")...)
				cgi.Arrived(t, list, served(t, c.answer(1), check).Params, check)
			},
		},
		suite.Case{
			ID: "fcgi/6.2/leaves-early", Level: suite.Robustness, Section: "FastCGI 6.2", Link: link("6.2"), Rows: []string{"FCGI-6.2-12"},
			Title: "a web server that goes within its answer does no harm", Hurts: true, Needs: needsProbe,
			Rule: "A web server may go while an answer is sent: the application serves the next one.",
			Run: func(t *suite.T) {
				for range 3 {
					c := dial(t)
					c.Send(request(1, 0, get(t, fmt.Sprintf("size=%d", large)))...)
					c.More(suite.AnswerLimit)
					c.Close()
				}
				time.Sleep(50 * time.Millisecond) // the server notices when it writes
			},
		},
	)
}

// sends sends a body of n bytes, which has to arrive.
func sends(t *suite.T, n int, check string) {
	body := strings.Repeat("all of it ", n/10+1)[:n]
	c := dial(t)
	c.Send(upload(1, 0, post(t, "", n), body)...)
	probeapp.BodyArrived(t, served(t, taken(t, c.answer(1), n), check), body, check)
	c.Close()
}

// large is the size of a body that no buffer holds.
const large = 10_000_000

// blocked is how long a server may take nothing more of a request before it is
// thought to wait for its answer to be read.
const blocked = time.Second
