package specs_test

// nullPasses are the cases that a server passes which answers everything with one
// constant answer and closes, each with the reason. Cases of robustness are not
// listed: such a server outlives whatever is sent, which is all that they ask.
var nullPasses = map[string]string{
	"first-request": "its answer is a valid one",

	"fcgi/3.3/alignment":           oneAnswer,
	"fcgi/3.3/end-of-stdout":       oneAnswer,
	"fcgi/3.3/ends-twice":          "the constant is one answer",
	"fcgi/3.3/nothing-after-end":   "it looks at what follows one answer",
	"fcgi/3.3/nothing-left-over":   oneAnswer,
	"fcgi/3.3/request-id":          "the constant has the first id; the axis has others",
	"fcgi/3.3/types":               oneAnswer,
	"fcgi/3.3/version":             oneAnswer,
	"fcgi/3.5/half-close":          "it answers a client that has closed its side",
	"fcgi/5.1/close":               closes,
	"fcgi/5.1/close-after-abort":   closes,
	"fcgi/5.4/abort-after-begin":   "it ends the request, whatever has come of it",
	"fcgi/5.4/abort-within-params": "it ends the request, and its error's answer is none of an application",
	"fcgi/5.4/abort-within-stdin":  "it ends the request, whatever has come of it",
	"fcgi/5.5/end-request":         "its END_REQUEST is whole",
	"fcgi/5.5/one-end":             "it answers once",
	"fcgi/5.5/reserved-bytes":      "its END_REQUEST is whole",
	"fcgi/6.1/answer":              "it looks at one answer",
	"fcgi/6.2/foreign-script":      "the constant shows no file",
	"fcgi/cgi/content-type":        typed,
	"fcgi/cgi/fields-once":         once,
	"fcgi/cgi/status":              begins,

	"scgi/2/answers-while-open": "it answers without waiting for the client's end, and an application need not want a body",
	"scgi/2/closes":             closes,
	"scgi/2/half-close":         "it answers a client that has closed its side",
	"scgi/3/any-order":          "without the probe application an answer is all that shows that a request was taken",
	"scgi/5/example":            "any answer to the example will do",
	"scgi/cgi/content-type":     typed,
	"scgi/cgi/fields-once":      once,
	"scgi/cgi/status":           begins,

	"ajp/attributes/unknown-code":        "the constant is an answer, and that is all that is asked",
	"ajp/forward-request/above-the-root": "the constant shows no file",
	"ajp/forward-request/minimal":        alike,
	"ajp/packets/full-size":              alike,
	"ajp/packets/magic":                  formed,
	"ajp/packets/nothing-left-over":      formed,
	"ajp/packets/segment-ends-in-header": alike,
	"ajp/packets/segmentation":           alike,
	"ajp/response/after-no-reuse":        "the constant is one answer",
	"ajp/response/end-response":          oneAnswer,
	"ajp/response/error-once":            "the constant is an error, told once",
	"ajp/response/errors-told":           "the constant is an error",
	"ajp/response/no-reuse":              "the constant has reuse 0, and is closed after",
	"ajp/response/order":                 oneAnswer,
	"ajp/response/send-body-chunk":       oneAnswer,
	"ajp/robustness/include-attributes":  "the constant shows no file",
	"ajp/robustness/odd-query":           "the constant answers any query",
	"ajp/secret/unasked":                 alike,
}

// Reasons that several cases share.
const (
	oneAnswer = "it looks at the records or packets of one answer"
	closes    = "it closes after its answer"
	begins    = "its answer begins with a header"
	typed     = "its answer has a Content-Type"
	once      = "its answer has each field once"
	alike     = "the constant is its answer to a plain request, too"
	formed    = "the constant is well-formed"
)
