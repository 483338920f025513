package reports_test

import (
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// hostile is what a server may put into whatever it sends: each format has its
// own characters that must not work.
const hostile = "\x1b[2J\x1b]0;owned\a<script>alert(1)</script>|`*_@everyone ]](\u202e\u009b31m&amp;\x00\xff"

// sample is a run with every kind of result, over two targets.
func sample() result.Run {
	return result.Run{
		Version: result.Version,
		Tool:    "fcgiprobe v1.2.3",
		Started: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Seed:    42,
		Targets: []result.Target{
			{
				Target: "fcgi+unix:/run/app.sock", Protocol: "fcgi", Server: "Sample 1.0 " + hostile,
				Declares: []string{"FCGI_MAX_CONNS=8", "FCGI_MPXS_CONNS=" + hostile},
				Again:    "fcgiprobe unix:/run/app.sock -script /srv/probe.php -seed 42",
				Notes:    []string{"one case at a time: the server takes one connection"},
				Results:  sampleResults(),
			},
			{
				Target: "scgi://127.0.0.1:4000", Protocol: "scgi",
				Results: []result.Result{passing("scgi/2/closes", "SCGI 2"), passing("scgi/3/body", "SCGI 3")},
			},
		},
	}
}

func passing(id, section string) result.Result {
	return result.Result{
		ID: id, Title: "the title of " + id, Level: "must", Section: section, Rule: "The rule of " + id + ".",
		Link: "https://example.org/spec#" + section[len(section)-1:], Verdict: result.Pass, Duration: 2 * time.Millisecond,
	}
}

// with is a result that is passing but for what change does.
func with(id, section string, change func(*result.Result)) result.Result {
	r := passing(id, section)
	change(&r)
	return r
}

func failing(r *result.Result) {
	r.Verdict, r.Check = result.Fail, "what was expected"
	r.Message = "what was expected\nsomething else came"
}

func sampleResults() []result.Result {
	return []result.Result{
		passing("fcgi/3.3/version", "FastCGI 3.3"),
		with("fcgi/3.3/request-id", "FastCGI 3.3", wrongID),
		with("fcgi/6.2/body@bytes", "FastCGI 6.2", failing),
		with("fcgi/6.2/body", "FastCGI 6.2", failing),
		with("fcgi/6.2/body@random", "FastCGI 6.2", func(r *result.Result) {
			failing(r)
			r.Check, r.Message = "another expectation", "another expectation\nnothing of it"
		}),
		passing("fcgi/6.2/body@record", "FastCGI 6.2"),
		with("fcgi/4.1/answered", "FastCGI 4.1", hanging(result.Silent)),
		with("fcgi/6.1/stalls", "FastCGI 6.1", hanging(result.Stalled)),
		with("fcgi/6.1/goes-on", "FastCGI 6.1", hanging(result.Unended)),
		with("fcgi/robustness/short", "FastCGI 3.3", func(r *result.Result) {
			failing(r)
			r.Kind, r.Level = result.Crash, "robustness"
			r.Message = "what was expected\nExpected\n    <string>: " + hostile + "\nto equal\n    <string>: a"
		}),
		with("fcgi/5.4/abort", "FastCGI 5.4", func(r *result.Result) {
			failing(r)
			r.Verdict, r.Level = result.Warn, "should"
		}),
		with("fcgi/3.10/late", "FastCGI 3.10", func(r *result.Result) {
			failing(r)
			r.Known = &result.Known{Version: "1.0", Reason: "It never did.", Link: "https://example.org/bugs/1"}
		}),
		with("fcgi/3.9/flaky", "FastCGI 3.9", func(r *result.Result) {
			failing(r)
			r.Known = &result.Known{Version: "1.0", Reason: "It is slow at times.", Link: "https://example.org/bugs/2", Sometimes: true}
		}),
		with("fcgi/3.9/flaky-passed", "FastCGI 3.9", func(r *result.Result) {
			r.Known = &result.Known{Version: "1.0", Reason: "It is slow at times, too.", Link: "https://example.org/bugs/3", Sometimes: true}
		}),
		with("fcgi/5.5/unknown-role", "FastCGI 5.5", func(r *result.Result) {
			r.Known = &result.Known{Version: "1.0", Reason: "It took any role.", Link: "javascript:alert(1)"}
		}),
		with("fcgi/5.1/multiplexed", "FastCGI 5.1", func(r *result.Result) {
			r.Verdict, r.Message = result.NA, "FCGI_MPXS_CONNS=0 in {FCGI_GET_VALUES_RESULT, 0, 18 bytes}"
		}),
		with("fcgi/6.3/authorizer", "FastCGI 6.3", needing("it needs the probe application")),
		with("fcgi/6.4/filter", "FastCGI 6.4", needing("it needs the probe application")),
		with("fcgi/5.5/exit", "FastCGI 5.5", needing(`it needs the probe application's extra "exit", which this one lacks`)),
		with("fcgi/3.5/kept", "FastCGI 3.5", needing("the first request did not come to its END_REQUEST")),
		with("fcgi/3.4/lengths", "FastCGI 3.4", func(r *result.Result) {
			r.Verdict, r.Message = result.Error, "runtime error: index out of range\ngoroutine 7\n\tcase.go:12"
		}),
		with("fcgi/3.4/noted", "FastCGI 3.4", func(r *result.Result) { r.Note = "it answered " + hostile }),
	}
}

// wrongID is a failure with bytes and a mark in them.
func wrongID(r *result.Result) {
	r.Verdict, r.Check = result.Fail, "an answer's records have the request's id"
	r.Message = r.Check + "\nexpected request id 256, got {FCGI_STDOUT, 0, 26 bytes + 6 padding}"
	begin := []byte{1, 1, 1, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	out := append([]byte{1, 6, 0, 0, 0, 26, 6, 0}, "Status: 200 OK\r\n\r\n\x1b[31mred\x00\x00\x00\x00\x00\x00"...)
	end := []byte{1, 3, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	r.Bytes = []result.Event{
		{Connection: 1, At: 100 * time.Microsecond, Sent: true, Bytes: begin, Text: "{FCGI_BEGIN_REQUEST, 256, 8 bytes} FCGI_RESPONDER, flags 0"},
		{Connection: 1, At: 200 * time.Microsecond, Sent: true, Offset: 16, Bytes: []byte{1, 4, 1, 0, 0, 4, 0, 0, 1, 1, 'A', 'b'},
			Text: "{FCGI_PARAMS, 256, 4 bytes}", Detail: []string{`A="b"`, hostile}},
		{Connection: 1, At: 1500 * time.Microsecond, Bytes: out, Text: "{FCGI_STDOUT, 0, 26 bytes + 6 padding} " + hostile},
		{Connection: 1, At: 1600 * time.Microsecond, Offset: int64(len(out)), Bytes: end, Text: "{FCGI_END_REQUEST, 0, 8 bytes} appStatus 0, FCGI_REQUEST_COMPLETE"},
		{Connection: 1, At: 1700 * time.Microsecond, Sent: true, Offset: 28, Text: "closed"},
	}
	r.Mark = &result.Mark{Connection: 1, Offset: 2, Length: 2}
}

func hanging(form result.HangForm) func(*result.Result) {
	return func(r *result.Result) {
		failing(r)
		r.Kind, r.Hang = result.Hang, form
		r.Message = r.Check + "\nnothing more came, and the connection stayed open"
		r.Bytes = []result.Event{
			{Connection: 1, Sent: true, Bytes: []byte{1, 9, 0, 0, 0, 0, 0, 0}, Text: "{FCGI_GET_VALUES, 0, 0 bytes}"},
			{Connection: 1, At: 5 * time.Second, Text: "i/o timeout"},
		}
	}
}

func needing(reason string) func(*result.Result) {
	return func(r *result.Result) { r.Verdict, r.Message = result.Untested, reason }
}
