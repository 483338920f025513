package fcgi

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	nethttp "net/http/fcgi"
	"strings"
	"testing"
	"time"
)

// Go's own FastCGI server judges our encoder: it shares no code with it.

// serve is a connection to net/http/fcgi with a handler that answers with what
// it received.
func serve(t *testing.T) net.Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go nethttp.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %q %q %v\n", r.Method, r.URL.RequestURI(), r.Header.Get("X-Long"), nethttp.ProcessEnv(r)["PROBE"], err)
		w.Write(body)
	}))
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

// answer is what came for one request until its END_REQUEST.
type answer struct {
	stdout      []byte
	stdoutEnded bool
	end         EndRequestBody
	management  []Record // of the connection, meanwhile
}

func readAnswer(t *testing.T, conn net.Conn, d *Decoder, id uint16) (a answer) {
	t.Helper()
	for buf := make([]byte, 5000); ; {
		r, err := d.Next()
		if err == ErrShort {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatalf("%v after %d bytes; what has come: %+v, %v", err, d.Offset(), a, d.End())
			}
			d.Feed(buf[:n])
			continue
		}
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		switch {
		case r.Type.IsManagement():
			r.Content = bytes.Clone(r.Content)
			a.management = append(a.management, r)
		case r.RequestID != id:
			t.Fatalf("%v answers another request than %d", r, id)
		case r.Type == TypeStdout:
			a.stdout = append(a.stdout, r.Content...)
			a.stdoutEnded = len(r.Content) == 0
		case r.Type == TypeEndRequest:
			if a.end, err = ParseEndRequest(r.Content); err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
}

func appendRequest(dst []byte, id uint16, flags Flags, long string, body []byte) []byte {
	var params []byte
	params = AppendPair(params, "REQUEST_METHOD", "POST")
	params = AppendPair(params, "SERVER_PROTOCOL", "HTTP/1.1")
	params = AppendPair(params, "HTTP_HOST", "example.test")
	params = AppendPair(params, "REQUEST_URI", "/a?b=c")
	params = AppendPair(params, "CONTENT_LENGTH", fmt.Sprint(len(body)))
	params = AppendPair(params, "HTTP_X_LONG", long)
	params = Pair{Name: []byte("PROBE"), Value: []byte("here"), NameForm: 4, ValueForm: 4}.Append(params)

	dst = AppendBeginRequest(dst, id, Responder, flags)
	dst = AppendStream(dst, TypeParams, id, params)
	dst = AppendEndOfStream(dst, TypeParams, id)
	dst = AppendStream(dst, TypeStdin, id, body)
	return AppendEndOfStream(dst, TypeStdin, id)
}

func TestNetHTTPServesWhatIsEncodedHere(t *testing.T) {
	conn := serve(t)
	var d Decoder
	for i, size := range []int{0, 1, 127, 128, 65528, 65536, 200000} {
		id, body, long := uint16(i*300+1), pattern(size), strings.Repeat("v", size%70000)
		request := appendRequest(nil, id, KeepConn, long, body)
		go conn.Write(request)
		a := readAnswer(t, conn, &d, id)
		_, content, _ := bytes.Cut(a.stdout, []byte("\r\n\r\n"))
		first, echoed, _ := bytes.Cut(content, []byte("\n"))
		if want := fmt.Sprintf("POST /a?b=c %q %q <nil>", long, "here"); string(first) != want {
			t.Errorf("%d bytes: the application received %.300s, want %.300s", size, first, want)
		}
		if !bytes.Equal(echoed, body) {
			t.Errorf("%d bytes: another body came back, of %d", size, len(echoed))
		}
		if !a.stdoutEnded || a.end != (EndRequestBody{ProtocolStatus: RequestComplete}) {
			t.Errorf("%d bytes: STDOUT ended %v, then %+v", size, a.stdoutEnded, a.end)
		}
	}
}

func TestNetHTTPAnswersManagementAndRefusals(t *testing.T) {
	conn := serve(t)
	var d Decoder

	wire := AppendGetValues(nil, 1, FCGI_MAX_CONNS, FCGI_MPXS_CONNS)
	wire = AppendBeginRequest(wire, 1, Authorizer, KeepConn)
	conn.Write(wire)
	a := readAnswer(t, conn, &d, 1)
	if a.end.ProtocolStatus != UnknownRole {
		t.Errorf("an authorizer's request ends with %+v, want FCGI_UNKNOWN_ROLE", a.end)
	}
	// net/http/fcgi ends its answer as if it were a stream, with an empty record.
	if len(a.management) == 0 || a.management[0].Type != TypeGetValuesResult {
		t.Fatalf("management records are %v, want FCGI_GET_VALUES_RESULT first", a.management)
	}
	values, err := ParseValues(a.management[0].Content)
	if err != nil || len(values) != 1 || string(values[0].Name) != FCGI_MPXS_CONNS || string(values[0].Value) != "1" {
		t.Errorf("values are %+v, %v; want FCGI_MPXS_CONNS 1", values, err)
	}

	// net/http/fcgi looks at unknown types within an active request only.
	wire = AppendBeginRequest(nil, 2, Responder, KeepConn)
	wire = AppendRecord(wire, 99, 2, []byte("abc"), 5)
	wire = AppendAbortRequest(wire, 2)
	conn.Write(wire)
	a = readAnswer(t, conn, &d, 2)
	if a.end.ProtocolStatus != RequestComplete {
		t.Errorf("the aborted request ends with %+v", a.end)
	}
	if len(a.management) != 1 || a.management[0].Type != TypeUnknownType {
		t.Fatalf("management records are %v, want one FCGI_UNKNOWN_TYPE", a.management)
	}
	if b, err := ParseUnknownType(a.management[0].Content); err != nil || b.Type != 99 {
		t.Errorf("the unknown type is %v, %v; want 99", b.Type, err)
	}
}

func TestNetHTTPClosesWithoutKeepConn(t *testing.T) {
	conn := serve(t)
	conn.Write(appendRequest(nil, 1, 0, "", nil))
	var d Decoder
	if a := readAnswer(t, conn, &d, 1); a.end.ProtocolStatus != RequestComplete {
		t.Errorf("ended with %+v", a.end)
	}
	if rest, err := io.ReadAll(conn); err != nil || len(rest)+len(d.Rest()) != 0 {
		t.Errorf("after END_REQUEST: %q, %v; want the end of the connection", rest, err)
	}
}
