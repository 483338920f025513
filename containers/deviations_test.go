package containers

// A deviation is a capture that our decoder rightly refuses: why, and what it
// says.
type deviation struct{ reason, refusal string }

// lighttpdData is of bodies that start with "ab", 24930 as a length.
var lighttpdData = deviation{
	reason:  "the packets of the request body have no length of the data in front of it, only the packet's own (section Request Body)",
	refusal: "of the bytes that follow, got 24930",
}

// deviations are by the wire package and the capture's name.
var deviations = map[string]deviation{
	"ajp/lighttpd-mod_ajp13-post-27":    lighttpdData,
	"ajp/lighttpd-mod_ajp13-post-70000": lighttpdData,
}
