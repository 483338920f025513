package reports

import "strings"

// subject prints what was found of one.
func (t *loadText) subject(s *loadSum) {
	t.line("")
	head := t.paint(bold, clean(s.Name))
	if at := place(s.Subject); at != clean(s.Name) {
		head += "  " + at
	}
	t.line("%s", head)
	t.prose(settings(s.Subject, t.run.Plan), "  ")
	switch {
	case len(s.Rounds) > 0:
	case len(t.run.Search) > 0:
		return
	default:
		t.line("  no round was run")
		return
	}
	t.line("")
	for _, f := range s.facts() {
		t.fact(f)
	}
	t.latencies(s)
	t.phases(s)
	t.errors(s)
}

// factColumn is how wide the labels of facts are.
const factColumn = 13

// fact is a line with its label, wrapped beside it.
func (t *loadText) fact(f fact) {
	margin := strings.Repeat(" ", 2+factColumn)
	for i, line := range wrapped(f.text, t.width(), margin) {
		if i == 0 {
			line = "  " + f.label + strings.Repeat(" ", factColumn-len(f.label)) + strings.TrimPrefix(line, margin)
		}
		t.line("%s", line)
	}
}
