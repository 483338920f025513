package scgi

import "bytes"

// Header is one name and its value, as they are on the wire but for the two NUL bytes. Section 3.
type Header struct{ Name, Value []byte }

// AppendHeader appends name NUL value NUL, unchecked. Section 3.
// What many calls have made goes on the wire through AppendNetstring.
func AppendHeader[T, U ~string | ~[]byte](dst []byte, name T, value U) []byte {
	dst = append(dst, name...)
	dst = append(dst, 0)
	dst = append(dst, value...)
	return append(dst, 0)
}

// ParseHeaders takes the interpretation of a request's netstring apart. Section 3.
//
// It judges the structure alone, name NUL value NUL: CheckHeaders has the rules. The headers are parts of s.
// The error is a *SyntaxError with the headers before it.
func ParseHeaders(s []byte) ([]Header, error) {
	return ParseHeadersInto(nil, s)
}

// ParseHeadersInto is ParseHeaders that appends to dst, so that its memory can be used again.
func ParseHeadersInto(dst []Header, s []byte) ([]Header, error) {
	for rest := s; len(rest) > 0; {
		name, behind, ok := cutNUL(rest)
		if !ok {
			return dst, &SyntaxError{"3", int64(len(s)), "NUL at the end of a name", "the end after " + quote(rest)}
		}
		value, behind, ok := cutNUL(behind)
		if !ok {
			return dst, &SyntaxError{"3", int64(len(s)), "NUL at the end of the value of " + quote(name),
				"the end after " + quote(rest[len(name)+1:])}
		}
		dst = append(dst, Header{name, value})
		rest = behind
	}
	return dst, nil
}

// cutNUL caps what it returns, so that an append to it can't write over the wire's bytes.
func cutNUL(s []byte) (before, behind []byte, ok bool) {
	i := bytes.IndexByte(s, 0)
	if i < 0 {
		return nil, nil, false
	}
	return s[:i:i], s[i+1:], true
}
