package fcgi

import (
	"slices"
	"testing"
)

// Sections 6.2, 6.3 and 6.4: which streams an application receives, in order.
func TestRolesReceiveTheStreamsOfSection6(t *testing.T) {
	for role, want := range map[Role][]Type{
		Responder:  {TypeParams, TypeStdin},
		Authorizer: {TypeParams},
		Filter:     {TypeParams, TypeStdin, TypeData},
		Role(0):    nil,
		Role(4):    nil,
		Role(256):  nil,
	} {
		got := role.Inputs()
		if !slices.Equal(got, want) {
			t.Errorf("%v receives %v, want %v", role, got, want)
		}
		for _, typ := range got {
			if !typ.IsStream() || !typ.FromServer() {
				t.Errorf("%v receives %v, which is no stream from the web server", role, typ)
			}
		}
	}
}
