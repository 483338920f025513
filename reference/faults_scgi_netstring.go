package reference

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/fcgikit/fcgikit/client/scgi"
)

func init() {
	addFaults(
		Fault{"scgi/leading-zeros", "a length may have leading zeros", "flup 1.0.3 and uWSGI 2.0.21", requestFault{netstring: lengthBy(zerosTaken)}.wrap},
		Fault{"scgi/length-by-int", "a length is read as Python's int() does", "flup 1.0.3 and nascheme/scgi", requestFault{netstring: lengthBy(pythonInt)}.wrap},
		Fault{"scgi/length-wraps", "a length is kept in 64 bits, and wraps", "uWSGI 2.0.21, a size_t", requestFault{netstring: lengthBy(wrapping)}.wrap},
		Fault{"scgi/length-unused", "the headers end where NUL and comma stand, whatever the length", "parsers that seek the comma", requestFault{netstring: commaSought}.wrap},
		Fault{"scgi/stale-comma", "a length of one too many is served: behind what came a comma of an earlier request is in the buffer", "uWSGI 2.0.21", requestFault{netstring: staleComma}.wrap},
		Fault{"scgi/comma-unchecked", "whatever byte follows the headers is skipped", "parsers that skip one byte behind the string", requestFault{netstring: commaUnchecked}.wrap},
		Fault{"scgi/refusal-stays-open", "where a length can't be read the connection is kept open", "uWSGI 2.0.21", requestFault{netstring: func(b []byte) ([]byte, int, error) {
			if len(b) > 0 && (b[0] < '0' || b[0] > '9') {
				return nil, 0, scgi.ErrShort
			}
			return strictly(b)
		}}.wrap},
		Fault{"scgi/colon-awaited", "a length is read on to its colon, whatever comes", "flup 1.0.3", requestFault{netstring: func(b []byte) ([]byte, int, error) {
			if !bytes.Contains(b, []byte(":")) {
				return nil, 0, scgi.ErrShort
			}
			return strictly(b)
		}}.wrap},
	)
}

// lengthBy is a server that reads a netstring's length by another function.
func lengthBy(read func(text string) (uint64, bool)) func([]byte) ([]byte, int, error) {
	return func(b []byte) ([]byte, int, error) {
		colon := bytes.IndexByte(b, ':')
		if colon < 0 {
			return strictly(b)
		}
		n, ok := read(string(b[:colon]))
		if !ok || n > anyLength {
			return nil, 0, errUnread
		}
		whole := scgi.AppendNetstring(nil, nil)
		whole = append(strconv.AppendUint(whole[:0], n, 10), b[colon:]...)
		block, size, err := strictly(whole)
		return block, size - len(whole) + len(b), err
	}
}

var errUnread = errors.New("the length is no number")

// wrapping is a number kept in 64 bits.
func wrapping(text string) (uint64, bool) {
	var n uint64
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(text) > 0 && (text == "0" || text[0] != '0')
}

// pythonInt is what Python's int() takes.
func pythonInt(text string) (uint64, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 1 && text[0] == '0' {
		return 0, false // leading zeros are another fault
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	return n, err == nil
}

func zerosTaken(text string) (uint64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// commaUnchecked skips whatever byte follows the string.
func commaUnchecked(b []byte) ([]byte, int, error) {
	block, n, err := strictly(b)
	var syntax *scgi.SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset == 0 || int(syntax.Offset) >= len(b) {
		return block, n, err
	}
	whole := bytes.Clone(b)
	whole[syntax.Offset] = ','
	return strictly(whole)
}

// commaSought takes the headers' end to be where NUL and comma stand.
func commaSought(b []byte) ([]byte, int, error) {
	block, n, err := strictly(b)
	colon, end := bytes.IndexByte(b, ':'), bytes.Index(b, []byte("\x00,"))
	if err == nil || colon <= 0 || end < colon || b[0] == '0' || strings.Trim(string(b[:colon]), "0123456789") != "" || colon > 9 {
		return block, n, err
	}
	return b[colon+1 : end+1], end + 2, nil
}

// staleComma takes a netstring whose own comma its length includes.
func staleComma(b []byte) ([]byte, int, error) {
	block, n, err := strictly(b)
	if err != scgi.ErrShort {
		return block, n, err
	}
	whole, n, stale := strictly(append(bytes.Clone(b), ','))
	if stale != nil || !bytes.HasSuffix(whole, []byte("\x00,")) {
		return nil, 0, err
	}
	return whole[:len(whole)-1], n - 1, nil
}
