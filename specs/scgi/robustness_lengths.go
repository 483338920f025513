package scgi

import (
	"fmt"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/specs/suite"
)

func init() {
	Cases.Add(
		suite.Case{
			ID: "scgi/robustness/large-headers", Level: suite.Robustness, Section: "SCGI 3", Link: "https://github.com/rakshasa/rtorrent/pull/1927", Rows: []string{"SCGI-HDR-12", "SCGI-R-2"},
			Title: "large headers are served or refused", Hurts: true, Budget: suite.Several,
			Rule: "A server may have a limit: headers beyond it cost their own connection, and no other.",
			Run: func(t *suite.T) {
				const check = "a request with large headers is answered, or its connection ended"
				control(t, get(t, ""))
				for _, h := range []struct{ number, size int }{{6, 500}, {18, 500}, {1, 9000}, {40, 500}, {140, 500}, {400, 500}, {2000, 10}} {
					c := dial(t)
					c.Send(get(t, "", many(h.number, h.size)...)...)
					a := c.answer()
					noHang(t, a, check)
					if !a.serves() {
						t.Note("%d headers of %d bytes are not served: %s", h.number, h.size, a.why())
					}
					c.Close()
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/endless-length", Level: suite.Robustness, Section: "SCGI 4", Link: "https://github.com/rakshasa/rtorrent/pull/1927", Rows: []string{"SCGI-NS-12"},
			Title: "a length without an end does no harm", Hurts: true, Budget: suite.Several,
			Rule: "Digits without a colon are no request, however many come.",
			Run: func(t *suite.T) {
				control(t, get(t, ""))
				c := dial(t)
				for range 16 {
					c.Send([]byte(strings.Repeat("1", 64<<10)))
				}
				if a := c.read(nothingFollows); a.ended == suite.Nothing {
					t.Note("after 1 MiB of digits the connection was open")
				}
				c.Leave()
			},
		},
		suite.Case{
			ID: "scgi/robustness/huge-lengths", Level: suite.Robustness, Section: "SCGI 4", Link: link, Rows: []string{"SCGI-R-3"},
			Title: "lengths at the ends of integers do no harm", Hurts: true, Budget: 40 * time.Second,
			Rule: "A length is no promise: what it announces may not come, and does not fit an int of any size.",
			Run: func(t *suite.T) {
				all := headers(t, "POST", "", 3)
				control(t, request(all, "abc"))
				for _, length := range []string{
					"2147483647", "2147483648", "4294967295", // of 32 bits
					"9223372036854775807", "9223372036854775808", "18446744073709551615", // of 64 bits
					"100000000000000000000",
				} {
					for _, pieces := range [][][]byte{
						netstring(length, block(all), ","),
						request(with(all, "CONTENT_LENGTH", length), "abc"),
					} {
						c := dial(t)
						c.Send(pieces...)
						c.Leave()
					}
				}
			},
		},
		suite.Case{
			ID: "scgi/robustness/body-runs-on", Level: suite.Robustness, Section: "SCGI 3", Link: link, Rows: []string{"SCGI-R-11"},
			Title: "what flows on behind the body does no harm", Hurts: true, Budget: suite.Several,
			Rule: "CONTENT_LENGTH ends the body: a client that sends on is not waited for, and what it sends is not kept.",
			Run: func(t *suite.T) {
				const check = "a request is ended while bytes flow on behind its body"
				all := headers(t, "POST", "", 3)
				control(t, request(all, "abc"))
				c := dial(t)
				a := c.upload(append(request(all, "abc"), make([]byte, large))...)
				noHang(t, a, check)
				t.Note("with 10 MB behind its body: %s; then %s", a.why(), c.UntilClose(suite.NoticeLimit))
			},
		},
	)
}

// many are so many headers with values of so many bytes.
func many(number, size int) []string {
	var list []string
	for i := range number {
		list = append(list, fmt.Sprintf("HTTP_X_FCGIKIT_%d", i), strings.Repeat("v", size))
	}
	return list
}
