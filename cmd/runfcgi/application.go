package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
)

// The applications, by the names that workers know them by.
const (
	probeName = "probe"
	filesName = "files"
)

// application is what it has to know, in a form that crosses an exec.
type application struct {
	Method   reference.Method
	Protocol client.Protocol
	Force    *string `json:",omitempty"`
	Root     string  `json:",omitempty"`
	Stall    string  `json:",omitempty"`
}

// register names the applications for the workers.
func register() {
	reference.Register(probeName, made(application.probe))
	reference.Register(filesName, made(application.files))
}

func made(make func(application) (reference.Handler, error)) reference.Maker {
	return func(options json.RawMessage) (reference.Handler, error) {
		var a application
		if err := json.Unmarshal(options, &a); err != nil {
			return nil, err
		}
		h, err := make(a)
		if err != nil || a.Stall == "" {
			return h, err
		}
		stall, err := reference.ParseStall(a.Stall)
		return stall.Handler(h), err
	}
}

func (a application) probe() (reference.Handler, error) {
	return &reference.Probe{Method: a.Method, Prefix: &reference.Prefix{Force: a.Force}}, nil
}

// files serves what lies below the root, by the path below the prefix.
func (a application) files() (reference.Handler, error) {
	root, err := os.OpenRoot(a.Root)
	if err != nil {
		return nil, fmt.Errorf("root=%s: %w", a.Root, cause(err))
	}
	files := http.FileServerFS(pages{root.FS()})
	prefix := reference.Prefix{Force: a.Force}
	return reference.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := prefix.Resolve(a.Protocol, lookUp(reference.Params(r)))
		switch {
		case l.Outcome == reference.Broken:
			http.Error(w, "the prefix can't be told", http.StatusInternalServerError)
		case l.Outcome != reference.Served:
			http.Error(w, http.StatusText(l.Outcome.Status()), l.Outcome.Status())
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "files are only read", http.StatusMethodNotAllowed)
		default:
			r.URL.Path, r.URL.RawPath = l.PathInfo, ""
			files.ServeHTTP(w, r)
		}
	})), nil
}

// lookUp finds the last parameter of a name.
func lookUp(params []reference.Param) func(name string) ([]byte, bool) {
	return func(name string) (value []byte, ok bool) {
		for _, p := range params {
			if string(p.Name) == name {
				value, ok = p.Value, true
			}
		}
		return value, ok
	}
}
