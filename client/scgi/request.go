// Package scgi is SCGI on the wire, both directions: bytes in, values out, append to bytes.
//
// A request is a netstring of headers and then the body: ParseNetstring, ParseHeaders and Decoder read it,
// AppendHeader, AppendNetstring and AppendRequest write it. The answer has no format of its own (section 2): it is the
// CGI answer that package cgi parses, and it ends where the server closes the connection.
//
// Nothing here reads, writes, waits or starts a goroutine.
package scgi

import "strconv"

// Request is a request without its body. Section 3.
type Request struct {
	// Headers in the order of the wire. They are the Decoder's memory.
	Headers []Header

	// ContentLength is the value of the first CONTENT_LENGTH, wherever it stands; -1 where there is none, or where it
	// is no number or more than an int64 holds.
	ContentLength int64

	start int64 // of the header block in the stream
}

// Get is the value of the first header of that name.
func (r *Request) Get(name string) (value []byte, ok bool) {
	for _, h := range r.Headers {
		if string(h.Name) == name {
			return h.Value, true
		}
	}
	return nil, false
}

// Check is CheckHeaders with offsets that count from the start of the stream.
func (r *Request) Check() error {
	err := CheckHeaders(r.Headers)
	if e, ok := err.(*SyntaxError); ok {
		e.Offset += r.start
	}
	return err
}

// AppendRequest appends the netstring of headers, as they are and unchecked, and body. Section 3.
func AppendRequest(dst []byte, headers []Header, body []byte) []byte {
	dst = strconv.AppendInt(dst, offsetOf(headers, len(headers)), 10)
	dst = append(dst, ':')
	for _, h := range headers {
		dst = AppendHeader(dst, h.Name, h.Value)
	}
	dst = append(dst, ',')
	return append(dst, body...)
}
