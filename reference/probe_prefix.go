package reference

import "net/http"

// locate finds the page out that a request is for, and whether there is one.
func (x *probing) locate() {
	if x.p.Prefix == nil {
		return
	}
	x.location = x.p.Prefix.Of(x.r)
	if !x.statusAsked {
		x.status = pageStatus(x.location.Outcome)
	}
}

// pageStatus is Django's, but for what it answers with 200 though it is broken.
func pageStatus(o Outcome) int {
	if o == Broken {
		return http.StatusInternalServerError
	}
	return o.Status()
}
