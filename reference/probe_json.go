package reference

import (
	"bytes"
	"encoding/hex"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"

	"github.com/fcgikit/fcgikit/client/fcgi"
)

// ServerName is how the reference server calls itself.
const ServerName = "fcgikit reference"

// modulePath is where a program that embeds the server has its version.
const modulePath = "github.com/fcgikit/fcgikit"

// serverVersion is ServerName with the module's version.
var serverVersion = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ServerName
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == modulePath && m.Version != "" {
			return ServerName + " " + m.Version
		}
	}
	return ServerName
})

// abilities are the contract's extras, all of them.
const abilities = `["output", "write", "exit", "duplex", "throw", "pause", "role"]`

func (x *probing) appendJSON() []byte {
	b := append(x.json[:0], `{"probe": 1, "server": `...)
	b = appendQuoted(b, serverVersion())
	b = append(b, `, "protocol": "`...)
	b = append(b, x.r.Protocol...)
	if x.p.Method != "" {
		b = append(b, `", "method": "`...)
		b = append(b, x.p.Method...)
	}
	b = append(b, `", "pid": `...)
	b = strconv.AppendInt(b, int64(os.Getpid()), 10)
	b = append(b, `, "can": `+abilities+`, "params": {`...)
	b = x.appendParams(b)
	b = append(b, '}')
	b = appendReceived(b, "body", &x.body)
	if x.r.Role == fcgi.Filter {
		b = appendReceived(b, "data", &x.data)
	}
	b = x.appendPrefix(b)
	x.json = append(b, "}\n"...)
	return x.json
}

// appendParams sorts the parameters by name. Of a name that came twice the last
// counts, as it does for Request.Param: JSON has no two of a name.
func (x *probing) appendParams(b []byte) []byte {
	x.sorted = append(x.sorted[:0], x.r.Params...)
	slices.SortStableFunc(x.sorted, func(p, q Param) int { return bytes.Compare(p.Name, q.Name) })
	separator := ""
	for i, p := range x.sorted {
		if i+1 < len(x.sorted) && bytes.Equal(p.Name, x.sorted[i+1].Name) {
			continue
		}
		b = append(b, separator...)
		b = appendQuoted(b, p.Name)
		b = append(b, ": "...)
		b = appendQuoted(b, p.Value)
		separator = ", "
	}
	return b
}

func appendReceived(b []byte, name string, stream *received) []byte {
	b = append(b, `, "`...)
	b = append(b, name...)
	b = append(b, `": {"length": `...)
	b = strconv.AppendInt(b, stream.length, 10)
	b = append(b, `, "sha256": "`...)
	b = hex.AppendEncode(b, stream.sum[:])
	return append(b, `"}`...)
}

func (x *probing) appendPrefix(b []byte) []byte {
	if x.p.Prefix == nil {
		return b
	}
	l := x.location
	b = append(b, `, "prefix": {"script_name": `...)
	b = appendQuoted(b, l.ScriptName)
	b = append(b, `, "path_info": `...)
	b = appendQuoted(b, l.PathInfo)
	b = append(b, `, "url": `...)
	b = appendQuoted(b, l.URL)
	if len(l.Surprises) > 0 {
		b = append(b, `, "surprises": [`...)
		for i, s := range l.Surprises {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendQuoted(b, s)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendQuoted is a JSON string in ASCII, in which each byte is one code point.
func appendQuoted[S string | []byte](b []byte, s S) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	plain := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[plain:i]...)
		b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		plain = i + 1
	}
	b = append(b, s[plain:]...)
	return append(b, '"')
}
