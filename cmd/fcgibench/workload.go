package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"golang.org/x/sys/unix"

	"github.com/fcgikit/fcgikit/reference"
)

// workloadName is the embedded application's, as workers know it.
const workloadName = "workload"

// workload is what the embedded server does for a request, and how a target's
// probe application is asked for the same.
type workload struct {
	respond func(*reference.Response)
	query   string // of the probe application
	upload  bool
	none    bool // the probe application has nothing like it
}

const (
	cpuTime   = time.Millisecond
	sleepTime = 5 * time.Millisecond
	megabyte  = 1 << 20
)

const usualWorkload = "hello"

var (
	workloadNames = []string{"hello", "cpu", "sleep", "download", "upload"}
	workloads     = map[string]*workload{
		"hello":    {respond: hello},
		"cpu":      {respond: func(w *reference.Response) { spin(cpuTime); hello(w) }, none: true},
		"sleep":    {respond: func(w *reference.Response) { time.Sleep(sleepTime); hello(w) }, query: fmt.Sprintf("delay=%d", sleepTime.Milliseconds())},
		"download": {respond: download, query: fmt.Sprintf("size=%d", megabyte)},
		"upload":   {respond: hello, upload: true},
	}
)

// makeWorkload is the handler of a workload's name.
func makeWorkload(options json.RawMessage) (reference.Handler, error) {
	var name string
	if err := json.Unmarshal(options, &name); err != nil {
		return nil, err
	}
	w := workloads[name]
	if w == nil {
		return nil, fmt.Errorf("no workload %q", name)
	}
	return reference.HandlerFunc(func(answer *reference.Response, r *reference.Request) {
		if _, whole := r.Stdin.Buffered(); !whole {
			if _, err := io.Copy(io.Discard, &r.Stdin); err != nil {
				return
			}
		}
		if name == "sleep" {
			r.Detach() // the connection's other requests go on
		}
		w.respond(answer)
	}), nil
}

var helloBody = []byte("hello\n")

func hello(w *reference.Response) { plain(w, helloBody) }

// largeBody is made when it is first wanted: most processes send none.
var largeBody = sync.OnceValue(func() []byte { return bytes.Repeat([]byte("0123456789abcdef"), megabyte/16) })

func download(w *reference.Response) { plain(w, largeBody()) }

func plain(w *reference.Response, body []byte) {
	w.AddHeader("Content-Type", "text/plain")
	w.AddInt("Content-Length", int64(len(body)))
	w.Write(body)
}

// spin takes so much of the processor's time, however long that lasts.
func spin(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var h maphash.Hash
	for start := threadTime(); threadTime()-start < d; {
		h.Write(spun[:])
	}
}

// spun is hashed in some microseconds: asking for the time is little beside it.
var spun [64 << 10]byte

// threadTime is what this thread took of the processor; where that is not known
// it is the time of day, which goes on at least as fast.
func threadTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return time.Duration(time.Now().UnixNano())
	}
	return time.Duration(t.Nano())
}

// request is that of a workload: of the embedded server, or of a target's probe
// application.
func (w *workload) request(r vegeta.Target, embedded bool) vegeta.Target {
	if !embedded && w.query != "" {
		separator := "?"
		if strings.Contains(r.URL, separator) {
			separator = "&"
		}
		r.URL += separator + w.query
	}
	if w.upload {
		r.Method, r.Body = http.MethodPost, largeBody()
	}
	return r
}
