package cgi

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
)

// DefaultMaxHeaderBytes is the most that net/http's server takes of a request's header. The largest header that a web
// server was seen to take from an application is a tenth of it.
const DefaultMaxHeaderBytes = 1 << 20

// Answer is the message-header of a CGI answer. Section 6.
type Answer struct {
	// Status is the code of the Status field. Without one it is 302 where there is a Location, else 200.
	Status int

	// StatusText is the code and its reason, "404 Not Found", as http.Response.Status has it. The reason is the
	// application's own, or net/http's where it gave none.
	StatusText string

	// Header has all fields but Status, their names in net/http's canonical form.
	Header http.Header

	// ContentLength is in bytes, -1 where no Content-Length says it.
	ContentLength int64

	// StatusLine is set where the answer began as those of NPH scripts do, "HTTP/1.1 200 OK" (section 5.2), which is
	// no CGI answer. It counts as a Status field that any other goes before.
	StatusLine bool
}

// Parser finds the end of an answer's message-header and reads it. The zero value is ready. One that reads answer after
// answer remembers the last: a header that is the same to the byte is not taken apart again.
type Parser struct {
	// MaxHeaderBytes is how long the message-header may be, its blank line included; 0 means DefaultMaxHeaderBytes.
	MaxHeaderBytes int

	// Share, where it is set, tells this Parser of the answers that others remember, and them of its own.
	Share *KnownAnswers

	searched int // so far there is no blank line
	line     int // where the line at searched begins
	known    *knownAnswer
	block    []byte // the message-header that was taken apart last
}

// Reset makes the Parser ready for another answer.
func (p *Parser) Reset() { p.searched, p.line = 0, 0 }

// Parse reads the answer whose first bytes, all that have come so far, are b. Each call must have what the last one had,
// and may have more. n is the length of the message-header with its blank line: the body begins there. The error is
// ErrShort, or a *SyntaxError with an offset in b.
//
// Lines end with LF or CRLF, a blank line alone is an answer without fields, and neither Content-Type nor any other field
// is required. The answer shares no memory with b.
func (p *Parser) Parse(b []byte) (a Answer, n int, err error) {
	limit := p.MaxHeaderBytes
	if limit <= 0 {
		limit = DefaultMaxHeaderBytes
	}
	b = b[:min(len(b), limit)]
	if a, n, ok := p.again(b); ok {
		return a, n, nil
	}
	n = p.blankLine(b)
	if n == 0 && len(b) >= limit {
		return Answer{}, 0, &SyntaxError{"6.2", int64(limit), fmt.Sprintf("a blank line within %d bytes", limit), "none"}
	}
	if n == 0 {
		return Answer{}, 0, ErrShort
	}
	a, err = parseHeader(string(b[:n]))
	if err != nil {
		return Answer{}, 0, err
	}
	p.remember(b[:n], a)
	return a, n, nil
}

// ParseAnswer is Parse for an answer that is there as a whole.
func ParseAnswer(b []byte) (a Answer, n int, err error) {
	return new(Parser).Parse(b)
}

// blankLine is the offset behind the first blank line, or 0. It looks at no byte twice.
func (p *Parser) blankLine(b []byte) int {
	for {
		i := bytes.IndexByte(b[p.searched:], '\n')
		if i < 0 {
			p.searched = len(b)
			return 0
		}
		end := p.searched + i
		length := end - p.line
		if length == 0 || length == 1 && b[p.line] == '\r' {
			return end + 1
		}
		p.searched, p.line = end+1, end+1
	}
}

// parseContentLength gives -1 for what is no number of bytes.
func parseContentLength(value string) int64 {
	if !isNumber(value) {
		return -1
	}
	var length int64
	for i := range len(value) {
		digit := int64(value[i] - '0')
		if length > (math.MaxInt64-digit)/10 {
			return -1
		}
		length = length*10 + digit
	}
	return length
}
