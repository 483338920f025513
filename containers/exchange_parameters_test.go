package containers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// manyHeaders are 1000, in all less than 64 KiB in each protocol. Some values
// are longer than the 127 bytes that FastCGI's short form of a length can say,
// some have bytes beyond ASCII.
func manyHeaders() http.Header {
	h := http.Header{}
	for i := 1; i <= 1000; i++ {
		value := fmt.Sprintf("%d, \"a\\b\";c=%%20d", i)
		if i%50 == 0 {
			value += strings.Repeat("-", 150) + "\xe9\xff"
		}
		h.Set(fmt.Sprintf("X-Fcgikit-%04d", i), value)
	}
	return h
}

// takesParameters wants each of 1000 to arrive as it was sent. In AJP they are
// one packet, which has no room for them but in the variants with the longest
// packets: there the client must say so, and leave the server unharmed.
func takesParameters(t *testing.T, p *Peer) {
	c := callerOf(t, p)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://probe.example/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = manyHeaders()
	response, err := c.RoundTrip(request)
	if p.Variant.Protocol == "ajp" && p.Variant.PacketSize == 0 {
		if err == nil || !strings.Contains(err.Error(), "PacketSize") {
			t.Errorf("want an error that tells of PacketSize, got %v", err)
		}
		c.serves(t)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		t.Fatal(response.Status, ": ", err)
	}
	for name, sent := range request.Header {
		name = "HTTP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if got := a.Params[name]; got != latin1(sent[0]) {
			t.Errorf("%s is %q, want %q", name, got, latin1(sent[0]))
		}
	}
}

// latin1 makes each byte one code point, as the probe application does.
func latin1(s string) string {
	var runes []rune
	for _, b := range []byte(s) {
		runes = append(runes, rune(b))
	}
	return string(runes)
}
