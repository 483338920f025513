package reports

import "time"

// What follows is what the templates ask of an implementation, a protocol, a
// section, a case and a target.

// Page is an implementation's page, for a template.
func (p *matrixPeer) Page() string { return p.page }

// Page is a protocol's, for a template.
func (p *matrixProtocol) Page() string { return p.page }

// Page is a case's, for a template.
func (c *matrixCase) Page() string { return c.page }

// Key is a protocol's name in the filter.
func (p *matrixProtocol) Key() string { return p.page }

// Sections are the specification's.
func (p *matrixProtocol) Sections() []*matrixSection { return p.sections }

// Key is a section's name in the filter.
func (s *matrixSection) Key() string { return anchor(s.Name) }

// Cases are the section's.
func (s *matrixSection) Cases() []*matrixCase { return s.cases }

// FullTitle is its name with its version.
func (p *matrixPeer) FullTitle() string { return p.title() }

// Lost are its targets of which nothing was found, for a template.
func (p *matrixPeer) Lost() []*matrixTarget { return p.unreached() }

// ProtocolTitle is its protocol's name, as far as that was found out.
func (t *matrixTarget) ProtocolTitle() string { return protocolTitle(clean(t.Protocol)) }

// Date is the day of the run.
func (t *matrixTarget) Date() string {
	if t.Began.IsZero() {
		return "no date"
	}
	return t.Began.Format("2006-01-02 15:04 UTC")
}

// Said is the end of its log.
func (t *matrixTarget) Said() []string { return logLines(t.Log, evidenceLimits[0].bytes) }

// ServerName is what its probe application calls it.
func (t *matrixTarget) ServerName() string { return clean(t.Server) }

// Declared are what the server says of itself.
func (t *matrixTarget) Declared() []string { return cleanAll(t.Declares) }

// Remarks are how the run went.
func (t *matrixTarget) Remarks() []string { return cleanAll(t.Notes) }

func cleanAll(texts []string) []string {
	var all []string
	for _, s := range texts {
		all = append(all, clean(s))
	}
	return all
}

// dates are the days of the first and the last run.
func (m *Matrix) dates() string {
	var first, last time.Time
	for _, p := range m.peers {
		for _, t := range p.targets {
			if first.IsZero() || t.Began.Before(first) {
				first = t.Began
			}
			if t.Began.After(last) {
				last = t.Began
			}
		}
	}
	from, to := first.Format("2006-01-02"), last.Format("2006-01-02")
	switch {
	case last.IsZero():
		return "no date"
	case from == to || first.IsZero():
		return to
	}
	return from + " to " + to
}
