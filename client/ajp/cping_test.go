package ajp

import (
	"bytes"
	"testing"
)

// The tables of section Packet Headers.
func TestMessagesOfOneByte(t *testing.T) {
	for _, tt := range []struct {
		name   string
		append func([]byte) []byte
		want   string
	}{
		{"CPing", AppendCPing, "12 34 00 01 0a"},
		{"CPong", AppendCPong, "41 42 00 01 09"},
		{"Shutdown", AppendShutdown, "12 34 00 01 07"},
		{"Ping", AppendPing, "12 34 00 01 08"},
	} {
		if got := tt.append(nil); !bytes.Equal(got, unhex(t, tt.want)) {
			t.Errorf("%s: % x, want %s", tt.name, got, tt.want)
		}
	}
}
