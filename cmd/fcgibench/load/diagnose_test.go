package load

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fcgikit/fcgikit/reports/result"
)

// illness is a change to a healthy round, subject or plan, and what is to be
// said of it.
type illness struct {
	change func(r *result.Round, s *result.Subject, p *result.Plan)
	want   []result.Diagnosis // less the subject
}

func (c illness) check(t *testing.T, find func(result.Subject, []result.Round, result.Plan) []result.Diagnosis) {
	t.Helper()
	r, s, p := steady(), steadySubject(), steadyPlan()
	c.change(&r, &s, &p)
	for i := range c.want {
		c.want[i].Subject = s.Name
	}
	if diff := cmp.Diff(c.want, find(s, []result.Round{r}, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// spoil makes requests of a round fail.
func spoil(r *result.Round, c Cause, n int64) {
	if r.Errors == nil {
		r.Errors = map[string]int64{}
	}
	r.Errors[string(c)] += n
	r.Succeeded -= n
}

const slowCure = "see what the server does so long; a longer -timeout shows how long"

func TestIllnessesAreNamed(t *testing.T) {
	for name, c := range map[string]illness{
		"nothing": {func(*result.Round, *result.Subject, *result.Plan) {}, nil},
		"more connections than workers": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool = 64
				spoil(r, TimeoutUnread, 56)
			},
			[]result.Diagnosis{{What: "64 kept connections, 8 workers: 56 were never read", Cure: "use -connections 8 or -keepalive=false"}},
		},
		"more connections than workers, of which few were made": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool = 64
				spoil(r, TimeoutUnread, 3)
			},
			[]result.Diagnosis{{What: "up to 64 kept connections, 8 workers: nothing was read 3 times until the time was up, as of one that no worker is left for", Cure: "use -connections 8 or -keepalive=false"}},
		},
		"more connections than workers, and long requests": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool = 64
				spoil(r, TimeoutWriting, 60)
			},
			[]result.Diagnosis{{What: "64 kept connections, 8 workers: 56 were never read", Cure: "use -connections 8 or -keepalive=false"}},
		},
		"more connections than workers, without a cap": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool = 0
				r.Timeline[3].Connections = 20
				spoil(r, TimeoutUnread, 56)
			},
			[]result.Diagnosis{{What: "20 kept connections, 8 workers: 12 were never read", Cure: "use -connections 8 or -keepalive=false"}},
		},
		"unread connections of a server whose workers are not known": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool, s.Workers, s.Method = 64, 0, ""
				spoil(r, TimeoutUnread, 56)
			},
			[]result.Diagnosis{{What: "64 kept connections: nothing was read 56 times until the time was up, while others were answered, as by a server with fewer workers than that", Cure: "use -connections with the number of its workers, or -keepalive=false"}},
		},
		"unread requests of connections that are not kept": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool, p.KeepAlive = 64, false
				spoil(r, TimeoutUnread, 56)
			},
			[]result.Diagnosis{{What: "56 of 20000 requests reached the time limit of 5 s (timeout with nothing read: 56)", Cure: slowCure}},
		},
		"requests that took too long on connections that served others": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool = 64
				spoil(r, TimeoutWaiting, 50)
				spoil(r, TimeoutUnread, 6)
				spoil(r, TimeoutQueued, 4)
			},
			[]result.Diagnosis{{What: "60 of 20000 requests reached the time limit of 5 s (timeout while waiting: 50, timeout with nothing read: 6, timeout while queued: 4)", Cure: slowCure}},
		},
		"the same of a server whose workers are not known": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool, s.Workers = 64, 0
				spoil(r, TimeoutWaiting, 50)
				spoil(r, TimeoutUnread, 6)
			},
			[]result.Diagnosis{{What: "56 of 20000 requests reached the time limit of 5 s (timeout while waiting: 50, timeout with nothing read: 6)", Cure: slowCure}},
		},
		"answers that paused for an acknowledgement": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Target = "fcgi://127.0.0.1:9000"
				r.Phases["body"] = evenly(1000, 41*time.Millisecond, 45*time.Millisecond)
			},
			[]result.Diagnosis{{What: "half of the answers or more paused for 43 ms after their first byte, as those of a server that writes in small pieces without TCP_NODELAY: it waits once for an acknowledgement, which Linux holds back for 40 ms",
				Cure: "set TCP_NODELAY there, or write an answer at once; or use a unix socket, or -keepalive=false"}},
		},
		"answers that paused for one, more than half": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Target = "fcgi://127.0.0.1:9000"
				all := NewRecorder()
				for i := range 100 {
					if all.Record(50 * time.Microsecond); i < 45 {
						continue
					}
					all.Record(42 * time.Millisecond)
					all.Record(44 * time.Millisecond)
				}
				r.Phases["body"] = all.Latencies()
			},
			[]result.Diagnosis{{What: "half of the answers or more paused for 42 ms after their first byte, as those of a server that writes in small pieces without TCP_NODELAY: it waits once for an acknowledgement, which Linux holds back for 40 ms",
				Cure: "set TCP_NODELAY there, or write an answer at once; or use a unix socket, or -keepalive=false"}},
		},
		"answers over AJP of an application that takes about as long": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Target, s.Protocol = "ajp://127.0.0.1:8009", "ajp"
				r.Phases["first byte"] = evenly(1000, 36*time.Millisecond, 50*time.Millisecond)
			}, nil,
		},
		"answers over AJP that began after one": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Target, s.Protocol = "ajp://127.0.0.1:8009", "ajp"
				r.Phases["first byte"] = evenly(1000, 82*time.Millisecond, 90*time.Millisecond)
			},
			[]result.Diagnosis{{What: "half of the answers or more began after 86 ms, as those of a server that writes in small pieces without TCP_NODELAY: it waits twice for an acknowledgement, which Linux holds back for 40 ms",
				Cure: "set TCP_NODELAY there, or write an answer at once; or use a unix socket, or -keepalive=false"}},
		},
		"answers that took as long on a unix socket": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Target = "fcgi+unix:/tmp/app.sock"
				r.Phases["body"] = evenly(1000, 41*time.Millisecond, 45*time.Millisecond)
			}, nil,
		},
		"answers that took about as long": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Target = "fcgi://127.0.0.1:9000"
				r.Phases["body"] = evenly(1000, 20*time.Millisecond, 80*time.Millisecond)
			}, nil,
		},
		"a server that was away and came back": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				spoil(r, Refused, 500)
				i := &r.Timeline[4]
				i.Sent, i.Done, i.Failed, i.Errors = 2000, 2000, 500, map[string]int64{string(Refused): 500}
			},
			[]result.Diagnosis{{What: "nobody listened for a while, first 4.9 s into the run: 500 of 20000 requests failed (connection refused: 500)",
				Cure: "the server restarted, it seems: see its log; one whose socket stays open meanwhile, as a supervisor's or systemd's does, loses none"}},
		},
		"a few requests lost with their connections": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, LostKept, 3) },
			[]result.Diagnosis{{What: "the server ended a kept connection 3 times with a request on its way, of 20000 requests",
				Cure: "it restarts workers, or ends idle connections: give it a longer idle time, or have the client send such a request again"}},
		},
		"some answers that refuse": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				spoil(r, WrongStatus, 120)
				r.Statuses = map[string]int64{"200": 19_880, "429": 120}
			},
			[]result.Diagnosis{{What: "120 of 20000 answers refuse the request (429: 120)", Cure: "see whether all that is asked for is there; or whether the server limits the rate"}},
		},
		"a status that was not wanted": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				spoil(r, WrongStatus, 120)
				r.Statuses = map[string]int64{"200": 19_880, "302": 120}
			},
			[]result.Diagnosis{{What: "120 of 20000 answers had another status than the wanted one (200: 19880, 302: 120)", Cure: "-expect-status says which is wanted"}},
		},
		"refusals that were expected": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				r.Statuses = map[string]int64{"404": 19_997}
				spoil(r, Overloaded, 3)
			},
			[]result.Diagnosis{{What: "the server said FCGI_OVERLOADED 3 times (FastCGI 5.5): it has no room for another request", Cure: "use fewer -connections or a lower -rate, or give it more workers"}},
		},
		"an error nobody thought of": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, OtherError, 2) },
			[]result.Diagnosis{{What: "2 of 20000 requests failed in a way that fcgibench has no name for", Cure: "-vegeta FILE has the error of each: vegeta report prints them"}},
		},
		"another protocolStatus": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, Rejected, 5) },
			[]result.Diagnosis{{What: "the server ended 5 of 20000 requests with another protocolStatus than REQUEST_COMPLETE (FastCGI 5.5)", Cure: "fcgiprobe get shows which; FCGI_UNKNOWN_ROLE is of a server that is no responder"}},
		},
		"a full backlog of a size that is known": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Backlog = 128
				spoil(r, BacklogFull, 84)
			},
			[]result.Diagnosis{{What: "the server's backlog of 128 was full 84 times: it accepts more slowly than connections come", Cure: "raise the server's backlog (listen's, and net.core.somaxconn) or its workers, or use fewer -connections"}},
		},
		"a full backlog": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				p.KeepAlive = false
				spoil(r, BacklogFull, 84)
			},
			[]result.Diagnosis{{What: "the server's backlog was full 84 times: it accepts more slowly than connections come", Cure: "raise the server's backlog (listen's, and net.core.somaxconn) or its workers, or use fewer -connections, or -keepalive"}},
		},
		"a full backlog on TCP": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, TimeoutConnect, 1) },
			[]result.Diagnosis{{What: "connecting took too long once: a full backlog, or a firewall", Cure: "raise the server's backlog (listen's, and net.core.somaxconn) or its workers, or use fewer -connections"}},
		},
		"a connection closed every tenth request": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { r.Lost, r.Opened = 1990, 1998 },
			[]result.Diagnosis{{What: "the server closes a kept connection every 10 requests or so: 1990 were gone", Cure: "raise its limit of requests for a connection or worker, or use -keepalive=false"}},
		},
		"a connection closed every tenth request, that one lost": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				r.Lost, r.Opened = 1000, 2000
				spoil(r, LostKept, 1000)
			},
			[]result.Diagnosis{{What: "the server closes a kept connection every 10 requests or so: 2000 were gone, and 1000 requests with them", Cure: "raise its limit of requests for a connection or worker, or use -keepalive=false"}},
		},
		"a connection closed every tenth request, one of them lost": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				r.Lost, r.Opened = 1998, 2000
				spoil(r, LostKept, 1)
			},
			[]result.Diagnosis{{What: "the server closes a kept connection every 10 requests or so: 1999 were gone, and 1 request with them", Cure: "raise its limit of requests for a connection or worker, or use -keepalive=false"}},
		},
		"a connection closed after ten answers, with the next request on its way": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				r.Lost, r.Opened = 18, 1818
				spoil(r, LostKept, 1800)
			},
			[]result.Diagnosis{{What: "the server closes a kept connection every 10 requests or so: 1818 were gone, and 1800 requests with them", Cure: "raise its limit of requests for a connection or worker, or use -keepalive=false"}},
		},
		"a connection closed instead of every tenth answer": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				r.Opened = 2008
				spoil(r, LostKept, 1840)
				spoil(r, Unanswered, 160)
			},
			[]result.Diagnosis{{What: "the server closed the connection without an answer 2000 times, of 20000 requests", Cure: "see the server's log for workers that crash or are ended"}},
		},
		"a connection closed instead of its tenth answer": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				r.Opened = 2008
				spoil(r, LostKept, 2000)
			},
			[]result.Diagnosis{{What: "the server closed the connection without an answer 2000 times, of 20000 requests", Cure: "see the server's log for workers that crash or are ended"}},
		},
		"a connection closed with its next request on its way, none of them idle": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				p.Rate, r.RateAsked, r.Opened = 0, 0, 2008
				spoil(r, LostKept, 2000)
			},
			[]result.Diagnosis{{What: "the server closed the connection without an answer 2000 times, of 20000 requests", Cure: "see the server's log for workers that crash or are ended; or raise its limit of requests for a connection"}},
		},
		"a connection closed every request": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { r.Lost, r.Opened = 3, 19_990 },
			[]result.Diagnosis{{What: "the server closes every connection after one request, though it was asked to keep it", Cure: "set its keep-alive, or use -keepalive=false to measure without lost connections"}},
		},
		"a connection a request, as SCGI has it": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { s.Protocol, r.Opened = "scgi", 20_000 }, nil,
		},
		"a worker's last request now and then": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { r.Lost, r.Opened = 12, 20 }, nil,
		},
		"no END_REQUEST": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, NoEndRequest, 2) },
			[]result.Diagnosis{{What: "the server closed the connection without END_REQUEST (FastCGI 5.5) twice, of 20000 requests", Cure: "see the server's log for workers that crash or are ended"}},
		},
		"cut, refused and broken answers": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				spoil(r, Truncated, 1)
				spoil(r, Unanswered, 3)
				spoil(r, Breach, 4)
			},
			[]result.Diagnosis{
				{What: "the server closed the connection within an answer once, of 20000 requests", Cure: "see the server's log for workers that crash or are ended"},
				{What: "the server accepted a connection and closed it without an answer 3 times, of 20000 requests", Cure: "see the server's log for workers that crash or are ended; and its list of allowed clients"},
				{What: "the server broke the protocol's rules 4 times, of 20000 requests", Cure: "fcgiprobe shows which rule, and the bytes"},
			},
		},
		"OVERLOADED": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, Overloaded, 5) },
			[]result.Diagnosis{{What: "the server said FCGI_OVERLOADED 5 times (FastCGI 5.5): it has no room for another request", Cure: "use fewer -connections or a lower -rate, or give it more workers"}},
		},
		"CANT_MPX_CONN": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, CantMultiplex, 5) },
			[]result.Diagnosis{{What: "the server said FCGI_CANT_MPX_CONN 5 times (FastCGI 5.5): it takes one request at a time on a connection", Cure: "leave -mux out"}},
		},
		"answers of 500": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				spoil(r, WrongStatus, 120)
				r.Statuses = map[string]int64{"200": 19_880, "500": 20, "503": 100}
			},
			[]result.Diagnosis{{What: "120 of 20000 answers say that the server failed (503: 100, 500: 20)", Cure: "see the server's error log"}},
		},
		"answers of 500 that were expected": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { r.Statuses = map[string]int64{"500": 20_000} }, nil,
		},
		"nothing but 404": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				spoil(r, WrongStatus, 20_000)
				r.Statuses = map[string]int64{"404": 20_000}
			},
			[]result.Diagnosis{{What: "every answer refuses the request (404: 20000)", Cure: "say what to ask for: -script FILE and -root DIR, or a URL with its path"}},
		},
		"a wrong body": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { spoil(r, WrongBody, 7) },
			[]result.Diagnosis{{What: "7 of 20000 answers had a wrong body", Cure: "fcgiprobe get shows an answer; a page that changes by itself has no body to expect"}},
		},
		"connections that are all busy": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				s.Pool = 4
				busy(r)
			},
			[]result.Diagnosis{{What: "all 4 connections were busy: half of the requests waited 500 ms or more for one; they carry about 800 requests a second, and 2000 were asked for", Cure: "raise -connections as far as the server has workers, or lower -rate"}},
		},
		"workers that are all busy": {
			func(r *result.Round, s *result.Subject, p *result.Plan) { busy(r) },
			[]result.Diagnosis{{What: "all 8 connections were busy: half of the requests waited 500 ms or more for one; they carry about 1600 requests a second, and 2000 were asked for", Cure: "the server's 8 workers are all busy: give it more, or lower -rate"}},
		},
		"nobody there": {
			func(r *result.Round, s *result.Subject, p *result.Plan) {
				spoil(r, Refused, 20_000)
				r.Statuses = nil
			},
			[]result.Diagnosis{{What: "no request of 20000 was answered (connection refused: 20000)", Cure: "see the server's log; fcgiprobe get shows one request and what comes of it"}},
		},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, Diagnose) })
	}
}

// busy has requests of 5 ms that wait up to a second for a connection.
func busy(r *result.Round) {
	r.Phases["queue"] = evenly(20_000, 0, time.Second)
	r.Service = evenly(20_000, 5*time.Millisecond, 1005*time.Millisecond)
	r.Response = r.Service
}

// atRate makes a round of seconds with so many answers each, of 2000 sent.
func atRate(answers ...int64) result.Round {
	r := steady()
	r.Timeline = nil
	for i, n := range answers {
		r.Timeline = append(r.Timeline, result.Instant{At: time.Duration(i+1) * time.Second, Asked: 2000, Sent: 2000, Done: n,
			P50: 3 * time.Millisecond, P99: 5 * time.Millisecond, Max: 6 * time.Millisecond})
	}
	return r
}

// late are the response times of a second with a pause of so long.
func late(i *result.Instant, pause time.Duration) {
	i.P50, i.P99, i.Max = pause/2, pause-pause/100, pause
}

func TestAPauseIsToldWithItsMomentAndLength(t *testing.T) {
	const cure = "look for what pauses it: garbage collection, a lock, a restart of its workers, a full disk"
	for name, c := range map[string]struct {
		round result.Round
		rate  float64
		want  []string
	}{
		"of a whole second": {func() result.Round {
			r := atRate(2000, 2000, 0, 4000, 2000)
			r.Timeline[2].P50, r.Timeline[2].P99, r.Timeline[2].Max = 0, 0, 0
			late(&r.Timeline[3], time.Second)
			return r
		}(), 2000, []string{"the server answered nothing for about 1 s, 2 s into the run; then 4000 answers came in a second, usual are 2000"}},
		"over the end of a second": {func() result.Round {
			r := atRate(2000, 1000, 3000, 2000)
			late(&r.Timeline[2], time.Second)
			return r
		}(), 2000, []string{"the server answered nothing for about 1 s, 1.5 s into the run; then 3000 answers came in a second, usual are 2000"}},
		"within a second": {func() result.Round {
			r := atRate(2000, 2000, 2000)
			late(&r.Timeline[1], 800*time.Millisecond)
			return r
		}(), 2000, []string{"the server answered nothing for about 800 ms, 1 s into the run"}},
		"as fast as possible": {func() result.Round {
			r := atRate(9000, 4500, 9000)
			r.Timeline[2].Max = 500 * time.Millisecond
			return r
		}(), 0, []string{"the server answered nothing for about 500 ms, 1 s into the run"}},
		"twice": {func() result.Round {
			r := atRate(2000, 1000, 3000, 2000, 500, 3500, 2000)
			late(&r.Timeline[2], time.Second)
			late(&r.Timeline[5], 750*time.Millisecond)
			return r
		}(), 2000, []string{
			"the server answered nothing for about 1 s, 1.5 s into the run; then 3000 answers came in a second, usual are 2000",
			"the server answered nothing for about 750 ms, 4.3 s into the run; then 3500 answers came in a second, usual are 2000",
		}},
		"that was the generator's": {func() result.Round {
			r := atRate(2000, 1000, 3000, 2000)
			late(&r.Timeline[2], time.Second)
			r.Lateness.Max = time.Second
			return r
		}(), 2000, []string{"fcgibench itself was held up for 1 s, 1.5 s into the run"}},
		"none: the last requests of connections that nobody reads": {func() result.Round {
			r := atRate(100, 159, 95, 65)
			for i := range r.Timeline {
				r.Timeline[i].Sent = 100
			}
			end := &r.Timeline[3]
			end.Sent, end.Failed, end.P50, end.P99, end.Max = 1, 59, 2*time.Second, 2*time.Second, 2*time.Second
			return r
		}(), 0, nil},
		"none: more requests of connections that nobody reads than of others": {func() result.Round {
			r := atRate(100, 220, 100, 100)
			some := &r.Timeline[1]
			some.Failed, some.P50, some.P99, some.Max = 120, 2*time.Second, 2*time.Second, 2*time.Second
			return r
		}(), 0, nil},
		"longer than the time limit": {func() result.Round {
			r := atRate(2000, 2000, 1000, 0, 0, 0, 4000, 2000)
			for i := 4; i <= 5; i++ { // in which those of the second before fail
				some := &r.Timeline[i]
				some.Done, some.Failed, some.P50, some.P99, some.Max = 2000, 2000, time.Second, time.Second, time.Second
			}
			return r
		}(), 2000, []string{"the server answered nothing for about 1 s, 2.5 s into the run; then 4000 answers came in a second, usual are 2000"}},
		"none: half of the usual answers, and as many requests of connections that nobody reads": {func() result.Round {
			r := atRate(100, 170, 252, 189, 100)
			for i, failed := range []int64{120, 100, 120} {
				some := &r.Timeline[1+i]
				some.Sent, some.Failed, some.P99, some.Max = 150, failed, time.Second, time.Second
				if 2*failed > some.Done {
					some.P50 = time.Second
				}
			}
			return r
		}(), 150, nil},
		"none: almost as many requests of connections that nobody reads as of others": {func() result.Round {
			r := atRate(82, 176, 272, 220, 177) // as php-fpm has them
			for i, failed := range []int64{84, 85, 39, 9} {
				some := &r.Timeline[1+i]
				some.Sent, some.Failed, some.P99, some.Max = 190, failed, 1228*time.Millisecond, 1250*time.Millisecond
			}
			r.Timeline[1].P50, r.Timeline[2].P50 = 580*time.Millisecond, 216*time.Millisecond
			return r
		}(), 190, nil},
		"none: requests that waited long, and none of them for the server": {func() result.Round {
			r := atRate(2000, 1000, 3000, 2000)
			late(&r.Timeline[2], time.Second)
			r.Phases["queue"] = evenly(20_000, 0, time.Second)
			r.Phases["first byte"] = evenly(20_000, 0, 200*time.Millisecond)
			return r
		}(), 2000, nil},
		"of which the requests on their way tell, too": {func() result.Round {
			r := atRate(2000, 1000, 3000, 2000)
			late(&r.Timeline[2], time.Second)
			r.Phases["first byte"] = evenly(20_000, 0, time.Second)
			return r
		}(), 2000, []string{"the server answered nothing for about 1 s, 1.5 s into the run; then 3000 answers came in a second, usual are 2000"}},
		"none: a rate that falls":              {atRate(2000, 1800, 1600, 1300, 1000, 800, 650, 500), 2000, nil},
		"none: fewer answers, and not later":   {atRate(2000, 1000, 2000, 500, 2000), 2000, nil},
		"none: the last second is a short one": {atRate(2000, 2000, 2000, 50), 2000, nil},
		"none: a server with too much to do": {func() result.Round {
			r := atRate(2000, 1900, 1900, 1900, 1900)
			for i := range r.Timeline[1:] {
				late(&r.Timeline[i+1], time.Duration(i+1)*time.Second)
			}
			return r
		}(), 2000, nil},
		"none: a few slow requests": {func() result.Round {
			r := atRate(2000, 2000, 2000)
			r.Timeline[1].P99, r.Timeline[1].Max = 400*time.Millisecond, time.Second
			return r
		}(), 2000, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := steadyPlan()
			p.Rate = c.rate
			var got []string
			for _, d := range Diagnose(steadySubject(), []result.Round{c.round}, p) {
				got = append(got, d.What)
				if d.Invalid || d.Cure != cure && !strings.HasPrefix(d.What, "fcgibench itself") {
					t.Errorf("%+v", d)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestADeathIsToldWithItsMomentAndCause(t *testing.T) {
	dying := func(causes map[string]int64) result.Round {
		r := atRate(2000, 2000, 2000, 2000, 2000, 2000)
		for i := range r.Timeline[3:] {
			s := &r.Timeline[3+i]
			s.Done, s.Failed, s.Errors = 2000, 2000, causes
		}
		r.Timeline[3].Failed = 1000
		for c, n := range causes {
			spoil(&r, Cause(c), 3*n)
		}
		return r
	}
	for want, causes := range map[string]map[string]int64{
		"the server died 3.5 s into round 2: every request failed from then on (connection refused: 3992, closed without END_REQUEST: 8)": {string(Refused): 1996, string(NoEndRequest): 4},
		"the server died 3.5 s into round 2: every request failed from then on (no such socket: 4000)":                                    {string(NoSocket): 2000},
		"the server stopped answering 3.5 s into round 2 (timeout with nothing read: 4000)":                                               {string(TimeoutUnread): 2000},
	} {
		got := Diagnose(steadySubject(), []result.Round{steady(), dying(causes)}, steadyPlan())
		if len(got) != 1 || got[0].What != want || got[0].Subject != "prefork" || got[0].Cure == "" {
			t.Errorf("got\n%+v\nwant\n%s", got, want)
		}
	}
}

// TestADeathShowsInTheNextRound where rounds are too short to have seconds
// without an answer.
func TestADeathShowsInTheNextRound(t *testing.T) {
	short := func(failed int64) result.Round {
		r := atRate(2000)
		r.Requests, r.Succeeded = 2000, 2000
		if failed == r.Requests {
			r.Statuses = nil
		}
		r.Timeline[0].Failed, r.Timeline[0].Errors = failed, map[string]int64{string(Refused): failed}
		spoil(&r, Refused, failed)
		return r
	}
	for want, rounds := range map[string][]result.Round{
		"the server died 500 ms into round 1: every request failed from then on (connection refused: 3000)": {short(1000), short(2000)},
		"the server died before round 2: every request failed from then on (connection refused: 2000)":      {atRate(2000), short(2000)},
	} {
		got := Diagnose(steadySubject(), rounds, steadyPlan())
		if len(got) != 1 || got[0].What != want {
			t.Errorf("got\n%+v\nwant\n%s", got, want)
		}
		if Dead(rounds[0]) || !Dead(rounds[1]) {
			t.Errorf("dead: %v, %v", Dead(rounds[0]), Dead(rounds[1]))
		}
	}
}

// TestLateFailuresAreNoDeath: requests that nobody reads time out after the last
// was sent, when no answer comes any more.
func TestLateFailuresAreNoDeath(t *testing.T) {
	r, s := steady(), steadySubject()
	s.Pool = 64
	spoil(&r, TimeoutUnread, 56)
	r.Timeline = append(r.Timeline, result.Instant{At: 15 * time.Second, Done: 56, Failed: 56, Errors: map[string]int64{string(TimeoutUnread): 56}})
	got := Diagnose(s, []result.Round{r}, steadyPlan())
	if len(got) != 1 || got[0].What != "64 kept connections, 8 workers: 56 were never read" {
		t.Errorf("%+v", got)
	}
}

// TestAnswersThatAreNotWantedAreNoDeath: the server is there.
func TestAnswersThatAreNotWantedAreNoDeath(t *testing.T) {
	r := atRate(2000, 2000, 2000, 2000)
	for i := range r.Timeline[2:] {
		r.Timeline[2+i].Failed, r.Timeline[2+i].Errors = 2000, map[string]int64{string(WrongStatus): 2000}
	}
	spoil(&r, WrongStatus, 4000)
	r.Statuses = map[string]int64{"200": 4000, "500": 4000}
	got := Diagnose(steadySubject(), []result.Round{r}, steadyPlan())
	if len(got) != 1 || got[0].What != "4000 of 8000 answers say that the server failed (500: 4000)" {
		t.Errorf("%+v", got)
	}
}

func TestTheGeneratorIsBlamedForWhatIsItsOwn(t *testing.T) {
	const machine = "give fcgibench a machine of its own, a lower -rate, or several machines and fcgibench merge"
	onFour := func(s result.Subject, rounds []result.Round, p result.Plan) []result.Diagnosis {
		rounds[0].Generator.Cores = 4
		return newEvidence(s, rounds, p).found(findCongestion, findLateness, findUnsent, findFullCores, findExhaustion)
	}
	for name, c := range map[string]illness{
		"nothing": {func(*result.Round, *result.Subject, *result.Plan) {}, nil},
		"a hundredth late": {func(r *result.Round, _ *result.Subject, _ *result.Plan) {
			r.Lateness = evenly(1000, 0, 11*time.Millisecond)
		}, []result.Diagnosis{{What: "the generator was the limit: 1 % of the requests were sent 10.9 ms late or more, 10 ms is the most", Cure: machine}}},
		"a thousandth late": {func(r *result.Round, _ *result.Subject, _ *result.Plan) {
			r.Lateness = evenly(1000, 0, 10*time.Millisecond)
		}, nil},
		"late without a plan": {func(r *result.Round, _ *result.Subject, p *result.Plan) {
			r.Lateness, p.Rate = evenly(1000, 0, time.Second), 0
		}, nil},
		"a part that was never sent": {func(r *result.Round, _ *result.Subject, _ *result.Plan) {
			r.RateMet = 1814
		}, []result.Diagnosis{{What: "the generator was the limit: of 2000 requests a second that were planned it sent 1814", Cure: machine}}},
		"a part that was never sent, the others late": {func(r *result.Round, _ *result.Subject, _ *result.Plan) {
			r.RateMet, r.Lateness = 1814, evenly(1000, 0, 11*time.Millisecond)
		}, []result.Diagnosis{{What: "the generator was the limit: 1 % of the requests were sent 10.9 ms late or more, 10 ms is the most", Cure: machine}}},
		"one of two hundred that was never sent": {func(r *result.Round, _ *result.Subject, _ *result.Plan) {
			r.RateMet = 1990
		}, nil},
		"a round that was interrupted before all was sent": {func(r *result.Round, _ *result.Subject, _ *result.Plan) {
			r.Duration, r.RateMet = 4*time.Second, 1814
		}, nil},
		"a round of a server that was gone before all was sent": {func(r *result.Round, _ *result.Subject, p *result.Plan) {
			*r = result.Round{Duration: 10 * time.Second, RateAsked: 2000, RateMet: 1814, Requests: 18_140}
			spoil(r, Refused, 18_140)
			r.Succeeded = 0
		}, nil},
		"a count of requests that took longer to send": {func(r *result.Round, _ *result.Subject, p *result.Plan) {
			r.RateMet, p.Requests, p.Duration = 1814, 20_000, 0
		}, []result.Diagnosis{{What: "the generator was the limit: of 2000 requests a second that were planned it sent 1814", Cure: machine}}},
		"all cores":         {func(r *result.Round, _ *result.Subject, _ *result.Plan) { r.Generator.CPU = 37 * time.Second }, []result.Diagnosis{{What: "the generator was the limit: it took 92 % of the machine's 4 cores in round 1", Cure: machine}}},
		"most of its cores": {func(r *result.Round, _ *result.Subject, _ *result.Plan) { r.Generator.CPU = 35 * time.Second }, nil},
		"no descriptors":    {func(r *result.Round, _ *result.Subject, _ *result.Plan) { spoil(r, NoDescriptors, 3) }, []result.Diagnosis{{What: "the generator ran out of descriptors 3 times", Cure: "raise its limit (ulimit -n), or set -connections"}}},
		"no ports":          {func(r *result.Round, _ *result.Subject, _ *result.Plan) { spoil(r, NoPorts, 3) }, []result.Diagnosis{{What: "the generator ran out of TCP ports 3 times", Cure: "use -keepalive, a unix socket, or fewer requests a second: a closed connection holds its port for a minute"}}},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, onFour) })
	}
}

func TestARunThatTheGeneratorLimitedIsInvalid(t *testing.T) {
	r := steady()
	r.Lateness = evenly(1000, 0, time.Second)
	got := Diagnose(steadySubject(), []result.Round{r}, steadyPlan())
	if len(got) != 1 || !got[0].Invalid {
		t.Errorf("%+v", got)
	}
}

func TestNothingIsSaidOfNoRounds(t *testing.T) {
	if got := Diagnose(steadySubject(), nil, steadyPlan()); got != nil {
		t.Errorf("%+v", got)
	}
	if got := Diagnose(steadySubject(), make([]result.Round, 2), result.Plan{}); got != nil {
		t.Errorf("%+v", got)
	}
}

// TestAHoldUpOfTheGeneratorHidesNothing of what else the server shows.
func TestAHoldUpOfTheGeneratorHidesNothing(t *testing.T) {
	r, s := atRate(150, 94, 190, 210, 150), steadySubject()
	s.Pool, s.Workers = 64, 0
	late(&r.Timeline[1], 600*time.Millisecond)
	r.Lateness.Max = 600 * time.Millisecond
	r.Timeline[3].Failed = 60
	spoil(&r, TimeoutUnread, 60)
	p := steadyPlan()
	p.Rate = 150
	var got []string
	for _, d := range Diagnose(s, []result.Round{r}, p) {
		got = append(got, d.What)
	}
	want := []string{
		"fcgibench itself was held up for 600 ms, 1.6 s into the run",
		"64 kept connections: nothing was read 60 times until the time was up, while others were answered, as by a server with fewer workers than that",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAGeneratorThatStoodStillIsTold, though all requests waited for the server
// meanwhile, and none was sent late.
func TestAGeneratorThatStoodStillIsTold(t *testing.T) {
	for still, want := range map[time.Duration]string{
		1200 * time.Millisecond: "fcgibench itself was held up for 1.2 s, within the run",
		20 * time.Millisecond:   "",
	} {
		r := steady()
		r.Generator.StoodStill = still
		var got []string
		for _, d := range Diagnose(steadySubject(), []result.Round{r}, steadyPlan()) {
			got = append(got, d.What)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("stood still for %v: %q, want %q", still, got, want)
		}
	}
}
