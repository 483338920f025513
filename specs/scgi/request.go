package scgi

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/fcgikit/fcgikit/client/scgi"
	"github.com/fcgikit/fcgikit/specs/cgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// headers are those of an ordinary request, in the order in which they are sent,
// and further ones: NAME, VALUE, ... A query steers the probe application.
func headers(t *suite.T, method, query string, length int, more ...string) []scgi.Header {
	list := []scgi.Header{header("CONTENT_LENGTH", strconv.Itoa(length)), header("SCGI", "1")}
	for _, v := range cgi.Variables(t, method, query, more...) {
		list = append(list, header(v.Name, v.Value))
	}
	return list
}

func header(name, value string) scgi.Header {
	return scgi.Header{Name: []byte(name), Value: []byte(value)}
}

// without is the headers but for one.
func without(headers []scgi.Header, name string) []scgi.Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h scgi.Header) bool { return string(h.Name) == name })
}

// with is the headers with another value of one of them.
func with(headers []scgi.Header, name, value string) []scgi.Header {
	changed := slices.Clone(headers)
	for i, h := range changed {
		if string(h.Name) == name {
			changed[i] = header(name, value)
		}
	}
	return changed
}

// block is the headers as they are within the netstring.
func block(headers []scgi.Header) string {
	var b []byte
	for _, h := range headers {
		b = scgi.AppendHeader(b, h.Name, h.Value)
	}
	return string(b)
}

// netstring is the pieces of one, of which each part is free. A segment that is a
// piece ends before the colon, and before and behind the comma; one that is a
// header ends behind the colon.
func netstring(length, block, end string) [][]byte {
	return [][]byte{[]byte(length), []byte(":" + block), []byte(end)}
}

// begunOf is a part of a request without a body, which ends within its headers.
func begunOf(request [][]byte) []byte {
	all := bytes.Join(request, nil)
	return all[:len(all)*2/3]
}

// request is the pieces of a whole request.
func request(headers []scgi.Header, body string) [][]byte { return framed(block(headers), body) }

// framed is the pieces of a request whose header block is free.
func framed(block, body string) [][]byte {
	return append(netstring(strconv.Itoa(len(block)), block, ","), []byte(body))
}

func get(t *suite.T, query string, more ...string) [][]byte {
	return request(headers(t, "GET", query, 0, more...), "")
}

func post(t *suite.T, query, body string, more ...string) [][]byte {
	return request(headers(t, "POST", query, len(body), more...), body)
}
