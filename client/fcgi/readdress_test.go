package fcgi

import (
	"bytes"
	"testing"
)

func TestAnEncodedRequestIsGivenAnotherIDAndOtherFlags(t *testing.T) {
	request := func(id uint16, flags Flags) []byte {
		b := AppendBeginRequest(nil, id, Responder, flags)
		params := EncodeParams(b, id)
		params.Add("A", "b")
		return params.End()
	}
	b := request(1, KeepConn)
	SetRequestID(b, 0x0203)
	SetFlags(b, 0)
	if want := request(0x0203, 0); !bytes.Equal(b, want) {
		t.Errorf("got % x, want % x", b, want)
	}
}
