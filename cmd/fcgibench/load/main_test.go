package load

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
)

// serveVariable names the socket in the environment of a server that a benchmark
// has started, as a process of its own.
const serveVariable = "FCGIBENCH_TEST_SERVE"

func TestMain(m *testing.M) {
	reference.Register("hello", func(json.RawMessage) (reference.Handler, error) { return reference.HandlerFunc(hello), nil })
	reference.Register("slow", slow)
	reference.Main()
	if path := os.Getenv(serveVariable); path != "" {
		fmt.Fprintln(os.Stderr, serveHello(path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func serveHello(path string) error {
	l, err := reference.Listen("unix", path)
	if err != nil {
		return err
	}
	go leaveWithStandardInput()
	return (&reference.Server{Protocol: client.FastCGI, Handler: reference.HandlerFunc(hello)}).Serve(l)
}

// leaveWithStandardInput ends the server with the one that started it.
func leaveWithStandardInput() {
	os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

var helloBody = []byte("hello, this is an answer of forty-eight bytes..\n")

func hello(w *reference.Response, r *reference.Request) {
	w.AddHeader("Content-Type", "text/plain")
	w.AddInt("Content-Length", int64(len(helloBody)))
	w.Write(helloBody)
}
