package specs_test

// kills says which cases each fault must fail, by which check, and no others.
var kills = map[string]map[string]string{
	"fcgi/abort-ignored": {
		"fcgi/5.4/abort": "an aborted request is ended before its application would have ended it",
	},
	"fcgi/always-closes": {
		"fcgi/5.1/keep": "a kept connection serves the next request",
	},
	"fcgi/begin-padding-kept": {
		"fcgi/3.3/padding-begin": "a request with padding in BEGIN_REQUEST is served whole",
	},
	"fcgi/body-cut": {
		"fcgi/6.2/body": "a body of any size arrives",
	},
	"fcgi/bytes-left-over": {
		"fcgi/3.3/nothing-after-end": "nothing follows END_REQUEST",
		"fcgi/3.3/nothing-left-over": "all that is sent is whole records",
		"fcgi/5.1/keep":              "a kept connection serves the next request",
	},
	"fcgi/empty-values-dropped": {
		"fcgi/3.4/empty-value": "a variable with an empty value arrives",
	},
	"fcgi/end-body-short": {
		"fcgi/5.5/end-request": "the content of END_REQUEST has 8 bytes",
	},
	"fcgi/foreign-type": {
		"fcgi/3.3/types": "only an application's types are sent",
	},
	"fcgi/get-values-ends-params": {
		"fcgi/4.1/within-a-request": "a request is served whole with GET_VALUES within it",
	},
	"fcgi/get-values-more": {
		"fcgi/4.1/only-what-was-asked": "the result has only names that were asked for and exist",
	},
	"fcgi/get-values-silent": {
		"fcgi/4.1/answered": "GET_VALUES is answered",
	},
	"fcgi/ids-unchecked": {
		"fcgi/3.3/foreign-params": "the request is served without the other id's parameters",
	},
	"fcgi/never-closes": {
		"fcgi/5.1/close": "the application closes the connection after END_REQUEST",
	},
	"fcgi/no-end-of-stdout": {
		"fcgi/3.3/end-of-stdout": "STDOUT ends with one empty record",
	},
	"fcgi/pair-per-record": {
		"fcgi/3.3/pair-straddles-records": "a pair that straddles two records arrives",
	},
	"fcgi/params-padding-kept": {
		"fcgi/3.3/padding-params": "a request with padding in PARAMS is served whole",
	},
	"fcgi/role-unchecked": {
		"fcgi/5.5/unknown-role": "a request with role 99 is ended with UNKNOWN_ROLE",
	},
	"fcgi/short-lengths": {
		"fcgi/3.4/lengths": "a value of any length arrives",
	},
	"fcgi/status-lost": {
		"fcgi/6.2/app-status": "appStatus is the application's exit status",
	},
	"fcgi/stderr-into-stdout": {
		"fcgi/6.2/stderr": "what is written to the error stream is not in STDOUT",
	},
	"fcgi/stdin-padding-kept": {
		"fcgi/3.3/padding-stdin": "a body in padded records arrives unchanged",
	},
	"fcgi/stdout-after-its-end": {
		"fcgi/3.3/end-of-stdout": "nothing of STDOUT follows its end",
	},
	"fcgi/stray-records-close": {
		"fcgi/3.3/inactive-id":          "a request is served after stream records of an inactive id",
		"fcgi/5.4/abort-of-inactive-id": "a request is served after ABORT_REQUEST of an inactive id",
	},
	"fcgi/unknown-type-ignored": {
		"fcgi/4.2/answered": "a management record of type 12 is answered with UNKNOWN_TYPE",
	},
	"fcgi/unknown-type-into-params": {
		"fcgi/4.2/no-parameters": "an unknown management record adds no parameters",
	},
	"fcgi/variables-leak": {
		"fcgi/5.1/fresh-parameters": "the second request has its own parameters alone",
	},
	"fcgi/wrong-request-id": {
		"fcgi/3.3/request-id": "an answer's records have the request's id",
	},
	"fcgi/wrong-version": {
		"fcgi/3.3/version": "every record has version 1",
	},
	"fcgi/record-after-end": {
		"fcgi/3.3/nothing-after-end": "nothing follows END_REQUEST",
	},
	"fcgi/crash-on-short-record": {
		"fcgi/robustness/short-header": "the server serves the next client after it",
	},
	"fcgi/crash-on-half-request": {
		"fcgi/robustness/half-a-request": "the server serves the next client after it",
	},
	"fcgi/high-bytes-lost": {
		"fcgi/3.4/bytes": "a value of any bytes arrives unchanged",
	},
	"fcgi/answer-cut": {
		"fcgi/6.2/large-answer": "an answer of 300000 bytes comes whole",
	},
}
