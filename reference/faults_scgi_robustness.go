package reference

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/fcgikit/fcgikit/client/scgi"
)

func init() {
	addFaults(
		Fault{"scgi/crash-on-half-request", "a connection that ends within the headers kills the process", "an assertion that the string is whole", crashAtEnd(halfCame)},
		Fault{"scgi/crash-on-reset", "a connection that is reset within its body kills the process", "an error of read() that is taken for fatal", crashAtReset(bodyIsShort)},
		Fault{"scgi/crash-on-control-byte", "a length that begins with a control byte kills the process", "an index c - '0' into a table", crashAt(func(got []byte) bool { return len(got) > 0 && got[0] < ' ' })},
		Fault{"scgi/crash-on-large-headers", "headers that are not whole within 8192 bytes kill the process", "https://github.com/rakshasa/rtorrent/pull/1927", crashAt(func(got []byte) bool {
			_, _, err := strictly(got)
			return err == scgi.ErrShort && len(got) > 8192 && bytes.Contains(got, []byte("SCGI"))
		})},
		Fault{"scgi/crash-on-long-length", "a length that does not end within the buffer kills the process", "https://github.com/rakshasa/rtorrent/pull/1927", crashAt(func(got []byte) bool {
			return len(got) > 1024 && strings.Trim(string(got), "0123456789") == ""
		})},
		Fault{"scgi/crash-on-signed-length", "a length from 2^63 on is negative, and memory is written before its beginning", "a length that is kept in a signed integer", crashAt(func(got []byte) bool {
			length, _, _ := bytes.Cut(got, []byte(":"))
			block, _, _ := strictly(got)
			headers, _ := scgi.ParseHeaders(block)
			value, _ := valueOf(headers, "CONTENT_LENGTH")
			return isNegative(string(length)) || isNegative(value)
		})},
		Fault{"scgi/crash-on-body-overflow", "what flows on behind a body is written behind its buffer", "a buffer of CONTENT_LENGTH bytes, and a read of what there is", crashAt(func(got []byte) bool {
			length, ok := bodyLength(got)
			_, n, _ := strictly(got)
			return ok && len(got)-n-length > 64<<10
		})},
		Fault{"scgi/crash-on-nuls", "headers that are nothing but NUL bytes kill the process", "a first header that is taken without a look", crashAt(func(got []byte) bool {
			block, _, err := strictly(got)
			return err == nil && len(block) > 0 && len(bytes.Trim(block, "\x00")) == 0
		})},
		Fault{"scgi/crash-on-high-name", "a byte from 128 on in a header's name kills the process", "a signed byte that indexes a table of letters", crashAt(func(got []byte) bool {
			block, _, _ := strictly(got)
			headers, _ := scgi.ParseHeaders(block)
			return slices.ContainsFunc(headers, func(h scgi.Header) bool {
				return slices.ContainsFunc(h.Name, func(c byte) bool { return c >= 128 })
			})
		})},
		Fault{"scgi/crash-on-path", "headers go into the process's own environment: with a strange PATH it finds its programs no more", "fcgiwrap, of FastCGI, passes all of them to execve", crashAt(func(got []byte) bool {
			block, _, _ := strictly(got)
			headers, _ := scgi.ParseHeaders(block)
			_, there := valueOf(headers, "PATH")
			return there
		})},
		Fault{"scgi/crash-on-broken-pipe", "a client that leaves before its answer kills the process", "SIGPIPE; https://github.com/rakshasa/rtorrent/pull/1800 spins instead", crashOnBrokenPipe},
		Fault{"scgi/crash-on-exception", "an exception of the application kills the process", "a thread pool without a catch", requestFault{out: func(m *requestMemory, b []byte) []byte {
			if bytes.HasPrefix(b, []byte("Status: 500 ")) {
				os.Exit(crashStatus)
			}
			return b
		}}.wrap},
	)
}

// halfCame says that a request ends in its middle, to the byte: cases that are
// about the length end elsewhere.
func halfCame(got []byte) bool {
	digits, _, ok := bytes.Cut(got, []byte(":"))
	length, err := strconv.Atoi(string(digits))
	return ok && err == nil && len(got) == (len(digits)+length+len(":,"))/2
}

// isNegative says that a length of 64 bits has its first one set.
func isNegative(digits string) bool {
	n, err := strconv.ParseUint(digits, 10, 64)
	return err == nil && n >= 1<<63
}
