package reference

import (
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/scgi"
)

func init() {
	addFaults(
		Fault{"scgi/body-cut", "bodies are cut at 8192 bytes", "a buffer of fixed size", requestFault{headers: bodyOf(func(length, _ int) int { return min(length, 8192) })}.wrap},
		Fault{"scgi/large-body-cut", "bodies are cut at 1 MiB", "a limit that is applied to the body, and not to the request", requestFault{headers: bodyOf(func(length, _ int) int { return min(length, 1<<20) })}.wrap},
		Fault{"scgi/body-unread", "the body is not read at all", "servers that were made for GET", requestFault{headers: bodyOf(func(int, int) int { return 0 })}.wrap},
		Fault{"scgi/body-in-one-read", "the body is what came together with the headers", "https://github.com/rakshasa/rtorrent/pull/1766", requestFault{headers: bodyOf(func(length, came int) int { return min(length, came) })}.wrap},
		Fault{"scgi/body-runs-on", "all that follows the headers is the body", "libfcgi 2.4.2, Go's net/http/fcgi and flup 1.0.3, over FastCGI", requestFault{headers: bodyOf(func(length, came int) int { return max(length, came) })}.wrap},
		Fault{"scgi/short-body-hangs", "a body that breaks off is waited for for ever", "a recv() whose 0 is taken for nothing yet", func(nc net.Conn) net.Conn {
			return &reading{through: through{nc}, read: func(c *reading) error {
				if c.err == io.EOF && bodyIsShort(c.got) {
					time.Sleep(time.Minute)
				}
				return nil
			}}
		}},

		Fault{"scgi/order-unchecked", "CONTENT_LENGTH is taken from any place", "flup 1.0.3 and uWSGI 2.0.21", requestFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if i := slices.IndexFunc(h, func(h scgi.Header) bool { return string(h.Name) == "CONTENT_LENGTH" }); i > 0 && len(removed(h, "CONTENT_LENGTH")) == len(h)-1 {
				return first(h, "CONTENT_LENGTH", string(h[i].Value))
			}
			return h
		}}.wrap},
		Fault{"scgi/content-length-optional", "without CONTENT_LENGTH there is no body", "uWSGI 2.0.21", requestFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if _, there := valueOf(h, "CONTENT_LENGTH"); there || len(h) == 0 {
				return h
			}
			return first(h, "CONTENT_LENGTH", "0")
		}}.wrap},
		Fault{"scgi/empty-netstring", "a request without any header is served", "a loop over the headers that checks them as they come", requestFault{headers: func(h []scgi.Header, _ int) []scgi.Header {
			if len(h) == 0 {
				h = []scgi.Header{{Name: []byte("CONTENT_LENGTH"), Value: []byte("0")}, {Name: []byte("SCGI"), Value: []byte("1")}}
			}
			return h
		}}.wrap},
		Fault{"scgi/content-length-atoi", "a CONTENT_LENGTH that is no number is taken for 0", "uWSGI 2.0.21", requestFault{headers: contentLength(func(value string) string {
			if strings.Trim(value, "0123456789") != "" || value == "" {
				return "0"
			}
			return value
		})}.wrap},
		Fault{"scgi/content-length-empty", "a CONTENT_LENGTH without a digit is taken for 0", "uWSGI 2.0.21", requestFault{headers: contentLength(func(value string) string {
			if value == "" {
				return "0"
			}
			return value
		})}.wrap},
		Fault{"scgi/content-length-by-int", "CONTENT_LENGTH is read as Python's int() does", "flup 1.0.3", requestFault{headers: contentLength(func(value string) string {
			if n, ok := pythonInt(value); ok {
				return strconv.FormatUint(n, 10)
			}
			return value
		})}.wrap},
		Fault{"scgi/content-length-wraps", "CONTENT_LENGTH is kept in 64 bits, and wraps", "uWSGI 2.0.21, a size_t", requestFault{headers: contentLength(func(value string) string {
			if n, ok := wrapping(value); ok {
				return strconv.FormatUint(n, 10)
			}
			return value
		})}.wrap},
	)
}

// bodyOf is a server that takes another length for the body's.
func bodyOf(f func(length, came int) int) func([]scgi.Header, int) []scgi.Header {
	return func(headers []scgi.Header, came int) []scgi.Header {
		if len(headers) > 0 && string(headers[0].Name) == "CONTENT_LENGTH" {
			if length, err := strconv.ParseUint(string(headers[0].Value), 10, 62); err == nil {
				headers[0].Value = strconv.AppendInt(nil, int64(f(int(length), came)), 10)
			}
		}
		return headers
	}
}

// contentLength is a server that reads CONTENT_LENGTH by another function.
func contentLength(f func(value string) string) func([]scgi.Header, int) []scgi.Header {
	return headerwise(func(h scgi.Header) (scgi.Header, bool) {
		if string(h.Name) == "CONTENT_LENGTH" {
			h.Value = []byte(f(string(h.Value)))
		}
		return h, true
	})
}

// first puts a header there first, and without more of its name.
func first(headers []scgi.Header, name, value string) []scgi.Header {
	return append([]scgi.Header{{Name: []byte(name), Value: []byte(value)}}, removed(headers, name)...)
}

// bodyLength is a request's CONTENT_LENGTH, once its headers have come.
func bodyLength(got []byte) (int, bool) {
	block, _, err := strictly(got)
	if err != nil {
		return 0, false
	}
	headers, err := scgi.ParseHeaders(block)
	value, _ := valueOf(headers, "CONTENT_LENGTH")
	length, notNumber := strconv.Atoi(value)
	return length, err == nil && notNumber == nil
}

// bodyIsShort says that a request's headers have come, and its body has not.
func bodyIsShort(got []byte) bool {
	length, ok := bodyLength(got)
	_, n, _ := strictly(got)
	return ok && len(got)-n < length
}
