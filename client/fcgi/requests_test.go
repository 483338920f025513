package fcgi

import (
	"bytes"
	"testing"
)

func TestBeginRequestLiesAsSection51PutsIt(t *testing.T) {
	content := []byte("\x12\x34\xfe\x01\x02\x03\x04\x05")
	want := BeginRequestBody{Role: 0x1234, Flags: 0xfe, Reserved: [5]byte{1, 2, 3, 4, 5}}
	b, err := ParseBeginRequest(content)
	if err != nil || b != want {
		t.Errorf("decoded %+v, %v; want %+v", b, err, want)
	}
	if got := want.Append(nil); !bytes.Equal(got, content) {
		t.Errorf("encoded %x, want %x", got, content)
	}
}

func TestBeginRequestNamesRoleAndFlags(t *testing.T) {
	for want, got := range map[string][]byte{
		begin1:     AppendBeginRequest(nil, 1, Responder, 0),
		begin2Keep: AppendBeginRequest(nil, 2, Responder, KeepConn),
		"\x01\x01\xff\xff\x00\x08\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00": AppendBeginRequest(nil, 65535, Authorizer, 0),
		"\x01\x01\x01\x00\x00\x08\x00\x00\x00\x03\x01\x00\x00\x00\x00\x00": AppendBeginRequest(nil, 256, Filter, KeepConn),
	} {
		if string(got) != want {
			t.Errorf("encoded %q, want %q", got, want)
		}
	}
}

// Section 5.4 gives the record no content.
func TestAbortRequestIsAnEmptyRecord(t *testing.T) {
	if got, want := string(AppendAbortRequest(nil, 0x102)), "\x01\x02\x01\x02\x00\x00\x00\x00"; got != want {
		t.Errorf("encoded %q, want %q", got, want)
	}
}

func TestEndRequestLiesAsSection55PutsIt(t *testing.T) {
	content := []byte("\xff\x00\x00\x02\xfe\x0a\x0b\x0c")
	want := EndRequestBody{AppStatus: 0xff000002, ProtocolStatus: 0xfe, Reserved: [3]byte{10, 11, 12}}
	b, err := ParseEndRequest(content)
	if err != nil || b != want {
		t.Errorf("decoded %+v, %v; want %+v", b, err, want)
	}
	if got := want.Append(nil); !bytes.Equal(got, content) {
		t.Errorf("encoded %x, want %x", got, content)
	}
}

func TestEndRequestNamesBothStatuses(t *testing.T) {
	for want, got := range map[string][]byte{
		end1Failed: AppendEndRequest(nil, 1, 938, RequestComplete),
		"\x01\x03\x00\x02\x00\x08\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00": AppendEndRequest(nil, 2, 0, CantMpxConn),
		"\x01\x03\x00\x02\x00\x08\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00": AppendEndRequest(nil, 2, 0, Overloaded),
		"\x01\x03\x00\x02\x00\x08\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00": AppendEndRequest(nil, 2, 0, UnknownRole),
	} {
		if string(got) != want {
			t.Errorf("encoded %q, want %q", got, want)
		}
	}
}

// The bodies of 4.2, 5.1 and 5.5 have eight bytes each.
func TestBodyOfAnotherLengthTellsWhereItBreaksOff(t *testing.T) {
	for _, c := range []struct {
		section, typ string
		parse        func([]byte) error
	}{
		{"5.1", "FCGI_BEGIN_REQUEST", func(b []byte) error { _, err := ParseBeginRequest(b); return err }},
		{"5.5", "FCGI_END_REQUEST", func(b []byte) error { _, err := ParseEndRequest(b); return err }},
		{"4.2", "FCGI_UNKNOWN_TYPE", func(b []byte) error { _, err := ParseUnknownType(b); return err }},
	} {
		for size, at := range map[int]int64{0: 0, 7: 7, 9: 8, 65535: 8} {
			wantSyntaxError(t, c.parse(make([]byte, size)), c.section, at, "8 bytes of content in "+c.typ, "")
		}
		if err := c.parse(make([]byte, 8)); err != nil {
			t.Errorf("%s of 8 bytes: %v", c.typ, err)
		}
	}
}

func TestBodiesAreEncodedAndDecodedWithoutAllocation(t *testing.T) {
	buf := make([]byte, 0, 100)
	var end EndRequestBody
	wantNoAllocs(t, "AppendBeginRequest", func() { buf = AppendBeginRequest(buf[:0], 1, Responder, KeepConn) })
	wantNoAllocs(t, "AppendAbortRequest", func() { buf = AppendAbortRequest(buf[:0], 1) })
	wantNoAllocs(t, "AppendUnknownType", func() { buf = AppendUnknownType(buf[:0], 12) })
	wantNoAllocs(t, "AppendEndRequest", func() { buf = AppendEndRequest(buf[:0], 1, 938, RequestComplete) })
	wantNoAllocs(t, "ParseEndRequest", func() { end, sinkErr = ParseEndRequest(buf[HeaderLen:]) })
	if end.AppStatus != 938 {
		t.Errorf("appStatus is %d, want 938", end.AppStatus)
	}
}

func FuzzBodies(f *testing.F) {
	f.Add([]byte(begin1Keep[8:]))
	f.Add([]byte(end1Failed[8:]))
	f.Add([]byte(unknownType200[8:]))
	f.Add([]byte(end1Failed[8:15]))
	f.Fuzz(func(t *testing.T, content []byte) {
		begin, err1 := ParseBeginRequest(content)
		end, err2 := ParseEndRequest(content)
		unknown, err3 := ParseUnknownType(content)
		for _, err := range []error{err1, err2, err3} {
			if (err == nil) != (len(content) == 8) {
				t.Fatalf("%d bytes: %v", len(content), err)
			}
		}
		if err1 != nil {
			return
		}
		for _, again := range [][]byte{begin.Append(nil), end.Append(nil), unknown.Append(nil)} {
			if !bytes.Equal(again, content) {
				t.Fatalf("%x went out as %x", content, again)
			}
		}
		_, _, _ = begin.Role.String(), end.ProtocolStatus.String(), unknown.Type.String()
	})
}
