package load

import (
	"fmt"
	"math"

	"github.com/fcgikit/fcgikit/reports/result"
)

// findUnread is a server with fewer workers than there are kept connections: it
// accepts one for each worker and leaves the others in its backlog.
func findUnread(e *evidence) []result.Diagnosis {
	n, pool, workers := e.times(TimeoutUnread)+e.times(TimeoutWriting), e.pool(), e.subject.Workers // a long request does not get written
	switch {
	case n == 0 || !e.keeps() || e.plan.Mux > 1 || pool < 2:
		return nil
	case e.times(TimeoutWaiting) > 0 && n < int64(pool-workers):
		return nil // what is read is slow as well
	case workers == 0:
		return e.perhapsUnread(n, pool)
	case pool <= workers:
		return nil
	}
	cure := fmt.Sprintf("use -connections %d or -keepalive=false", workers)
	if n < int64(pool-workers) { // all that are not read reach their time limit: not so many were made
		return one(fmt.Sprintf("up to %d kept connections, %d workers: nothing was read %s until the time was up, as of one that no worker is left for", pool, workers, nTimes(n)), cure)
	}
	return one(fmt.Sprintf("%d kept connections, %d workers: %d were never read", pool, workers, pool-workers), cure)
}

// perhapsUnread is the same guess where the workers are not known. A stall or a
// death explains the timeouts, too.
func (e *evidence) perhapsUnread(n int64, pool int) []result.Diagnosis {
	if e.succeeded == 0 || e.stalled() || len(findDeath(e)) > 0 {
		return nil
	}
	return one(fmt.Sprintf("%d kept connections: nothing was read %s until the time was up, while others were answered, as by a server with fewer workers than that", pool, nTimes(n)),
		"use -connections with the number of its workers, or -keepalive=false")
}

// findBacklog tells of connections that the kernel did not take: at once on a
// unix socket, by silence on TCP.
func findBacklog(e *evidence) []result.Diagnosis {
	cure := "raise the server's backlog (listen's, and net.core.somaxconn) or its workers, or use fewer -connections"
	if !e.plan.KeepAlive {
		cure += ", or -keepalive"
	}
	var all []result.Diagnosis
	if n := e.times(BacklogFull); n > 0 {
		size := ""
		if e.subject.Backlog > 0 {
			size = fmt.Sprintf(" of %d", e.subject.Backlog)
		}
		all = append(all, one(fmt.Sprintf("the server's backlog%s was full %s: it accepts more slowly than connections come", size, nTimes(n)), cure)...)
	}
	if n := e.times(TimeoutConnect); n > 0 {
		all = append(all, one(fmt.Sprintf("connecting took too long %s: a full backlog, or a firewall", nTimes(n)), cure)...)
	}
	return all
}

const (
	// fewClosings may be a restart.
	fewClosings = 10
	// longKept is after how many requests a closed connection costs nothing that
	// can be measured: making one takes as long as a few requests.
	longKept = 1000
	// hardlyKept is the share of requests with a connection of their own at which
	// none was kept: the client tries again now and then.
	hardlyKept = 0.9
)

// findClosing is a server that closes kept connections after a number of
// requests.
func findClosing(e *evidence) []result.Diagnosis {
	if !e.keeps() {
		return nil
	}
	if e.requests > int64(max(fewClosings, 2*e.pool())) && float64(e.opened) >= hardlyKept*float64(e.requests) && e.failed() < e.opened/2 {
		return one("the server closes every connection after one request, though it was asked to keep it", "set its keep-alive, or use -keepalive=false to measure without lost connections")
	}
	broken := e.times(LostKept)
	closed := e.lost + broken
	switch {
	case e.dropped() > 0:
		return nil // findCutAnswers tells
	case closed < fewClosings || e.requests > longKept*closed:
		return e.lostNowAndThen(broken)
	}
	answers := float64(e.requests - broken) // those that its end lost come on top
	what := fmt.Sprintf("the server closes a kept connection every %.0f requests or so: %d were gone", math.Round(answers/float64(closed)), closed)
	if broken > 0 {
		what += fmt.Sprintf(", and %s with them", nRequests(broken))
	}
	return one(what, "raise its limit of requests for a connection or worker, or use -keepalive=false")
}

// dropped is how many requests the server closed the connection on that does so
// instead of an answer: one with a limit of requests also closes idle connections,
// and answers each connection's first request. It is 0 where that is seldom.
func (e *evidence) dropped() int64 {
	first, kept := e.times(Unanswered), e.times(LostKept)
	n := first + kept
	if !e.keeps() || kept == 0 || n < fewClosings || e.requests > longKept*n || e.lost > 0 && first <= e.lost {
		return 0
	}
	return n
}

// lostNowAndThen is of requests that a kept connection's end lost, too few for a
// limit of requests.
func (e *evidence) lostNowAndThen(broken int64) []result.Diagnosis {
	if broken == 0 {
		return nil
	}
	return one(fmt.Sprintf("the server ended a kept connection %s with a request on its way, of %s", nTimes(broken), nRequests(e.requests)),
		"it restarts workers, or ends idle connections: give it a longer idle time, or have the client send such a request again")
}

// crash is the cure where connections end too early.
const crash = "see the server's log for workers that crash or are ended"

// findCutAnswers is of answers whose connection ended too early.
func findCutAnswers(e *evidence) []result.Diagnosis {
	var all []result.Diagnosis
	unanswered, what, cure := e.unanswered()
	for _, cut := range []struct {
		times      int64
		what, cure string
	}{
		{e.times(NoEndRequest), "the server closed the connection without END_REQUEST (FastCGI 5.5) %s", crash},
		{e.times(Truncated), "the server closed the connection within an answer %s", crash},
		{unanswered, what, cure},
		{e.times(Breach), "the server broke the protocol's rules %s", "fcgiprobe shows which rule, and the bytes"},
	} {
		if cut.times > 0 {
			all = append(all, one(fmt.Sprintf(cut.what+", of %s", nTimes(cut.times), nRequests(e.requests)), cut.cure)...)
		}
	}
	return all
}

// unanswered is how many requests the server closed the connection on instead of
// an answer.
func (e *evidence) unanswered() (times int64, what, cure string) {
	first, dropped := e.times(Unanswered), e.dropped()
	if dropped == 0 {
		return first, "the server accepted a connection and closed it without an answer %s", crash + "; and its list of allowed clients"
	}
	cure = crash
	if first == 0 && e.plan.Rate == 0 { // no connection is idle, for a limit to show in
		cure += "; or raise its limit of requests for a connection"
	}
	return dropped, "the server closed the connection without an answer %s", cure
}

// findRejections is of requests that a FastCGI application ended with another
// protocolStatus.
func findRejections(e *evidence) []result.Diagnosis {
	var all []result.Diagnosis
	if n := e.times(Overloaded); n > 0 {
		all = append(all, one(fmt.Sprintf("the server said FCGI_OVERLOADED %s (FastCGI 5.5): it has no room for another request", nTimes(n)), "use fewer -connections or a lower -rate, or give it more workers")...)
	}
	if n := e.times(CantMultiplex); n > 0 {
		all = append(all, one(fmt.Sprintf("the server said FCGI_CANT_MPX_CONN %s (FastCGI 5.5): it takes one request at a time on a connection", nTimes(n)), "leave -mux out")...)
	}
	if n := e.times(Rejected); n > 0 {
		all = append(all, one(fmt.Sprintf("the server ended %d of %d requests with another protocolStatus than REQUEST_COMPLETE (FastCGI 5.5)", n, e.requests), "fcgiprobe get shows which; FCGI_UNKNOWN_ROLE is of a server that is no responder")...)
	}
	return all
}

// findBusyPool is a rate that the connections can't carry: half of the requests
// wait for one most of their time.
func findBusyPool(e *evidence) []result.Diagnosis {
	if e.plan.Rate == 0 || e.subject.Pool == 0 || len(findUnread(e)) > 0 || e.congested() {
		return nil
	}
	queue, onConnection, ok := e.waits()
	if !ok {
		return nil
	}
	carried := float64(e.subject.Pool*max(e.plan.Mux, 1)) / onConnection
	_, asked, err := rateMet(e.rounds)
	if err != nil || carried > asked {
		return nil
	}
	cure := "raise -connections as far as the server has workers, or lower -rate"
	if e.subject.Workers > 0 && e.subject.Pool >= e.subject.Workers {
		cure = fmt.Sprintf("the server's %d workers are all busy: give it more, or lower -rate", e.subject.Workers)
		if e.subject.Workers == 1 {
			cure = "the server's one worker is busy: give it more, or lower -rate"
		}
	}
	busy := fmt.Sprintf("all %d connections were busy", e.subject.Pool)
	if e.subject.Pool == 1 {
		busy = "the one connection was busy"
	}
	what := fmt.Sprintf("%s: half of the requests waited %s or more for one", busy, queue)
	if 100*e.failed() <= e.requests { // else the time on one is also of those that got none
		what += fmt.Sprintf("; they carry about %.0f requests a second, and %.0f were asked for", carried, asked)
	}
	return one(what, cure)
}

// waits are the median wait for a connection and the mean time on one, in
// seconds. It is not ok where the wait is less than half of the median response
// time.
func (e *evidence) waits() (queue string, onConnection float64, ok bool) {
	var queues, services []result.Latencies
	for _, r := range e.rounds {
		queues = append(queues, r.Phases["queue"])
		services = append(services, r.Service)
	}
	q, err := merged(queues...)
	if err != nil || q == nil {
		return "", 0, false
	}
	all, err := merged(responses(e.rounds)...)
	if err != nil || all == nil {
		return "", 0, false
	}
	s, err := merged(services...)
	if err != nil || s == nil {
		return "", 0, false
	}
	median := q.ValueAtPercentile(50)
	onConnection = (s.Mean() - q.Mean()) / 1e6
	return shortly(fromMicros(median)), onConnection, 2*median >= all.ValueAtPercentile(50) && onConnection > 0
}
