package fcgi

import (
	"strconv"

	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// What a case may be turned over, beside the segmentation.
var (
	// ids differ in one byte or in both.
	ids = suite.Axis{Name: "id", Values: []string{"1", "255", "256", "65535"}}
	// padding is of a size that aligns a record, of one that does not, and of the
	// largest.
	padding = suite.Axis{Name: "padding", Values: []string{"0", "1", "7", "255"}}
	// keeping is whether KEEP_CONN is set.
	keeping = suite.Axis{Name: "keep", Values: []string{"off", "on"}}
)

// id is the request id of this run.
func id(t *suite.T) uint16 { return uint16(number(t, ids)) }

// pad is the size of padding of this run.
func pad(t *suite.T) int { return number(t, padding) }

func number(t *suite.T, a suite.Axis) int {
	n, err := strconv.Atoi(t.Value(a))
	if err != nil {
		panic(err)
	}
	return n
}

// kept is the flags of this run.
func kept(t *suite.T) fcgi.Flags {
	if t.Value(keeping) == "on" {
		return fcgi.KeepConn
	}
	return 0
}
