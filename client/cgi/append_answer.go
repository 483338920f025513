package cgi

import (
	"net/http"
	"slices"
	"strconv"
)

// AppendAnswer appends the message-header of an answer, the blank line included: the Status field, then header sorted by
// name. Section 6.3.
//
// A Status in header and names that are no token are left out. A control byte within a value becomes a space, so that no
// value can end its line.
func AppendAnswer(dst []byte, status int, header http.Header) []byte {
	dst = append(dst, "Status: "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(status)...)
	dst = append(dst, "\r\n"...)
	var room [usualHeaders]string
	keys := room[:0]
	for key := range header {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if isFieldName(key) {
			dst = appendFields(dst, key, header[key])
		}
	}
	return append(dst, "\r\n"...)
}

func isFieldName(key string) bool {
	return key != "" && notToken(key) < 0 && http.CanonicalHeaderKey(key) != "Status"
}

func appendFields(dst []byte, name string, values []string) []byte {
	for _, value := range values {
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = appendValue(dst, value)
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func appendValue(dst []byte, value string) []byte {
	start := len(dst)
	dst = append(dst, value...)
	for i, c := range dst[start:] {
		if c < ' ' && c != '\t' || c == 0x7f {
			dst[start+i] = ' '
		}
	}
	return dst
}
