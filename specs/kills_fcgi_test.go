package specs_test

import "maps"

func init() {
	maps.Copy(kills, map[string]map[string]string{
		"fcgi/abort-ignored": {
			"fcgi/5.4/abort":               "an aborted request is ended before its application would have ended it",
			"fcgi/5.4/abort-after-begin":   "a request is ended that was aborted after BEGIN_REQUEST",
			"fcgi/5.4/abort-within-params": "a request is ended that was aborted within PARAMS",
			"fcgi/5.4/abort-within-stdin":  "a request is ended that was aborted within STDIN",
		},
		"fcgi/always-closes": {
			"fcgi/5.1/keep": "a kept connection stays open after END_REQUEST",
		},
		"fcgi/begin-padding-kept": {
			"fcgi/3.3/padding-begin": "a request with padding in BEGIN_REQUEST is served whole",
		},
		"fcgi/body-cut": {
			"fcgi/6.2/body":           "a body of any size arrives",
			"fcgi/6.2/body-sizes":     "a body of any size arrives",
			"fcgi/6.2/duplex":         "a body of ten million bytes is sent back while it comes",
			"fcgi/6.2/large-body":     "a body of ten million bytes arrives",
			"fcgi/3.3/largest-record": "a body in one record of 65535 bytes arrives",
		},
		"fcgi/bytes-left-over": {
			"fcgi/3.3/nothing-after-end":      "nothing follows END_REQUEST",
			"fcgi/3.3/nothing-left-over":      "all that is sent is whole records",
			"fcgi/multiplexing/whole-records": "each of twenty concurrent answers comes whole",
		},
		"fcgi/empty-values-dropped": {
			"fcgi/3.4/empty-value": "a variable with an empty value arrives",
			"fcgi/6.2/variables":   "every parameter that was sent reaches the application",
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
			"fcgi/4.1/only-what-was-asked": "the result has only names that were asked for",
		},
		"fcgi/get-values-silent": {
			"fcgi/4.1/answered": "GET_VALUES is answered",
		},
		"fcgi/ids-unchecked": {
			"fcgi/3.3/foreign-params":         "the request is served without the other id's parameters",
			"fcgi/multiplexing/first-request": "a request is served whole with another one within it",
			"fcgi/multiplexing/interleaved":   "each of two interleaved requests is served with what was sent for it",
		},
		"fcgi/never-closes": {
			"fcgi/3.4/pair-past-end":     "a request whose last pair is cut is answered or refused",
			"fcgi/robustness/cut-length": "parameters that end within a length are answered or refused",
			"fcgi/robustness/odd-begin":  "a request after an odd BEGIN_REQUEST is answered or refused",
			"fcgi/5.1/close":             "the application closes the connection after END_REQUEST",
		},
		"fcgi/no-end-of-stdout": {
			"fcgi/3.3/end-of-stdout": "STDOUT ends with one empty record",
			"fcgi/6.1/no-output":     "STDOUT is ended of an application that writes nothing",
		},
		"fcgi/pair-per-record": {
			"fcgi/3.3/pair-straddles-records":   "a pair arrives that is cut within a name or a value",
			"fcgi/3.3/length-straddles-records": "a pair arrives that is cut within its lengths",
			"fcgi/3.4/value-over-records":       "a value of 100000 bytes over several records arrives",
		},
		"fcgi/params-padding-kept": {
			"fcgi/3.3/padding-params":         "a request with padding in PARAMS is served whole",
			"fcgi/3.3/padding-like-records":   "a request is served whose padding looks like ABORT_REQUEST",
			"fcgi/3.3/params-in-many-records": "parameters in many padded records arrive",
		},
		"fcgi/role-unchecked": {
			"fcgi/5.5/unknown-role": "a request with role 9 is ended with UNKNOWN_ROLE",
		},
		"fcgi/short-lengths": {
			"fcgi/3.4/lengths":                  "a value of any length arrives",
			"fcgi/3.3/length-straddles-records": "a pair arrives that is cut within its lengths",
			"fcgi/3.4/name-lengths":             "a name of any length arrives",
			"fcgi/3.4/long-values":              "a value of many KiB arrives",
		},
		"fcgi/status-lost": {
			"fcgi/5.5/app-status": "appStatus is the application's exit status",
		},
		"fcgi/stderr-into-stdout": {
			"fcgi/6.1/stderr": "what is written to the error stream is not in STDOUT",
		},
		"fcgi/stdin-padding-kept": {
			"fcgi/3.3/padding-stdin": "a body in padded records arrives unchanged",
		},
		"fcgi/stdout-after-its-end": {
			"fcgi/3.3/end-of-stdout":    "nothing of STDOUT follows its end",
			"fcgi/3.3/write-of-nothing": "nothing of STDOUT follows its end",
		},
		"fcgi/stray-records-close": {
			"fcgi/3.3/inactive-id":          "a request is served after stream records of an inactive id",
			"fcgi/5.4/abort-of-inactive-id": "a request is served after ABORT_REQUEST of an inactive id",
			"fcgi/3.3/foreign-params":       "a request is served although PARAMS of another id come within it",
			"fcgi/3.3/foreign-stdin":        "a request is served although STDIN of another id comes within it",
		},
		"fcgi/unknown-type-ignored": {
			"fcgi/4.2/answered": "a management record of type 12 is answered with UNKNOWN_TYPE",
		},
		"fcgi/unknown-type-into-params": {
			"fcgi/4.2/no-parameters": "an unknown management record adds no parameters",
		},
		"fcgi/variables-leak": {
			"fcgi/5.1/fresh-after-exception": "the request after one that failed has its own parameters alone",
			"fcgi/5.1/fresh-parameters":      "the second request has its own parameters alone",
		},
		"fcgi/wrong-request-id": {
			"fcgi/3.3/request-id": "an answer's records have the request's id",
		},
		"fcgi/wrong-version": {
			"fcgi/3.3/version": "every record has version 1",
		},
		"fcgi/record-after-end": {
			"fcgi/3.3/nothing-after-end":   "nothing follows END_REQUEST",
			"fcgi/5.5/end-comes-last":      "all of STDOUT and STDERR comes before END_REQUEST",
			"fcgi/5.4/nothing-after-abort": "nothing follows END_REQUEST of an aborted request",
		},
		"fcgi/crash-on-short-record": {
			"fcgi/robustness/short-header": outlives,
		},
		"fcgi/crash-on-half-request": {
			"fcgi/robustness/half-a-request": outlives,
		},
		"fcgi/high-bytes-lost": {
			"fcgi/3.4/bytes": "a value of any bytes arrives unchanged",
		},
		"fcgi/answer-cut": {
			"fcgi/6.1/large-answer":           "an answer of any size comes whole",
			"fcgi/6.2/duplex":                 "a body of ten million bytes is sent back while it comes",
			"fcgi/multiplexing/whole-records": "each of twenty concurrent answers comes whole",
			"fcgi/3.4/long-values":            "a value of many KiB arrives",
			"fcgi/3.4/value-over-records":     "a value of 100000 bytes over several records arrives",
		},
		"fcgi/unpadded": {
			"fcgi/3.3/alignment": "each record begins at a multiple of eight bytes",
		},
		"fcgi/reserved-checked": {
			"fcgi/3.3/reserved-bytes": "a request is served whatever its reserved bytes are",
		},
		"fcgi/record-over-64k": {
			"fcgi/3.3/largest-record": "a body in one record of 65535 bytes arrives",
			"fcgi/3.3/largest-params": "a PARAMS record of nearly 64 KiB is taken with padding if it is without",
		},
		"fcgi/header-timeout": {
			"fcgi/3.3/segmentation": "a request is served in whatever segments it comes",
		},
		"fcgi/id-not-freed": {
			"fcgi/3.3/id-reuse": "a request is served whose id has been used before",
		},
		"fcgi/stdin-ids-unchecked": {
			"fcgi/3.3/foreign-stdin": "the request is served without the other id's body",
		},
		"fcgi/end-of-params-padding-kept": {
			"fcgi/3.3/padding-end-of-params": "a body arrives after a padded end of PARAMS",
		},
		"fcgi/end-of-stdin-padding-kept": {
			"fcgi/3.3/padding-end-of-stdin": "a kept connection serves the next request after a padded end of STDIN",
		},
		"fcgi/management-padding-kept": {
			"fcgi/3.3/padding-get-values":   "a request is served after the padding of GET_VALUES",
			"fcgi/3.3/padding-unknown-type": "a request is served after the padding of an unknown management record",
		},
		"fcgi/abort-padding-kept": {
			"fcgi/3.3/padding-abort": "a request is served after the padding of a stray ABORT_REQUEST",
		},
		"fcgi/padding-searched": {
			"fcgi/3.3/padding-like-records": "a request is served whose padding looks like ABORT_REQUEST",
		},
		"fcgi/stdin-records-counted": {
			"fcgi/3.3/stdin-in-single-bytes": "a body in records of one byte arrives",
		},
		"fcgi/params-records-counted": {
			"fcgi/3.3/params-in-many-records": "parameters in many padded records arrive",
			"fcgi/3.4/many-pairs":             "thousands of pairs arrive, or the request is refused",
			"fcgi/3.4/large-params":           "nearly 1 MiB of parameters arrives whole, or the request is refused",
		},
		"fcgi/lengths-per-record": {
			"fcgi/3.3/length-straddles-records": "a pair arrives that is cut within its lengths",
		},
		"fcgi/write-of-nothing-ends": {
			"fcgi/3.3/write-of-nothing": "nothing of STDOUT follows its end",
		},
		"fcgi/length-127": {
			"fcgi/3.4/lengths":      "a value of any length arrives",
			"fcgi/3.4/name-lengths": "a name of any length arrives",
		},
		"fcgi/lengths-masked": {
			"fcgi/3.4/long-values":        "a value of many KiB arrives",
			"fcgi/3.4/value-over-records": "a value of 100000 bytes over several records arrives",
		},
		"fcgi/value-cut-at-record": {
			"fcgi/3.4/value-over-records": "a value of 100000 bytes over several records arrives",
		},
		"fcgi/interface-begins": {
			"fcgi/3.4/order": "parameters in another order are the same",
		},
		"fcgi/many-pairs-unanswered": {
			"fcgi/3.4/many-pairs": "thousands of pairs arrive, or the request is refused",
		},
		"fcgi/large-params-unanswered": {
			"fcgi/3.4/large-params": "nearly 1 MiB of parameters arrives whole, or the request is refused",
		},
		"fcgi/body-beyond-its-length-closes": {
			"fcgi/3.5/body-beyond-its-length": "the request after a body longer than CONTENT_LENGTH is served as it was sent",
		},
		"fcgi/crash-when-closed-connections-pile-up": {
			"fcgi/3.5/peer-closes-idle": outlives,
		},
		"fcgi/end-twice": {
			"fcgi/3.3/id-reuse":            "a request is served whose id has been used before",
			"fcgi/3.3/ends-twice":          "a request is answered once whose FCGI_PARAMS is ended twice",
			"fcgi/3.3/nothing-after-end":   "nothing follows END_REQUEST",
			"fcgi/5.5/one-end":             "a request is ended by one END_REQUEST",
			"fcgi/5.4/nothing-after-abort": "nothing follows END_REQUEST of an aborted request",
		},
		"fcgi/end-uninitialised": {
			"fcgi/5.5/reserved-bytes": "the reserved bytes of END_REQUEST are zero",
		},
		"fcgi/flags-compared": {
			"fcgi/5.1/unknown-flags": "a request with flags 0xFF is served as one with KEEP_CONN",
		},
		"fcgi/ids-shared": {
			"fcgi/3.3/ids-of-each-connection": "two requests with the same id, each on its own connection, are served apart",
		},
		"fcgi/aborted-stays-open": {
			"fcgi/5.1/close-after-abort": "the application closes the connection after an aborted request",
		},
		"fcgi/abort-answered-twice": {
			"fcgi/5.4/nothing-after-abort": "nothing follows END_REQUEST of an aborted request",
		},
		"fcgi/flags-not-masked": {
			"fcgi/5.1/unknown-flags": "a request with flags 0xFE is served as one without flags",
		},
		"fcgi/get-values-closes": {
			"fcgi/4.1/beside-a-request": "a request that follows GET_VALUES at once is answered",
			"fcgi/4.1/between-requests": "a kept connection serves a request after GET_VALUES",
			"fcgi/4.1/twice":            "a second GET_VALUES is answered",
		},
		"fcgi/get-values-echoes": {
			"fcgi/4.1/unknown-names": "the result leaves unknown names out",
		},
		"fcgi/get-values-empty-ignored": {
			"fcgi/4.1/empty-query": "a GET_VALUES without names is answered",
		},
		"fcgi/get-values-ends-body": {
			"fcgi/4.1/within-a-body": "a body arrives unchanged with GET_VALUES within it",
		},
		"fcgi/get-values-late": {
			"fcgi/4.1/at-once": "a GET_VALUES without padding and with nothing after it is answered",
		},
		"fcgi/get-values-one-name": {
			"fcgi/4.1/known-names": "the result has each of the specification's names that was asked for",
		},
		"fcgi/get-values-with-value-ignored": {
			"fcgi/4.1/query-with-value": "a GET_VALUES whose value is not empty is answered",
		},
		"fcgi/get-values-words": {
			"fcgi/4.1/values": "values are decimal numbers, that of FCGI_MPXS_CONNS 0 or 1",
		},
		"fcgi/idle-closes": {
			"fcgi/3.5/idle": "a kept connection that is idle for 3s stays open",
		},
		"fcgi/keep-flag-sticks": {
			"fcgi/5.1/flag-of-each-request": "the connection is closed after a second request without KEEP_CONN",
		},
		"fcgi/multiplexing-declared-only": {
			"fcgi/multiplexing/abort-of-one":  "a request is served whole beside one that is aborted",
			"fcgi/multiplexing/interleaved":   "each of two interleaved requests is served with what was sent for it",
			"fcgi/multiplexing/whole-records": "each of twenty concurrent answers comes whole",
			"fcgi/4.1/declared-multiplexing":  "a second request is not rejected with CANT_MPX_CONN where FCGI_MPXS_CONNS=1 is declared",
		},
		"fcgi/next-request-lost": {
			"fcgi/5.1/next-request": "a kept connection serves the next request",
		},
		"fcgi/role-low-byte": {
			"fcgi/5.1/role-has-16-bits": "a request with role 0x0101 is ended with UNKNOWN_ROLE",
		},
		"fcgi/slow-answers-never-close": {
			"fcgi/5.1/close-after-a-slow-answer": "the application closes the connection after an answer that took 30 ms",
		},
		"fcgi/slow-reader-cut": {
			"fcgi/3.5/slow-reader": "an answer that is read late comes whole before the close",
		},
		"fcgi/status-sticks": {
			"fcgi/5.5/app-status-of-the-next": "appStatus is 0 after a request with another one",
		},
		"fcgi/stderr-after-end": {
			"fcgi/5.5/end-comes-last": "all of STDOUT and STDERR comes before END_REQUEST",
		},
		"fcgi/unknown-role-closes": {
			"fcgi/5.1/keep-after-unknown-role": "a kept connection serves a request after UNKNOWN_ROLE",
		},
		"fcgi/unknown-role-stays-open": {
			"fcgi/5.1/close-after-unknown-role": "the application closes the connection after UNKNOWN_ROLE",
		},
		"fcgi/unknown-type-into-body": {
			"fcgi/4.2/no-body": "a body arrives unchanged with an unknown management record within it",
		},
		"fcgi/unknown-type-not-skipped": {
			"fcgi/3.3/padding-unknown-type": "a request is served after the padding of an unknown management record",
			"fcgi/4.2/content-skipped":      "a request is served after an unknown management record of 100 bytes",
			"fcgi/4.2/no-body":              "a body arrives unchanged with an unknown management record within it",
			"fcgi/4.2/no-parameters":        "an unknown management record adds no parameters",
		},
		"fcgi/unknown-type-uninitialised": {
			"fcgi/4.2/reserved-bytes": "the reserved bytes of UNKNOWN_TYPE are zero",
		},
		"fcgi/unknown-type-short": {
			"fcgi/4.2/body": "the content of UNKNOWN_TYPE has 8 bytes",
		},
		"fcgi/unread-body-leaks": {
			"fcgi/3.5/unread-body": "the request after a body that the application did not read is served as it was sent",
		},
		"fcgi/abort-within-stdin-ignored": {
			"fcgi/5.4/abort-within-stdin": "a request is ended that was aborted within STDIN",
		},
		"fcgi/abort-starts": {
			"fcgi/5.4/abort-within-params": "the application is not started whose request was aborted within PARAMS",
		},
		"fcgi/abort-of-begun-ignored": {
			"fcgi/5.4/abort-after-begin": "a request is ended that was aborted after BEGIN_REQUEST",
		},
		"fcgi/abort-closes": {
			"fcgi/5.4/abort-and-go-on": "a kept connection serves a request after an aborted one",
		},
		"fcgi/late-abort-closes": {
			"fcgi/5.4/late-abort": "a request is served after ABORT_REQUEST of one that has just ended",
		},
		"fcgi/aborted-body-filled": {
			"fcgi/5.4/aborted-body": "an aborted body is not taken for a whole one",
		},

		"fcgi/begin-within-params-lost": {
			"fcgi/multiplexing/second-request": "a second request on a connection is served, or ended with CANT_MPX_CONN",
			"fcgi/multiplexing/interleaved":    "each of two interleaved requests is served with what was sent for it",
		},
		"fcgi/stdin-by-order": {
			"fcgi/3.3/foreign-stdin":        "the request is served without the other id's body",
			"fcgi/multiplexing/interleaved": "each of two interleaved requests is served with what was sent for it",
		},
		"fcgi/served-in-turn": {
			"fcgi/multiplexing/overtakes": "a quick request is ended before a slow one on its connection",
		},
		"fcgi/records-torn": {
			"fcgi/multiplexing/whole-records": "each of twenty concurrent answers comes whole",
		},
		"fcgi/abort-ends-all": {
			"fcgi/multiplexing/abort-of-one": "a request is served whole beside one that is aborted",
		},
		"fcgi/ids-never-freed": {
			"fcgi/3.3/many-ids": "each of 1000 requests on a connection is ended, whatever its id",
		},
		"fcgi/id-freed-late": {
			"fcgi/3.3/same-id-at-once": "a request is served whose id has just become inactive",
		},

		"fcgi/end-kept-back": {
			"fcgi/6.1/answer": "a request is answered on STDOUT, and then ended",
		},
		"fcgi/no-stdout-without-output": {
			"fcgi/6.1/no-output": "STDOUT is ended of an application that writes nothing",
		},
		"fcgi/no-end-of-stderr": {
			"fcgi/6.1/end-of-stderr": "STDERR ends with one empty record",
		},
		"fcgi/output-is-a-c-string": {
			"fcgi/6.1/bytes": "an answer of all bytes comes unchanged",
		},
		"fcgi/stderr-fills-pipe": {
			"fcgi/6.1/much-stderr":      "a request that writes much to its error stream is ended",
			"fcgi/6.1/stderr-read-late": "a request with 20000 bytes of STDERR, read late, is answered whole",
		},

		"fcgi/timeout-ends-params": {
			"fcgi/6.2/nothing-before-params-end": "nothing is answered before the end of PARAMS",
		},
		"fcgi/content-length-dropped": {
			"fcgi/6.2/content-length": "the body is no longer than CONTENT_LENGTH",
			"fcgi/6.2/variables":      "every parameter that was sent reaches the application",
		},
		"fcgi/waits-for-content-length": {
			"fcgi/6.2/short-body": "a request is ended whose body is shorter than CONTENT_LENGTH",
		},
		"fcgi/duplex-deadlock": {
			"fcgi/6.2/duplex": "a body of ten million bytes is sent back while it comes",
		},
		"fcgi/close-loses-answer": {
			"fcgi/6.2/unread-body": "a request is answered whose body is not read",
		},
		"fcgi/extensions-dropped": {
			"fcgi/6.2/variables": "every parameter that was sent reaches the application",
		},
		"fcgi/crash-on-broken-pipe": {
			"fcgi/6.2/leaves-early":          outlives,
			"fcgi/robustness/resets":         outlives,
			"fcgi/robustness/unread-answer":  outlives,
			"fcgi/robustness/unread-results": outlives,
		},

		"fcgi/authorizer-waits": {
			"fcgi/6.3/without-stdin": "an authorizer answers after the end of PARAMS",
			"fcgi/6.3/allows":        "an authorizer that allows answers with status 200 and its variables",
			"fcgi/6.3/denies":        "an authorizer that denies answers with its status, headers and body",
		},
		"fcgi/authorizer-variables-lost": {
			"fcgi/6.3/allows": "an authorizer that allows answers with status 200 and its variables",
		},
		"fcgi/denial-without-body": {
			"fcgi/6.3/denies": "an authorizer that denies answers with its status, headers and body",
		},
		"fcgi/data-cut": {
			"fcgi/6.4/streams": "a filter gets its body, its file and the parameters about that",
		},
		"fcgi/timeout-ends-stdin": {
			"fcgi/6.4/nothing-before-stdin-end": "a filter sends nothing before the end of STDIN",
		},
		"fcgi/data-filled": {
			"fcgi/6.4/short-data": "DATA that breaks off is reported",
		},
		"fcgi/crash-on-data": {
			"fcgi/3.3/foreign-types": outlives,
			"fcgi/6.4/odd-data":      outlives,
		},

		"fcgi/http-status-line": {
			"fcgi/cgi/status": "the answer begins with a header field",
		},
		"fcgi/no-content-type": {
			"fcgi/cgi/content-type": "an answer with a body has a Content-Type",
		},
		"fcgi/content-type-twice": {
			"fcgi/cgi/fields-once": "Content-Type, Location and Status come once, each on a line",
		},
		"fcgi/head-as-get": {
			"fcgi/cgi/head": "an answer to HEAD has no body",
		},
		"fcgi/crash-on-other-version":   {"fcgi/robustness/other-version": outlives},
		"fcgi/crash-without-params":     {"fcgi/robustness/no-params": outlives},
		"fcgi/short-begin-dangles":      {"fcgi/robustness/odd-begin": "a request after an odd BEGIN_REQUEST is answered or refused"},
		"fcgi/crash-on-http":            {"fcgi/robustness/foreign-protocols": outlives},
		"fcgi/crash-on-high-type":       {"fcgi/robustness/random-records": outlives},
		"fcgi/cut-pair-taken":           {"fcgi/3.4/pair-past-end": "a pair that its stream does not hold is not passed to the application"},
		"fcgi/cut-length-dangles":       {"fcgi/robustness/cut-length": "parameters that end within a length are answered or refused"},
		"fcgi/crash-on-huge-length":     {"fcgi/robustness/huge-length": outlives},
		"fcgi/crash-on-length-overflow": {"fcgi/robustness/length-overflow": outlives},
		"fcgi/pairs-as-environment":     {"fcgi/3.4/name-with-equals": "a name with = in it becomes no other variable"},
		"fcgi/crash-on-path":            {"fcgi/robustness/odd-names": outlives},
		"fcgi/stdin-ends-params":        {"fcgi/5.2/stdin-before-params": "an application does not run before its parameters have ended"},
		"fcgi/late-params-taken":        {"fcgi/5.2/late-params": "a parameter after the end of PARAMS does not reach the application"},
		"fcgi/late-stdin-closes":        {"fcgi/3.3/stdin-after-end": "the next request on the connection is served after STDIN of the one that has ended"},
		"fcgi/foreign-type-ends-params": {"fcgi/3.3/foreign-types": "a request is served with its parameters, or refused, with a record of FCGI_STDOUT within them"},
		"fcgi/each-end-answered":        {"fcgi/3.3/ends-twice": "a request is answered once whose FCGI_STDIN is ended twice"},
		"fcgi/get-values-ends-the-read": {"fcgi/4.1/beside-a-request": "a request that follows GET_VALUES at once is answered"},
		"fcgi/end-of-file-ends-params":  {"fcgi/3.3/truncated-record": "an application is not started with parameters that were cut short"},
		"fcgi/one-reads":                {"fcgi/robustness/waiting-header": "another client is answered while one is slow within a header"},
		"fcgi/one-writes": {
			"fcgi/robustness/unread-answer":  "another client is answered while one does not read its answer",
			"fcgi/robustness/unread-results": "another client is answered while one does not read its GET_VALUES_RESULT",
		},
		"fcgi/crash-on-reset":           {"fcgi/robustness/resets": outlives},
		"fcgi/unwritten-answers-leak":   {"fcgi/robustness/gone-at-once": outlives},
		"fcgi/crash-on-endless-params":  {"fcgi/robustness/endless-params": outlives},
		"fcgi/crash-on-many-begins":     {"fcgi/robustness/begin-flood": outlives},
		"fcgi/aborts-leak":              {"fcgi/robustness/abort-storm": outlives},
		"fcgi/headers-leak":             {"fcgi/robustness/connection-flood": outlives},
		"fcgi/crash-on-fd-1024":         {"fcgi/robustness/many-connections": outlives},
		"fcgi/ids-only-grow":            {"fcgi/3.3/ids-wrap": "a request is served whose id is lower than those before it"},
		"fcgi/repeated-names-cut":       {"fcgi/4.1/repeated-name": "the result of a name that is asked for twice holds whole pairs"},
		"fcgi/crash-on-name-many-times": {"fcgi/robustness/name-many-times": outlives},
		"fcgi/malformed-values-loop":    {"fcgi/robustness/malformed-values": "a malformed GET_VALUES is survived by its connection, or ends it"},
		"fcgi/negative-length":          {"fcgi/6.2/odd-content-length": "the application gets no more of a body than was sent"},
		"fcgi/any-file-shown":           {"fcgi/6.2/foreign-script": "a file that is no script is not handed out"},
		"fcgi/crash-on-path-info":       {"fcgi/robustness/path-info-underflow": outlives},
		"fcgi/exception-leaks":          {"fcgi/5.1/fresh-after-exception": "the request after one that failed has its own parameters alone"},
	})
}
