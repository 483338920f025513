package ajp

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A vector is one direction of one connection as another program sent it: NAME.bin beside a NAME.json of this shape.
type vector struct {
	Program   string `json:"program"`
	Version   string `json:"version"`
	Direction string `json:"direction"` // to-container or to-server
	What      string `json:"what"`
}

var directions = map[string]Magic{"to-container": ToContainer, "to-server": ToServer}

func TestCapturesOfOtherProgramsDecodeAndEncodeAgain(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.bin")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("testdata/vectors has no captures")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".bin"), func(t *testing.T) {
			stream, v := readVector(t, file)
			if err := checkStream(stream, directions[v.Direction]); err != nil {
				t.Errorf("%s %s, %s: %v", v.Program, v.Version, v.What, err)
			}
		})
	}
}

func readVector(t *testing.T, file string) (stream []byte, v vector) {
	stream, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	description, err := os.ReadFile(strings.TrimSuffix(file, ".bin") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(description, &v); err != nil {
		t.Fatal(err)
	}
	if directions[v.Direction] == 0 || v.Program == "" || v.Version == "" || v.What == "" {
		t.Fatalf("incomplete description: %+v", v)
	}
	return stream, v
}

func TestBrokenCapturesAreFound(t *testing.T) {
	h := okHeadersValue()
	whole := AppendEndResponse(AppendSendBodyChunk(h.Append(nil), []byte("ab")), true)
	if err := checkStream(whole, ToServer); err != nil {
		t.Fatal(err)
	}
	for what, stream := range map[string][]byte{
		"nothing":           nil,
		"truncated":         whole[:len(whole)-1],
		"wrong direction":   AppendCPing(nil),
		"unknown code":      AppendPacket(nil, ToServer, []byte{0x63}),
		"broken headers":    AppendPacket(nil, ToServer, []byte{4, 0}),
		"bytes after a NUL": AppendPacket(nil, ToServer, []byte{3, 0, 0, 0, 0}),
	} {
		if checkStream(stream, ToServer) == nil {
			t.Errorf("%s: no error", what)
		}
	}
	r := fullRequestValue() // content-length 5
	request := r.Append(nil)
	if err := checkStream(AppendEndOfBody(AppendData(AppendCPing(request), []byte("hello"))), ToContainer); err == nil {
		t.Error("a CPing in place of a body packet: no error")
	}
	stream := append(AppendEndOfBody(AppendData(request, []byte("hello"))), AppendData(AppendCPing(nil), nil)...)
	if err := checkStream(stream, ToContainer); err != nil {
		t.Error(err)
	}
}

// checkStream checks that a stream decodes to its last byte, whole and byte by byte, and that each message, encoded again,
// decodes to the same value.
func checkStream(stream []byte, direction Magic) error {
	if len(stream) == 0 {
		return errors.New("no bytes")
	}
	whole, err := readStream(stream, direction, len(stream))
	if err != nil {
		return err
	}
	bytewise, err := readStream(stream, direction, 1)
	if err != nil {
		return fmt.Errorf("byte by byte: %w", err)
	}
	if !reflect.DeepEqual(whole, bytewise) {
		return errors.New("byte by byte, other messages than as a whole")
	}
	var again []byte
	for _, m := range whole {
		again = m.append(again)
	}
	encoded, err := readStream(again, direction, len(again))
	if err != nil {
		return fmt.Errorf("encoded again: %w", err)
	}
	if !reflect.DeepEqual(forgetUnterminated(whole), encoded) {
		return errors.New("encoded again, other messages")
	}
	return nil
}

// forgetUnterminated drops what Append, which writes every NUL, can't keep.
func forgetUnterminated(messages []message) []message {
	for i := range messages {
		messages[i].request.Unterminated = Unterminated{}
		messages[i].headers.Unterminated = Unterminated{}
	}
	return messages
}

// A message is a decoded packet: its code, 0 for a request body packet, and the value of that code.
type message struct {
	code     PrefixCode
	request  Request
	headers  ResponseHeaders
	body     []byte // of a request body packet or a Send Body Chunk
	trailing []byte // behind a chunk
	empty    bool   // the end of body without a size
	number   uint16 // reuse or requested_length
}

func readStream(stream []byte, direction Magic, size int) (messages []message, err error) {
	d := Decoder{PacketSize: NoPacketLimit, Direction: direction}
	read := readToServer
	if direction == ToContainer {
		var body requestBody
		read = body.read
	}
	for len(stream) > 0 {
		n := min(size, len(stream))
		d.Feed(stream[:n])
		stream = stream[n:]
		for {
			start := d.Offset()
			p, err := d.Next()
			if errors.Is(err, ErrShort) {
				break
			}
			if err != nil {
				return nil, err
			}
			m, err := read(append([]byte(nil), p.Payload...))
			if err != nil {
				return nil, fmt.Errorf("packet at offset %d: %w", start, err)
			}
			messages = append(messages, m)
		}
	}
	if n := len(d.Buffered()); n > 0 {
		return nil, fmt.Errorf("%d bytes of a truncated packet at offset %d", n, d.Offset())
	}
	return messages, nil
}

// requestBody is how much of a request body with a content-length is still to come: what tells a body packet from a message
// when only one direction of the exchange is there.
type requestBody struct{ rest int }

func (b *requestBody) read(payload []byte) (m message, err error) {
	if b.rest > 0 {
		return b.readData(payload)
	}
	code, _ := Packet{ToContainer, payload}.PrefixCode()
	switch {
	case code == TypeForwardRequest && m.request.Decode(payload) == nil && m.request.Trailing == nil:
		m.code, b.rest = code, contentLength(&m.request)
		return m, nil
	case len(payload) == 1 && code.Direction() == ToContainer:
		return message{code: code}, nil
	}
	return b.readData(payload) // asked for by a Get Body Chunk
}

func (b *requestBody) readData(payload []byte) (m message, err error) {
	m.empty = len(payload) == 0
	m.body, err = ParseData(payload)
	if b.rest -= len(m.body); len(m.body) == 0 {
		b.rest = 0
	}
	return m, err
}

func contentLength(r *Request) int {
	for _, h := range r.Headers {
		if strings.EqualFold(string(h.Name), "content-length") {
			n, _ := strconv.Atoi(string(h.Value))
			return n
		}
	}
	return 0
}

func readToServer(payload []byte) (m message, err error) {
	m.code, _ = Packet{ToServer, payload}.PrefixCode()
	switch {
	case m.code == TypeSendHeaders:
		err = m.headers.Decode(payload)
	case m.code == TypeSendBodyChunk:
		m.body, m.trailing, err = ParseSendBodyChunk(payload)
		if len(m.trailing) > 1 {
			err = fmt.Errorf("% x after a chunk", m.trailing)
		}
	case m.code == TypeEndResponse && len(payload) == 2:
		var reuse byte
		reuse, err = ParseEndResponse(payload)
		m.number = uint16(reuse)
	case m.code == TypeGetBodyChunk && len(payload) == 3:
		m.number, err = ParseGetBodyChunk(payload)
	case m.code == TypeCPong && len(payload) == 1:
	default:
		err = fmt.Errorf("no message: % x", payload)
	}
	return m, err
}

func (m *message) append(dst []byte) []byte {
	switch m.code {
	case TypeForwardRequest:
		return m.request.Append(dst)
	case TypeShutdown:
		return AppendShutdown(dst)
	case TypePing:
		return AppendPing(dst)
	case TypeCPing:
		return AppendCPing(dst)
	case TypeSendHeaders:
		return m.headers.Append(dst)
	case TypeSendBodyChunk:
		return m.appendChunk(dst)
	case TypeEndResponse:
		return AppendEndResponse(dst, m.number != 0)
	case TypeGetBodyChunk:
		return AppendGetBodyChunk(dst, m.number)
	case TypeCPong:
		return AppendCPong(dst)
	}
	if m.empty {
		return AppendEndOfBody(dst)
	}
	return AppendData(dst, m.body)
}

// appendChunk drops the NUL that AppendSendBodyChunk writes where the captured program wrote none.
func (m *message) appendChunk(dst []byte) []byte {
	packet := AppendSendBodyChunk(nil, m.body)
	payload := packet[HeaderLen : len(packet)-1]
	return AppendPacket(dst, ToServer, append(payload, m.trailing...))
}
