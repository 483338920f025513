package reference

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fcgikit/fcgikit/client/scgi"
)

func init() {
	addFaults(
		Fault{"scgi/duplicates-taken", "of two headers of one name the last is taken", "flup 1.0.3 and uWSGI 2.0.21", requestFault{headers: lastOfEach}.wrap},
		Fault{"scgi/scgi-unchecked", "the header SCGI may be missing, or have any value", "flup 1.0.3 and uWSGI 2.0.21; https://github.com/munin-monitoring/contrib/pull/1504 sent \" 1\"", requestFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if len(h) == 0 {
				return h
			}
			if len(h)-len(removed(h, "SCGI")) == 1 {
				return headersWith(h, "SCGI", "1")
			}
			return append(slices.Clone(h), scgi.Header{Name: []byte("SCGI"), Value: []byte("1")})
		}}.wrap},
		Fault{"scgi/scgi-trimmed", "the value of the header SCGI may have spaces around it", "https://github.com/munin-monitoring/contrib/pull/1504 sent \" 1\"", requestFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			if string(h.Name) == "SCGI" {
				h.Value = bytes.TrimSpace(h.Value)
			}
			return h, true
		})}.wrap},
		Fault{"scgi/scgi-second", "the header SCGI is expected in the second place", "a parser made of one web server's captures: nginx has it 8th, lighttpd last", requestFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if len(h) > 1 && string(h[1].Name) != "SCGI" {
				return nil
			}
			return h
		}}.wrap},
		Fault{"scgi/empty-end-lost", "variables at the headers' end whose values are empty are lost", "https://github.com/phusion/passenger/issues/370", requestFault{split: splitAtNUL}.wrap},
		Fault{"scgi/empty-names", "a header without a name is taken", "flup 1.0.3 and uWSGI 2.0.21", requestFault{headers: func(h []scgi.Header, came int) []scgi.Header {
			return removed(h, "")
		}}.wrap},
		Fault{"scgi/pairs-as-environment", "name and value are joined by =, and parted at the first one", "libfcgi 2.4.2, of FastCGI's pairs", requestFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			if name, rest, ok := bytes.Cut(h.Name, []byte("=")); ok && len(name) > 0 {
				return scgi.Header{Name: name, Value: slices.Concat(rest, []byte("="), h.Value)}, true
			}
			return h, true
		})}.wrap},
		Fault{"scgi/tail-dropped", "headers that break off are served without the last", "uWSGI 2.0.21", requestFault{split: tailDropped}.wrap},
		Fault{"scgi/high-bytes-lost", "bytes from 128 on become question marks", "values decoded as ASCII", requestFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			h.Value = bytes.Map(func(r rune) rune {
				if r >= 128 {
					return '?'
				}
				return r
			}, h.Value)
			return h, true
		})}.wrap},
		Fault{"scgi/extensions-dropped", "of HTTP's headers only well-known ones reach the application", "a fixed table of names", requestFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			return h, !strings.HasPrefix(string(h.Name), "HTTP_X_")
		})}.wrap},
		Fault{"scgi/needs-server-name", "a request without SERVER_NAME is dropped", "gateways to WSGI, which requires it", requestFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if _, there := valueOf(h, "SERVER_NAME"); !there {
				return nil
			}
			return h
		}}.wrap},
	)
}

// headerwise changes or drops headers, one by one.
func headerwise(f func(h scgi.Header) (scgi.Header, bool)) func([]scgi.Header, int) []scgi.Header {
	return func(headers []scgi.Header, _ int) []scgi.Header {
		var kept []scgi.Header
		for _, h := range headers {
			if changed, ok := f(h); ok {
				kept = append(kept, changed)
			}
		}
		return kept
	}
}

func removed(headers []scgi.Header, name string) []scgi.Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h scgi.Header) bool { return string(h.Name) == name })
}

func valueOf(headers []scgi.Header, name string) (string, bool) {
	for _, h := range headers {
		if string(h.Name) == name {
			return string(h.Value), true
		}
	}
	return "", false
}

func headersWith(headers []scgi.Header, name, value string) []scgi.Header {
	changed := slices.Clone(headers)
	for i := range changed {
		if string(changed[i].Name) == name {
			changed[i].Value = []byte(value)
		}
	}
	return changed
}

// lastOfEach leaves each name in the place where it was first.
func lastOfEach(headers []scgi.Header, _ int) []scgi.Header {
	var kept []scgi.Header
	for _, h := range headers {
		if i := slices.IndexFunc(kept, func(k scgi.Header) bool { return bytes.Equal(k.Name, h.Name) }); i >= 0 {
			kept[i].Value = h.Value
		} else {
			kept = append(kept, h)
		}
	}
	return kept
}

// tailDropped leaves out a last header that breaks off.
func tailDropped(block []byte) ([]scgi.Header, error) {
	headers, _ := scgi.ParseHeaders(block)
	return headers, nil
}

// splitAtNUL is how Ruby splits: without the empty strings at the end.
func splitAtNUL(block []byte) ([]scgi.Header, error) {
	headers, err := scgi.ParseHeaders(block)
	for err == nil && len(headers) > 0 && len(headers[len(headers)-1].Value) == 0 {
		headers = headers[:len(headers)-1]
	}
	return headers, err
}
