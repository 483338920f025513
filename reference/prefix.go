package reference

import (
	"net/http"
	"strings"

	"github.com/fcgikit/fcgikit/client"
)

// Prefix finds out under which prefix the application is mounted and which path
// below it is asked for, as Django 1.8.19 on flup 1.0.2 does: the same answers,
// those included that RFC 3875 (4.1.5, 4.1.13) would not give.
type Prefix struct {
	// Force is the setting FORCE_SCRIPT_NAME; nil is unset, and empty is the root.
	Force *string
}

// Outcome is what becomes of a request by its path alone.
type Outcome int

const (
	// Served goes to the application's own pages.
	Served Outcome = iota
	// NotFound is a path without a leading slash, which no pattern matches.
	NotFound
	// BadRequest is a path that is not UTF-8, which Django refuses.
	BadRequest
	// Broken is what fails outside of Django's own handling: a prefix that is
	// not UTF-8, or WSGI_SCRIPT_NAME without SCRIPT_NAME. flup answers it with a
	// fixed page and no Status.
	Broken
)

// Status is the answer's status as the client sees it.
func (o Outcome) Status() int {
	switch o {
	case NotFound:
		return http.StatusNotFound
	case BadRequest:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// Location is where in the application a request leads. Its texts are UTF-8,
// and empty where the outcome is BadRequest or Broken.
type Location struct {
	Outcome    Outcome
	ScriptName string // the prefix
	PathInfo   string // the path below it, never empty
	Path       string // both, as the application prints them
	URL        string // both, escaped: a link to this same page
	// Surprises says, a line each, where this is not what the web server meant
	// or what a link needs. It is empty where all is in order.
	Surprises []string
}

// Of resolves a request of the reference server.
func (p Prefix) Of(r *Request) Location {
	return p.Resolve(r.Protocol, func(name string) ([]byte, bool) {
		value := r.Param(name)
		return value, value != nil
	})
}

// Resolve works the location out of a request's parameters. param tells an
// absent one (false) from an empty one.
func (p Prefix) Resolve(protocol client.Protocol, param func(name string) (value []byte, ok bool)) Location {
	f, err := fillIn(protocol, param)
	if err != nil {
		return Location{Outcome: Broken, Surprises: []string{err.Error()}}
	}
	m := p.mount(f)
	// Django looks at the prefix first, and catches what the path raises only.
	name, ok := decodeUTF8(m.name)
	if !ok {
		return Location{Outcome: Broken, Surprises: []string{notUTF8(m)}}
	}
	path, ok := decodeUTF8(f.pathInfo)
	if !ok {
		return Location{Outcome: BadRequest, Surprises: []string{"the path is not UTF-8: the answer is 400"}}
	}
	if path == "" {
		path = "/"
	}
	l := Location{ScriptName: name, PathInfo: path, Path: joinPath(name, path), URL: joinURL(name, path)}
	if path[0] != '/' {
		l.Outcome = NotFound
	}
	l.Surprises = surprises(f, m, l)
	return l
}

// mount is the prefix, still as bytes, and where it is from.
type mount struct {
	name   string
	source string // a parameter's name, or FORCE_SCRIPT_NAME
	url    string // the value of SCRIPT_URL or REDIRECT_URL, if that is the source
}

// mount takes the first that there is of FORCE_SCRIPT_NAME, SCRIPT_URL,
// REDIRECT_URL and SCRIPT_NAME.
func (p Prefix) mount(f filled) mount {
	if p.Force != nil {
		return mount{name: *p.Force, source: "FORCE_SCRIPT_NAME"}
	}
	for _, source := range [...]string{"SCRIPT_URL", "REDIRECT_URL"} {
		if url, _ := f.param(source); len(url) > 0 {
			return mount{name: cutEnd(string(url), len(f.pathInfo)), source: source, url: string(url)}
		}
	}
	return mount{name: f.scriptName, source: "SCRIPT_NAME"}
}

// cutEnd is s less its last n bytes, whatever they are. Less none is nothing:
// Python's s[:-0].
func cutEnd(s string, n int) string {
	if n == 0 || n > len(s) {
		return ""
	}
	return s[:len(s)-n]
}

// joinPath is Django's request.path: the slash that it takes from the path is
// the first one there, wherever it stands.
func joinPath(name, path string) string {
	return strings.TrimRight(name, "/") + "/" + strings.Replace(path, "/", "", 1)
}
