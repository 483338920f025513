package fcgi

import (
	"bytes"
	"time"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "fcgi/robustness/other-version", Level: suite.Robustness, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-1", "FCGI-R-2"},
			Title: "a record of another version does no harm", Hurts: true, Budget: 12 * time.Second,
			Rule: "Only version 1 is specified. What an application does with another is its own affair, as long as it serves on.",
			Run: func(t *suite.T) {
				for _, change := range []struct {
					record  int
					version byte
				}{{0, 0}, {0, 2}, {0, 255}, {1, 9}} {
					records := request(1, 0, get(t, ""))
					records[change.record][0] = change.version
					c := dial(t)
					c.Send(records...)
					t.Note("version %d in record %d: %s", change.version, change.record+1, c.soon(1).fate())
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/no-params", Level: suite.Robustness, Section: "FastCGI 5.2", Link: link("5.2"), Rows: []string{"FCGI-R-13"},
			Title: "a request without a single parameter does no harm", Hurts: true,
			Rule: survives,
			Run: func(t *suite.T) {
				c := dial(t)
				c.Send(begin(1, fcgi.Responder, 0), endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
				noHang(t, c.answer(1), "a request without parameters is answered or refused")
			},
		},
		suite.Case{
			ID: "fcgi/robustness/odd-begin", Level: suite.Robustness, Section: "FastCGI 5.1", Link: link("5.1"), Rows: []string{"FCGI-R-17", "FCGI-5.1-6"},
			Title: "an odd BEGIN_REQUEST leaves no connection dangling", Hurts: true, Budget: 30 * time.Second,
			Rule: "After a BEGIN_REQUEST that is none, the application answers the next request or closes the connection.",
			Run: func(t *suite.T) {
				body := string(fcgi.BeginRequestBody{Role: fcgi.Responder}.Append(nil))
				inUse := append(begin(1, fcgi.Responder, 0), begin(1, fcgi.Responder, 0)...)
				for _, odd := range []struct {
					what string
					b    []byte
				}{
					{"of 0 bytes", record(fcgi.TypeBeginRequest, 1, "", 0)},
					{"of 4 bytes", record(fcgi.TypeBeginRequest, 1, body[:4], 0)},
					{"of 16 bytes", record(fcgi.TypeBeginRequest, 1, body+body, 0)},
					{"of request id 0", begin(0, fcgi.Responder, 0)},
					{"of an id that is in use", inUse},
				} {
					c := dial(t)
					c.Send(append([][]byte{odd.b}, request(2, 0, get(t, ""))...)...)
					a := c.answer(2)
					noHang(t, a, "a request after an odd BEGIN_REQUEST is answered or refused\nit was "+odd.what)
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "fcgi/robustness/foreign-protocols", Level: suite.Robustness, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-35"},
			Title: "bytes of another protocol do no harm", Hurts: true, Budget: 12 * time.Second,
			Rule: survives,
			Run:  (*suite.T).ForeignProtocols,
		},
		suite.Case{
			ID: "fcgi/robustness/random-records", Level: suite.Robustness, Section: "FastCGI 3.3", Link: link("3.3"), Rows: []string{"FCGI-R-36"},
			Title: "records with random bytes in them do no harm", Hurts: true, Slow: true, Budget: time.Minute,
			Rule: survives,
			Run: func(t *suite.T) {
				t.Mutations(500, func() []byte { return mutated(t) }, func() {
					beside(t, "a plain request between those with random bytes is answered")
				})
			},
		},
	)
}

// mutated is a request in which some bytes have changed, more of headers than of
// contents. Lengths and versions have not, and types that have are none that the
// specification knows: what comes after would be no records, and other cases are
// about the rest. The ends of both streams follow.
func mutated(t *suite.T) []byte {
	random := t.Random()
	records := upload(1, 0, post(t, "", 5), "abcde")
	for range 1 + random.IntN(4) {
		r := records[random.IntN(len(records))]
		at := []int{1, 2, 3, 7}[random.IntN(4)]
		if len(r) > fcgi.HeaderLen && random.IntN(2) == 0 {
			at = fcgi.HeaderLen + random.IntN(len(r)-fcgi.HeaderLen)
		}
		if r[at] = byte(random.IntN(256)); at == 1 {
			r[at] = byte(int(fcgi.MaxType) + 1 + random.IntN(255-int(fcgi.MaxType)))
		}
	}
	records = append(records, endOf(fcgi.TypeParams, 1), endOf(fcgi.TypeStdin, 1))
	return bytes.Join(records, nil)
}
