package ajp

import (
	"strings"

	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "ajp/robustness/include-attributes", Level: suite.Must, Section: "AJPv13 Attributes", Link: "https://nvd.nist.gov/vuln/detail/CVE-2020-1938", Rows: []string{"AJP-R-1"},
			Title: "an attribute does not choose what is served", Hurts: true,
			Rule: "A Servlet container keeps the path of an include in attributes of the request: those of a client must not be taken for them, or every file of the application can be read. What is asked for here is no file that there is.",
			Run: func(t *suite.T) {
				control(t, get(t, ""), "")
				for _, prefix := range []string{"javax", "jakarta"} {
					r := get(t, "")
					r.Attributes = append(r.Attributes,
						named(prefix+".servlet.include.request_uri", "/fcgikit-nowhere.txt"),
						named(prefix+".servlet.include.path_info", "fcgikit-nowhere.txt"),
						named(prefix+".servlet.include.servlet_path", "/"))
					c := dial(t)
					c.Send(forward(r))
					const check = "a request with include attributes is served as one without, or refused"
					a := noHang(t, c.answer(), check, prefix)
					if a.head != nil && a.head.Status == statusNotFound {
						t.Fail("%s\nwith %s.servlet.include.* another path was looked for: %d", check, prefix, a.head.Status)
					}
					t.Note("with %s.servlet.include.*: %s", prefix, a.fate())
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "ajp/robustness/remote-user", Level: suite.May, Section: "AJPv13 Attributes", Link: link, Rows: []string{"AJP-R-15"},
			Title: "who a web server says that the user is", Needs: needsProbe,
			Rule: "remote_user is the web server's word. A container that does its own authentication shows the application none of it.",
			Run: func(t *suite.T) {
				r := get(t, "")
				r.Attributes = append(r.Attributes, attribute(ajp.AttrRemoteUser, "fcgikit"), attribute(ajp.AttrAuthType, "Basic"))
				c := dial(t)
				c.Send(forward(r))
				p, err := c.soon().probe()
				if err != nil {
					t.Untested("%v", err)
				}
				t.Note("of the remote_user fcgikit the application gets %q", p.Params["REMOTE_USER"])
			},
		},
		suite.Case{
			ID: "ajp/robustness/stack-trace", Level: suite.May, Section: "AJPv13 Send Body Chunk", Link: link, Rows: []string{"AJP-R-18"},
			Title: "what an error page tells of the container",
			Rule:  "An error page with a stack trace or a version tells an attacker what to try.",
			Run: func(t *suite.T) {
				for _, bad := range malformed() {
					c := dial(t)
					c.Send(forward(get(t, "", bad)))
					a := c.soon()
					for _, sign := range []string{"Exception", "Traceback", "\tat ", "goroutine "} {
						if strings.Contains(string(a.body), sign) {
							t.Note("the page of a malformed request holds %q", sign)
						}
					}
					c.Close()
				}
			},
		},
	)
}

// statusNotFound is what is answered for a path that leads nowhere.
const statusNotFound = 404
