package containers

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A recordingBackend is a server that keeps every byte a gateway sends it. It
// reads just enough of the protocol to know when to answer, and answers with
// bytes typed by hand: nothing of our own codecs stands behind a capture.
type recordingBackend struct {
	address string
	answer  func(c io.ReadWriter, keeps bool) error // the requests of one connection
	keeps   bool

	mu    sync.Mutex
	conns []*recordedConn
	ended sync.WaitGroup
}

// backendAnswers are the recording backends' protocols.
var backendAnswers = map[string]func(c io.ReadWriter, keeps bool) error{
	"fcgi": answerFastCGI,
	"scgi": answerSCGI,
	"ajp":  answerAJP,
}

// recording starts a backend that lets its connections be kept, or not.
func recording(t *testing.T, protocol string, keeps bool) *recordingBackend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &recordingBackend{address: l.Addr().String(), answer: backendAnswers[protocol], keeps: keeps}
	t.Cleanup(func() {
		l.Close()
		b.closeAll()
		b.ended.Wait()
	})
	b.ended.Go(func() { b.accept(t, l) })
	return b
}

func (b *recordingBackend) accept(t *testing.T, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r := &recordedConn{Conn: c}
		b.mu.Lock()
		b.conns = append(b.conns, r)
		b.mu.Unlock()
		b.ended.Go(func() {
			defer c.Close()
			err := b.answer(r, b.keeps)
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				t.Errorf("the recording backend, after %q: %v", r.bytes(), err)
			}
		})
	}
}

func (b *recordingBackend) closeAll() (conns []*recordedConn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	conns, b.conns = b.conns, nil
	for _, c := range conns {
		c.Close()
	}
	return conns
}

// take gives what came on the one connection that was made since the last time,
// and closes it.
func (b *recordingBackend) take(t *testing.T) []byte {
	t.Helper()
	conns := b.closeAll()
	if len(conns) != 1 {
		t.Fatalf("the requests came on %d connections, want one", len(conns))
	}
	return conns[0].bytes()
}

// A recordedConn keeps what is read from it.
type recordedConn struct {
	net.Conn
	mu   sync.Mutex
	wire bytes.Buffer
}

func (c *recordedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wire.Write(p[:n])
	return n, err
}

func (c *recordedConn) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.wire.Bytes())
}

// answerFastCGI answers when STDIN (type 5) ends, and ends the connection unless
// BEGIN_REQUEST (type 1) has the flag FCGI_KEEP_CONN.
func answerFastCGI(c io.ReadWriter, _ bool) error {
	const answer = "\x01\x06\x00\x01\x00\x32\x06\x00Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n\x00\x00\x00\x00\x00\x00" +
		"\x01\x06\x00\x01\x00\x00\x00\x00" +
		"\x01\x03\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	keep := false
	for {
		record, err := readFastCGI(c)
		if err != nil {
			return err
		}
		switch {
		case record[1] == 1 && len(record) >= 16:
			keep = record[10]&1 != 0
		case record[1] == 5 && len(record) == 8:
			if record[2] != 0 || record[3] != 1 {
				return fmt.Errorf("request id % x, the typed answer has 1", record[2:4])
			}
			if _, err := io.WriteString(c, answer); err != nil || !keep {
				return err
			}
		}
	}
}

func readFastCGI(r io.Reader) ([]byte, error) {
	header := make([]byte, 8)
	if _, err := io.ReadFull(r, header); err != nil {
		return header, err
	}
	content := make([]byte, int(binary.BigEndian.Uint16(header[4:]))+int(header[6]))
	_, err := io.ReadFull(r, content)
	return append(header, content...), err
}

// answerSCGI answers behind the body, whose length the first header tells.
func answerSCGI(c io.ReadWriter, _ bool) error {
	r := bufio.NewReader(c)
	length, err := r.ReadString(':')
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return err
	}
	headers := make([]byte, n+len(","))
	if _, err := io.ReadFull(r, headers); err != nil {
		return err
	}
	fields := bytes.SplitN(headers, []byte{0}, 3)
	if len(fields) < 3 || string(fields[0]) != "CONTENT_LENGTH" {
		return fmt.Errorf("the first header is %q", fields[0])
	}
	body, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, r, body); err != nil {
		return err
	}
	_, err = io.WriteString(c, "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n")
	return err
}

// answerAJP answers a Forward Request (prefix code 2) when its body is there,
// which it asks for packet by packet.
func answerAJP(c io.ReadWriter, keeps bool) error {
	const (
		getBodyChunk = "AB\x00\x03\x06\x1f\xfa"
		headers      = "AB\x00\x19\x04\x00\xc8\x00\x02OK\x00\x00\x01\xa0\x01\x00\x0atext/plain\x00"
		chunk        = "AB\x00\x07\x03\x00\x03ok\n\x00"
	)
	endResponse := "AB\x00\x02\x05\x00"
	if keeps {
		endResponse = "AB\x00\x02\x05\x01"
	}
	for {
		request, err := readAJP(c, "\x124")
		if err != nil {
			return err
		}
		if len(request) == 0 {
			continue // lighttpd ends the body of a request that has none
		}
		if len(request) < 2 || request[0] != 2 {
			return fmt.Errorf("no Forward Request: % x", request)
		}
		answer := headers + chunk + endResponse
		if request[1] == 3 { // HEAD
			answer = headers + endResponse
		}
		for rest := announced(request); rest > 0; {
			data, err := readAJP(c, "\x124")
			if err != nil {
				return err
			}
			if rest -= dataLength(data); rest <= 0 {
				break
			}
			if _, err := io.WriteString(c, getBodyChunk); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return err
		}
	}
}

func readAJP(r io.Reader, magic string) ([]byte, error) {
	header := make([]byte, 4)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	if string(header[:2]) != magic {
		return nil, fmt.Errorf("a packet that starts with % x, want % x", header, magic)
	}
	payload := make([]byte, binary.BigEndian.Uint16(header[2:]))
	_, err := io.ReadFull(r, payload)
	return payload, err
}

// announced is the request's content-length, the header with the code 0xA008.
func announced(request []byte) int {
	_, value, _ := bytes.Cut(request, []byte{0xa0, 0x08})
	if len(value) < 2 {
		return 0
	}
	end := 2 + int(binary.BigEndian.Uint16(value))
	n, _ := strconv.Atoi(string(value[2:min(end, len(value))])) // 0 for what is no number
	return n
}

// dataLength is how much of the body a packet has, also where the gateway leaves
// out the length that goes before it.
func dataLength(data []byte) int {
	if len(data) > 1 && int(binary.BigEndian.Uint16(data)) == len(data)-2 {
		return len(data) - 2
	}
	return len(data)
}
