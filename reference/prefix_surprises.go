package reference

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/client"
)

// surprises is what each rule has to say about a location.
func surprises(f filled, m mount, l Location) []string {
	var said []string
	for _, rule := range surprising {
		if s := rule(f, m, l); s != "" {
			said = append(said, s)
		}
	}
	return said
}

var surprising = [...]func(filled, mount, Location) string{
	blindMount,
	blindURL,
	wholePath,
	forcedTwice,
	forcedBeside,
	lostInAJP,
	queryInPath,
	literalPercent,
	noLeadingSlash,
	relativePrefix,
	trailingSlashes,
	escapedSlash,
	escapedPrefix,
}

// notUTF8 says why a mount has no text.
func notUTF8(m mount) string {
	what := m.source
	if m.url != "" {
		what = fmt.Sprintf("the prefix cut out of %s %q", m.source, m.url)
	}
	return what + " is not UTF-8: a fixed page of flup's, status 200"
}

// blindMount is WSGI_SCRIPT_NAME on a path that is not under it.
func blindMount(f filled, _ mount, _ Location) string {
	if f.blindCut == "" {
		return ""
	}
	return fmt.Sprintf("the path is cut by the length of WSGI_SCRIPT_NAME %q without comparing: %q is lost", f.scriptName, f.blindCut)
}

// blindURL is SCRIPT_URL or REDIRECT_URL where the cut leaves another prefix
// than the path's own.
func blindURL(f filled, m mount, _ Location) string {
	p := f.pathInfo
	switch {
	case m.url == "" || m.url == "/" && m.name == "":
		return ""
	case p == "":
		return fmt.Sprintf("%s %q is cut to nothing, since PATH_INFO is empty: the prefix is lost", m.source, m.url)
	case len(p) > len(m.url):
		return fmt.Sprintf("%s %q is shorter than PATH_INFO %q: the prefix is lost", m.source, m.url, p)
	case !strings.HasSuffix(m.url, p):
		return fmt.Sprintf("%s is cut by PATH_INFO's length without comparing: %q is lost where %q was looked for", m.source, m.url[len(m.name):], p)
	case f.wholeURI && m.name == "":
		return fmt.Sprintf("the path, taken from REQUEST_URI, is all of %s %q: the prefix is lost", m.source, m.url)
	case strings.HasSuffix(m.name, "/"):
		return fmt.Sprintf("%s %q has a doubled slash: the prefix keeps one of them", m.source, m.url)
	}
	return ""
}

// wholePath is REQUEST_URI in the place of an empty PATH_INFO, under a mount.
func wholePath(f filled, m mount, _ Location) string {
	name := strings.TrimRight(m.name, "/")
	if !f.wholeURI || m.source != "SCRIPT_NAME" || name == "" || f.pathInfo == "/" {
		return ""
	}
	if !begins(f.pathInfo, name) {
		return fmt.Sprintf("PATH_INFO is empty, and REQUEST_URI stands in for it, though it is not under SCRIPT_NAME %q", m.name)
	}
	return fmt.Sprintf("PATH_INFO is empty, and REQUEST_URI stands in for it with the prefix: %q is there twice", name)
}

// forcedTwice is FORCE_SCRIPT_NAME where nobody takes it off the path.
func forcedTwice(f filled, m mount, _ Location) string {
	name := strings.TrimRight(m.name, "/")
	takenOff := !f.wholeURI && strings.TrimRight(f.scriptName, "/") == name
	if m.source != "FORCE_SCRIPT_NAME" || name == "" || takenOff || !begins(f.pathInfo, name) {
		return ""
	}
	return fmt.Sprintf("FORCE_SCRIPT_NAME is not taken off the path: %q is there twice", name)
}

// forcedBeside is FORCE_SCRIPT_NAME where the web server has a prefix of its
// own, which is in the REQUEST_URI that the path comes from.
func forcedBeside(f filled, m mount, _ Location) string {
	own := strings.TrimRight(f.scriptName, "/")
	if m.source != "FORCE_SCRIPT_NAME" || m.name == "" || own == "" || strings.TrimRight(m.name, "/") == own || !f.wholeURI || !begins(f.pathInfo, own) {
		return ""
	}
	return fmt.Sprintf("PATH_INFO is empty, and REQUEST_URI stands in for it: the web server's own prefix %q stays in the path", own)
}

// begins says that a path is prefix, or lies under it. The path may still be
// percent-encoded.
func begins(path, prefix string) bool {
	for _, p := range [...]string{path, unescape(path)} {
		if rest, ok := strings.CutPrefix(p, prefix); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// lostInAJP is a path that may have a prefix in it, which AJP can't tell. One of
// a single segment has none: it is the page itself.
func lostInAJP(f filled, m mount, _ Location) string {
	if f.protocol != client.AJP || m.source != "SCRIPT_NAME" || m.name != "" {
		return ""
	}
	const why = "over AJP SCRIPT_NAME is empty unless WSGI_SCRIPT_NAME is sent: "
	if sent := f.text("SCRIPT_NAME"); sent != "" {
		return fmt.Sprintf(why+"%q, sent as req_attribute, is overwritten", sent)
	}
	first, rest, _ := strings.Cut(strings.Trim(f.pathInfo, "/"), "/")
	if rest == "" || f.pathInfo[0] != '/' {
		return ""
	}
	return fmt.Sprintf(why+"if the application is mounted on %q, that is taken for its path", "/"+first)
}

// queryInPath is a req_uri with a query: over AJP flup does not take it off.
func queryInPath(f filled, _ mount, _ Location) string {
	if f.protocol != client.AJP || !strings.Contains(f.pathInfo, "?") {
		return ""
	}
	return "the query in req_uri stays in the path"
}

// literalPercent is what looks percent-encoded and is taken literally, unless
// REQUEST_URI shows that the client meant the percent sign.
func literalPercent(f filled, _ mount, l Location) string {
	inName, inPath := hasTriplet(l.ScriptName), hasTriplet(l.PathInfo)
	if !inName && !inPath {
		return ""
	}
	uri, _, _ := strings.Cut(f.text("REQUEST_URI"), "?")
	name, meant := strings.CutSuffix(unescape(uri), l.PathInfo)
	switch {
	case inPath && !meant && (f.wholeURI || f.protocol == client.AJP):
		return "the path is REQUEST_URI's text, not decoded: in links its percent signs are escaped again"
	case inPath && !meant:
		return fmt.Sprintf("the path %q is not decoded: in links its percent signs are escaped again", l.PathInfo)
	case inName && !(meant && name == l.ScriptName):
		return fmt.Sprintf("the prefix %q is not decoded: in links its percent signs are escaped again", l.ScriptName)
	}
	return ""
}

func noLeadingSlash(_ filled, _ mount, l Location) string {
	switch {
	case l.Outcome != NotFound:
		return ""
	case strings.Contains(l.PathInfo, "/"):
		return fmt.Sprintf("the path %q has no leading slash: no page matches it (404), and printed it loses its first slash", l.PathInfo)
	}
	return fmt.Sprintf("the path %q has no leading slash: no page matches it (404)", l.PathInfo)
}

func relativePrefix(_ filled, _ mount, l Location) string {
	if l.ScriptName == "" || l.ScriptName[0] == '/' {
		return ""
	}
	return fmt.Sprintf("the prefix %q has no leading slash: links are relative to the page", l.ScriptName)
}

func trailingSlashes(_ filled, _ mount, l Location) string {
	if !strings.HasSuffix(l.ScriptName, "//") {
		return ""
	}
	return fmt.Sprintf("the prefix %q ends in several slashes: links keep them, the path %q does not", l.ScriptName, l.Path)
}

// escapedSlash is joinURL's %2F: a slash in a prefix or path is never escaped
// otherwise.
func escapedSlash(_ filled, _ mount, l Location) string {
	if !strings.HasPrefix(l.URL, "/%2F") {
		return ""
	}
	return "a link to this page would begin with two slashes, as a host's name does: the second is escaped"
}

func escapedPrefix(_ filled, _ mount, l Location) string {
	i := strings.IndexAny(l.ScriptName, onlyPathSafe)
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("the prefix %q has %q, which links escape in the prefix and not in the path", l.ScriptName, l.ScriptName[i:i+1])
}
