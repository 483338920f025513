package probeapp

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/specs/suite"
)

// Answer is the JSON in which the application says what it received.
type Answer struct {
	Probe    int
	Server   string
	Protocol string
	Can      []string
	Params   map[string]string
	Body     Digest
	Data     Digest // of a FastCGI filter
}

// Digest is what the application says of a stream: its length in bytes, and its SHA-256 in hexadecimal digits.
type Digest struct {
	Length int64
	SHA256 string
}

// ParseAnswer reads the body of an answer. The error is that it is not the application's JSON.
func ParseAnswer(body []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(body, &a); err != nil || a.Probe != 1 {
		return a, fmt.Errorf("%.60q is no answer of the probe application", body)
	}
	return a, nil
}

// Server is what a plain request has found out: an error is that the application is another one.
func Server(a Answer, err error) suite.Server {
	if err != nil {
		return suite.Server{}
	}
	return suite.Server{Probe: true, Can: a.Can, Name: a.Server}
}

// Of says how the stream that came differs from the one that was sent, and nil if it does not.
func (d Digest) Of(sent string) error {
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(sent)))
	switch want := int64(len(sent)); {
	case d.Length == 0 && want > 0:
		return fmt.Errorf("of %d bytes the application got none: the server has not read them", want)
	case d.Length < want:
		return fmt.Errorf("of %d bytes the application got %d", want, d.Length)
	case d.Length > want:
		return fmt.Errorf("besides %d bytes the application got %d more", want, d.Length-want)
	case !strings.EqualFold(d.SHA256, sum):
		return fmt.Errorf("of %d bytes with SHA-256 %s the application got as many with %s", want, sum, d.SHA256)
	}
	return nil
}

// BodyArrived ends the case unless the application got this body.
func BodyArrived(t *suite.T, a Answer, body, check string) {
	if err := a.Body.Of(body); err != nil {
		t.Fail("%s\nof the body: %v", check, err)
	}
}

// Letters returns the body of size=n: byte i is 'a' + i%26.
func Letters(n int) []byte {
	return bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), n/26+1)[:n]
}

// CheckLetters says how a body differs from that of size=n, and nil if it does not.
func CheckLetters(body []byte, n int) error {
	for i, b := range body[:min(len(body), n)] {
		if want := 'a' + byte(i%26); b != want {
			return fmt.Errorf("byte %d of the body is %q, expected %q", i, b, want)
		}
	}
	switch {
	case len(body) < n:
		return fmt.Errorf("of a body of %d bytes came %d", n, len(body))
	case len(body) > n:
		return fmt.Errorf("%d bytes follow the body of %d", len(body)-n, n)
	}
	return nil
}

// CodePoints returns text as the application's JSON has it: each byte is one code point.
func CodePoints(text string) string {
	var points []rune
	for _, b := range []byte(text) {
		points = append(points, rune(b))
	}
	return string(points)
}
