package ajp

import "fmt"

// Codes of the attributes of a Forward Request (section Attributes).
const (
	AttrContext      = 0x01
	AttrServletPath  = 0x02
	AttrRemoteUser   = 0x03
	AttrAuthType     = 0x04
	AttrQueryString  = 0x05
	AttrRoute        = 0x06
	AttrSSLCert      = 0x07
	AttrSSLCipher    = 0x08
	AttrSSLSession   = 0x09
	AttrReqAttribute = 0x0A // has a name of its own
	AttrSSLKeySize   = 0x0B // the value is an integer (de facto; the grammar has a string)
	AttrSecret       = 0x0C
	AttrStoredMethod = 0x0D // the method's name where the method code is StoredMethod

	// RequestTerminator ends the attributes, and with them the Forward Request.
	RequestTerminator = 0xFF
)

// Names of req_attributes by which web servers tell what has no field (de facto).
const (
	RemotePort   = "AJP_REMOTE_PORT"
	LocalAddr    = "AJP_LOCAL_ADDR"
	SSLProtocol  = "AJP_SSL_PROTOCOL"
	LBActivation = "JK_LB_ACTIVATION"
)

// An Attribute is one of the optional attributes of a Forward Request. The same code may come more than once.
type Attribute struct {
	Code    byte   // AttrContext to AttrStoredMethod; another is written with a string, and not read
	Name    []byte // of an AttrReqAttribute, else nil
	Value   []byte // of every attribute but AttrSSLKeySize; nil is the null string
	KeySize uint16 // of an AttrSSLKeySize, in bits
}

var attributes = [...]string{
	AttrContext:      "context",
	AttrServletPath:  "servlet_path",
	AttrRemoteUser:   "remote_user",
	AttrAuthType:     "auth_type",
	AttrQueryString:  "query_string",
	AttrRoute:        "route",
	AttrSSLCert:      "ssl_cert",
	AttrSSLCipher:    "ssl_cipher",
	AttrSSLSession:   "ssl_session",
	AttrReqAttribute: "req_attribute",
	AttrSSLKeySize:   "ssl_key_size",
	AttrSecret:       "secret",
	AttrStoredMethod: "stored_method",
}

// AttributeName returns the name that section Attributes gives a code, "" for an unknown one.
func AttributeName(code byte) string {
	if int(code) >= len(attributes) {
		return ""
	}
	return attributes[code]
}

// attributes reads up to and with the request_terminator. An unknown code is refused: nothing tells how long its value is.
func (r *reader) attributes(a []Attribute) []Attribute {
	for {
		offset := r.at
		code := r.byte("Attributes", "attribute code or request_terminator")
		if r.err != nil || code == RequestTerminator {
			return a
		}
		if AttributeName(code) == "" {
			r.fail("Attributes", offset, "an attribute code 01 to 0D or request_terminator FF", fmt.Sprintf("%02X", code))
			return a
		}
		next := r.attribute(code)
		if r.err != nil {
			return a
		}
		a = append(a, next)
	}
}

func (r *reader) attribute(code byte) Attribute {
	a := Attribute{Code: code}
	field := AttributeName(code)
	switch code {
	case AttrSSLKeySize:
		a.KeySize = r.integer("Attributes", field)
	case AttrReqAttribute:
		a.Name = r.string("Attributes", "req_attribute name")
		a.Value = r.string("Attributes", field)
	default:
		a.Value = r.string("Attributes", field)
	}
	return a
}

func appendAttributes(dst []byte, a []Attribute) []byte {
	for i := range a {
		dst = append(dst, a[i].Code)
		switch a[i].Code {
		case AttrSSLKeySize:
			dst = AppendInteger(dst, a[i].KeySize)
		case AttrReqAttribute:
			dst = AppendString(AppendString(dst, a[i].Name), a[i].Value)
		default:
			dst = AppendString(dst, a[i].Value)
		}
	}
	return append(dst, RequestTerminator)
}

func (m *measure) attributes(a []Attribute) {
	m.size++ // request_terminator
	for i := range a {
		m.size++ // attribute code
		switch a[i].Code {
		case RequestTerminator:
			m.fail("Attributes", "an attribute code", "FF, the request_terminator")
		case AttrSSLKeySize:
			m.size += 2
		case AttrReqAttribute:
			m.string("req_attribute name", a[i].Name)
			m.string("req_attribute value", a[i].Value)
		default:
			m.string("attribute value", a[i].Value)
		}
	}
}
