package specs_test

import "maps"

func init() {
	maps.Copy(kills, map[string]map[string]string{
		"scgi/never-closes": {
			"scgi/2/closes": "the server closes the connection after its answer",
		},
		"scgi/waits-for-eof": {
			"scgi/2/answers-while-open": "the answer does not wait for the client's end",
		},
		"scgi/answers-early": {
			"scgi/2/nothing-before-the-request": "nothing is sent before the headers are whole",
		},
		"scgi/second-request": {
			"scgi/2/one-request": "one request is answered on a connection",
		},
		"scgi/half-close-aborts": {
			"scgi/2/half-close": "a request is answered whose client has closed its side behind it",
		},
		"scgi/answer-cut": {
			"scgi/2/large-answer": "a large answer to a slow client comes whole",
			"scgi/2/answer-sizes": "an answer of any size comes whole",
		},
		"scgi/body-cut": {
			"scgi/3/body-sizes": "a body of any size arrives",
			"scgi/3/large-body": "a body of ten million bytes arrives",
		},
		"scgi/body-unread": {
			"scgi/2/answers-while-open": "the answer waits for the body",
			"scgi/3/body":               "a body arrives",
			"scgi/3/body-sizes":         "a body of any size arrives",
			"scgi/3/large-body":         "a body of ten million bytes arrives",
			"scgi/3/body-ends":          "bytes behind the body are not delivered",
			"scgi/4/body-apart":         "a body that comes behind its headers arrives",
		},
		"scgi/body-in-one-read": {
			"scgi/2/answers-while-open": "the answer waits for the body",
			"scgi/3/body":               "a body arrives",
			"scgi/3/body-sizes":         "a body of any size arrives",
			"scgi/3/large-body":         "a body of ten million bytes arrives",
			"scgi/4/body-apart":         "a body that comes behind its headers arrives",
		},
		"scgi/body-runs-on": {
			"scgi/3/body-ends": "bytes behind the body are not delivered",
		},
		"scgi/short-body-hangs": {
			"scgi/3/short-body": "a request whose body breaks off is ended",
		},
		"scgi/order-unchecked": {
			"scgi/3/content-length-first": "a request where CONTENT_LENGTH is not first is refused",
		},
		"scgi/content-length-optional": {
			"scgi/3/content-length-missing": "a request without CONTENT_LENGTH is refused",
		},
		"scgi/empty-netstring": {
			"scgi/3/content-length-missing": "a request without CONTENT_LENGTH is refused",
		},
		"scgi/content-length-atoi": {
			"scgi/3/content-length-digits": "a CONTENT_LENGTH that is not digits is refused",
		},
		"scgi/content-length-by-int": {
			"scgi/3/content-length-digits": "a CONTENT_LENGTH that is not digits is refused",
		},
		"scgi/content-length-wraps": {
			"scgi/3/content-length-huge": "a huge CONTENT_LENGTH is not taken for a small one",
		},
		"scgi/duplicates-taken": {
			"scgi/3/duplicate-names": "a request with a name twice is refused",
		},
		"scgi/scgi-unchecked": {
			"scgi/3/scgi-header": "a request without SCGI=1 is refused",
		},
		"scgi/scgi-second": {
			"scgi/3/any-order": "a request is served whose headers come in another order",
		},
		"scgi/empty-end-lost": {
			"scgi/3/empty-value": "variables with an empty value arrive",
		},
		"scgi/empty-names": {
			"scgi/3/empty-name": "a request with an empty name is refused",
		},
		"scgi/tail-dropped": {
			"scgi/3/last-nul": "headers that break off are refused",
		},
		"scgi/high-bytes-lost": {
			"scgi/3/bytes": "a value of any bytes arrives unchanged",
		},
		"scgi/extensions-dropped": {
			"scgi/cgi/variables": "every header that was sent reaches the application",
		},
		"scgi/length-in-one-read": {
			"scgi/4/split-length": "a request that is cut at the length's end is served whole",
		},
		"scgi/headers-in-one-read": {
			"scgi/3/body":          "a body arrives",
			"scgi/5/example":       "the example request is answered",
			"scgi/cgi/variables":   "every header that was sent reaches the application",
			"scgi/4/split-length":  "a request that is cut at the length's end is served whole",
			"scgi/4/split-headers": "a request that is cut within the headers is served whole",
			"scgi/4/split-comma":   "a request that is cut before the comma is served whole",
		},
		"scgi/comma-in-the-read": {
			"scgi/4/split-comma": "a request that is cut before the comma is served whole",
		},
		"scgi/comma-from-before": {
			"scgi/4/split-comma": "a request that is cut before the comma is served whole",
		},
		"scgi/leading-zeros": {
			"scgi/4/leading-zeros": "a length with leading zeros is refused",
		},
		"scgi/length-by-int": {
			"scgi/4/length-digits": "a length that is not digits is refused",
		},
		"scgi/length-wraps": {
			"scgi/4/length-huge": "a huge length is not taken for a small one",
		},
		"scgi/length-unused": {
			"scgi/4/length-exact": "a length that is not the headers' is refused",
		},
		"scgi/comma-unchecked": {
			"scgi/4/terminator": "a netstring that does not end with a comma is refused",
		},
		"scgi/refusal-stays-open": {
			"scgi/4/refusal-closes": "the connection is closed where a length can't begin so",
		},
		"scgi/needs-server-name": {
			"scgi/5/example": "the example request is answered",
		},
		"scgi/http-status-line": {
			"scgi/cgi/status": "the answer begins with a header field",
		},
		"scgi/no-content-type": {
			"scgi/cgi/content-type": "an answer with a body has a Content-Type",
		},
		"scgi/content-type-twice": {
			"scgi/cgi/fields-once": "Content-Type, Location and Status come once, each on a line",
		},
		"scgi/head-as-get": {
			"scgi/cgi/head": "an answer to HEAD has no body",
		},
		"scgi/reads-to-the-end": {
			"first-request": "a valid answer to a plain GET request",
		},
		"scgi/closes-before-body": {
			"scgi/2/answers-while-open": "the connection is kept until the body has come",
			"scgi/4/body-apart":         "a body that comes behind its headers arrives",
		},
		"scgi/slow-headers-exhaust": {
			"scgi/robustness/waiting-headers": "another client is answered while others are slow within their headers",
		},
		"scgi/empty-answer-lost": {
			"scgi/2/answer-sizes": "an answer of any size comes whole",
		},
		"scgi/large-body-cut": {
			"scgi/3/large-body": "a body of ten million bytes arrives",
		},
		"scgi/content-length-empty": {
			"scgi/3/content-length-digits": "a CONTENT_LENGTH that is not digits is refused",
		},
		"scgi/scgi-trimmed": {
			"scgi/3/scgi-header": "a request without SCGI=1 is refused",
		},
		"scgi/pairs-as-environment": {
			"scgi/3/name-with-equals": "a name with = in it becomes no other variable",
		},
		"scgi/stale-comma": {
			"scgi/4/length-exact": "a length that is not the headers' is refused",
		},
		"scgi/colon-awaited": {
			"scgi/4/refusal-closes": "the connection is closed where a length can't begin so",
		},
		"scgi/crash-on-half-request":  {"scgi/robustness/half-a-request": outlives},
		"scgi/crash-on-control-byte":  {"scgi/robustness/other-protocols": outlives},
		"scgi/crash-on-large-headers": {"scgi/robustness/large-headers": outlives},
		"scgi/crash-on-long-length":   {"scgi/robustness/endless-length": outlives},
		"scgi/crash-on-nuls":          {"scgi/robustness/nul-headers": outlives},
		"scgi/crash-on-broken-pipe":   {"scgi/robustness/leaves-early": outlives},
		"scgi/crash-on-exception":     {"scgi/robustness/throw": outlives},
		"scgi/crash-on-reset":         {"scgi/robustness/resets": outlives},
		"scgi/crash-on-signed-length": {"scgi/robustness/huge-lengths": outlives},
		"scgi/crash-on-body-overflow": {"scgi/robustness/body-runs-on": outlives},
		"scgi/crash-on-high-name":     {"scgi/robustness/mutated": outlives},
		"scgi/crash-on-path":          {"scgi/robustness/odd-names": outlives},
	})
}
