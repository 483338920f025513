package fcgi

import "fmt"

// Variables that GET_VALUES may ask for (4.1). The values are decimal digits;
// that of FCGI_MPXS_CONNS is "0" or "1".
const (
	FCGI_MAX_CONNS  = "FCGI_MAX_CONNS"
	FCGI_MAX_REQS   = "FCGI_MAX_REQS"
	FCGI_MPXS_CONNS = "FCGI_MPXS_CONNS"
)

// AppendGetValues encodes a query for the named variables (4.1). The padding is
// in bytes: libfcgi answers a query only when a byte more than its content has
// come, and padding is such a byte. Names that one record can't hold are the
// caller's mistake, and panic.
func AppendGetValues(dst []byte, padding int, names ...string) []byte {
	var content []byte
	for _, name := range names {
		content = AppendPair(content, name, "")
	}
	return AppendRecord(dst, TypeGetValues, NullRequestID, content, padding)
}

// AppendGetValuesResult encodes the answer to a query (4.1). Values that one
// record can't hold are the caller's mistake, and panic.
func AppendGetValuesResult(dst []byte, values ...Pair) []byte {
	var content []byte
	for _, v := range values {
		content = v.Append(content)
	}
	return AppendRecord(dst, TypeGetValuesResult, NullRequestID, content, 0)
}

// ParseValues decodes the pairs of a GET_VALUES or GET_VALUES_RESULT record's
// content (4.1), in the order in which they came. Of content that ends within a
// pair it gives the pairs before that one, and a *SyntaxError.
func ParseValues(content []byte) ([]Pair, error) {
	var pairs []Pair
	for rest := content; len(rest) > 0; {
		p, n, err := ParsePair(rest)
		if err != nil {
			at := len(content) - len(rest)
			return pairs, &SyntaxError{"4.1", int64(at), "a whole name-value pair", fmt.Sprintf("the end of the content after %d bytes of it", len(rest))}
		}
		pairs = append(pairs, p)
		rest = rest[n:]
	}
	return pairs, nil
}

// UnknownTypeBody is the content of an UNKNOWN_TYPE record (4.2).
type UnknownTypeBody struct {
	Type     Type // of the management record that was not understood
	Reserved [7]byte
}

// UnknownTypeLen is the length of an UnknownTypeBody in bytes (4.2).
const UnknownTypeLen = 8

// ParseUnknownType decodes an UNKNOWN_TYPE record's content (4.2).
func ParseUnknownType(content []byte) (UnknownTypeBody, error) {
	if len(content) != UnknownTypeLen {
		return UnknownTypeBody{}, wrongBody("4.2", TypeUnknownType, UnknownTypeLen, len(content))
	}
	return UnknownTypeBody{Type(content[0]), [7]byte(content[1:])}, nil
}

// AppendUnknownType encodes the answer to a management record of type t (4.2).
func AppendUnknownType(dst []byte, t Type) []byte {
	dst = Header{Version, TypeUnknownType, NullRequestID, UnknownTypeLen, 0, 0}.Append(dst)
	return UnknownTypeBody{Type: t}.Append(dst)
}

// Append encodes the content as it stands (4.2).
func (b UnknownTypeBody) Append(dst []byte) []byte {
	dst = append(dst, byte(b.Type))
	return append(dst, b.Reserved[:]...)
}

// wrongBody tells where content of the wrong length ends too early, or where
// its surplus begins.
func wrongBody(section string, t Type, want, got int) error {
	return &SyntaxError{section, int64(min(want, got)), fmt.Sprintf("%d bytes of content in %v", want, t), fmt.Sprint(got)}
}
