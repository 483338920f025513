package fcgi

import (
	"bytes"
	"io"
	"time"

	"net"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/robustness/endless-params", Level: suite.Robustness, Section: "FastCGI 5.2", Link: "https://github.com/golang/go/issues/81548", Rows: []string{"FCGI-R-10"},
			Title: "parameters without end do no harm", Hurts: true, Slow: true, Budget: 15 * time.Second,
			Rule: "A web server that sends parameters without end does not take all of the application's memory.",
			Run: func(t *suite.T) {
				pairs := fcgi.AppendPair(nil, "FCGIKIT_ENDLESS", string(make([]byte, 32000)))
				piece := append(params(1, pairs), params(1, pairs)...)
				const most = 64 << 20
				nc := t.Untraced()
				if nc == nil {
					t.Untested("the server takes no connection")
				}
				defer nc.Close()
				nc.Write(begin(1, fcgi.Responder, 0))
				if sent := flood(t, nc, busyLimit, most/len(piece), func(int) []byte { return piece }); sent < most-len(piece) {
					t.Note("it took %d KiB of parameters", sent>>10)
				} else {
					t.Note("it took 64 MiB of parameters")
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/begin-flood", Level: suite.Robustness, Section: "FastCGI 5.1", Link: "https://github.com/golang/go/issues/81548", Rows: []string{"FCGI-R-11"},
			Title: "requests that begin and go no further do no harm", Hurts: true, Budget: 15 * time.Second,
			Rule: "There are 65535 request ids, and each may begin. An application that can't hold so many says OVERLOADED, or closes.",
			Run: func(t *suite.T) {
				begun := flooded(t, 65535/255, func(i int) (piece []byte) {
					for id := i*255 + 1; id <= (i+1)*255; id++ {
						piece = fcgi.AppendBeginRequest(piece, uint16(id), fcgi.Responder, fcgi.KeepConn)
					}
					return piece
				})
				t.Note("%d requests began", begun/(fcgi.HeaderLen+fcgi.BeginRequestLen))
			},
		},
		suite.Case{
			ID: "fcgi/robustness/abort-storm", Level: suite.Robustness, Section: "FastCGI 5.4", Link: link("5.4"), Rows: []string{"FCGI-R-18"},
			Title: "requests that begin and are aborted do no harm", Hurts: true, Budget: 15 * time.Second,
			Rule: "An aborted request takes nothing with it.",
			Run: func(t *suite.T) {
				sent := flooded(t, 1000, func(i int) []byte {
					return fcgi.AppendAbortRequest(begin(uint16(i+1), fcgi.Responder, fcgi.KeepConn), uint16(i+1))
				})
				t.Note("%d were aborted", sent/(2*fcgi.HeaderLen+fcgi.BeginRequestLen))
			},
		},
		suite.Case{
			ID: "fcgi/robustness/unread-results", Level: suite.Robustness, Section: "FastCGI 4.1", Link: link("4.1"), Rows: []string{"FCGI-R-19"},
			Title: "who asks GET_VALUES and does not read keeps nobody waiting", Needs: suite.Needs{Concurrent: true}, Hurts: true, Budget: 15 * time.Second,
			Rule: "Answers that are not read wait for their client alone.",
			Run: func(t *suite.T) {
				nc := t.Untraced()
				if nc == nil {
					t.Untested("the server takes no connection")
				}
				var piece []byte
				for range 100 {
					piece = append(piece, query(fcgi.FCGI_MAX_CONNS, fcgi.FCGI_MAX_REQS, fcgi.FCGI_MPXS_CONNS)...)
				}
				sent := flood(t, nc, fullLimit, 10<<20/len(piece), func(int) []byte { return piece })
				defer nc.Close()
				t.Note("it took %d KiB of GET_VALUES", sent>>10)
				beside(t, "another client is answered while one does not read its GET_VALUES_RESULT")
				nc.Close()
				time.Sleep(suite.NoticeLimit)
			},
		},
		suite.Case{
			ID: "fcgi/robustness/many-connections", Level: suite.Robustness, Section: "FastCGI 3.5", Link: "https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2012-6687", Rows: []string{"FCGI-R-30"},
			Title: "more than 1024 connections do no harm", Hurts: true, Slow: true, Budget: 30 * time.Second,
			Rule: "Descriptors above 1023 do not fit the sets of select().",
			Run: func(t *suite.T) {
				idle := t.Crowd(1100, nil)
				defer suite.Disperse(idle)
				t.Note("%d connections were open", len(idle))
				if nc := t.Untraced(); nc != nil {
					defer nc.Close()
					nc.Write(bytes.Join(request(1, 0, get(t, "")), nil))
					firstByte(t, nc)
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/connection-flood", Level: suite.Robustness, Section: "FastCGI 3.5", Link: link("3.5"), Rows: []string{"FCGI-R-31"},
			Title: "many connections that begin a record and go do no harm", Hurts: true, Slow: true, Budget: 30 * time.Second,
			Rule: survives,
			Run: func(t *suite.T) {
				header := begin(1, fcgi.Responder, 0)[:fcgi.HeaderLen]
				all := t.Crowd(500, header)
				defer suite.Disperse(all)
				t.Note("%d connections were open", len(all))
				time.Sleep(suite.NoticeLimit) // until they are read, if they are
			},
		},
		suite.Case{
			ID: "fcgi/3.3/ids-wrap", Level: suite.Must, Section: "FastCGI 3.3", Link: "https://github.com/haproxy/haproxy/issues/3358", Rows: []string{"FCGI-R-38"},
			Title: "ids that begin again after 65535 are served", Budget: 20 * time.Second,
			Rule: "An id is free again after END_REQUEST: who counts them up goes on with 1 after 65535.",
			Run: func(t *suite.T) {
				c := dial(t)
				for i := range 400 {
					id := uint16((65335+i)%65535 + 1)
					c.Send(request(id, fcgi.KeepConn, get(t, ""))...)
					a := c.answer(id)
					if a.end == nil && i < 2 {
						t.Untested("the connection is not kept: %s", a.why())
					}
					if a.end == nil && id > 200 {
						t.Untested("request %d on the connection was not served: %s", i+1, a.why())
					}
					completed(t, a, "a request is served whose id is lower than those before it")
				}
			},
		},
	)
}

// flooded is a flood whose answers are read.
func flooded(t *suite.T, n int, piece func(i int) []byte) (sent int) {
	nc := t.Untraced()
	if nc == nil {
		t.Untested("the server takes no connection")
	}
	defer nc.Close()
	read := make(chan struct{})
	go func() {
		io.Copy(io.Discard, nc)
		close(read)
	}()
	sent = flood(t, nc, busyLimit, n, piece)
	suite.CloseWrite(nc)
	select {
	case <-read:
	case <-time.After(t.Within(busyLimit)):
	}
	return sent
}

// flood writes pieces until the server closes, takes nothing more for so long as
// stall, or floodLimit is over. It says how many bytes went out.
func flood(t *suite.T, nc net.Conn, stall time.Duration, n int, piece func(i int) []byte) (sent int) {
	end := time.Now().Add(t.Within(floodLimit))
	for i := 0; i < n && time.Now().Before(end); i++ {
		nc.SetWriteDeadline(time.Now().Add(t.Within(stall)))
		m, err := nc.Write(piece(i))
		sent += m
		if err != nil {
			break
		}
	}
	return sent
}

// floodLimit is long enough: what is kept up so long is kept up.
const floodLimit = 2 * time.Second

const (
	busyLimit = 500 * time.Millisecond // how long a server may be busy with what it has got
	fullLimit = 50 * time.Millisecond  // after which one that is expected to wait does so
)
