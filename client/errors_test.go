package client_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

func TestErrorsSayWhatCameAndWhere(t *testing.T) {
	for want, err := range map[string]error{
		"fcgi: the application rejected the request: FCGI_OVERLOADED":                                                                               client.ErrOverloaded,
		"fcgi: the application rejected the request: FCGI_CANT_MPX_CONN":                                                                            client.ErrCantMultiplex,
		"fcgi: the application rejected the request: FCGI_UNKNOWN_ROLE":                                                                             client.ErrUnknownRole,
		"timeout after 2s while connecting":                                                                                                         &client.TimeoutError{Phase: client.Connecting, Limit: 2 * time.Second},
		"protocol breach at byte 0 of the answer, its end: EOF":                                                                                     &client.BreachError{Protocol: client.FastCGI, Err: io.EOF},
		"protocol breach at byte 7 of the answer (02 06): EOF":                                                                                      &client.BreachError{Protocol: client.FastCGI, Offset: 7, Bytes: []byte{2, 6}, Err: io.EOF},
		"ajp: truncated answer: the connection ended after 9 bytes, before End Response: EOF":                                                       &client.TruncatedError{Protocol: client.AJP, Read: 9, Missing: "End Response", Err: io.EOF},
		"fcgi: no answer: the connection ended after 0 bytes, before its first byte: EOF":                                                           &client.TruncatedError{Protocol: client.FastCGI, Missing: "its first byte", Err: io.EOF},
		"fcgi: no answer: the kept connection ended after 0 bytes, before its first byte: EOF":                                                      &client.TruncatedError{Protocol: client.FastCGI, Missing: "its first byte", Reused: true, Err: io.EOF},
		"the request body's length must be known: set Request.ContentLength, raise Transport.MaxBuffered or, with FastCGI, set StreamUnknownLength": client.ErrLengthRequired,
	} {
		if got := err.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestARejectionIsTheSameErrorByItsStatus(t *testing.T) {
	if !errors.Is(&client.RejectedError{ProtocolStatus: fcgi.Overloaded}, client.ErrOverloaded) {
		t.Error("overloaded is not")
	}
	if errors.Is(&client.RejectedError{ProtocolStatus: fcgi.UnknownRole}, client.ErrOverloaded) || errors.Is(io.EOF, client.ErrOverloaded) {
		t.Error("others are overloaded")
	}
}
