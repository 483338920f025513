package ajp

import "testing"

// The table of section Attributes.
func TestAttributesOfTheSpecification(t *testing.T) {
	table := map[byte]string{
		0x01: "context", 0x02: "servlet_path", 0x03: "remote_user", 0x04: "auth_type", 0x05: "query_string", 0x06: "route",
		0x07: "ssl_cert", 0x08: "ssl_cipher", 0x09: "ssl_session", 0x0A: "req_attribute", 0x0B: "ssl_key_size",
		0x0C: "secret", 0x0D: "stored_method",
	}
	for code := range 256 {
		if got := AttributeName(byte(code)); got != table[byte(code)] {
			t.Errorf("%02X: %q", code, got)
		}
	}
}

func TestUnknownAttributesAreRefused(t *testing.T) {
	for _, tt := range []struct{ wire, got string }{{"00", "00"}, {"0e 00 00 00 ff", "0E"}, {"20", "20"}, {"fe", "FE"}} {
		r := reader{payload: unhex(t, tt.wire)}
		r.attributes(nil)
		wantSyntaxError(t, r.err, "Attributes", 0, "an attribute code 01 to 0D or request_terminator FF", tt.got)
	}
}

func TestMissingRequestTerminatorIsRefused(t *testing.T) {
	r := reader{payload: unhex(t, "05 00 01 71 00")}
	if a := r.attributes(nil); len(a) != 1 || string(a[0].Value) != "q" {
		t.Errorf("got %v, want the attribute that is there", a)
	}
	wantSyntaxError(t, r.err, "Attributes", 5, "attribute code or request_terminator of 1 byte", "0 bytes up to the end of the payload")
}

func TestRepeatedAndNullAttributesAreKept(t *testing.T) {
	r := reader{payload: unhex(t, "0c 00 01 61 00  0c 00 01 62 00  05 ff ff  0a ff ff ff ff  ff")}
	a := r.attributes(nil)
	if r.err != nil || len(a) != 4 || string(a[0].Value) != "a" || string(a[1].Value) != "b" {
		t.Fatal(a, r.err)
	}
	if a[2].Value != nil || a[3].Name != nil || a[3].Value != nil {
		t.Errorf("null strings came as %+v", a[2:])
	}
}
