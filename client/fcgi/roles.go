package fcgi

import "fmt"

// Role is what the web server expects the application to be (5.1, 6).
type Role uint16

const (
	Responder  Role = 1 // 6.2
	Authorizer Role = 2 // 6.3
	Filter     Role = 3 // 6.4
)

// String is the specification's name.
func (r Role) String() string {
	switch r {
	case Responder:
		return "FCGI_RESPONDER"
	case Authorizer:
		return "FCGI_AUTHORIZER"
	case Filter:
		return "FCGI_FILTER"
	}
	return fmt.Sprintf("role %d", uint16(r))
}

// Inputs are the streams that the application receives in this role, in the
// order in which they are sent (6.1 to 6.4); nil for an unknown role. The slice
// is shared: it is read, not changed.
func (r Role) Inputs() []Type {
	switch r {
	case Responder:
		return responderInputs
	case Authorizer:
		return authorizerInputs
	case Filter:
		return filterInputs
	}
	return nil
}

// Meta-variables that a filter receives beside those of a responder (6.4), in
// decimal digits: seconds since 1970-01-01 UTC, and the bytes of the DATA stream.
const (
	FCGI_DATA_LAST_MOD = "FCGI_DATA_LAST_MOD"
	FCGI_DATA_LENGTH   = "FCGI_DATA_LENGTH"
)

var (
	responderInputs  = []Type{TypeParams, TypeStdin}
	authorizerInputs = []Type{TypeParams}
	filterInputs     = []Type{TypeParams, TypeStdin, TypeData}
)
