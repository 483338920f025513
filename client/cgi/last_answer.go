package cgi

import (
	"bytes"
	"net/http"
	"slices"
)

// lastAnswer is the message-header that a Parser read last. Under a load it is the next one, too.
type lastAnswer struct {
	block  []byte
	known  bool // the rest is that of block
	answer Answer
	keys   []string
	values []string // one each
}

// again is the last answer once more, with a Header of its own, where b begins with the same header. That ended with its
// first blank line, so this one ends there, too.
func (l *lastAnswer) again(b []byte) (Answer, bool) {
	if !l.known || !bytes.HasPrefix(b, l.block) {
		return Answer{}, false
	}
	a := l.answer
	a.Header = make(http.Header, len(l.keys))
	values := slices.Clone(l.values)
	for i, key := range l.keys {
		a.Header[key] = values[i : i+1 : i+1]
	}
	return a, true
}

// remember keeps an answer that came twice; of one that came once it keeps the bytes, which costs next to nothing.
func (l *lastAnswer) remember(block []byte, a Answer) {
	if !bytes.Equal(block, l.block) {
		l.known = false
		if len(block) <= maxRemembered {
			l.block = append(l.block[:0], block...)
		}
		return
	}
	l.keys, l.values = l.keys[:0], l.values[:0]
	for key, values := range a.Header {
		if len(values) != 1 {
			return
		}
		l.keys, l.values = append(l.keys, key), append(l.values, values[0])
	}
	a.Header = nil
	l.answer, l.known = a, true
}

// maxRemembered is longer than the headers of answers that a load repeats, and short enough for every connection.
const maxRemembered = 4 << 10
