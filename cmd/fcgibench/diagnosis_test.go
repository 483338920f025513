package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/reports/result"
)

// benched is a run of the command.
type benched struct {
	round result.Round // of the first server
	run   result.Load
	text  string
	code  int
}

// runs runs the command, for a round of each server.
func runs(t *testing.T, args ...string) benched {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.json")
	args = append([]string{"-json", file, "-rounds", "1", "-warmup", "0s"}, args...)
	out, err := exec.CommandContext(t.Context(), "fcgibench", args...).CombinedOutput()
	b := benched{text: string(out)}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		b.code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	b.run = runIn(t, file, b.text)
	if len(b.run.Subjects) == 0 || len(b.run.Subjects[0].Rounds) != 1 {
		t.Fatalf("want a round of each server\n%s", out)
	}
	b.round = b.run.Subjects[0].Rounds[0]
	return b
}

// invalid says that the machine did something else, of which fcgibench tells.
func (b benched) invalid() bool {
	return slices.ContainsFunc(b.run.Diagnoses, func(d result.Diagnosis) bool { return d.Invalid })
}

// unlessHeldUp runs once more, twice at most, where fcgibench says that it stood
// still itself: it has no say then of a server that may have done so.
func unlessHeldUp(run func() benched) (b benched) {
	heldUp := func(d result.Diagnosis) bool { return strings.HasPrefix(d.What, "fcgibench itself was held up") }
	for range 3 {
		if b = run(); !slices.ContainsFunc(b.run.Diagnoses, heldUp) {
			break
		}
	}
	return b
}

// ofTheServer is what is said of it, less what a machine that does something else
// has the run say, too: it makes servers slow.
func (b benched) ofTheServer() (texts []string) {
	for _, d := range b.run.Diagnoses {
		if !d.Invalid && !strings.HasPrefix(d.What, "fcgibench itself") && !strings.Contains(d.What, " busy: half of the requests waited") {
			texts = append(texts, d.What)
		}
	}
	return texts
}

// TestAServerThatGoesWrongIsDiagnosed with the right cause, in words, and nothing
// else is said of it.
func TestAServerThatGoesWrongIsDiagnosed(t *testing.T) {
	for name, c := range map[string]struct {
		serve   func(net.Listener)
		network string
		flags   []string
		want    string // the diagnoses, a line each, as a regular expression
		cause   string // the one cause; empty where there is none
		failed  int64  // at least
		code    int
	}{
		"closes with every tenth answer": {
			serve: closesEachTenth, flags: []string{"-connections", "2", "-requests", "200"},
			want: `the server closes a kept connection every 1[01] requests or so: \d+ were gone(, and \d+ requests? with them)?`, cause: "kept connection lost", code: 0,
		},
		"loses every tenth request": {
			serve: wire(func(n int64, id uint16) ([]byte, bool) {
				if n%10 == 9 {
					return nil, true
				}
				return fine(id), false
			}), flags: []string{"-connections", "2", "-requests", "200"},
			want: `the server closed the connection without an answer 20 times, of 200 requests`, cause: "kept connection lost", failed: 10, code: 1,
		},
		"answers 500 every fifth time": {
			serve: serves(nth(func(w http.ResponseWriter, n int64) {
				if n%5 == 0 {
					w.WriteHeader(500)
				}
				io.WriteString(w, "hello\n")
			})),
			want: `20 of 100 answers say that the server failed \(500: 20\)`, cause: "wrong status", failed: 20, code: 1,
		},
		"cuts answers within a record": {
			serve: wire(func(n int64, id uint16) ([]byte, bool) {
				if n%10 == 9 {
					return said(id)[:30], true
				}
				return fine(id), false
			}),
			want: `the server closed the connection within an answer 10 times, of 100 requests`, cause: "truncated", failed: 10, code: 1,
		},
		"leaves END_REQUEST out": {
			serve: wire(func(n int64, id uint16) ([]byte, bool) {
				if n%10 == 9 {
					return said(id), true
				}
				return fine(id), false
			}),
			want: `the server closed the connection without END_REQUEST \(FastCGI 5.5\) 10 times, of 100 requests`, cause: "closed without END_REQUEST", failed: 10, code: 1,
		},
		"is overloaded": {
			serve: wire(func(n int64, id uint16) ([]byte, bool) {
				if n%10 == 9 {
					return rejected(id, fcgi.Overloaded), false
				}
				return fine(id), false
			}),
			want: `the server said FCGI_OVERLOADED 10 times \(FastCGI 5.5\): it has no room for another request`, cause: "overloaded", failed: 10, code: 1,
		},
		"rejects the role": {
			serve: wire(func(n int64, id uint16) ([]byte, bool) {
				if n%10 == 9 {
					return rejected(id, fcgi.UnknownRole), false
				}
				return fine(id), false
			}),
			want: `the server ended 10 of 100 requests with another protocolStatus than REQUEST_COMPLETE \(FastCGI 5.5\)`, cause: "rejected", failed: 10, code: 1,
		},
		"can't multiplex, and says it can": {
			serve: faulty("fcgi/multiplexing-declared-only"), flags: []string{"-mux", "16", "-connections", "1", "-rate", "1000", "-requests", "300", "-workload", "sleep"},
			want: `the server said FCGI_CANT_MPX_CONN \d+ times \(FastCGI 5.5\): it takes one request at a time on a connection`, cause: "can't multiplex", failed: 10, code: 1,
		},
		"breaks the protocol": {
			serve: wire(func(n int64, id uint16) ([]byte, bool) {
				if n%10 == 9 {
					return append([]byte{9}, fine(id)[1:]...), false
				}
				return fine(id), false
			}),
			want: `the server broke the protocol's rules 10 times, of 100 requests`, cause: "protocol breach", failed: 10, code: 1,
		},
		"gives another body now and then": {
			serve: serves(nth(func(w http.ResponseWriter, n int64) {
				if n%10 == 9 {
					io.WriteString(w, "wrong\n")
					return
				}
				io.WriteString(w, "hello\n")
			})), flags: []string{"-expect-body", "hello\n"},
			want: `10 of 100 answers had a wrong body`, cause: "wrong body", failed: 10, code: 1,
		},
		"is slow now and then": {
			serve: serves(nth(func(w http.ResponseWriter, n int64) {
				if n%10 == 9 {
					time.Sleep(5 * time.Second)
				}
				io.WriteString(w, "hello\n")
			})), flags: []string{"-timeout", "2s"},
			want: `10 of 100 requests reached the time limit of 2 s \(timeout .*\)`, cause: "timeout while waiting", failed: 1, code: 1,
		},
		"is slow within an answer": {
			serve: serves(nth(func(w http.ResponseWriter, n int64) {
				io.WriteString(w, "hello\n")
				if n%10 == 9 {
					w.(http.Flusher).Flush()
					time.Sleep(5 * time.Second)
				}
			})), flags: []string{"-timeout", "2s"},
			want: `10 of 100 requests reached the time limit of 2 s \(timeout while reading: 10\)`, cause: "timeout while reading", failed: 10, code: 1,
		},
		"is gone midway on TCP": {
			serve: dies(50), network: "tcp", flags: []string{"-requests", "1000"},
			want: `the server died .* into the run: every request failed from then on \(connection refused: .*\)`, cause: "connection refused", failed: 50, code: 1,
		},
		"is gone midway on a unix socket": {
			serve: dies(50), flags: []string{"-requests", "1000"},
			want: `the server died .* into the run: every request failed from then on \(no such socket: .*\)`, cause: "no such socket", failed: 50, code: 1,
		},
		"restarts midway": {
			serve: restarts(50, 500*time.Millisecond), flags: []string{"-requests", "300"},
			want: `nobody listened for a while, first .* into the run: \d+ of 300 requests failed \(no such socket: .*\)(\nthe server ended a kept connection .* with a request on its way, of 300 requests)?`, cause: "no such socket", failed: 10, code: 1,
		},
		"refuses every fifth request": {
			serve: serves(nth(func(w http.ResponseWriter, n int64) {
				if n%5 == 0 {
					w.WriteHeader(429)
				}
				io.WriteString(w, "hello\n")
			})),
			want: `20 of 100 answers refuse the request \(429: 20\)`, cause: "wrong status", failed: 20, code: 1,
		},
		"hangs midway": {
			serve: serves(nth(func(w http.ResponseWriter, n int64) {
				if n > 50 {
					select {}
				}
				io.WriteString(w, "hello\n")
			})), flags: []string{"-timeout", "500ms", "-requests", "2000", "-connections", "8"},
			want: `the server stopped answering .* into the run \(timeout .*\)`, failed: 50, code: 1,
		},
		"stalls for a second": {
			serve: func(l net.Listener) { serves(stallsOnce(2500*time.Millisecond, time.Second))(l) }, // anew each time
			flags: []string{"-rate", "100", "-requests", "600", "-connections", "8"},
			want:  `the server answered nothing for about [\d.]+ m?s, [\d.]+ m?s into the run(; then \d+ answers came in a second, usual are \d+)?`, code: 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.network == "" {
				c.network = "unix"
			}
			b := unlessHeldUp(func() benched {
				l := listens(t, c.network)
				go c.serve(l)
				target := map[string]string{"unix": "fcgi+unix:", "tcp": "fcgi://"}[c.network] + l.Addr().String()
				return runs(t, append([]string{"-rate", "100", "-requests", "100", "-connections", "16", target}, c.flags...)...)
			})
			t.Log(b.text)
			if got := strings.Join(b.ofTheServer(), "\n"); !regexp.MustCompile(`^` + c.want + `$`).MatchString(got) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			b.hasCause(t, c.cause, c.failed)
			b.exits(t, c.code)
			b.addsUp(t)
		})
	}
}

func (b benched) hasCause(t *testing.T, cause string, atLeast int64) {
	t.Helper()
	if cause != "" && b.round.Errors[cause] < atLeast || b.round.Requests-b.round.Succeeded < atLeast {
		t.Errorf("%d of %d requests succeeded, errors %v, want %d or more of %q\n%s", b.round.Succeeded, b.round.Requests, b.round.Errors, atLeast, cause, b.text)
	}
}

// exits: of a run that the machine made invalid, or slow, the code is another one,
// unless the server was lost.
func (b benched) exits(t *testing.T, code int) {
	t.Helper()
	lost := slices.ContainsFunc(b.ofTheServer(), func(what string) bool {
		return strings.HasPrefix(what, "the server died") || strings.HasPrefix(what, "the server stopped answering")
	})
	machines := !lost && (b.code == exitInvalid && b.invalid() || b.code == 1 && code == 0)
	if b.code != code && !machines {
		t.Errorf("exit code %d, want %d\n%s", b.code, code, b.text)
	}
}

// TestAFullBacklogIsDiagnosed of a server that accepts more slowly than
// connections come.
func TestAFullBacklogIsDiagnosed(t *testing.T) {
	t.Parallel()
	b := runs(t, acceptsSlowly(t), "-rate", "200", "-requests", "200", "-keepalive=false", "-connections", "64")
	t.Log(b.text)
	if got := strings.Join(b.ofTheServer(), "\n"); !regexp.MustCompile(`^the server's backlog of 1 was full \d+ times: it accepts more slowly than connections come$`).MatchString(got) {
		t.Errorf("got\n%s", got)
	}
	if b.run.Subjects[0].Backlog != 1 {
		t.Errorf("backlog %d, want 1", b.run.Subjects[0].Backlog)
	}
	b.hasCause(t, "backlog full", 50)
	b.exits(t, 1)
	b.addsUp(t)
}

// TestMoreConnectionsThanWorkersAreDiagnosed of the embedded prefork server.
func TestMoreConnectionsThanWorkersAreDiagnosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags []string
		want  []string
	}{
		{[]string{"-connections", "64", "-timeout", "2s"}, []string{"64 kept connections, 8 workers: 56 were never read"}},
		{[]string{"-connections", "8", "-timeout", "20s"}, nil},
		{[]string{"-connections", "64", "-timeout", "20s", "-keepalive=false"}, nil},
	} {
		b := runs(t, append([]string{"-method", "prefork", "-workers", "8", "-rate", "4000", "-requests", "3000", "-workload", "sleep"}, c.flags...)...)
		t.Log(b.text)
		if got := b.ofTheServer(); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.flags, got, c.want)
		}
		if unread := b.round.Errors["timeout with nothing read"]; (unread > 0) != (c.want != nil) {
			t.Errorf("%v: errors %v", c.flags, b.round.Errors)
		}
		b.addsUp(t)
	}
}
