package reference

import (
	"bytes"
	"math"
	"net/http"
	"time"
)

// steering is what a query string asks the probe application for. Of a key that
// is there twice the last counts.
type steering struct {
	status                int
	statusAsked           bool
	headers               []Param
	size, chunk           int64 // size is -1 where none is asked for
	delay, pause          time.Duration
	stderr                []byte
	exit                  uint32
	reads, echo, duplex   bool
	none, zero            bool
	throwEarly, throwLate bool
	decoded               []byte // holds the values that had escapes
}

// longestWait is the contract's, for delay and pause.
const longestWait = 60_000

// steer reads a query string.
func (s *steering) steer(query []byte) {
	*s = steering{status: http.StatusOK, size: -1, reads: true, headers: s.headers[:0], decoded: s.decoded[:0]}
	for len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte("&"))
		key, value, _ := bytes.Cut(pair, []byte("="))
		s.take(key, s.decode(value))
	}
}

// take ignores unknown keys, and leaves what is no number as it was.
func (s *steering) take(key, value []byte) {
	switch string(key) {
	case "status":
		if n := number(value, 0); n >= 100 && n <= 999 {
			s.status, s.statusAsked = int(n), true
		}
	case "header":
		if name, v, found := bytes.Cut(value, []byte(":")); found && len(name) > 0 {
			s.headers = append(s.headers, Param{name, v})
		}
	case "size":
		s.size = number(value, s.size)
	case "chunk":
		s.chunk = number(value, s.chunk)
	case "delay":
		s.delay = milliseconds(value, s.delay)
	case "pause":
		s.pause = milliseconds(value, s.pause)
	case "stderr":
		s.stderr = value
	case "exit":
		if n := number(value, math.MaxInt64); n <= math.MaxUint32 {
			s.exit = uint32(n)
		}
	default:
		s.takeWord(key, string(value))
	}
}

func (s *steering) takeWord(key []byte, word string) {
	switch string(key) {
	case "body":
		s.echo = word == "echo"
	case "read":
		s.reads = word != "no"
	case "output":
		s.none = word == "none"
	case "write":
		s.zero = word == "zero"
	case "duplex":
		s.duplex = word == "yes"
	case "throw":
		s.throwEarly, s.throwLate = word == "early", word == "late"
	}
}

// decode percent-decodes. What is no escape stays as it is, '+' too.
func (s *steering) decode(value []byte) []byte {
	if bytes.IndexByte(value, '%') < 0 {
		return value
	}
	start := len(s.decoded)
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '%' && i+2 < len(value) && isHex(value[i+1]) && isHex(value[i+2]) {
			c = unhex(value[i+1])<<4 | unhex(value[i+2])
			i += 2
		}
		s.decoded = append(s.decoded, c)
	}
	return s.decoded[start:len(s.decoded):len(s.decoded)]
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func milliseconds(text []byte, otherwise time.Duration) time.Duration {
	if n, ok := parseNumber(text); ok {
		return time.Duration(min(n, longestWait)) * time.Millisecond
	}
	return otherwise
}

func number(text []byte, otherwise int64) int64 {
	if n, ok := parseNumber(text); ok {
		return n
	}
	return otherwise
}

// numberDigits is how many decimal digits an int64 surely holds.
const numberDigits = 18

// parseNumber reads a decimal number: digits, and nothing else.
func parseNumber(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > numberDigits {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
