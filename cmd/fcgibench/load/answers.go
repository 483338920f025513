package load

import (
	"hash/maphash"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
)

// Answers are what bodies must be: what was expected, or for each question the
// first answer that came. Only digests are kept. The zero value knows none; it
// may serve several rounds, and is safe for concurrent use.
type Answers struct {
	expected *uint64
	mu       sync.Mutex
	first    atomic.Pointer[map[question]uint64]
}

// question is what makes two requests the same.
type question struct{ method, host, opaque, path, query string }

// maxQuestions bounds what is remembered: a target file may ask for another page
// each time. Those beyond are not compared.
const maxQuestions = 1024

// seed makes digests, which never leave the process.
var seed = maphash.MakeSeed()

// Expect is Answers that are all this body.
func Expect(body []byte) *Answers {
	digest := maphash.Bytes(seed, body)
	return &Answers{expected: &digest}
}

// right says that a request's answer has the right body, by its digest.
func (a *Answers) right(req *http.Request, digest uint64) bool {
	if a.expected != nil {
		return digest == *a.expected
	}
	q := question{req.Method, req.URL.Host, req.URL.Opaque, req.URL.Path, req.URL.RawQuery}
	if known := a.first.Load(); known != nil {
		if first, ok := (*known)[q]; ok {
			return digest == first
		}
	}
	return digest == a.learn(q, digest)
}

// learn remembers a first answer, and gives it.
func (a *Answers) learn(q question, digest uint64) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := map[question]uint64{}
	if old := a.first.Load(); old != nil {
		if first, ok := (*old)[q]; ok {
			return first
		}
		if len(*old) >= maxQuestions {
			return digest
		}
		known = maps.Clone(*old)
	}
	known[q] = digest
	a.first.Store(&known)
	return digest
}
