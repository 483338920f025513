package reference

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	Register("echo", func(json.RawMessage) (Handler, error) { return HandlerFunc(echo), nil })
	Main()
	os.Exit(m.Run())
}

// echo answers with the worker's process id, the URI and the body's length.
func echo(w *Response, r *Request) {
	n, err := io.Copy(io.Discard, &r.Stdin)
	w.AddHeader("Content-Type", "text/plain")
	fmt.Fprintf(w, "%d %s %d %v\n", os.Getpid(), r.Param("REQUEST_URI"), n, err)
}
