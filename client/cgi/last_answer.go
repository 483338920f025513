package cgi

import (
	"bytes"
	"net/http"
	"slices"
	"sync/atomic"
)

// KnownAnswers lets several Parsers share what each of them remembers. The zero value is ready; it is safe for concurrent
// use.
type KnownAnswers struct{ last atomic.Pointer[knownAnswer] }

// knownAnswer is a message-header that came twice in a row. Under a load it is the next one, too. It never changes, so that
// those who share it can keep it without a lock.
type knownAnswer struct {
	block  []byte
	answer Answer // without its Header
	keys   []string
	values []string // one each
}

// again is the known answer once more, with a Header of its own, where b begins with the same header. That ended with its
// first blank line, so this one ends there, too.
func (p *Parser) again(b []byte) (a Answer, n int, ok bool) {
	k := p.known
	if k == nil || !bytes.HasPrefix(b, k.block) {
		if p.Share == nil {
			return Answer{}, 0, false
		}
		if k = p.Share.last.Load(); k == nil || !bytes.HasPrefix(b, k.block) {
			return Answer{}, 0, false
		}
		p.known = k
	}
	a = k.answer
	a.Header = make(http.Header, len(k.keys))
	values := slices.Clone(k.values)
	for i, key := range k.keys {
		a.Header[key] = values[i : i+1 : i+1]
	}
	return a, len(k.block), true
}

// remember knows an answer that came twice; of one that came once it keeps the bytes, which costs next to nothing.
func (p *Parser) remember(block []byte, a Answer) {
	if !bytes.Equal(block, p.block) {
		if len(block) <= maxRemembered {
			p.block = append(p.block[:0], block...)
		}
		return
	}
	k := &knownAnswer{block: bytes.Clone(block)}
	for key, values := range a.Header {
		if len(values) != 1 {
			return
		}
		k.keys, k.values = append(k.keys, key), append(k.values, values[0])
	}
	a.Header = nil
	k.answer, p.known = a, k
	if p.Share != nil {
		p.Share.last.Store(k)
	}
}

// maxRemembered is longer than the headers of answers that a load repeats, and short enough for every connection.
const maxRemembered = 4 << 10
