package reference

import "strings"

const (
	// prefixSafe is what Python 2's urllib.quote leaves as it is, beside letters
	// and digits.
	prefixSafe = "_.-/"
	// onlyPathSafe is what Django's reverse() leaves, moreover, in a path (RFC
	// 3986 3.3), but not in the prefix in front of it.
	onlyPathSafe = "~:@!$&'()*+,;="
	pathSafe     = prefixSafe + onlyPathSafe
)

// joinURL is what Django's reverse() gives for the page itself. A browser would
// take two slashes at its beginning for a host's name, so the second is escaped.
func joinURL(name, path string) string {
	if !strings.HasSuffix(name, "/") {
		name += "/"
	}
	url := escape(name, prefixSafe) + escape(strings.TrimPrefix(path, "/"), pathSafe)
	if strings.HasPrefix(url, "//") {
		return "/%2F" + url[2:]
	}
	return url
}

// escape percent-encodes each byte that is no letter, no digit and not in safe.
func escape(s, safe string) string {
	kept := func(c byte) bool {
		return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || strings.IndexByte(safe, c) >= 0
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	plain := 0
	for i := range len(s) {
		if c := s[i]; !kept(c) {
			b.WriteString(s[plain:i])
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			plain = i + 1
		}
	}
	if plain == 0 {
		return s
	}
	b.WriteString(s[plain:])
	return b.String()
}

// unescape decodes percent-encoding, and leaves a percent sign alone that has
// no two digits behind it.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if isTriplet(s[i:]) {
			b = append(b, hexValue(s[i+1])<<4|hexValue(s[i+2]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// hasTriplet says that something in s looks percent-encoded.
func hasTriplet(s string) bool {
	for i := range len(s) {
		if isTriplet(s[i:]) {
			return true
		}
	}
	return false
}

func isTriplet(s string) bool {
	return len(s) >= 3 && s[0] == '%' && hexValue(s[1]) < 16 && hexValue(s[2]) < 16
}

// hexValue is a hexadecimal digit's value, and more than 15 for other bytes.
func hexValue(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xFF
}
