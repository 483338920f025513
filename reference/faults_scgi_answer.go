package reference

import (
	"bytes"
	"strings"

	"github.com/fcgikit/fcgikit/client/scgi"
)

func init() {
	addFaults(
		Fault{"scgi/answer-cut", "an answer is cut where the socket's buffer is full", "https://github.com/tina4stack/tina4-php/issues/118", requestFault{out: func(m *requestMemory, b []byte) []byte {
			const buffer = 200 << 10
			return b[:min(max(buffer-m.sent, 0), len(b))]
		}}.wrap},
		Fault{"scgi/empty-answer-lost", "the header is sent with the first of the body, and not at all where there is none", "a header that is written by the first write()", requestFault{out: func(m *requestMemory, b []byte) []byte {
			if m.sent == 0 && bytes.HasSuffix(b, []byte("\r\n\r\n")) {
				return nil
			}
			return b
		}}.wrap},
		Fault{"scgi/http-status-line", "the answer begins with HTTP's status line", "applications that were made for a socket of HTTP", requestFault{out: replacing("Status: ", "HTTP/1.1 ")}.wrap},
		Fault{"scgi/no-content-type", "the answer has no Content-Type", "servers that have but one type of content", requestFault{out: func(m *requestMemory, b []byte) []byte {
			return replacing(contentTypeLine(b), "")(m, b)
		}}.wrap},
		Fault{"scgi/content-type-twice", "a Content-Type is put before the application's own", "CVE-2020-24553 and the defaults of other gateways", requestFault{out: func(m *requestMemory, b []byte) []byte {
			return replacing("\r\n", "\r\nContent-Type: text/html\r\n")(m, b)
		}}.wrap},
		Fault{"scgi/head-as-get", "HEAD is answered with a body", "routers that serve HEAD by the handler of GET", requestFault{headers: headerwise(func(h scgi.Header) (scgi.Header, bool) {
			if string(h.Name) == "REQUEST_METHOD" && string(h.Value) == "HEAD" {
				h.Value = []byte("GET")
			}
			return h, true
		})}.wrap},
	)
}

// replacing changes the head of an answer, which the server sends at once.
func replacing(from, to string) func(*requestMemory, []byte) []byte {
	return func(m *requestMemory, b []byte) []byte {
		if m.sent > 0 {
			return b
		}
		return bytes.Replace(b, []byte(from), []byte(to), 1)
	}
}

func contentTypeLine(b []byte) string {
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "Content-Type:") {
			return line
		}
	}
	return "\x00" // there is none
}
