package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	netfcgi "net/http/fcgi"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
)

// moody answers 500 every fifth time and 201 every seventh.
func moody() http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch n := n.Add(1); {
		case n%5 == 0:
			w.WriteHeader(500)
		case n%7 == 0:
			w.WriteHeader(201)
		}
		io.WriteString(w, "hello\n")
	})
}

// closing is a listener that closes every eleventh connection at once.
type closing struct {
	net.Listener
	n int
}

func (l *closing) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if l.n++; err != nil || l.n%11 != 0 {
			return c, err
		}
		c.Close()
	}
}

// TestVegetaReadsTheStream: what vegeta report would print of a run is what we
// count ourselves.
func TestVegetaReadsTheStream(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go netfcgi.Serve(&closing{Listener: l}, moody())
	const requests, rounds = 200, 2
	run, stream := filepath.Join(dir, "run.json"), filepath.Join(dir, "run.vegeta")
	out, err := exec.Command("fcgibench", "-rate", "1000", "-requests", strconv.Itoa(requests), "-rounds", strconv.Itoa(rounds), "-warmup", "0s", "-keepalive=false",
		"-json", run, "-vegeta", stream, "fcgi+unix:"+l.Addr().String()).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("%v, want a rate that is not met\n%s", err, out)
	}
	ours, theirs := readRounds(t, run), readStream(t, stream)
	var statuses = map[string]int{}
	var sum int64
	for _, r := range ours {
		sum += r.Requests
		for status, n := range r.Statuses {
			statuses[status] += int(n)
		}
	}
	if without := int(sum) - total(statuses); without > 0 {
		statuses["0"] = without // vegeta's way to say that no answer came
	}
	var all vegeta.Metrics
	for _, m := range theirs {
		all.Requests += m.Requests
		for status, n := range m.StatusCodes {
			if all.StatusCodes == nil {
				all.StatusCodes = map[string]int{}
			}
			all.StatusCodes[status] += n
		}
	}
	if len(theirs) != rounds || sum != rounds*requests || all.Requests != uint64(sum) {
		t.Errorf("%d attacks with %d requests, want %d rounds with %d", len(theirs), all.Requests, rounds, sum)
	}
	if d := cmp.Diff(statuses, all.StatusCodes); d != "" {
		t.Errorf("statuses (-ours +vegeta's):\n%s", d)
	}
	if statuses["500"] == 0 || statuses["201"] == 0 || statuses["0"] == 0 {
		t.Errorf("the server was not moody: %v", statuses)
	}
}

func total(counts map[string]int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

func readRounds(t *testing.T, name string) []result.Round {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	run, err := reports.ReadLoad(f)
	if err != nil || len(run.Subjects) != 1 {
		t.Fatal(err, len(run.Subjects))
	}
	return run.Subjects[0].Rounds
}

// readStream is what vegeta makes of each attack. Each of its results must have a
// number of its own: plot would take it for another one.
func readStream(t *testing.T, name string) map[string]*vegeta.Metrics {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	decode := vegeta.DecoderFor(bytes.NewReader(text))
	if decode == nil {
		t.Fatal("vegeta does not know the format")
	}
	attacks := map[string]*vegeta.Metrics{}
	seen := map[string]bool{}
	for {
		var r vegeta.Result
		if err := decode(&r); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if number := r.Attack + strconv.FormatUint(r.Seq, 10); seen[number] {
			t.Fatalf("%s: number %d twice", r.Attack, r.Seq)
		} else {
			seen[number] = true
		}
		if attacks[r.Attack] == nil {
			attacks[r.Attack] = &vegeta.Metrics{}
		}
		attacks[r.Attack].Add(&r)
	}
	for _, m := range attacks {
		m.Close()
		var b bytes.Buffer
		if err := vegeta.NewTextReporter(m).Report(&b); err != nil || b.Len() == 0 {
			t.Errorf("vegeta report: %v", err)
		}
	}
	return attacks
}
