package ajp

import (
	"bytes"
	"strings"
	"testing"
)

func TestHeaderCodesOfTheSpecification(t *testing.T) {
	for _, tt := range []struct {
		section string
		code    func(string) (uint16, bool)
		name    func(uint16) string
		table   map[uint16]string
	}{
		{"Headers", RequestHeaderCode, RequestHeaderName, map[uint16]string{
			0xA001: "accept", 0xA002: "accept-charset", 0xA003: "accept-encoding", 0xA004: "accept-language",
			0xA005: "authorization", 0xA006: "connection", 0xA007: "content-type", 0xA008: "content-length",
			0xA009: "cookie", 0xA00A: "cookie2", 0xA00B: "host", 0xA00C: "pragma", 0xA00D: "referer", 0xA00E: "user-agent",
		}},
		{"Send Headers", ResponseHeaderCode, ResponseHeaderName, map[uint16]string{
			0xA001: "Content-Type", 0xA002: "Content-Language", 0xA003: "Content-Length", 0xA004: "Date",
			0xA005: "Last-Modified", 0xA006: "Location", 0xA007: "Set-Cookie", 0xA008: "Set-Cookie2",
			0xA009: "Servlet-Engine", 0xA00A: "Status", 0xA00B: "WWW-Authenticate",
		}},
	} {
		for code := range 0x10000 {
			if got := tt.name(uint16(code)); got != tt.table[uint16(code)] {
				t.Errorf("section %s: name of %04X: %q", tt.section, code, got)
			}
		}
		for want, name := range tt.table {
			for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
				if got, ok := tt.code(spelling); !ok || got != want {
					t.Errorf("section %s: code of %s: %04X, %v", tt.section, spelling, got, ok)
				}
			}
		}
	}
}

func TestOtherHeadersHaveNoCode(t *testing.T) {
	for _, name := range []string{"", "x-a", "hos", "hostt", "coo\u212Aie", "set-cookie", "ho\u017Ft"} {
		if code, ok := RequestHeaderCode(name); ok {
			t.Errorf("request header %q has code %04X", name, code)
		}
	}
	for _, name := range []string{"", "Server", "Host", "Set-Cookie3"} {
		if code, ok := ResponseHeaderCode(name); ok {
			t.Errorf("response header %q has code %04X", name, code)
		}
	}
}

func decodeHeaders(t *testing.T, wire string) ([]Header, *reader) {
	t.Helper()
	r := &reader{payload: unhex(t, wire)}
	return r.headers(nil, requestHeaders, "Headers"), r
}

func TestCodedAndStringNamesStayApart(t *testing.T) {
	h, r := decodeHeaders(t, `00 04
		a0 0b 00 01 68 00                | coded
		00 04 48 6f 73 74 00 00 01 68 00 | the same as a string
		a0 0f 00 01 68 00                | a code of no table
		ff ff ff ff                      | null name, null value`)
	if r.err != nil || len(h) != 4 {
		t.Fatal(h, r.err)
	}
	for i, want := range []struct {
		name string
		null bool
		code uint16
	}{{"host", false, 0xA00B}, {"Host", false, 0}, {"", true, 0xA00F}, {"", true, 0}} {
		if got := h[i]; string(got.Name) != want.name || (got.Name == nil) != want.null || got.Code != want.code {
			t.Errorf("header %d: %q, code %04X", i, got.Name, got.Code)
		}
	}
	if h[3].Value != nil || string(h[2].Value) != "h" {
		t.Errorf("values %q and %q", h[2].Value, h[3].Value)
	}
}

// Names of 0xA0 bytes and of 256 bytes and more have been taken for codes by implementations.
func TestLongNamesAreNotTakenForCodes(t *testing.T) {
	for _, n := range []int{0x01, 0xA0, 0xFF, 0x100, 0x1A0, 300, MaxHeaderNameLen} {
		want := []Header{{Name: bytes.Repeat([]byte("n"), n), Value: []byte("v")}}
		r := reader{payload: appendHeaders(nil, want)}
		got := r.headers(nil, requestHeaders, "Headers")
		if r.err != nil || len(got) != 1 || got[0].Code != 0 || len(got[0].Name) != n {
			t.Errorf("name of %d bytes: %v", n, r.err)
		}
	}
}

func TestNameLengthsFromA000AreRefused(t *testing.T) {
	for _, n := range []string{"A100", "A101", "BFFF", "FFFE"} {
		_, r := decodeHeaders(t, "00 01 "+n+" 61 00")
		wantSyntaxError(t, r.err, "Headers", 2, "a header code A0xx or a name's length up to 9FFF", n)
	}
}

func TestFewerHeadersThanCountedAreRefused(t *testing.T) {
	h, r := decodeHeaders(t, "ff ff a0 0b 00 00 00")
	if len(h) != 1 {
		t.Errorf("%d headers, want the one that is there", len(h))
	}
	wantSyntaxError(t, r.err, "Headers", 7, "header name of 2 bytes", "0 bytes up to the end of the payload")
}
