package fcgi

// SetRequestID gives whole records that were encoded before to another request
// (3.3).
func SetRequestID(records []byte, id uint16) {
	for len(records) > 0 {
		h, err := ParseHeader(records)
		if err != nil || len(records) < h.Len() {
			return
		}
		records[2], records[3] = byte(id>>8), byte(id)
		records = records[h.Len():]
	}
}

// SetFlags changes the flags of a request that begins with its BEGIN_REQUEST
// (5.1).
func SetFlags(request []byte, flags Flags) {
	request[HeaderLen+2] = byte(flags)
}
