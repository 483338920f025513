package fcgi

// ParamsEncoder appends one PARAMS stream (5.2) as records. The specification
// lets a pair straddle records (3.3), but servers in the field don't all: php-fpm
// resets the connection, uWSGI never answers. So a pair stays within one record
// if it fits one at all.
type ParamsEncoder struct {
	dst    []byte
	id     uint16
	header int // where the open record's header stands in dst
}

// EncodeParams begins a stream after dst.
func EncodeParams(dst []byte, id uint16) ParamsEncoder {
	e := ParamsEncoder{dst: dst, id: id}
	e.open()
	return e
}

func (e *ParamsEncoder) open() {
	e.header = len(e.dst)
	e.dst = append(e.dst, zeros[:HeaderLen]...)
}

func (e *ParamsEncoder) content() int { return len(e.dst) - e.header - HeaderLen }

// close writes the open record's header and padding, now that its length is
// known; an empty one is taken back, since it would be the stream's end.
func (e *ParamsEncoder) close() {
	n := e.content()
	if n == 0 {
		e.dst = e.dst[:e.header]
		return
	}
	padding := PaddingFor(n)
	if n+padding > MaxContentLength { // php-fpm refuses PARAMS whose content and padding exceed it together
		padding = 0
	}
	Header{Version, TypeParams, e.id, uint16(n), uint8(padding), 0}.Append(e.dst[:e.header])
	e.dst = append(e.dst, zeros[:padding]...)
}

// Add appends one pair.
func (e *ParamsEncoder) Add(name, value string) {
	n := PairLen(len(name), len(value))
	if e.content()+n <= MaxContentLength {
		e.dst = AppendPair(e.dst, name, value)
		return
	}
	e.close()
	if n > MaxContentLength {
		e.dst = AppendStream(e.dst, TypeParams, e.id, AppendPair(nil, name, value))
		e.open()
		return
	}
	e.open()
	e.dst = AppendPair(e.dst, name, value)
}

// End is everything, up to and with the empty record that ends the stream.
func (e *ParamsEncoder) End() []byte {
	e.close()
	return AppendEndOfStream(e.dst, TypeParams, e.id)
}
