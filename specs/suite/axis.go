package suite

// Axis is something that must make no difference to a case's rule, in the values
// over which it is turned: the ids of requests, the sizes of padding, ... The
// first value is the default.
type Axis struct {
	Name   string
	Values []string
}

// Variant is one way to run a case. The zero value is the default of every axis.
type Variant struct {
	cut         Cut
	axis, value string
}

// String is what follows the @ of a result's id: bytes, padding-255; nothing for
// the default.
func (v Variant) String() string {
	if v.axis != "" {
		return v.axis + "-" + v.value
	}
	return v.cut.Name
}

// Value is an axis's value in this run of the case.
func (t *T) Value(a Axis) string {
	if t.variant.axis == a.Name {
		return t.variant.value
	}
	return a.Values[0]
}
