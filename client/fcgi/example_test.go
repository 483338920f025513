package fcgi_test

import (
	"fmt"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

func Example() {
	params := fcgi.AppendPair(nil, "REQUEST_METHOD", "GET")
	params = fcgi.AppendPair(params, "SCRIPT_NAME", "/hello")

	var request []byte
	request = fcgi.AppendBeginRequest(request, 1, fcgi.Responder, fcgi.KeepConn)
	request = fcgi.AppendStream(request, fcgi.TypeParams, 1, params)
	request = fcgi.AppendEndOfStream(request, fcgi.TypeParams, 1)
	request = fcgi.AppendEndOfStream(request, fcgi.TypeStdin, 1)

	var d fcgi.Decoder
	d.Feed(request)
	for r, err := d.Next(); err == nil; r, err = d.Next() {
		fmt.Println(r)
	}
	// Output:
	// {FCGI_BEGIN_REQUEST, 1, 8 bytes}
	// {FCGI_PARAMS, 1, 38 bytes + 2 padding}
	// {FCGI_PARAMS, 1, 0 bytes}
	// {FCGI_STDIN, 1, 0 bytes}
}
