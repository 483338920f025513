package ajp

// StoredMethod is the method code that refers to the stored_method attribute for the name. De facto: the table of
// section method ends at 27.
const StoredMethod = 0xFF

// methods by code; 0 is none (section method). RFC 3253 writes BASELINE-CONTROL what the table writes BASELINE_CONTROL:
// what travels in HTTP is the former.
var methods = [...]string{
	1:  "OPTIONS",
	2:  "GET",
	3:  "HEAD",
	4:  "POST",
	5:  "PUT",
	6:  "DELETE",
	7:  "TRACE",
	8:  "PROPFIND",
	9:  "PROPPATCH",
	10: "MKCOL",
	11: "COPY",
	12: "MOVE",
	13: "LOCK",
	14: "UNLOCK",
	15: "ACL",
	16: "REPORT",
	17: "VERSION-CONTROL",
	18: "CHECKIN",
	19: "CHECKOUT",
	20: "UNCHECKOUT",
	21: "SEARCH",
	22: "MKWORKSPACE",
	23: "UPDATE",
	24: "LABEL",
	25: "MERGE",
	26: "BASELINE-CONTROL",
	27: "MKACTIVITY",
}

// MethodCode returns the code of an HTTP method, false for one that has none and so must travel as StoredMethod. Method
// names are case-sensitive. It takes code 26 in the spelling of HTTP and in that of the table.
func MethodCode(name string) (byte, bool) {
	if name == "BASELINE_CONTROL" {
		return 26, true
	}
	for code := 1; code < len(methods); code++ {
		if methods[code] == name {
			return byte(code), true
		}
	}
	return 0, false
}

// MethodName returns the HTTP method of a code of the table, "" for every other code, StoredMethod among them.
func MethodName(code byte) string {
	if int(code) >= len(methods) {
		return ""
	}
	return methods[code]
}
