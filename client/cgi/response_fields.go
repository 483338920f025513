package cgi

import (
	"net/http"
	"net/textproto"
	"strings"
)

// fields is a message-header that is being read. Section 6.3.
type fields struct {
	answer Answer
	slab   []string // the values of all fields, so that they are one piece of memory
}

// parseHeader takes a block that ends with a blank line. All strings of the answer are parts of it.
func parseHeader(block string) (Answer, error) {
	lines := strings.Count(block, "\n") - 1
	f := fields{
		answer: Answer{Header: make(http.Header, min(lines, usualHeaders)), ContentLength: -1},
		slab:   make([]string, 0, lines),
	}
	var statusLine status
	for at := 0; ; {
		end := at + strings.IndexByte(block[at:], '\n')
		line := strings.TrimSuffix(block[at:end], "\r")
		if line == "" {
			f.finish(statusLine)
			return f.answer, nil
		}
		var err error
		if at == 0 && strings.HasPrefix(line, "HTTP/") {
			f.answer.StatusLine = true
			statusLine, err = parseStatusLine(line)
		} else {
			err = f.field(line, at)
		}
		if err != nil {
			return Answer{}, err
		}
		at = end + 1
	}
}

// field reads one line, which begins at the offset at.
func (f *fields) field(line string, at int) error {
	colon := strings.IndexByte(line, ':')
	if colon < 0 {
		return &SyntaxError{"6.3", int64(at), "a header field with a colon", quote(line)}
	}
	if colon == 0 {
		return &SyntaxError{"6.3", int64(at), "a field name before the colon", quote(line)}
	}
	name := line[:colon]
	if bad := notToken(name); bad >= 0 {
		return &SyntaxError{"6.3", int64(at + bad), "a field name that is a token up to its colon", quote(line[bad:])}
	}
	if bad := notFieldValue(line[colon+1:]); bad >= 0 {
		bad += colon + 1
		return &SyntaxError{"6.3", int64(at + bad), "a value of " + name + " without control bytes", quote(line[bad:])}
	}
	value := strings.TrimLeft(line[colon+1:], " \t")
	at += len(line) - len(value)
	return f.keep(textproto.CanonicalMIMEHeaderKey(name), strings.TrimRight(value, " \t"), at)
}

// keep takes the value that begins at the offset at.
func (f *fields) keep(key, value string, at int) error {
	switch key {
	case "Status":
		return f.status(value, at)
	case "Content-Length":
		if err := f.contentLength(value, at); err != nil {
			return err
		}
	}
	f.add(key, value)
	return nil
}

// status reads the field of section 6.3.3. An empty one counts as none (section 6.3).
func (f *fields) status(value string, at int) error {
	if value == "" {
		return nil
	}
	s, ok := parseStatus(value)
	if !ok {
		return &SyntaxError{"6.3.3", int64(at), "a Status of three digits from 100 to 999", quote(value)}
	}
	if f.answer.Status != 0 && f.answer.Status != s.code {
		return &SyntaxError{"6.3", int64(at), "one Status", quote(value) + " after " + quote(f.answer.StatusText)}
	}
	f.answer.Status, f.answer.StatusText = s.code, s.text
	return nil
}

// contentLength reads the field of HTTP. An empty one counts as none (section 6.3).
func (f *fields) contentLength(value string, at int) error {
	if value == "" {
		return nil
	}
	length := parseContentLength(value)
	if length < 0 {
		return &SyntaxError{"6.3.4", int64(at), "a Content-Length in digits, below 2^63", quote(value)}
	}
	if before := f.answer.ContentLength; before >= 0 && before != length {
		return &SyntaxError{"6.3.4", int64(at), "one Content-Length", quote(value) + " after " + quote(f.answer.Header.Get("Content-Length"))}
	}
	f.answer.ContentLength = length
	return nil
}

func (f *fields) add(key, value string) {
	if values, again := f.answer.Header[key]; again {
		f.answer.Header[key] = append(values, value)
		return
	}
	f.slab = append(f.slab, value)
	n := len(f.slab)
	f.answer.Header[key] = f.slab[n-1 : n : n]
}

// finish gives the answer the status that sections 6.2.1 and 6.2.3 assume where it has none.
func (f *fields) finish(line status) {
	a := &f.answer
	switch {
	case a.Status != 0:
	case line.code != 0:
		a.Status, a.StatusText = line.code, line.text
	case a.Header.Get("Location") != "":
		a.Status, a.StatusText = http.StatusFound, "302 Found"
	default:
		a.Status, a.StatusText = http.StatusOK, "200 OK"
	}
}

// notFieldValue is the offset of the first control byte other than a tab, or -1.
func notFieldValue(value string) int {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return i
		}
	}
	return -1
}
