package fcgi

import (
	"cmp"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/6.2/odd-content-length", Level: suite.Must, Section: "RFC 3875 4.1.2", Link: "https://www.rfc-editor.org/rfc/rfc3875#section-4.1.2", Rows: []string{"FCGI-R-22"},
			Title: "no CONTENT_LENGTH makes a body longer than it is", Needs: needsProbe, Hurts: true, Budget: 40 * time.Second,
			Rule: "CONTENT_LENGTH is decimal digits. Whatever else it is, the application gets no byte that was not sent.",
			Run: func(t *suite.T) {
				const body = "abcde"
				for _, length := range []string{"-1", "abc", "", " 5", "+5", "5,5", "1e3", "2147483648", "9223372036854775808", "18446744073709551617"} {
					c := dial(t)
					// The last of two counts, where there are two.
					c.Send(upload(1, 0, get(t, "", "REQUEST_METHOD", "POST", "CONTENT_LENGTH", length), body)...)
					p, err := c.soon(1).probe()
					switch {
					case err != nil:
						t.Note("%q is refused", length)
					case p.Body.Length > int64(len(body)):
						t.Fail("the application gets no more of a body than was sent\nCONTENT_LENGTH was %q, STDIN had 5 bytes, the application got %d", length, p.Body.Length)
					default:
						t.Note("%q is %d", length, p.Body.Length)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/two-content-lengths", Level: suite.May, Section: "RFC 3875 4.1.2", Link: "https://www.rfc-editor.org/rfc/rfc3875#section-4.1.2", Rows: []string{"FCGI-R-23"},
			Title: "CONTENT_LENGTH twice", Needs: needsProbe,
			Rule: "Where a variable comes twice, the layers of a server may not agree on which counts.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(upload(1, 0, post(t, "", 3, "CONTENT_LENGTH", "5"), "abcde")...)
				p, err := c.soon(1).probe()
				if err != nil {
					t.Note("a request with CONTENT_LENGTH 3 and then 5 is refused")
					return
				}
				t.Note("of CONTENT_LENGTH 3 and then 5 the application gets %q, and %d bytes of body", p.Params["CONTENT_LENGTH"], p.Body.Length)
			},
		},
		suite.Case{
			ID: "fcgi/6.2/httpoxy", Level: suite.May, Section: "RFC 3875 4.1.18", Link: "https://httpoxy.org/", Rows: []string{"FCGI-R-24"},
			Title: "HTTP_PROXY", Needs: needsProbe,
			Rule: "A client's header Proxy becomes the variable HTTP_PROXY, which programs take for their own configuration. The gateway has to drop it; a runtime may do so, too.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "", "HTTP_PROXY", "fcgikit.invalid:1"))...)
				if p, err := c.answer(1).probe(); err == nil && p.Params["HTTP_PROXY"] != "" {
					t.Note("HTTP_PROXY reaches the application")
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/php-value", Level: suite.May, Section: "FastCGI 6.2", Link: "https://www.php.net/manual/en/install.fpm.configuration.php", Rows: []string{"FCGI-R-26"},
			Title: "PHP_VALUE", Needs: needsProbe,
			Rule: "PHP takes configuration from variables: who reaches its socket configures it, and can run what he likes.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=1", "PHP_VALUE", "default_charset=x-fcgikit"))...)
				head, _, err := c.answer(1).page()
				if err == nil && strings.Contains(head.Header.Get("Content-Type"), "x-fcgikit") {
					t.Note("who can connect can set PHP's configuration, and so run programs: keep the socket to the web server")
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/foreign-script", Level: suite.Should, Section: "FastCGI 6.2", Link: "https://www.php.net/manual/en/install.fpm.configuration.php#security.limit-extensions", Rows: []string{"FCGI-R-28"},
			Title: "a file that is no script is not handed out", Hurts: true,
			Rule: "SCRIPT_FILENAME names a script to be run. A file that is none, outside of the document root, is not shown.",
			Run: func(t *suite.T) {
				control(t)
				c := dial(t)
				c.Send(request(1, 0, get(t, "", "SCRIPT_FILENAME", "/etc/os-release"))...)
				a := c.soon(1)
				if strings.Contains(string(a.stdout), "PRETTY_NAME=") {
					t.Fail("a file that is no script is not handed out\nwith SCRIPT_FILENAME=/etc/os-release its content came")
				}
				if head, _, err := a.page(); err == nil {
					t.Note("answered with status %d", head.Status)
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/path-info-underflow", Level: suite.Robustness, Section: "FastCGI 6.2", Link: "https://github.com/php/php-src/blob/PHP-7.3/NEWS", Rows: []string{"FCGI-R-27"},
			Title: "an empty PATH_INFO after a longer SCRIPT_FILENAME does no harm", Hurts: true, Hostile: true, Budget: 30 * time.Second,
			Rule: "CVE-2019-11043: php-fpm before 7.1.33, 7.2.24 and 7.3.11 writes before the beginning of PATH_INFO where SCRIPT_FILENAME goes on after the script.",
			Run: func(t *suite.T) {
				script := cmp.Or(t.Server.ScriptFilename, "/fcgikit.php") + "/x"
				broken := 0
				for length := 1500; length <= 1950; length += 25 {
					c := dial(t)
					c.Send(request(1, 0, get(t, strings.Repeat("q", length), "SCRIPT_FILENAME", script, "SCRIPT_NAME", "/fcgikit/x", "PATH_INFO", ""))...)
					if a := c.soon(1); a.end == nil && a.ended != suite.Nothing {
						broken++
					}
					c.Close()
				}
				if broken > 0 {
					t.Note("%d of 19 connections ended without an answer: a worker may have crashed", broken)
				}
			},
		},
		suite.Case{
			ID: "fcgi/5.1/fresh-after-exception", Level: suite.Must, Section: "FastCGI 5.1", Link: "https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2011-2766", Rows: []string{"FCGI-R-29"},
			Title: "nothing of a request whose application failed is left for the next", Needs: suite.Needs{Probe: true, Can: []string{"throw"}},
			Rule: "A request's parameters are those that were sent for it, however the one before has ended.",
			Run: func(t *suite.T) {
				for _, throw := range []string{"throw=early", "throw=late", ""} {
					c := dial(t)
					c.Send(request(1, fcgi.KeepConn, get(t, throw, "FCGIKIT_SECRET", "yes"))...)
					if a := c.answer(1); a.end == nil && len(a.records) == 0 {
						t.Untested("a request whose application fails is not answered: %s", a.why())
					}
					for range 2 { // on the same connection, where it is kept, and on a new one
						c.Send(request(1, fcgi.KeepConn, get(t, ""))...)
						if p, err := c.answer(1).probe(); err == nil && p.Params["FCGIKIT_SECRET"] != "" {
							t.Fail("the request after one that failed has its own parameters alone\nFCGIKIT_SECRET of the one before, with %q, is there", throw)
						}
						c.Close()
						c = dial(t)
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/default-content-type", Level: suite.May, Section: "RFC 3875 6.3.1", Link: "https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2020-24553", Rows: []string{"FCGI-R-37"},
			Title: "Content-Type of an answer without one", Needs: suite.Needs{Probe: true, Can: []string{"output"}},
			Rule: "A runtime that adds text/html where the application gave no type has a browser run what it may only show.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "output=none"))...)
				if head, _, err := c.answer(1).page(); err == nil && head.Header.Get("Content-Type") != "" {
					t.Note("an answer without a Content-Type gets %q", head.Header.Get("Content-Type"))
				}
			},
		},
		suite.Case{
			ID: "fcgi/6.2/header-injection", Level: suite.May, Section: "RFC 3875 6.3", Link: "https://www.rfc-editor.org/rfc/rfc3875#section-6.3", Rows: []string{"FCGI-R-42"},
			Title: "a line break in a header's value", Needs: needsProbe,
			Rule: "An application that puts a client's text into a header may put a line break there. A server library may take it out.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(request(1, 0, get(t, "size=1&header=X-Fcgikit:a%0d%0aX-Injected:%20yes"))...)
				head, _, err := c.answer(1).page()
				t.Note("%s", map[bool]string{true: "the line break makes another header", false: "no header comes of it"}[err == nil && head.Header.Get("X-Injected") != ""])
			},
		},
	)
}
