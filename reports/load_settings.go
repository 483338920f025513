package reports

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// place is a subject's target, with its protocol in front.
func place(s result.Subject) string {
	target := clean(s.Target)
	if s.Protocol == "" || strings.HasPrefix(target, s.Protocol+"+") || strings.HasPrefix(target, s.Protocol+":") {
		return target
	}
	return clean(s.Protocol) + " " + target
}

// settingNames are what has to be known of a subject to compare it.
var settingNames = []string{"method", "workers", "pool", "keep-conn", "mux", "backlog"}

// settingsOf are the values of settingNames: always all.
func settingsOf(s result.Subject, p result.Plan) []string {
	method := "unknown"
	if s.Method != "" {
		method = clean(s.Method)
	}
	keep := "yes"
	if !p.KeepAlive || s.Protocol == "scgi" { // SCGI has none
		keep = "no"
	}
	mux := "no"
	if p.Mux > 1 {
		mux = fmt.Sprint(p.Mux)
	}
	return []string{method, countOr(s.Workers, "unknown"), countOr(s.Pool, "no limit"), keep, mux, countOr(s.Backlog, "unknown")}
}

func countOr(n int, none string) string {
	if n == 0 {
		return none
	}
	return fmt.Sprint(n)
}

// settings are those of a subject in a line.
func settings(s result.Subject, p result.Plan) string {
	var parts []string
	for i, value := range settingsOf(s, p) {
		parts = append(parts, settingNames[i]+" "+value)
	}
	return strings.Join(parts, ", ")
}
