package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

const targetsExample = "a file with lines such as 'GET /path'"

// readTargets reads a file in one of vegeta's formats: JSON where it begins with
// a brace. header is what every request has.
func readTargets(name string, target client.Target, header http.Header) ([]vegeta.Target, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, cli.Misused("-targets: %v: expected %s", err, targetsExample)
	}
	read := vegeta.NewHTTPTargeter(bytes.NewReader(text), nil, header)
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		read = vegeta.NewJSONTargeter(bytes.NewReader(append(text, '\n')), nil, header)
	}
	n := 0
	asked, err := vegeta.ReadAllTargets(func(t *vegeta.Target) error { n++; return read(t) })
	if err != nil {
		return nil, cli.Misused("-targets %s: request %d: %v: expected %s", name, n, err, targetsExample)
	}
	for i := range asked {
		if asked[i].URL, err = relative(asked[i].URL, target); err != nil {
			return nil, cli.Misused("-targets %s: %v", name, err)
		}
		asked[i] = hosted(asked[i])
	}
	return asked, nil
}

// relative is a URL whose host is just the Host header. One that names a server
// must name the target's.
func relative(text string, target client.Target) (string, error) {
	if strings.HasPrefix(text, "/") {
		return "http://localhost" + text, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return text, nil
	}
	server, path := cli.SplitURL(text)
	named, err := client.ParseTarget(server)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: expected a path, or a URL such as http://example.org/path", text)
	case named.Network != target.Network || named.Address != target.Address:
		return "", fmt.Errorf("%s names another server than the target %s: expected a path such as /path", text, target)
	}
	return "http://localhost" + path, nil
}
