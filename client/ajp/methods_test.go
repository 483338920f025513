package ajp

import "testing"

// The table of section method.
func TestMethodsOfTheSpecification(t *testing.T) {
	table := map[byte]string{
		1: "OPTIONS", 2: "GET", 3: "HEAD", 4: "POST", 5: "PUT", 6: "DELETE", 7: "TRACE", 8: "PROPFIND", 9: "PROPPATCH",
		10: "MKCOL", 11: "COPY", 12: "MOVE", 13: "LOCK", 14: "UNLOCK", 15: "ACL", 16: "REPORT", 17: "VERSION-CONTROL",
		18: "CHECKIN", 19: "CHECKOUT", 20: "UNCHECKOUT", 21: "SEARCH", 22: "MKWORKSPACE", 23: "UPDATE", 24: "LABEL",
		25: "MERGE", 26: "BASELINE_CONTROL", 27: "MKACTIVITY",
	}
	for code := range 256 {
		want := table[byte(code)]
		if want != "" {
			if got, ok := MethodCode(want); !ok || got != byte(code) {
				t.Errorf("code of %s: %d, %v, want %d", want, got, ok, code)
			}
		}
		if code == 26 {
			want = "BASELINE-CONTROL" // RFC 3253, section 12.6
		}
		if got := MethodName(byte(code)); got != want {
			t.Errorf("name of %d: %q, want %q", code, got, want)
		}
	}
	if got, ok := MethodCode("BASELINE-CONTROL"); !ok || got != 26 {
		t.Errorf("code of BASELINE-CONTROL: %d, %v", got, ok)
	}
}

func TestOtherMethodsHaveNoCode(t *testing.T) {
	for _, name := range []string{"", "get", "Get", "PATCH", "FOO", "CONNECT", "GET "} {
		if code, ok := MethodCode(name); ok {
			t.Errorf("%q has code %d", name, code)
		}
	}
}
