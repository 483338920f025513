package cgi

import (
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// environment is what the program of h, which is env, sees.
func environment(t *testing.T, h *cgi.Handler, r *http.Request) map[string]string {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	program := h.Path
	h.Path, h.Args = shell, []string{"-c", `printf 'Content-Type: text/plain\n\n'; exec "$0" -0`, program}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got := map[string]string{}
	for pair := range strings.SplitSeq(w.Body.String(), "\x00") {
		name, value, _ := strings.Cut(pair, "=")
		got[name] = value
	}
	return got
}

// servedByNetHTTP is what net/http/cgi makes of an answer.
func servedByNetHTTP(t *testing.T, answer string) *http.Response {
	t.Helper()
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "answer")
	if err := os.WriteFile(file, []byte(answer), 0o600); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h := &cgi.Handler{Path: cat, Args: []string{file}}
	h.ServeHTTP(w, httptest.NewRequest("GET", "http://h/", nil))
	return w.Result()
}

func bodyOf(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
