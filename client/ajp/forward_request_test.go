package ajp

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// Every field of the grammar in section Request Packet Structure and every attribute, written from the grammar; the
// ssl_key_size as the integer that all implementations send.
const fullRequest = `
	12 34 00 8e                      | packet header
	02                               | prefix_code
	04                               | method POST
	00 08 48 54 54 50 2f 31 2e 31 00 | protocol HTTP/1.1
	00 06 2f 61 25 32 30 62 00       | req_uri /a%20b
	00 08 31 30 2e 31 2e 32 2e 33 00 | remote_addr 10.1.2.3
	ff ff                            | remote_host, null
	00 01 68 00                      | server_name h
	1f 90                            | server_port 8080
	01                               | is_ssl
	00 03                            | num_headers
	a0 08 00 01 35 00                | content-length, coded: 5
	00 03 78 2d 61 00 00 00 00       | x-a, a string: an empty value
	a0 0b ff ff                      | host, coded: a null value
	01 00 01 63 00                   | context c
	02 00 01 70 00                   | servlet_path p
	03 00 01 75 00                   | remote_user u
	04 00 05 42 61 73 69 63 00       | auth_type Basic
	05 00 03 71 3d 31 00             | query_string q=1
	06 00 01 72 00                   | route r
	07 00 01 2d 00                   | ssl_cert -
	08 00 01 41 00                   | ssl_cipher A
	09 00 02 69 64 00                | ssl_session id
	0a 00 01 6e 00 00 01 76 00       | req_attribute n: v
	0b 01 00                         | ssl_key_size 256
	0c 00 01 73 00                   | secret s
	0d 00 05 50 41 54 43 48 00       | stored_method PATCH
	ff                               | request_terminator`

func fullRequestValue() Request {
	return Request{
		Method: 4, Protocol: []byte("HTTP/1.1"), ReqURI: []byte("/a%20b"), RemoteAddr: []byte("10.1.2.3"),
		ServerName: []byte("h"), ServerPort: 8080, IsSSL: 1,
		Headers: []Header{
			{Name: []byte("content-length"), Code: 0xA008, Value: []byte("5")},
			{Name: []byte("x-a"), Value: []byte{}},
			{Name: []byte("host"), Code: 0xA00B},
		},
		Attributes: []Attribute{
			{Code: AttrContext, Value: []byte("c")},
			{Code: AttrServletPath, Value: []byte("p")},
			{Code: AttrRemoteUser, Value: []byte("u")},
			{Code: AttrAuthType, Value: []byte("Basic")},
			{Code: AttrQueryString, Value: []byte("q=1")},
			{Code: AttrRoute, Value: []byte("r")},
			{Code: AttrSSLCert, Value: []byte("-")},
			{Code: AttrSSLCipher, Value: []byte("A")},
			{Code: AttrSSLSession, Value: []byte("id")},
			{Code: AttrReqAttribute, Name: []byte("n"), Value: []byte("v")},
			{Code: AttrSSLKeySize, KeySize: 256},
			{Code: AttrSecret, Value: []byte("s")},
			{Code: AttrStoredMethod, Value: []byte("PATCH")},
		},
	}
}

func TestForwardRequestEncodesAsTheGrammarSays(t *testing.T) {
	r := fullRequestValue()
	want := unhex(t, fullRequest)
	if got := r.Append([]byte("before")); !bytes.Equal(got, append([]byte("before"), want...)) {
		t.Errorf("got\n% x\nwant\n% x", got[6:], want)
	}
	if err := r.Check(len(want)); err != nil {
		t.Error(err)
	}
	wantEncodeError(t, r.Check(len(want)-1), "Packet Size")
}

func TestForwardRequestDecodesAsTheGrammarSays(t *testing.T) {
	p, _, err := ParsePacket(unhex(t, fullRequest), 0)
	if err != nil {
		t.Fatal(err)
	}
	var r Request
	for range 2 { // a second time into the same slices
		if err := r.Decode(p.Payload); err != nil {
			t.Fatal(err)
		}
		if want := fullRequestValue(); !reflect.DeepEqual(r, want) {
			t.Errorf("got\n%+v\nwant\n%+v", r, want)
		}
	}
}

func TestEveryTruncationOfAForwardRequestIsRefused(t *testing.T) {
	payload := unhex(t, fullRequest)[HeaderLen:]
	var r Request
	for n := range payload {
		if err := r.Decode(payload[:n]); err == nil {
			t.Errorf("%d of %d bytes were accepted", n, len(payload))
		}
	}
}

func TestBytesAfterTheRequestTerminatorAreHandedOut(t *testing.T) {
	wire := unhex(t, fullRequest)
	payload := append(wire[HeaderLen:], 0xFF, 'x')
	var r Request
	if err := r.Decode(payload); err != nil || string(r.Trailing) != "\xffx" {
		t.Fatalf("trailing %q, %v", r.Trailing, err)
	}
	if got := r.Append(nil)[HeaderLen:]; !bytes.Equal(got, payload) {
		t.Errorf("encoded again:\n% x\nwant\n% x", got, payload)
	}
}

func TestRawValuesOfAForwardRequestAreKept(t *testing.T) {
	payload := unhex(t, `02 c8 ff ff ff ff ff ff ff ff ff ff ff ff 02 00 01
		a0 00 00 01 31 78 | header code A000, its value not followed by NUL
		ff`)
	var r Request
	if err := r.Decode(payload); err != nil {
		t.Fatal(err)
	}
	if r.Method != 200 || r.IsSSL != 2 || r.ServerPort != 0xFFFF || r.ReqURI != nil || r.Protocol != nil {
		t.Errorf("got %+v", r)
	}
	if h := r.Headers[0]; h.Code != 0xA000 || h.Name != nil || string(h.Value) != "1" {
		t.Errorf("header %+v", h)
	}
	if want := (Unterminated{1, 22, 'x'}); r.Unterminated != want {
		t.Errorf("unterminated %+v, want %+v", r.Unterminated, want)
	}
}

func TestOtherPrefixCodesAreNoForwardRequest(t *testing.T) {
	var r Request
	wantSyntaxError(t, r.Decode([]byte{10}), "request_prefix", 0, "prefix code 2 (Forward Request)", "prefix code 10 (CPing)")
	wantSyntaxError(t, r.Decode([]byte{0x10}), "request_prefix", 0, "prefix code 2 (Forward Request)", "unknown prefix code 16")
	wantSyntaxError(t, r.Decode(nil), "request_prefix", 0, "prefix_code of 1 byte", "0 bytes up to the end of the payload")
}

func TestFailedDecodeKeepsWhatCameBeforeTheError(t *testing.T) {
	r := fullRequestValue()
	err := r.Decode(unhex(t, "02 02 00 08 48 54 54 50 2f 31 2e 31 00 7f ff 2f"))
	wantSyntaxError(t, err, "Request Packet Structure", 15, "req_uri of 32768 bytes", "1 byte up to the end of the payload")
	if r.Method != 2 || string(r.Protocol) != "HTTP/1.1" || r.ReqURI != nil || len(r.Headers) != 0 || len(r.Attributes) != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestHTTPMethod(t *testing.T) {
	for _, tt := range []struct {
		r    Request
		want string
	}{
		{Request{Method: 2}, "GET"},
		{Request{Method: 2, Attributes: []Attribute{{Code: AttrStoredMethod, Value: []byte("FOO")}}}, "GET"},
		{Request{Method: StoredMethod, Attributes: []Attribute{{Code: AttrSecret}, {Code: AttrStoredMethod, Value: []byte("PATCH")}}}, "PATCH"},
		{Request{Method: StoredMethod}, ""},
		{Request{Method: 0}, ""},
		{Request{Method: 28}, ""},
	} {
		if got := tt.r.HTTPMethod(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.r, got, tt.want)
		}
	}
}

func TestRequestThatNoPacketHoldsIsAnErrorAndAppendsNothing(t *testing.T) {
	tooLong := make([]byte, MaxStringLen+1)
	for _, tt := range []struct {
		what, section string
		r             Request
	}{
		{"string", "Basic Packet Structure", Request{ReqURI: tooLong}},
		{"header value", "Basic Packet Structure", Request{Headers: []Header{{Code: 0xA001, Value: tooLong}}}},
		{"attribute value", "Basic Packet Structure", Request{Attributes: []Attribute{{Code: AttrQueryString, Value: tooLong}}}},
		{"req_attribute name", "Basic Packet Structure", Request{Attributes: []Attribute{{Code: AttrReqAttribute, Name: tooLong}}}},
		{"header name", "Headers", Request{Headers: []Header{{Name: make([]byte, MaxHeaderNameLen+1)}}}},
		{"header code", "Headers", Request{Headers: []Header{{Code: 0x1234}}}},
		{"number of headers", "Headers", Request{Headers: make([]Header, MaxHeaders+1)}},
		{"attribute code", "Attributes", Request{Attributes: []Attribute{{Code: RequestTerminator}}}},
		{"packet", "Packet Size", Request{ReqURI: make([]byte, 40000), Trailing: make([]byte, 40000)}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			wantEncodeError(t, tt.r.Check(NoPacketLimit), tt.section)
			if got := tt.r.Append([]byte("x")); string(got) != "x" {
				t.Errorf("appended %d bytes", len(got)-1)
			}
		})
	}
}

func TestCheckNamesTheLimit(t *testing.T) {
	r := Request{ReqURI: bytes.Repeat([]byte("a"), 9000)}
	const want = "ajp: cannot encode: expected a Forward Request packet of at most 8192 bytes, got 9023 bytes (section Packet Size)"
	if err := r.Check(0); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := r.Check(MaxPacketSize); err != nil {
		t.Error(err)
	}
	if got := len(r.Append(nil)); got != 9023 {
		t.Errorf("%d bytes appended", got)
	}
}

func TestUnknownAttributeCodeIsWrittenWithAString(t *testing.T) {
	r := Request{Attributes: []Attribute{{Code: 0x0E, Value: []byte("v")}}}
	if got := r.Append(nil); !strings.HasSuffix(string(got), "\x0e\x00\x01v\x00\xff") {
		t.Errorf("% x", got)
	}
}
