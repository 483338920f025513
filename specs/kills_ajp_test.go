package specs_test

import "maps"

func init() {
	maps.Copy(kills, map[string]map[string]string{
		"ajp/magic-of-requests": {
			"ajp/packets/magic": "every packet begins with 41 42",
		},
		"ajp/end-response-length": {
			"ajp/packets/nothing-left-over": "nothing follows End Response",
			"ajp/response/end-response":     "the payload of End Response is 05 and reuse, 0 or 1",
		},
		"ajp/magic-unchecked": {
			"ajp/packets/wrong-magic": "a packet without 12 34 is refused",
		},
		"ajp/buffer-four-short": {
			"ajp/packets/full-size": "a Forward Request of 8192 bytes is served",
		},
		"ajp/packets-too-long": {
			"ajp/packets/answer-size": "the container's packets have up to 8192 bytes",
		},
		"ajp/type-unchecked": {
			"ajp/packets/unknown-type": "a message of an unknown type is not served",
		},
		"ajp/cping-silent": {
			"ajp/cping/answered": "CPing is answered",
		},
		"ajp/cping-only-first": {
			"ajp/cping/between-requests": "CPing is answered after a request",
		},
		"ajp/rest-of-read-dropped": {
			"ajp/cping/two-at-once": "the second of two CPings is answered, too",
		},
		"ajp/methods-shifted": {
			"ajp/forward-request/methods": "each method of the table arrives under its name",
		},
		"ajp/method-unchecked": {
			"ajp/forward-request/unknown-method": "a request with an unknown method code is refused",
		},
		"ajp/stored-method-closes": {
			"ajp/forward-request/stored-method": "a request with the stored_method PATCH is served as PATCH",
		},
		"ajp/stored-method-missing": {
			"ajp/forward-request/no-stored-method": "a request without a method is refused",
		},
		"ajp/uri-decoded": {
			"ajp/forward-request/uri": "req_uri arrives undecoded",
		},
		"ajp/port-signed": {
			"ajp/forward-request/fields": "each field of a Forward Request arrives",
		},
		"ajp/is-ssl-ignored": {
			"ajp/forward-request/is-ssl": "is_ssl is what makes a request HTTPS",
		},
		"ajp/null-string-too-long": {
			"ajp/forward-request/null-string": "the fields after a null string arrive",
		},
		"ajp/header-table-short": {
			"ajp/headers/coded": "each header of the table arrives under its name",
		},
		"ajp/literal-names-ignored": {
			"ajp/headers/literal": "a name of the table that comes as a string arrives",
		},
		"ajp/long-names-misread": {
			"ajp/headers/long-names": "a header with a long name arrives",
		},
		"ajp/last-header-wins": {
			"ajp/headers/repeated": "both values of a header that comes twice arrive",
		},
		"ajp/null-becomes-text": {
			"ajp/headers/null-value": "a header whose value is the null string has no text",
		},
		"ajp/high-bytes-lost": {
			"ajp/headers/bytes": "the bytes 80 to FF of a value arrive unchanged",
		},
		"ajp/unknown-header-skipped": {
			"ajp/headers/unknown-code": "a request with an unknown header code is refused",
		},
		"ajp/query-decoded": {
			"ajp/attributes/query-string": "query_string arrives undecoded",
		},
		"ajp/servlet-path-closes": {
			"ajp/attributes/optional": "a request with any attribute of the table is served",
		},
		"ajp/key-size-closes": {
			"ajp/attributes/ssl-key-size": "the attribute after ssl_key_size arrives",
		},
		"ajp/terminator-optional": {
			"ajp/attributes/terminator": "a Forward Request without its terminator is refused",
		},
		"ajp/body-first-packet-only": {
			"ajp/body/whole":          "a body of any size arrives",
			"ajp/body/get-body-chunk": "the rest of a body is asked for",
			"ajp/body/cut-short":      "a body of 9000 of 20000 bytes is not served as a whole one",
		},
		"ajp/short-piece-ends-body": {
			"ajp/body/short-pieces": "a body in packets of 10 bytes arrives",
		},
		"ajp/asks-twice": {
			"ajp/body/get-body-chunk": "the container waits for the packet that it asked for",
		},
		"ajp/asks-too-much": {
			"ajp/body/requested-length": "requested_length is from 1 to 8186",
		},
		"ajp/unknown-length-ignored": {
			"ajp/body/unknown-length": "a body without a length arrives",
		},
		"ajp/end-without-size-only": {
			"ajp/body/end": "a body that ends with 12 34 00 02 00 00 arrives",
		},
		"ajp/length-0-waits": {
			"ajp/body/length-0": "a request with content-length 0 and the next one are served",
		},
		"ajp/unread-body-executed": {
			"ajp/body/unread":          "the request after a body that was not read is served",
			"ajp/body/never-a-request": "a body that looks like a Forward Request is not served",
		},
		"ajp/cut-body-filled": {
			"ajp/body/cut-short": "a body of 9000 of 20000 bytes is not served as a whole one",
		},
		"ajp/length-plus-sign": {
			"ajp/body/bad-length": "a request whose content-length is none is refused",
		},
		"ajp/request-for-body": {
			"ajp/body/request-in-its-place": "a Forward Request in a body's place is not served",
		},
		"ajp/headers-twice": {
			"ajp/response/order": "an answer is Send Headers, Send Body Chunks, End Response",
		},
		"ajp/num-headers-short": {
			"ajp/response/send-headers": "Send Headers is well-formed",
		},
		"ajp/chunk-without-nul": {
			"ajp/response/send-body-chunk": "a Send Body Chunk holds its bytes and a NUL",
		},
		"ajp/answer-cut": {
			"ajp/response/large": "an answer of 300000 bytes comes whole",
		},
		"ajp/head-with-body": {
			"ajp/response/no-body": "an answer that has no body comes without one",
		},
		"ajp/closes-despite-reuse": {
			"ajp/response/reuse": "a connection with reuse 1 serves the next request",
		},
		"ajp/open-despite-no-reuse": {
			"ajp/response/no-reuse": "the container closes the connection after an End Response with reuse 0",
		},
		"ajp/errors-close": {
			"ajp/response/errors-told": "a malformed request is answered with an error",
		},
		"ajp/exception-is-200": {
			"ajp/response/exception": "an application that fails is answered with a status from 500 on",
		},
		"ajp/secret-unchecked": {
			"ajp/secret/missing": "a request without the secret is refused",
		},
		"ajp/secret-prefix": {
			"ajp/secret/wrong": "a request with a wrong secret is refused",
		},
		"ajp/secret-one-of-two": {
			"ajp/secret/two": "a request with a right and a wrong secret is refused",
		},
		"ajp/secret-shown": {
			"ajp/secret/hidden": "the application does not see the secret",
		},
		"ajp/unasked-secret-closes": {
			"ajp/secret/unasked": "a request with a secret is served where none is set",
		},
		"ajp/crash-on-short-header": {
			"ajp/robustness/short-header": "the server serves the next client after it",
		},
		"ajp/crash-on-half-request": {
			"ajp/robustness/half-a-request": "the server serves the next client after it",
		},
		"ajp/crash-on-half-body": {
			"ajp/robustness/half-a-body": "the server serves the next client after it",
		},
		"ajp/crash-on-empty-packet": {
			"ajp/robustness/empty-packet": "the server serves the next client after it",
		},
		"ajp/crash-on-long-string": {
			"ajp/robustness/long-string": "the server serves the next client after it",
		},
		"ajp/crash-on-large-packet": {
			"ajp/robustness/large-packet": "the server serves the next client after it",
		},
		"ajp/crash-on-shutdown": {
			"ajp/robustness/shutdown": "the server serves the next client after it",
		},
	})
}
