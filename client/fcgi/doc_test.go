package fcgi

import (
	"errors"
	"strings"
	"testing"
)

func TestSyntaxErrorTellsOffsetExpectedGotAndSection(t *testing.T) {
	err := error(&SyntaxError{Section: "3.3", Offset: 17, Expected: "version 1", Got: "9"})
	want := "fcgi: offset 17: expected version 1, got 9 (section 3.3)"
	if err.Error() != want {
		t.Errorf("error is %q, want %q", err, want)
	}
}

// wantSyntaxError checks each part of a *SyntaxError; expected and got are
// parts of the error's.
func wantSyntaxError(t *testing.T, err error, section string, offset int64, expected, got string) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("error is %v, want a *SyntaxError", err)
	}
	if syntax.Section != section || syntax.Offset != offset ||
		!strings.Contains(syntax.Expected, expected) || !strings.Contains(syntax.Got, got) {
		t.Errorf("error is %q, want section %s, offset %d, expected %q, got %q", err, section, offset, expected, got)
	}
}

// Section 8: every constant, by the number that the text gives it.
func TestConstantsHaveTheValuesOfSection8(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want int
	}{
		{"FCGI_LISTENSOCK_FILENO", ListenSocketFileno, 0},
		{"FCGI_HEADER_LEN", HeaderLen, 8},
		{"FCGI_VERSION_1", Version, 1},
		{"FCGI_BEGIN_REQUEST", int(TypeBeginRequest), 1},
		{"FCGI_ABORT_REQUEST", int(TypeAbortRequest), 2},
		{"FCGI_END_REQUEST", int(TypeEndRequest), 3},
		{"FCGI_PARAMS", int(TypeParams), 4},
		{"FCGI_STDIN", int(TypeStdin), 5},
		{"FCGI_STDOUT", int(TypeStdout), 6},
		{"FCGI_STDERR", int(TypeStderr), 7},
		{"FCGI_DATA", int(TypeData), 8},
		{"FCGI_GET_VALUES", int(TypeGetValues), 9},
		{"FCGI_GET_VALUES_RESULT", int(TypeGetValuesResult), 10},
		{"FCGI_UNKNOWN_TYPE", int(TypeUnknownType), 11},
		{"FCGI_MAXTYPE", int(MaxType), 11},
		{"FCGI_NULL_REQUEST_ID", NullRequestID, 0},
		{"FCGI_KEEP_CONN", int(KeepConn), 1},
		{"FCGI_RESPONDER", int(Responder), 1},
		{"FCGI_AUTHORIZER", int(Authorizer), 2},
		{"FCGI_FILTER", int(Filter), 3},
		{"FCGI_REQUEST_COMPLETE", int(RequestComplete), 0},
		{"FCGI_CANT_MPX_CONN", int(CantMpxConn), 1},
		{"FCGI_OVERLOADED", int(Overloaded), 2},
		{"FCGI_UNKNOWN_ROLE", int(UnknownRole), 3},
		{"sizeof(FCGI_BeginRequestBody)", BeginRequestLen, 8},
		{"sizeof(FCGI_EndRequestBody)", EndRequestLen, 8},
		{"sizeof(FCGI_UnknownTypeBody)", UnknownTypeLen, 8},
	} {
		if c.got != c.want {
			t.Errorf("%s is %d, want %d", c.name, c.got, c.want)
		}
	}
}

// Sections 2.3, 4.1, 6.4 and 8: variables are spelled as in the text.
func TestVariablesAreSpelledAsInTheText(t *testing.T) {
	for got, want := range map[string]string{
		FCGI_MAX_CONNS:        "FCGI_MAX_CONNS",
		FCGI_MAX_REQS:         "FCGI_MAX_REQS",
		FCGI_MPXS_CONNS:       "FCGI_MPXS_CONNS",
		FCGI_DATA_LAST_MOD:    "FCGI_DATA_LAST_MOD",
		FCGI_DATA_LENGTH:      "FCGI_DATA_LENGTH",
		FCGI_WEB_SERVER_ADDRS: "FCGI_WEB_SERVER_ADDRS",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Sections 5.1, 5.5 and 8: what String says is what the text says.
func TestNamesAreThoseOfTheText(t *testing.T) {
	for _, c := range []struct {
		got  interface{ String() string }
		want string
	}{
		{TypeBeginRequest, "FCGI_BEGIN_REQUEST"},
		{TypeAbortRequest, "FCGI_ABORT_REQUEST"},
		{TypeEndRequest, "FCGI_END_REQUEST"},
		{TypeParams, "FCGI_PARAMS"},
		{TypeStdin, "FCGI_STDIN"},
		{TypeStdout, "FCGI_STDOUT"},
		{TypeStderr, "FCGI_STDERR"},
		{TypeData, "FCGI_DATA"},
		{TypeGetValues, "FCGI_GET_VALUES"},
		{TypeGetValuesResult, "FCGI_GET_VALUES_RESULT"},
		{TypeUnknownType, "FCGI_UNKNOWN_TYPE"},
		{Type(0), "type 0"},
		{Type(12), "type 12"},
		{Type(255), "type 255"},
		{Responder, "FCGI_RESPONDER"},
		{Authorizer, "FCGI_AUTHORIZER"},
		{Filter, "FCGI_FILTER"},
		{Role(0), "role 0"},
		{Role(4), "role 4"},
		{RequestComplete, "FCGI_REQUEST_COMPLETE"},
		{CantMpxConn, "FCGI_CANT_MPX_CONN"},
		{Overloaded, "FCGI_OVERLOADED"},
		{UnknownRole, "FCGI_UNKNOWN_ROLE"},
		{ProtocolStatus(4), "protocolStatus 4"},
	} {
		if got := c.got.String(); got != c.want {
			t.Errorf("String is %q, want %q", got, c.want)
		}
	}
}
