package scgi

import (
	"fmt"
	"strconv"
)

// AppendNetstring appends s as a netstring: its length in decimal, ":", s, ",". Section 4.
func AppendNetstring(dst, s []byte) []byte {
	dst = strconv.AppendInt(dst, int64(len(s)), 10)
	dst = append(dst, ':')
	dst = append(dst, s...)
	return append(dst, ',')
}

// ParseNetstring reads the netstring at the start of b. Section 4.
//
// s is its interpretation, a part of b; n is the length of the whole netstring. A length over max is refused at the
// digit that makes it so, and anything that can't become a netstring with its first wrong byte. The error is
// ErrShort or a *SyntaxError.
func ParseNetstring(b []byte, max int) (s []byte, n int, err error) {
	length, start, err := parseLength(b, max)
	if err != nil {
		return nil, 0, err
	}
	if len(b)-start <= length {
		return nil, 0, ErrShort
	}
	end := start + length
	if b[end] != ',' {
		return nil, 0, missingComma(end, b[end])
	}
	return b[start:end:end], end + 1, nil
}

// parseLength reads [len]":"; start is the offset behind the colon.
func parseLength(b []byte, max int) (length, start int, err error) {
	for i, c := range b {
		if c == ':' && i > 0 {
			return length, i + 1, nil
		}
		if c < '0' || c > '9' {
			return 0, 0, notInLength(i, c)
		}
		if i > 0 && length == 0 {
			return 0, 0, &SyntaxError{"4", 0, "a length without leading zeros", quote(b[:i+1])}
		}
		digit := int(c - '0')
		if digit > max || length > (max-digit)/10 {
			return 0, 0, &SyntaxError{"4", 0, fmt.Sprintf("a length of at most %d", max), quote(b[:i+1])}
		}
		length = length*10 + digit
	}
	return 0, 0, ErrShort
}

func notInLength(offset int, c byte) error {
	expected := "a digit or \":\""
	if offset == 0 {
		expected = "a digit, the first of the length"
	}
	return &SyntaxError{"4", int64(offset), expected, quote([]byte{c})}
}

func missingComma(offset int, c byte) error {
	return &SyntaxError{"4", int64(offset), "\",\" at the end of the netstring", quote([]byte{c})}
}
