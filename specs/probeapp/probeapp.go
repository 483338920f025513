// Package probeapp holds the probe application, contract 1, in the languages of the servers that it is to run behind:
// one small file each. Such a server then says what it received, and answers as the query string tells it. The package also
// reads these answers for the cases of all protocols.
package probeapp

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed probe.php probe.py probe.c probe.jsp probe.java probe.go probe.pl probe_django.py probe.js probe.rb probe.lua probe_asgi.py
var files embed.FS

var applications = []struct{ language, file string }{
	{"php", "probe.php"},
	{"wsgi", "probe.py"},
	{"c", "probe.c"},
	{"jsp", "probe.jsp"},
	{"java", "probe.java"},
	{"go", "probe.go"},
	{"perl", "probe.pl"},
	{"django", "probe_django.py"},
	{"node", "probe.js"},
	{"ruby", "probe.rb"},
	{"lua", "probe.lua"},
	{"asgi", "probe_asgi.py"},
}

// Languages returns the names that [Source] takes.
func Languages() []string {
	var languages []string
	for _, a := range applications {
		languages = append(languages, a.language)
	}
	return languages
}

// Source returns the application in a language: the name of its file, and the file, whose first comment says how it
// is run. The error for an unknown language names the known ones.
func Source(language string) (name string, source []byte, err error) {
	for _, a := range applications {
		if a.language == language {
			source, err = files.ReadFile(a.file)
			return a.file, source, err
		}
	}
	return "", nil, fmt.Errorf("probe application: want one of %s, got %q", strings.Join(Languages(), ", "), language)
}
