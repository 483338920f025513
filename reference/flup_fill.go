package reference

import (
	"errors"
	"strings"

	"github.com/fcgikit/fcgikit/client"
)

// filled is what flup hands to the application.
type filled struct {
	protocol   client.Protocol
	param      func(name string) (value []byte, ok bool) // as it came
	scriptName string
	pathInfo   string
	wholeURI   bool   // pathInfo is REQUEST_URI's path: with the prefix, and not decoded
	blindCut   string // what was cut off pathInfo in the place of WSGI_SCRIPT_NAME
}

// text is a parameter's value, "" if it is absent.
func (f filled) text(name string) string {
	value, _ := f.param(name)
	return string(value)
}

// fillIn does what flup does to SCRIPT_NAME and PATH_INFO before the
// application sees them.
func fillIn(protocol client.Protocol, param func(name string) ([]byte, bool)) (filled, error) {
	f := filled{protocol: protocol, param: param}
	switch protocol {
	case client.AJP:
		f.fillAJP()
		return f, nil
	case client.SCGI:
		if name, ok := param("WSGI_SCRIPT_NAME"); ok {
			return f, f.fillSCGI(string(name))
		}
	}
	f.scriptName, f.pathInfo = f.text("SCRIPT_NAME"), f.text("PATH_INFO")
	if f.pathInfo == "" {
		f.pathInfo, _, _ = strings.Cut(f.text("REQUEST_URI"), "?")
		f.wholeURI = f.pathInfo != ""
	}
	return f, nil
}

// fillAJP overwrites both, since a Forward Request has neither. req_uri is
// taken whole, with the query if there is one.
func (f *filled) fillAJP() {
	f.cutMount(f.text("WSGI_SCRIPT_NAME"), f.text("REQUEST_URI"))
	f.wholeURI = f.scriptName == ""
}

var errNoScriptName = errors.New("WSGI_SCRIPT_NAME without SCRIPT_NAME breaks flup: a fixed page, status 200")

// fillSCGI is SCGI with a header WSGI_SCRIPT_NAME. "none" in any case turns the
// filling off.
func (f *filled) fillSCGI(name string) error {
	script, ok := f.param("SCRIPT_NAME")
	if strings.EqualFold(name, "none") {
		f.scriptName, f.pathInfo = string(script), f.text("PATH_INFO")
		return nil
	}
	if !ok {
		return errNoScriptName
	}
	f.cutMount(name, string(script)+f.text("PATH_INFO"))
	return nil
}

// cutMount takes name's length off the path, without looking whether the path
// begins with it.
func (f *filled) cutMount(name, path string) {
	n := min(len(name), len(path))
	if path[:n] != name {
		f.blindCut = path[:n]
	}
	f.scriptName, f.pathInfo = name, path[n:]
}
