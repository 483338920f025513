package fcgi

import (
	"bytes"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/probeapp"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/3.3/version", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-1"},
			Title: "every record has version 1",
			Rule:  "The version of each record that the application sends is 1.",
			Run: func(t *suite.T) {
				const check = "every record has version 1"
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				for _, r := range someAnswer(t, c, 1, check).records {
					if r.Version != fcgi.Version {
						c.about(r)
						t.Fail("%s\nexpected version 1 in %v, got %d", check, r.Header, r.Version)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/nothing-left-over", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-3"},
			Title: "all that is sent is whole records",
			Rule:  "ContentLength and PaddingLength are those of the bytes that follow, so that the connection ends where a record does.",
			Run: func(t *suite.T) {
				const check = "all that is sent is whole records"
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				someAnswer(t, c, 1, check)
				for ok := true; ok; {
					_, ok = c.record()
				}
				if c.broken != nil {
					c.Mark(c.Taken(), len(c.Buffered()))
					t.Fail("%s\n%v: % x", check, c.broken, c.Buffered()[:min(16, len(c.Buffered()))])
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/types", Level: suite.Must, Section: "FastCGI A", Link: link("A"), Rows: []string{"FCGI-3.3-22"},
			Title: "only an application's types are sent",
			Rule:  "An application sends STDOUT, STDERR and END_REQUEST for a request, GET_VALUES_RESULT and UNKNOWN_TYPE without one, and nothing else.",
			Run: func(t *suite.T) {
				const check = "only an application's types are sent"
				c := dial(t)
				c.Send(request(1, 0, get(t, ""))...)
				for _, r := range someAnswer(t, c, 1, check).records {
					if r.Type.FromServer() || r.Type == 0 || r.Type > fcgi.MaxType || r.Type.IsManagement() != (r.RequestID == 0) {
						c.about(r)
						t.Fail("%s\n%v is none that an application sends", check, r.Header)
					}
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/alignment", Level: suite.Should, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-23"},
			Title: "records begin on eight-byte boundaries",
			Rule:  "Padding is there to keep data aligned: it is recommended that each record begins at a multiple of eight bytes.",
			Run: func(t *suite.T) {
				const check = "each record begins at a multiple of eight bytes"
				for n := range 8 { // an answer with the query in it has another length each time
					c := dial(t)
					c.Send(request(1, 0, get(t, strings.Repeat("x", n)))...)
					for _, r := range someAnswer(t, c, 1, check).records {
						if r.at%8 != 0 {
							c.about(r)
							t.Fail("%s\n%v begins at byte %d of what was sent", check, r.Header, r.at)
						}
					}
					c.Close() // flup's processes wait for that
				}
			},
		},
		suite.Case{
			ID: "fcgi/3.3/reserved-bytes", Level: suite.Should, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-12"},
			Title: "reserved bytes mean nothing",
			Rule:  "The reserved bytes of a record's header and of BEGIN_REQUEST have no meaning yet: a receiver does not look at them.",
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(reserved(request(someID, 0, get(t, "")))...)
				answered(t, c.answer(someID), "a request is served whatever its reserved bytes are")
			},
		},
		suite.Case{
			ID: "fcgi/3.3/largest-record", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-11"},
			Title: "a record of the largest size is taken", Needs: needsProbe, Over: []suite.Axis{padding},
			Rule: "A record holds up to 65535 bytes of content, and up to 255 of padding beside them.",
			Run: func(t *suite.T) {
				const check = "a body in one record of 65535 bytes arrives"
				body := pattern(fcgi.MaxContentLength)
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), params(1, post(t, "", len(body))), endOf(fcgi.TypeParams, 1),
					padded(fcgi.TypeStdin, 1, body, pad(t)), endOf(fcgi.TypeStdin, 1))
				probeapp.BodyArrived(t, served(t, taken(t, c.answer(1), len(body)), check), body, check)
			},
		},
		suite.Case{
			ID: "fcgi/3.3/largest-params", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-11"},
			Title: "padding takes nothing of the room for PARAMS", Needs: needsProbe, Budget: twoAnswers,
			Rule: "The padding of a record comes on top of up to 65535 bytes of content: what is taken without padding is taken with it.",
			Run: func(t *suite.T) {
				const check = "a PARAMS record of nearly 64 KiB is taken with padding if it is without"
				pairs := get(t, "")
				const name, lengths = "FCGIKIT_LARGE", 1 + 4
				pairs = fcgi.AppendPair(pairs, name, pattern(fcgi.MaxContentLength-len(pairs)-lengths-len(name)))
				with := func(pad int) [][]byte {
					return [][]byte{begin(someID, fcgi.Responder, 0), padded(fcgi.TypeParams, someID, string(pairs), pad),
						endOf(fcgi.TypeParams, someID), endOf(fcgi.TypeStdin, someID)}
				}
				likePlain(t, probed, with(255), with(0), check)
			},
		},
		suite.Case{
			ID: "fcgi/3.3/segmentation", Level: suite.Must, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-3.3-17", "FCGI-3.3-18"},
			Title: "a request comes in any segments", Cut: true,
			Rule: "Records travel on a stream of bytes: how the transport cuts or joins them makes no difference, nor when the rest of a header comes.",
			Run: func(t *suite.T) {
				all := bytes.Join(request(someID, 0, get(t, "")), nil)
				const second = fcgi.HeaderLen + fcgi.BeginRequestLen // where the header of PARAMS is
				for _, at := range []int{4, second + 1, second + 4, second + 7} {
					c := dial(t)
					c.Send(all[:at])
					time.Sleep(segmentPause)
					c.Send(all[at:])
					answered(t, c.answer(someID), "a request is served in whatever segments it comes")
					c.Close()
				}
			},
		},
	)
}

// someID is the request id of a case that is content with any page: not the usual
// one, so that an answer which is always the same is none to it.
const someID uint16 = 2

// segmentPause is how long the rest of a request waits: a hundred times what a
// server on this machine takes to read what came before.
const segmentPause = 80 * time.Millisecond

// twoAnswers is the budget of a case that may have to wait for a silent server,
// and then for the answer to its control.
const twoAnswers = 2*suite.AnswerLimit + time.Second

// reserved sets all reserved bytes of records, those of BEGIN_REQUEST's content,
// too.
func reserved(records [][]byte) [][]byte {
	for _, b := range records {
		b[fcgi.HeaderLen-1] = 0xff
		if fcgi.Type(b[1]) == fcgi.TypeBeginRequest {
			copy(b[fcgi.HeaderLen+3:], "\xff\xff\xff\xff\xff")
		}
	}
	return records
}

// pattern is a text of n bytes in which a piece that is lost, repeated or moved
// shows.
func pattern(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte((i+i/26+i/676)%26)
	}
	return string(b)
}
