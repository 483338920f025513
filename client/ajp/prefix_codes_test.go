package ajp

import "testing"

// The two tables of section Packet Headers.
func TestPrefixCodesOfTheSpecification(t *testing.T) {
	known := map[PrefixCode]struct {
		name      string
		direction Magic
	}{
		2:  {"Forward Request", ToContainer},
		7:  {"Shutdown", ToContainer},
		8:  {"Ping", ToContainer},
		10: {"CPing", ToContainer},
		3:  {"Send Body Chunk", ToServer},
		4:  {"Send Headers", ToServer},
		5:  {"End Response", ToServer},
		6:  {"Get Body Chunk", ToServer},
		9:  {"CPong", ToServer},
	}
	for code := range 256 {
		c := PrefixCode(code)
		if want, ok := known[c]; ok {
			if c.String() != want.name || c.Direction() != want.direction {
				t.Errorf("%d: %s, %v", code, c, c.Direction())
			}
		} else if c.Direction() != 0 {
			t.Errorf("%d: %s is known", code, c)
		}
	}
	if got := PrefixCode(0x10).String(); got != "unknown prefix code 16" {
		t.Error(got)
	}
}
