package fcgi

import (
	"testing"
)

// Records of the flows in appendix B, typed from its text: eight bytes of
// header, then the content with the text's own octal escapes. Where the text
// breaks off with " ... ", the value ends.
const (
	begin1     = "\x01\x01\x00\x01\x00\x08\x00\x00" + "\x00\x01\x00\x00\x00\x00\x00\x00"
	begin1Keep = "\x01\x01\x00\x01\x00\x08\x00\x00" + "\x00\x01\x01\x00\x00\x00\x00\x00"
	begin2Keep = "\x01\x01\x00\x02\x00\x08\x00\x00" + "\x00\x01\x01\x00\x00\x00\x00\x00"

	params1      = "\x01\x04\x00\x01\x00\x2a\x00\x00" + "\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42"
	params1Start = "\x01\x04\x00\x01\x00\x14\x00\x00" + "\013\002SERVER_PORT80\013\016SER"
	params1Rest  = "\x01\x04\x00\x01\x00\x16\x00\x00" + "VER_ADDR199.170.183.42"
	params1End   = "\x01\x04\x00\x01\x00\x00\x00\x00"
	params2      = "\x01\x04\x00\x02\x00\x2a\x00\x00" + "\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42"
	params2End   = "\x01\x04\x00\x02\x00\x00\x00\x00"

	stdin1    = "\x01\x05\x00\x01\x00\x19\x00\x00" + "quantity=100&item=3047936"
	stdin1End = "\x01\x05\x00\x01\x00\x00\x00\x00"
	stdin2End = "\x01\x05\x00\x02\x00\x00\x00\x00"

	stdout1       = "\x01\x06\x00\x01\x00\x28\x00\x00" + "Content-type: text/html\r\n\r\n<html>\n<head>"
	stdout1Header = "\x01\x06\x00\x01\x00\x1b\x00\x00" + "Content-type: text/html\r\n\r\n"
	stdout1Page   = "\x01\x06\x00\x01\x00\x0d\x00\x00" + "<html>\n<head>"
	stdout1Start  = "\x01\x06\x00\x01\x00\x1e\x00\x00" + "Content-type: text/html\r\n\r\n<ht"
	stdout1Rest   = "\x01\x06\x00\x01\x00\x0a\x00\x00" + "ml>\n<head>"
	stdout1End    = "\x01\x06\x00\x01\x00\x00\x00\x00"
	stdout2       = "\x01\x06\x00\x02\x00\x28\x00\x00" + "Content-type: text/html\r\n\r\n<html>\n<head>"
	stdout2End    = "\x01\x06\x00\x02\x00\x00\x00\x00"

	stderr1    = "\x01\x07\x00\x01\x00\x1d\x00\x00" + "config error: missing SI_UID\n"
	stderr1End = "\x01\x07\x00\x01\x00\x00\x00\x00"

	end1       = "\x01\x03\x00\x01\x00\x08\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00"
	end1Failed = "\x01\x03\x00\x01\x00\x08\x00\x00" + "\x00\x00\x03\xaa\x00\x00\x00\x00" // appStatus 938
	end2       = "\x01\x03\x00\x02\x00\x08\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00"
)

// step is a record in the text's notation; value is what its content means.
type step struct {
	typ   Type
	id    uint16
	value any // string, BeginRequestBody or EndRequestBody
}

var (
	begin     = BeginRequestBody{Role: Responder}
	beginKeep = BeginRequestBody{Role: Responder, Flags: KeepConn}
	complete  = EndRequestBody{AppStatus: 0, ProtocolStatus: RequestComplete}
	failed    = EndRequestBody{AppStatus: 938, ProtocolStatus: RequestComplete}
)

const (
	bothPairs = "\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42"
	header    = "Content-type: text/html\r\n\r\n"
	page      = "<html>\n<head>"
)

// The four flows of appendix B.
var appendixB = []struct {
	what                    string
	toApplication, toServer string
	requests, answers       []step
}{
	{
		"1: nothing on stdin, a successful response",
		begin1 + params1 + params1End + stdin1End,
		stdout1 + stdout1End + end1,
		[]step{{TypeBeginRequest, 1, begin}, {TypeParams, 1, bothPairs}, {TypeParams, 1, ""}, {TypeStdin, 1, ""}},
		[]step{{TypeStdout, 1, header + page}, {TypeStdout, 1, ""}, {TypeEndRequest, 1, complete}},
	},
	{
		"2: data on stdin, a pair cut between two PARAMS records",
		begin1 + params1Start + params1Rest + params1End + stdin1 + stdin1End,
		stdout1 + stdout1End + end1,
		[]step{
			{TypeBeginRequest, 1, begin}, {TypeParams, 1, bothPairs[:20]}, {TypeParams, 1, bothPairs[20:]}, {TypeParams, 1, ""},
			{TypeStdin, 1, "quantity=100&item=3047936"}, {TypeStdin, 1, ""},
		},
		[]step{{TypeStdout, 1, header + page}, {TypeStdout, 1, ""}, {TypeEndRequest, 1, complete}},
	},
	{
		"3: an error on stderr and in appStatus",
		begin1 + params1 + params1End + stdin1End,
		stdout1Start + stderr1 + stdout1Rest + stdout1End + stderr1End + end1Failed,
		[]step{{TypeBeginRequest, 1, begin}, {TypeParams, 1, bothPairs}, {TypeParams, 1, ""}, {TypeStdin, 1, ""}},
		[]step{
			{TypeStdout, 1, header + "<ht"}, {TypeStderr, 1, "config error: missing SI_UID\n"}, {TypeStdout, 1, "ml>\n<head>"},
			{TypeStdout, 1, ""}, {TypeStderr, 1, ""}, {TypeEndRequest, 1, failed},
		},
	},
	{
		"4: two requests on one connection, answered out of order",
		begin1Keep + params1 + params1End + begin2Keep + params2 + stdin1End + params2End + stdin2End,
		stdout1Header + stdout2 + stdout2End + end2 + stdout1Page + stdout1End + end1,
		[]step{
			{TypeBeginRequest, 1, beginKeep}, {TypeParams, 1, bothPairs}, {TypeParams, 1, ""},
			{TypeBeginRequest, 2, beginKeep}, {TypeParams, 2, bothPairs}, {TypeStdin, 1, ""}, {TypeParams, 2, ""}, {TypeStdin, 2, ""},
		},
		[]step{
			{TypeStdout, 1, header}, {TypeStdout, 2, header + page}, {TypeStdout, 2, ""}, {TypeEndRequest, 2, complete},
			{TypeStdout, 1, page}, {TypeStdout, 1, ""}, {TypeEndRequest, 1, complete},
		},
	},
}

func TestFlowsOfAppendixBAreDecoded(t *testing.T) {
	for _, flow := range appendixB {
		t.Run(flow.what, func(t *testing.T) {
			wantSteps(t, flow.toApplication, flow.requests)
			wantSteps(t, flow.toServer, flow.answers)
		})
	}
}

func wantSteps(t *testing.T, wire string, want []step) {
	t.Helper()
	var d Decoder
	d.Feed([]byte(wire))
	for i, w := range want {
		r, err := d.Next()
		if err != nil {
			t.Fatalf("record %d: %v, want %v", i, err, w)
		}
		value, err := meaning(r)
		if got := (step{r.Type, r.RequestID, value}); err != nil || got != w {
			t.Errorf("record %d is %v, %v; want %v", i, got, err, w)
		}
		if err := r.Check(); err != nil {
			t.Errorf("record %d: %v", i, err)
		}
	}
	if _, err := d.Next(); err != ErrShort || len(d.Rest()) != 0 {
		t.Errorf("after the last record: %v and %d bytes, want ErrShort and none", err, len(d.Rest()))
	}
}

func meaning(r Record) (any, error) {
	switch r.Type {
	case TypeBeginRequest:
		return ParseBeginRequest(r.Content)
	case TypeEndRequest:
		return ParseEndRequest(r.Content)
	}
	return string(r.Content), nil
}

func TestFlowsOfAppendixBAreEncoded(t *testing.T) {
	for _, flow := range appendixB {
		t.Run(flow.what, func(t *testing.T) {
			if got := encodeSteps(flow.requests); got != flow.toApplication {
				t.Errorf("to the application: %q, want %q", got, flow.toApplication)
			}
			if got := encodeSteps(flow.answers); got != flow.toServer {
				t.Errorf("to the web server: %q, want %q", got, flow.toServer)
			}
		})
	}
}

func encodeSteps(steps []step) string {
	var b []byte
	for _, s := range steps {
		switch v := s.value.(type) {
		case BeginRequestBody:
			b = AppendBeginRequest(b, s.id, v.Role, v.Flags)
		case EndRequestBody:
			b = AppendEndRequest(b, s.id, v.AppStatus, v.ProtocolStatus)
		case string:
			if v == "" {
				b = AppendEndOfStream(b, s.typ, s.id)
			} else {
				b = AppendRecord(b, s.typ, s.id, []byte(v), 0)
			}
		}
	}
	return string(b)
}
