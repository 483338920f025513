package cgi

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
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

// TestAnswersOfOtherProgramsDecode reads the captures of this package and those of SCGI, whose answers are CGI's.
func TestAnswersOfOtherProgramsDecode(t *testing.T) {
	for _, folder := range []string{filepath.Join("testdata", "vectors"), filepath.Join("..", "scgi", "testdata", "vectors")} {
		files, err := filepath.Glob(filepath.Join(folder, "*.bin"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			about := readVector(t, strings.TrimSuffix(file, ".bin")+".json")
			if about.Direction != "response" {
				continue // on the wire a request is the other packages'
			}
			t.Run(filepath.Base(file), func(t *testing.T) {
				answer, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				wantDecodes(t, answer)
			})
		}
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

func wantDecodes(t *testing.T, answer []byte) {
	t.Helper()
	whole, n, err := ParseAnswer(answer)
	if err != nil {
		t.Fatal(err)
	}
	parts, n2, err := grown(&Parser{}, answer, 1)
	if err != nil || n != n2 || fmt.Sprint(parts) != fmt.Sprint(whole) {
		t.Errorf("byte by byte it is %+v, %d, %v, whole %+v, %d", parts, n2, err, whole, n)
	}
	again, _, err := ParseAnswer(AppendAnswer(nil, whole.Status, whole.Header))
	if err != nil || again.Status != whole.Status || !reflect.DeepEqual(again.Header, whole.Header) || again.ContentLength != whole.ContentLength {
		t.Errorf("encoded again it is %+v, %v, was %+v", again, err, whole)
	}
}
