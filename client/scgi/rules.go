package scgi

import (
	"bytes"
	"math"
)

// CheckHeaders holds headers to the rules of section 3: CONTENT_LENGTH comes first and is a number, SCGI is "1",
// no name is empty or comes twice, and no NUL is within a name or value. A CONTENT_LENGTH that an int64 doesn't hold is
// refused, too. The error is a *SyntaxError whose offset counts from the start of the header block.
func CheckHeaders(headers []Header) error {
	if err := checkContentLength(headers); err != nil {
		return err
	}
	if err := checkBytes(headers); err != nil {
		return err
	}
	if err := checkUnique(headers); err != nil {
		return err
	}
	return checkSCGI(headers)
}

func checkContentLength(headers []Header) error {
	if len(headers) == 0 {
		return &SyntaxError{"3", 0, "CONTENT_LENGTH", "no header"}
	}
	first := headers[0]
	if string(first.Name) != "CONTENT_LENGTH" {
		return &SyntaxError{"3", 0, "CONTENT_LENGTH as the first name", quote(first.Name)}
	}
	offset := int64(len(first.Name)) + 1
	if !isNumber(first.Value) {
		return &SyntaxError{"3", offset, "digits as the value of CONTENT_LENGTH", quote(first.Value)}
	}
	if parseContentLength(first.Value) < 0 {
		return &SyntaxError{"3", offset, "a CONTENT_LENGTH below 2^63", quote(first.Value)}
	}
	return nil
}

func checkBytes(headers []Header) error {
	for i, h := range headers {
		if len(h.Name) == 0 {
			return &SyntaxError{"3", offsetOf(headers, i), "a name of at least one byte", "an empty name"}
		}
		if at := bytes.IndexByte(h.Name, 0); at >= 0 {
			return &SyntaxError{"3", offsetOf(headers, i) + int64(at), "a name without NUL", quote(h.Name)}
		}
		if at := bytes.IndexByte(h.Value, 0); at >= 0 {
			return &SyntaxError{"3", offsetOf(headers, i) + int64(len(h.Name)+1+at),
				"a value of " + quote(h.Name) + " without NUL", quote(h.Value)}
		}
	}
	return nil
}

// fewHeaders is the number up to which comparing each pair is cheaper than a map and takes no memory. A web server
// sends 20 to 50.
const fewHeaders = 64

func checkUnique(headers []Header) error {
	if len(headers) > fewHeaders {
		return checkUniqueOfMany(headers)
	}
	for i := range headers {
		for j := range i {
			if bytes.Equal(headers[i].Name, headers[j].Name) {
				return duplicate(headers, i)
			}
		}
	}
	return nil
}

func checkUniqueOfMany(headers []Header) error {
	seen := make(map[string]struct{}, len(headers))
	for i, h := range headers {
		if _, twice := seen[string(h.Name)]; twice {
			return duplicate(headers, i)
		}
		seen[string(h.Name)] = struct{}{}
	}
	return nil
}

func duplicate(headers []Header, i int) error {
	return &SyntaxError{"3", offsetOf(headers, i), "each name once", quote(headers[i].Name) + " again"}
}

func checkSCGI(headers []Header) error {
	for i, h := range headers {
		if string(h.Name) != "SCGI" {
			continue
		}
		if string(h.Value) == "1" {
			return nil
		}
		return &SyntaxError{"3", offsetOf(headers, i) + int64(len(h.Name)) + 1, "\"1\" as the value of SCGI", quote(h.Value)}
	}
	return &SyntaxError{"3", offsetOf(headers, len(headers)), "a header SCGI", "the end of the headers"}
}

// offsetOf is where headers[i] begins in the header block.
func offsetOf(headers []Header, i int) int64 {
	var offset int64
	for _, h := range headers[:i] {
		offset += int64(len(h.Name)+len(h.Value)) + 2
	}
	return offset
}

func isNumber(value []byte) bool {
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(value) > 0
}

// parseContentLength gives -1 for what is no number or more than an int64 holds.
func parseContentLength(value []byte) int64 {
	if !isNumber(value) {
		return -1
	}
	var length int64
	for _, c := range value {
		digit := int64(c - '0')
		if length > (math.MaxInt64-digit)/10 {
			return -1
		}
		length = length*10 + digit
	}
	return length
}
