package reports

import "net/url"

// webLink is a link that may be followed, "" for any other: a report can come
// from elsewhere, and so can its links.
func webLink(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}
