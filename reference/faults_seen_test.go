package reference

import (
	"regexp"
	"strings"
	"testing"
)

// sources are links, and the servers, libraries and advisories that Fault.Seen
// names where a fault was seen in the field; else it tells how one comes about.
var sources = regexp.MustCompile(`https://|CVE-|php|libfcgi|uWSGI|flup|net/http|Tomcat|Undertow|rtorrent|Grizzly|glassfish|nginx|munin|lighttpd|hhvm|HAProxy|mod_jk|Apache`)

func TestHalfOfTheFaultsWereSeenInTheField(t *testing.T) {
	all, seen := map[string]int{}, map[string]int{}
	for _, f := range Faults() {
		protocol, _, _ := strings.Cut(f.Name, "/")
		all[protocol]++
		if sources.MatchString(f.Seen) {
			seen[protocol]++
		}
	}
	for protocol, n := range all {
		t.Logf("%s: %d of %d", protocol, seen[protocol], n)
		if 2*seen[protocol] < n {
			t.Errorf("%s: %d of %d faults name where they were seen", protocol, seen[protocol], n)
		}
	}
}
