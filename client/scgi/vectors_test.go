package scgi

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vector is what is said of a capture, in a file beside it.
type vector struct {
	Program   string `json:"program"`
	Version   string `json:"version"`
	Direction string `json:"direction"`
	What      string `json:"what"`
}

func TestRequestsOfOtherProgramsDecode(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "vectors", "*.bin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		about := readVector(t, strings.TrimSuffix(file, ".bin")+".json")
		if about.Direction != "request" {
			continue // answers have no format of their own: package cgi's tests read them
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			wire, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			wantDecodes(t, wire)
		})
	}
}

func readVector(t *testing.T, file string) (v vector) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if v.Program == "" || v.Version == "" || v.What == "" || v.Direction != "request" && v.Direction != "response" {
		t.Fatalf("%s: expected program, version, what, and request or response as direction, got %+v", file, v)
	}
	return v
}

func wantDecodes(t *testing.T, wire []byte) {
	t.Helper()
	whole := decoded(wire, max(1, len(wire)))
	if whole.err != nil {
		t.Fatal(whole.err)
	}
	if whole.check != nil {
		t.Error(whole.check)
	}
	if got := decoded(wire, 1); fmt.Sprint(got) != fmt.Sprint(whole) {
		t.Errorf("byte by byte it is\n%v, whole\n%v", got, whole)
	}
	var d Decoder
	d.Feed(wire)
	r, _ := d.Head()
	again := AppendRequest(nil, r.Headers, append(d.Body(), d.Excess()...))
	if got := decoded(again, len(again)); fmt.Sprint(got) != fmt.Sprint(whole) {
		t.Errorf("encoded again it is\n%v, was\n%v", got, whole)
	}
}
