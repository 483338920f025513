package load

import (
	"hash/maphash"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Answers are what bodies must be: what was expected, or for each question the
// first answer that came. Only digests are kept. The zero value knows none; it
// may serve several rounds of the same targets, and is safe for concurrent use.
type Answers struct {
	expected *uint64
	asked    sync.Once
	same     []int           // of each target the first one that asks the same
	first    []atomic.Uint64 // of each of those the first answer's digest; 0 is none yet
}

// seed makes digests, which never leave the process.
var seed = maphash.MakeSeed()

// Expect is Answers that are all this body.
func Expect(body []byte) *Answers {
	digest := maphash.Bytes(seed, body)
	return &Answers{expected: &digest}
}

// right says that the seq-th hit's answer has the right body, by its digest.
func (a *Answers) right(targets []vegeta.Target, seq int64, digest uint64) bool {
	if a.expected != nil {
		return digest == *a.expected
	}
	a.asked.Do(func() { a.same, a.first = questions(targets), make([]atomic.Uint64, len(targets)) })
	first := &a.first[a.same[seq%int64(len(targets))]]
	digest = max(digest, 1)
	if first.Load() == 0 {
		first.CompareAndSwap(0, digest)
	}
	return first.Load() == digest
}

// questions are of each target the first one that asks the same: with the same
// headers and body, too, of which the answer may be.
func questions(targets []vegeta.Target) []int {
	same, known := make([]int, len(targets)), map[uint64]int{}
	for i, t := range targets {
		q := question(t)
		if _, ok := known[q]; !ok {
			known[q] = i
		}
		same[i] = known[q]
	}
	return same
}

// question is what makes two requests the same, as a digest.
func question(t vegeta.Target) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	write := func(s string) {
		maphash.WriteComparable(&h, len(s))
		h.WriteString(s)
	}
	write(t.Method)
	write(t.URL)
	for _, name := range slices.Sorted(maps.Keys(t.Header)) {
		write(http.CanonicalHeaderKey(name))
		for _, value := range t.Header[name] {
			write(value)
		}
	}
	h.Write(t.Body)
	return h.Sum64()
}
