package ajp

// The messages that are a prefix code and nothing else (section Packet Headers).

// AppendCPing appends a CPing packet: the web server asks for a quick CPong.
func AppendCPing(dst []byte) []byte { return appendBare(dst, TypeCPing) }

// AppendCPong appends a CPong packet, the container's answer to a CPing.
func AppendCPong(dst []byte) []byte { return appendBare(dst, TypeCPong) }

// AppendShutdown appends a Shutdown packet. A container obeys it only when it comes from the host it runs on.
func AppendShutdown(dst []byte) []byte { return appendBare(dst, TypeShutdown) }

// AppendPing appends a Ping packet, the start of a login phase.
func AppendPing(dst []byte) []byte { return appendBare(dst, TypePing) }

func appendBare(dst []byte, c PrefixCode) []byte {
	return append(appendPacketHeader(dst, c.Direction(), 1), byte(c))
}
