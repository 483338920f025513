package containers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/fcgikit/fcgikit/specs/probeapp"
)

// lengths are nothing, the least, just more than FastCGI's longest record, and
// more than all buffers between client and application.
var lengths = []int{0, 1, 64 << 10, 10 << 20}

// payload has no period, so that no piece of it can stand for another.
var payload = sync.OnceValue(func() []byte {
	b := make([]byte, lengths[len(lengths)-1])
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
})

func takesBodies(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	for _, n := range lengths {
		r := c.ask(t, http.MethodPost, "body=echo", bytes.NewReader(payload()[:n]))
		hasBody(t, r, payload()[:n])
	}
}

func givesAnswers(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	for _, n := range lengths {
		r := c.ask(t, http.MethodGet, fmt.Sprintf("size=%d", n), nil)
		hasBody(t, r, probeapp.Letters(n))
	}
}

func hasBody(t *testing.T, r reply, want []byte) {
	t.Helper()
	if r.status != http.StatusOK || !bytes.Equal(r.body, want) {
		t.Errorf("want %d bytes, got status %d and %d bytes that differ", len(want), r.status, len(r.body))
	}
}

// takesUnknownLength sends a body whose length shows at its end alone.
func takesUnknownLength(t *testing.T, p *Peer) {
	sent := payload()[:300_000]
	r := callerOf(t, p).ask(t, http.MethodPost, "body=echo", io.MultiReader(bytes.NewReader(sent)))
	if slices.Contains(p.Definition.NeedsLength, p.Variant.Protocol) {
		sent = nil
	}
	hasBody(t, r, sent)
	callerOf(t, p).serves(t)
}

func leavesBodyUnread(t *testing.T, p *Peer) {
	if failsBy(t, p, "fcgi/6.2/unread-body") {
		t.Skip("it is known to lose the answer")
	}
	c := callerOf(t, p)
	for range 3 {
		r := c.ask(t, http.MethodPost, "read=no", bytes.NewReader(payload()))
		var a struct{ Body struct{ Length int } }
		if err := json.Unmarshal(r.body, &a); err != nil || r.status != http.StatusOK || a.Body.Length != 0 {
			t.Errorf("status %d, %d bytes were read: %v", r.status, a.Body.Length, err)
		}
	}
	c.serves(t)
}
