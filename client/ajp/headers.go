package ajp

import (
	"fmt"
	"strings"
)

// MaxHeaderNameLen is the length of the longest header name that travels as a string, in bytes: from A000 on, the
// integer in front of it would read as a code (section Headers).
const MaxHeaderNameLen = 0x9FFF

// MaxHeaders is the largest num_headers, an integer (section Request Packet Structure).
const MaxHeaders = 0xFFFF

// A Header is a header of a request or a response.
type Header struct {
	// Name of the header. A decoder sets it for a coded name too, to memory that is not to be written to; it is nil when
	// the code is in no table, or with Code 0 when the name was the null string.
	Name  []byte
	Code  uint16 // 0xA0xx; 0 when the name travels as a string
	Value []byte // nil is the null string, which some containers show as the text "null"
}

// requestHeaders in the order of their codes, from A001 (section Headers).
var requestHeaders = newNameTable(
	"accept",
	"accept-charset",
	"accept-encoding",
	"accept-language",
	"authorization",
	"connection",
	"content-type",
	"content-length",
	"cookie",
	"cookie2",
	"host",
	"pragma",
	"referer",
	"user-agent",
)

// responseHeaders in the order of their codes, from A001 (section Send Headers).
var responseHeaders = newNameTable(
	"Content-Type",
	"Content-Language",
	"Content-Length",
	"Date",
	"Last-Modified",
	"Location",
	"Set-Cookie",
	"Set-Cookie2",
	"Servlet-Engine",
	"Status",
	"WWW-Authenticate",
)

// RequestHeaderCode returns the code (0xA0xx) of a request header, false when its name must travel as a string. HTTP
// header names have no case, whatever section Headers says of the table.
func RequestHeaderCode(lowercase string) (uint16, bool) { return requestHeaders.code(lowercase) }

// RequestHeaderName returns the name, in lower case, of a request header code (0xA0xx), "" for a code of no table.
func RequestHeaderName(code uint16) string { return requestHeaders.name(code) }

// ResponseHeaderCode returns the code (0xA0xx) of a response header in any case, false when its name must travel as a
// string (section Send Headers).
func ResponseHeaderCode(name string) (uint16, bool) { return responseHeaders.code(name) }

// ResponseHeaderName returns the name of a response header code (0xA0xx), "" for a code of no table.
func ResponseHeaderName(code uint16) string { return responseHeaders.name(code) }

// codedName is the high byte that tells a code from the length of a name (section Headers).
const codedName = 0xA0

func isCode(n uint16) bool { return n>>8 == codedName }

// A nameTable holds the names of codes A001 and up, as strings to look up and as bytes to hand out.
type nameTable struct {
	names []string
	bytes [][]byte
}

func newNameTable(names ...string) *nameTable {
	t := &nameTable{names: names}
	for _, name := range names {
		t.bytes = append(t.bytes, []byte(name))
	}
	return t
}

func (t *nameTable) code(name string) (uint16, bool) {
	for i, known := range t.names {
		// Of equal length in bytes, only ASCII can fold to ASCII.
		if len(known) == len(name) && strings.EqualFold(known, name) {
			return codedName<<8 | uint16(i+1), true
		}
	}
	return 0, false
}

// index returns where in the table a code is, false for one of no table.
func (t *nameTable) index(code uint16) (int, bool) {
	i := int(code&0xFF) - 1
	return i, isCode(code) && i >= 0 && i < len(t.names)
}

func (t *nameTable) name(code uint16) string {
	if i, ok := t.index(code); ok {
		return t.names[i]
	}
	return ""
}

func (t *nameTable) nameBytes(code uint16) []byte {
	if i, ok := t.index(code); ok {
		return t.bytes[i]
	}
	return nil
}

// headers reads num_headers and as many headers behind those of h. Requests and responses write them alike.
func (r *reader) headers(h []Header, t *nameTable, section string) []Header {
	for count := r.integer(section, "num_headers"); count > 0 && r.err == nil; count-- {
		name, code := r.headerName(t)
		value := r.string("Headers", "header value")
		if r.err == nil {
			h = append(h, Header{name, code, value})
		}
	}
	return h
}

func (r *reader) headerName(t *nameTable) (name []byte, code uint16) {
	offset := r.at
	n := r.integer("Headers", "header name")
	switch {
	case r.err != nil:
		return nil, 0
	case isCode(n):
		return t.nameBytes(n), n
	case n > MaxHeaderNameLen && n != nullLength:
		r.fail("Headers", offset, "a header code A0xx or a name's length up to 9FFF", fmt.Sprintf("%04X", n))
		return nil, 0
	}
	return r.stringOf(int(n), "Headers", "header name"), 0
}

func appendHeaders(dst []byte, h []Header) []byte {
	dst = AppendInteger(dst, uint16(len(h)))
	for i := range h {
		if h[i].Code != 0 {
			dst = AppendInteger(dst, h[i].Code)
		} else {
			dst = AppendString(dst, h[i].Name)
		}
		dst = AppendString(dst, h[i].Value)
	}
	return dst
}

func (m *measure) headers(h []Header) {
	if len(h) > MaxHeaders {
		m.fail("Headers", fmt.Sprintf("at most %d headers", MaxHeaders), fmt.Sprintf("%d", len(h)))
	}
	m.size += 2
	for i := range h {
		m.headerName(&h[i])
		m.string("header value", h[i].Value)
	}
}

func (m *measure) headerName(h *Header) {
	switch {
	case h.Code == 0:
		if len(h.Name) > MaxHeaderNameLen {
			m.fail("Headers", "a header name of at most "+countBytes(MaxHeaderNameLen), countBytes(len(h.Name)))
		}
		m.string("header name", h.Name)
	case isCode(h.Code):
		m.size += 2
	default:
		m.fail("Headers", "a header code A0xx", fmt.Sprintf("%04X", h.Code))
	}
}
