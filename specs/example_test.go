package specs_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"path/filepath"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/specs"
)

// A project holds its own server to the specification in its own tests: here
// net/http/fcgi, to the rules about STDERR and the end of streams.
func ExampleRun() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	l, err := net.Listen("unix", filepath.Join(folder, "app.sock"))
	if err != nil {
		panic(err)
	}
	defer l.Close()
	go fcgi.Serve(l, http.NotFoundHandler())

	target, err := client.ParseTarget("fcgi+unix:" + l.Addr().String())
	if err != nil {
		panic(err)
	}
	var o specs.Options
	o.Run = []string{"fcgi/3.3/version", "fcgi/5.5/unknown-role", "fcgi/4.1/only-what-was-asked"}
	o.Seed = 1
	found, err := specs.Run(context.Background(), target, o)
	if err != nil {
		panic(err) // it can't be reached, or speaks another protocol
	}
	for _, r := range found.Results {
		fmt.Println(r.Verdict, r.ID)
		if r.Broken() {
			fmt.Println("    expected: " + r.Check)
		}
	}
	// Unordered output:
	// pass first-request
	// pass fcgi/3.3/version
	// pass fcgi/5.5/unknown-role
	// fail fcgi/4.1/only-what-was-asked
	//     expected: the result has only names that were asked for
}
