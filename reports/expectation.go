package reports

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Expectation is a known failure. It has to fail: one that passes has been
// mended, and its row goes.
type Expectation struct {
	ID string // a case's, for all of its variants, or that of one: id@variant
	result.Known
	Check string // what was broken when it was written; it is not read back
}

// Expectations are the known failures of a server, as expect.yaml has them: a
// list of rows with id, version, reason, link and, where it may pass, too,
// sometimes.
type Expectations []Expectation

// ReadExpectations reads them, strictly: an unknown key, a row that lacks
// something, or an id that comes twice is an error of one line, which names the
// file's.
func ReadExpectations(r io.Reader) (Expectations, error) {
	var document yaml.Node
	if err := yaml.NewDecoder(r).Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("it is no YAML: %s", strings.TrimPrefix(oneLine(err.Error()), "yaml: "))
	}
	list := document.Content[0]
	if list.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("line %d: expected a list of rows, the first beginning with - id: fcgi/3.3/version", list.Line)
	}
	var all Expectations
	for _, row := range list.Content {
		e, err := readExpectation(row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", row.Line, err)
		}
		if all.find(e.ID) != nil {
			return nil, fmt.Errorf("line %d: %s has a row already", row.Line, e.ID)
		}
		all = append(all, e)
	}
	return all, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func readExpectation(row *yaml.Node) (Expectation, error) {
	var e Expectation
	if row.Kind != yaml.MappingNode {
		return e, errors.New("expected a row that begins with id: fcgi/3.3/version")
	}
	texts := map[string]*string{"id": &e.ID, "version": &e.Version, "reason": &e.Reason, "link": &e.Link}
	seen := map[string]bool{}
	for i := 0; i < len(row.Content); i += 2 {
		key, value := row.Content[i].Value, row.Content[i+1]
		if seen[key] {
			return e, fmt.Errorf("%s comes twice in the row", key)
		}
		seen[key] = true
		switch text := texts[key]; {
		case key == "sometimes":
			if err := value.Decode(&e.Sometimes); err != nil {
				return e, fmt.Errorf("sometimes: %s: expected true or false", value.Value)
			}
		case text == nil:
			return e, fmt.Errorf("unknown key %q: expected id, version, reason, link or sometimes", key)
		case value.Kind != yaml.ScalarNode:
			return e, fmt.Errorf("%s: expected a text", key)
		case value.Tag != "!!null":
			*text = strings.TrimSpace(value.Value)
		}
	}
	return e, e.complete()
}

// complete finds what is not filled in.
func (e Expectation) complete() error {
	if e.ID == "" {
		return errors.New("the row has no id: expected a case's, such as id: fcgi/3.3/version")
	}
	var missing []string
	for _, field := range []struct{ name, text string }{{"version", e.Version}, {"reason", e.Reason}, {"link", e.Link}} {
		if field.text == "" {
			missing = append(missing, field.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: %s not filled in: a known failure has a version of the server's, a reason and a link",
			e.ID, strings.Join(missing, " and "))
	}
	return nil
}

func (all Expectations) find(id string) *Expectation {
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
	}
	return nil
}

// Known is what is known of a failure: by its variant's row, or else by its
// case's; nil if nothing is.
func (all Expectations) Known(r result.Result) *result.Known {
	e := all.find(r.ID)
	if e == nil {
		e = all.find(r.Case())
	}
	if e == nil {
		return nil
	}
	known := e.Known
	return &known
}

// Apply sets Known of a target's results. A case's row wants one of its variants
// to fail: those that pass count against it when none does.
func (all Expectations) Apply(target *result.Target) {
	broken := map[string]bool{}
	for _, r := range target.Results {
		if r.Broken() {
			broken[r.Case()] = true
		}
	}
	for i := range target.Results {
		r := &target.Results[i]
		ofVariant := all.find(r.ID) != nil && r.ID != r.Case()
		if r.Broken() || r.Verdict == result.Pass && (ofVariant || !broken[r.Case()]) {
			r.Known = all.Known(*r)
		}
	}
}

// Failures are the rows for what failed, or with strict warned, too: one for a
// case of which every variant did that ran, else one for each variant. What is
// known of one already is kept; the rest is left to be filled in.
func Failures(targets []result.Target, strict bool) Expectations {
	var all Expectations
	for _, target := range targets {
		spared := map[string]bool{}
		for _, r := range target.Results {
			if r.Verdict == result.Pass {
				spared[r.Case()] = true
			}
		}
		for _, r := range target.Results {
			if r.Verdict != result.Fail && (r.Verdict != result.Warn || !strict && r.Known == nil) {
				continue
			}
			e := Expectation{ID: r.Case(), Check: r.Check}
			if spared[e.ID] {
				e.ID = r.ID
			}
			if r.Known != nil {
				e.Known = *r.Known
			}
			if all.find(e.ID) == nil {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b Expectation) int { return strings.Compare(a.ID, b.ID) })
	return all
}

const howToFillIn = `# Known failures. Fill in each row's
#   version: the server's, with which it was seen
#   reason:  why it fails, in a sentence
#   link:    to the bug's report, or to where the server's documentation says it
# and add "sometimes: true" where it may pass, too. Without that a row has to
# fail: one that passes counts as a failure, until its row is taken out.
`

// Write writes them in the form that ReadExpectations reads, below a comment
// that says what is to be filled in.
func (all Expectations) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString(howToFillIn)
	if len(all) == 0 {
		b.WriteString("[]\n")
	}
	for _, e := range all {
		fmt.Fprintf(&b, "- id: %s\n", e.ID)
		if e.Check != "" {
			fmt.Fprintf(&b, "  # %s\n", oneLine(e.Check))
		}
		for _, field := range []struct{ name, text string }{{"version", e.Version}, {"reason", e.Reason}, {"link", e.Link}} {
			fmt.Fprintf(&b, "  %s: %s\n", field.name, quoted(field.text))
		}
		if e.Sometimes {
			b.WriteString("  sometimes: true\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted is a text as YAML has it between double quotes.
func quoted(s string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: oneLine(s)}
	text, err := yaml.Marshal(&n)
	if err != nil {
		return `""` // no text of one line fails
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
