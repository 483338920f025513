package cli

import "strings"

// SplitURL takes a URL apart, fcgi://127.0.0.1:9000/path or
// fcgi+unix:/tmp/app.sock:/path; a bare target's path is /.
func SplitURL(s string) (target, path string) {
	if prefix, address, ok := strings.Cut(s, "unix:"); ok && (prefix == "" || strings.HasSuffix(prefix, "+")) {
		// The first one ends the socket: the query may hold a URL of its own.
		if i := strings.Index(address, ":/"); i > 0 {
			cut := len(s) - len(address) + i
			return s[:cut], s[cut+1:]
		}
		return s, "/"
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			return scheme + "://" + rest[:i], "/" + strings.TrimPrefix(rest[i:], "/")
		}
	}
	return s, "/"
}

// ScriptName is the part of the path that names the script: the longest
// beginning of it, up to a slash, that the script's file name ends with. So
// /srv/www/index.php and /index.php/a give /index.php, and php-fpm's status page
// is -script /status and /status.
func ScriptName(script, path string) string {
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		if name := path[:end]; name != "/" && strings.HasSuffix(script, name) {
			return name
		}
	}
	return ""
}
