package client_test

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/client/scgi"
)

// evil would begin a line of its own, and turn it red.
const evil = "1\nprotocol: SCGI\x1b[0m\u202e\xff"

const evilShown = `1\nprotocol: SCGI\x1b[0m\u202e\xff`

// TestATracesLinesAreLines puts names and messages on the wire that a terminal
// would act on.
func TestATracesLinesAreLines(t *testing.T) {
	fields := []ajp.Header{{Name: []byte(evil), Value: []byte(evil)}}
	answer := ajp.ResponseHeaders{Status: 200, Message: []byte(evil), Headers: fields}
	forward := ajp.Request{
		Method: ajp.StoredMethod, Protocol: []byte(evil), ReqURI: []byte(evil), ServerName: []byte(evil), Headers: fields,
		Attributes: []ajp.Attribute{{Code: ajp.AttrStoredMethod, Value: []byte(evil)}, {Code: ajp.AttrReqAttribute, Name: []byte(evil), Value: []byte(evil)}},
	}
	values := fcgi.AppendPair(nil, evil, evil)
	for name, test := range map[string]struct {
		p     client.Protocol
		wire  []byte
		sent  bool
		shown int // times
	}{
		"AJP, answer":    {client.AJP, answer.Append(nil), false, 3},
		"AJP, request":   {client.AJP, forward.Append(nil), true, 9},
		"FastCGI":        {client.FastCGI, fcgi.AppendStream(nil, fcgi.TypeParams, 1, values), true, 2},
		"FastCGI values": {client.FastCGI, fcgi.AppendRecord(nil, fcgi.TypeGetValuesResult, 0, values, 0), false, 2},
		"FastCGI output": {client.FastCGI, fcgi.AppendStream(nil, fcgi.TypeStdout, 1, []byte(evil)), false, 1},
		"SCGI":           {client.SCGI, scgi.AppendNetstring(nil, scgi.AppendHeader(nil, evil, evil)), true, 2},
		"SCGI, answer":   {client.SCGI, []byte(evil), false, 1},
		"no record":      {client.AJP, []byte(evil), false, 0},
		"unfinished":     {client.FastCGI, []byte(evil[:5]), false, 0},
	} {
		lines := traced(t, test.p, test.sent, test.wire)
		all := strings.Join(lines, "\n")
		for _, line := range lines {
			if strings.ContainsAny(line, "\n\x1b\u202e") || !utf8.ValidString(line) {
				t.Errorf("%s: %q", name, line)
			}
		}
		if n := strings.Count(all, evilShown); len(lines) == 0 || n != test.shown {
			t.Errorf("%s: %d times, want %d: %s", name, n, test.shown, all)
		}
	}
}

// traced are the lines of what goes over a connection in one direction.
func traced(t *testing.T, p client.Protocol, sent bool, wire []byte) (lines []string) {
	t.Helper()
	near, far := net.Pipe()
	c := client.Trace(near, p, time.Now(), func(e client.Event) { lines = slices.Concat(lines, []string{e.Text}, e.Detail) })
	from, to := net.Conn(far), c
	if sent {
		from, to = c, far
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		from.Write(wire)
		from.Close()
	}()
	buf := make([]byte, 4096)
	for {
		if _, err := to.Read(buf); err != nil {
			break
		}
	}
	<-done
	to.Close()
	return lines
}
