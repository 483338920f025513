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
			"ajp/packets/full-size": "a Forward Request of 8192 bytes is answered like a plain one",
		},
		"ajp/packets-too-long": {
			"ajp/packets/answer-size": "the container's packets keep to the packet size",
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
			"ajp/packets/coalesced": "a request that comes in one segment with a CPing is answered like a plain one",
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
			"ajp/forward-request/server-port": "server_port arrives",
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
			"ajp/attributes/together": "the attribute after all others of the table arrives",
		},
		"ajp/key-size-closes": {
			"ajp/attributes/ssl-key-size": "the attribute after ssl_key_size arrives",
		},
		"ajp/terminator-optional": {
			"ajp/attributes/terminator": "a Forward Request without its terminator is refused",
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
			"ajp/secret/unasked": "a request with a secret is answered like a plain one where none is set",
		},
		"ajp/header-in-one-read": {
			"ajp/packets/segment-ends-in-header": "a request that is cut within its header is answered like a plain one",
		},
		"ajp/packet-in-few-reads": {
			"ajp/packets/segmentation": "a request is answered like a plain one in whatever segments it comes",
		},
		"ajp/packets-unlimited": {
			"ajp/packets/too-large": "a packet beyond the packet size is refused",
		},
		"ajp/packet-size-fixed": {
			"ajp/packets/configured-size": "a Forward Request of the size that was set is served",
		},
		"ajp/cping-twice": {
			"ajp/cping/once": "nothing follows CPong",
		},
		"ajp/data-without-size": {
			"ajp/body/size-beyond-packet": "a packet whose size is beyond its end is refused",
			"ajp/cping/within-body":       "CPing where a body is due is no body",
		},
		"ajp/no-headers-closes": {
			"ajp/forward-request/minimal": "a request without headers is answered like a plain one",
		},
		"ajp/address-of-the-peer": {
			"ajp/forward-request/fields": "each field of a Forward Request arrives",
		},
		"ajp/remote-host-of-the-server": {
			"ajp/forward-request/remote-host": "remote_host is the client's",
		},
		"ajp/uri-without-slash": {
			"ajp/forward-request/no-path": "a request whose req_uri is no path is refused",
		},
		"ajp/uri-line-breaks": {
			"ajp/forward-request/uri-line-break": "a req_uri with a line break or a NUL is refused, or made harmless",
		},
		"ajp/descriptor-shown": {
			"ajp/forward-request/above-the-root": "a path above the root leads to no file",
		},
		"ajp/string-cut-at-end": {
			"ajp/forward-request/long-string": "a string that is longer than its packet is refused",
		},
		"ajp/crash-on-empty-protocol": {
			"ajp/robustness/odd-protocol": outlives,
		},
		"ajp/empty-value-closes": {
			"ajp/headers/empty-value": "the header after one with an empty value arrives",
		},
		"ajp/control-bytes-kept": {
			"ajp/headers/control-bytes": "a value with a line break or a NUL is refused, or made harmless",
		},
		"ajp/odd-names-kept": {
			"ajp/headers/odd-names": "a header whose name is none is refused, or left out",
		},
		"ajp/unknown-attribute-waits": {
			"ajp/attributes/unknown-code": "a request with an unknown attribute is answered or refused",
			"ajp/headers/count":           "a request with a wrong number of headers is refused",
		},
		"ajp/secret-before-cping": {
			"ajp/secret/cping":   "CPing is answered without the secret",
			"ajp/cping/answered": "CPing is answered",
		},
		"ajp/secret-refused-body-executed": {
			"ajp/secret/body-of-a-refused-request": "the body of a refused request is not served",
		},
		"ajp/body-first-packet-only": {
			"ajp/body/whole":          "a body of any size arrives",
			"ajp/body/get-body-chunk": "the rest of a body is asked for",
			"ajp/body/cut-short":      "a body of 9000 of 20000 bytes is not served as a whole one",
			"ajp/body/duplex":         "a body of 50000 bytes is sent back while it comes",
			"ajp/body/ten-megabytes":  "a body of 10 MiB arrives",
		},
		"ajp/short-piece-ends-body": {
			"ajp/body/short-pieces": "a body in packets of 10 bytes arrives",
			"ajp/body/single-bytes": "a body of 600 packets of one byte arrives",
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
			"ajp/response/large":         "an answer of 300000 bytes comes whole",
			"ajp/response/sizes":         "an answer of any size comes whole",
			"ajp/response/slow-reader":   "an answer of 3000000 bytes that is read late comes whole",
			"ajp/response/ten-megabytes": "an answer of 10 MiB comes whole",
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
		"ajp/crash-on-short-header": {
			"ajp/robustness/short-header": outlives,
			"ajp/robustness/cut-anywhere": outlives,
		},
		"ajp/crash-on-half-request": {
			"ajp/robustness/half-a-request": outlives,
			"ajp/robustness/cut-anywhere":   outlives,
		},
		"ajp/crash-on-half-body": {
			"ajp/robustness/half-a-body":  outlives,
			"ajp/robustness/cut-anywhere": outlives,
		},
		"ajp/crash-on-empty-packet": {
			"ajp/robustness/empty-packet": outlives,
		},
		"ajp/crash-on-long-string": {
			"ajp/forward-request/long-string": outlives,
			"ajp/robustness/random-requests":  outlives,
		},
		"ajp/crash-on-large-packet": {
			"ajp/robustness/large-packet": outlives,
			"ajp/body/large-packet":       outlives,
			"ajp/packets/too-large":       outlives,
		},
		"ajp/crash-on-shutdown": {
			"ajp/robustness/shutdown": outlives,
		},
		"ajp/asks-not-while-answering": {
			"ajp/body/duplex": "a body of 50000 bytes is sent back while it comes",
		},
		"ajp/end-asked-again": {
			"ajp/body/asked-in-vain": "an empty packet ends the body",
		},
		"ajp/empty-first-packet-waits": {
			"ajp/body/ends-at-once": "a request is ended whose body ends at once",
		},
		"ajp/data-beyond-length": {
			"ajp/body/beyond-length": "of 5 bytes with content-length 3 the application gets 3, or the request is refused",
		},
		"ajp/data-cut-at-buffer": {
			"ajp/body/large-packet": "a body in a packet that is too large is refused, or arrives whole",
		},
		"ajp/unchunked-twice": {
			"ajp/body/length-and-coding": "a body with content-length and transfer-encoding arrives as it is, or is refused",
		},
		"ajp/size-unchecked": {
			"ajp/body/size-beyond-packet": "a packet whose size is beyond its end is refused",
		},
		"ajp/last-length-wins": {
			"ajp/body/two-lengths": "a request with two values of content-length is refused",
		},
		"ajp/negative-length-waits": {
			"ajp/body/bad-length": "a request whose content-length is none is refused",
		},
		"ajp/buffer-not-recycled": {
			"ajp/body/length-and-coding": "a body with content-length and transfer-encoding arrives as it is, or is refused",
		},
		"ajp/stray-end-is-an-error": {
			"ajp/body/stray-end": "the request after an empty packet is served",
		},
		"ajp/stray-end-closes": {
			"ajp/body/stray-end": "the request after an empty packet is served",
		},
		"ajp/requests-crossed": {
			"ajp/body/waited-for": "a client is answered what it asked",
		},
		"ajp/no-headers-no-packet": {
			"ajp/response/no-headers": "an answer without a body has Send Headers",
		},
		"ajp/header-cut": {
			"ajp/response/long-header": "a header of 7500 bytes arrives whole, or not at all",
		},
		"ajp/line-ends-passed": {
			"ajp/response/line-ends": "a header's value has no line end in it",
		},
		"ajp/second-chunk-fails": {
			"ajp/packets/answer-size":    "the container's packets keep to the packet size",
			"ajp/packets/full-size":      "a Forward Request of 8192 bytes is answered like a plain one",
			"ajp/response/order":         "an answer ends with End Response",
			"ajp/response/sizes":         "an answer of any size comes whole",
			"ajp/response/large":         "an answer of 300000 bytes comes whole",
			"ajp/response/ten-megabytes": "an answer of 10 MiB comes whole",
			"ajp/response/slow-reader":   "an answer of 3000000 bytes that is read late comes whole",
			"ajp/body/duplex":            "a body of 50000 bytes is sent back while it comes",
		},
		"ajp/flush-ends-answer": {
			"ajp/response/flush": "an answer with writes of nothing in it comes whole",
		},
		"ajp/serves-after-no-reuse": {
			"ajp/response/after-no-reuse": "no request is served after an End Response with reuse 0",
			"ajp/response/no-reuse":       "the container closes the connection after an End Response with reuse 0",
		},
		"ajp/error-twice": {
			"ajp/response/error-once": "after the error that a malformed request is answered with comes nothing more of it",
		},
		"ajp/error-reusable": {
			"ajp/response/error-reuse": "after a Forward Request in a body's place reuse is 0, or the connection is closed",
		},
		"ajp/late-exception-dangles": {
			"ajp/response/exception-late": "an answer that breaks off is ended, or its connection is",
		},
		"ajp/crash-on-extension": {
			"ajp/robustness/extension-commands": outlives,
		},
		"ajp/crash-on-null-name": {
			"ajp/robustness/null-strings": outlives,
		},
		"ajp/crash-on-num-headers": {
			"ajp/robustness/many-headers":    outlives,
			"ajp/robustness/random-requests": outlives,
		},
		"ajp/crash-on-key-size": {
			"ajp/robustness/extreme-numbers": outlives,
		},
		"ajp/crash-on-certificate": {
			"ajp/robustness/broken-certificate": outlives,
		},
		"ajp/crash-on-tls": {
			"ajp/robustness/foreign-protocols": outlives,
		},
		"ajp/odd-query-closes": {
			"ajp/robustness/odd-query": "a query of any bytes is answered",
		},
		"ajp/includes-obeyed": {
			"ajp/robustness/include-attributes": "a request with include attributes is served as one without, or refused",
		},
		"ajp/headers-leak": {
			"ajp/robustness/many-connections": outlives,
		},
		"ajp/one-writes": {
			"ajp/robustness/unread-answer": "another client is answered while one does not read its answer",
		},
	})
}
