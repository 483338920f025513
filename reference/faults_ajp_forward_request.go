package reference

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"net/url"

	"github.com/fcgikit/fcgikit/client/ajp"
)

func init() {
	addFaults(
		Fault{"ajp/methods-shifted", "the method codes from 15 on are one too high", "a table without ACL", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if 15 <= r.Method && r.Method < 27 {
					r.Method++
				}
			}),
		}.wrap},
		Fault{"ajp/method-unchecked", "an unknown method code is taken for GET", "a table's default", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if ajp.MethodName(r.Method) == "" && r.Method != ajp.StoredMethod {
					r.Method = 2
				}
			}),
		}.wrap},
		Fault{"ajp/stored-method-closes", "method code 255 ends the connection", "flup 1.0.3", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return r.Method == ajp.StoredMethod }),
		}.wrap},
		Fault{"ajp/stored-method-missing", "method code 255 is served without the attribute stored_method", "Tomcat 10.1.60, with a method that is null", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if r.Method == ajp.StoredMethod && !hasAttribute(r, ajp.AttrStoredMethod) {
					r.Method = 2
				}
			}),
		}.wrap},
		Fault{"ajp/uri-decoded", "req_uri is percent-decoded", "PATH_INFO's decoding applied to both", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if decoded, err := url.PathUnescape(string(r.ReqURI)); err == nil {
					r.ReqURI = []byte(decoded)
				}
			}),
		}.wrap},
		Fault{"ajp/port-signed", "server_port is read as a signed integer: 65535 is none", "a short of Java or C", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if r.ServerPort > 0x7FFF {
					r.ServerPort = 0
				}
			}),
		}.wrap},
		Fault{"ajp/is-ssl-ignored", "is_ssl is read over", "Grizzly 1.9.46, https://github.com/eclipse-ee4j/glassfish-grizzly/issues/1375", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) { r.IsSSL = 0 }),
		}.wrap},
		Fault{"ajp/null-string-too-long", "the null string is read as one of 65535 bytes", "containers that follow the text's letter", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return r.RemoteHost == nil }),
		}.wrap},
		Fault{"ajp/no-headers-closes", "a request without headers ends the connection", "a loop that looks whether it is done after the first header", packetFault{
			in: closingAt(func(r *ajp.Request) bool { return len(r.Headers) == 0 }),
		}.wrap},
		Fault{"ajp/address-of-the-peer", "remote_addr is read over: the client's address is the web server's", "https://github.com/javaee/grizzly/issues/1215", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) { r.RemoteAddr = []byte("127.0.0.1") }),
		}.wrap},
		Fault{"ajp/remote-host-of-the-server", "the client's name is server_name", "two fields of one type in the wrong order", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if r.RemoteHost != nil {
					r.RemoteHost = r.ServerName
				}
			}),
		}.wrap},
		Fault{"ajp/uri-without-slash", "a req_uri that does not begin with a slash is served", "flup 1.0.3", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if !bytes.HasPrefix(r.ReqURI, []byte("/")) {
					r.ReqURI = append([]byte("/"), r.ReqURI...)
				}
			}),
		}.wrap},
		Fault{"ajp/uri-line-breaks", "a req_uri with a line break is served as it is", "Tomcat 10.1.60, flup 1.0.3", packetFault{
			in: forwarding(func(_ *packetMemory, r *ajp.Request) {
				if bytes.ContainsAny(r.ReqURI, lineBreaks) {
					unchecked(r, "REQUEST_URI", r.ReqURI)
					r.ReqURI = []byte("/")
				}
			}),
		}.wrap},
		Fault{"ajp/descriptor-shown", "a path that leads to WEB-INF once it is normalised is served", "a check that comes before the path is normalised", packetFault{in: descriptorShown}.wrap},
		Fault{"ajp/string-cut-at-end", "a string that is longer than its packet ends where that does", "min(length, rest)", packetFault{in: clamped}.wrap},
		Fault{"ajp/crash-on-empty-protocol", "an empty protocol kills the process", "protocol[0] without a look at the length", crashAtPacket(func(p ajp.Packet) bool {
			var r ajp.Request
			return r.Decode(p.Payload) == nil && r.Protocol != nil && len(r.Protocol) == 0
		})},
	)
}

// unchecked gives the application a variable that the server would refuse to make
// of the request.
func unchecked(r *ajp.Request, name string, value []byte) {
	r.Attributes = append(r.Attributes, ajp.Attribute{Code: ajp.AttrReqAttribute, Name: []byte(name), Value: value})
}

// descriptorShown answers for a file of the container's, where dots lead to it.
func descriptorShown(m *packetMemory, p ajp.Packet) []byte {
	var r ajp.Request
	if r.Decode(p.Payload) != nil || !bytes.Contains(r.ReqURI, []byte("../WEB-INF")) {
		return packets(p)
	}
	h := ajp.ResponseHeaders{Status: http.StatusOK, Message: []byte("OK"), Headers: []ajp.Header{{Name: []byte("Content-Type"), Value: []byte("text/xml")}}}
	m.nc.Write(ajp.AppendEndResponse(ajp.AppendSendBodyChunk(h.Append(nil), []byte("<web-app></web-app>")), true))
	return nil
}

// clamped shortens the length of a last attribute that is longer than the packet.
func clamped(_ *packetMemory, p ajp.Packet) []byte {
	var r ajp.Request
	whole := bytes.Clone(p.Payload)
	at := bytes.Index(whole, []byte{0x7F, 0xFF})
	if at < 0 || r.Decode(p.Payload) == nil {
		return packets(p)
	}
	binary.BigEndian.PutUint16(whole[at:], uint16(max(len(whole)-at-len("..\x00\xFF"), 0)))
	if r.Decode(whole) == nil {
		p.Payload = whole
	}
	return packets(p)
}
