package reports

import (
	"fmt"
	"strings"
)

// blockLines is how long a failure is shown without Verbose: two of them are
// read at once on the smallest terminal.
const blockLines = 12

// lineWidth bounds the lines of a block without Verbose: a hexdump with its
// margin has 90 columns.
const lineWidth = 110

// block prints a failure, those of a case's variants as one: its rule, what was
// expected and what came, the bytes, and how to run it again.
func (t *Text) block(f folded, s state) {
	head := []string{
		t.paint(s, fmt.Sprintf("%s %s: %s", strings.ToUpper(string(s)), clean(f.Case()), clean(f.Title))),
		entry("section", strings.TrimSpace(clean(f.Level)+", "+clean(f.Section)+"  "+clean(f.Link))),
		entry("rule", clean(f.Rule)),
	}
	if ways := f.ways(); ways != "" {
		head = append(head, entry("fails", ways))
	}
	if f.Check != "" {
		head = append(head, entry("expected", clean(f.Check)))
	}
	if words := kindWords(f.Result); words != "" {
		head = append(head, entry("kind", words))
	}
	again := entry("again", fmt.Sprintf("%s -v -run %s", clean(t.Again), clean(f.Case())))
	t.printf("\n")
	for _, line := range head {
		t.printf("%s\n", line)
	}
	rest := blockLines - len(head) - 1
	for _, line := range t.evidence(f, rest) {
		t.printf("%s\n", line)
	}
	t.printf("%s\n", again)
}

// entry is a labelled line of a block.
func entry(label, text string) string { return fmt.Sprintf("  %-9s %s", label, text) }

// evidence is what came: the message and the bytes, within room lines where it
// is not verbose.
func (t *Text) evidence(f folded, room int) []string {
	message := came(f.Result)
	if t.Verbose {
		lines := labelled("came", message)
		lines = append(lines, labelled("note", cleanLines(f.Note))...)
		for _, r := range f.Differing {
			lines = append(lines, labelled(variant(r), cleanLines(r.Message))...)
		}
		return append(lines, labelled("bytes", t.wire(wireOf(f.Result, true)))...)
	}
	if len(message) > briefMessage {
		message = []string{joined(message)}
	}
	for i := range message {
		message[i] = shorten(message[i], messageWidth)
	}
	lines := labelled("came", message)
	for _, r := range f.Differing {
		if len(lines) < room-minWire {
			lines = append(lines, shorten(entry(variant(r), clean(r.Check)), lineWidth))
		}
	}
	return append(lines, labelled("bytes", t.near(f, room-len(lines)))...)
}

// briefMessage is how many lines of a message are shown as they are; a longer
// one becomes a single line, up to messageWidth.
const (
	briefMessage = 2
	messageWidth = 300
	minWire      = 3 // lines that the bytes get in any case
)

// labelled are lines of which the first has the label.
func labelled(label string, lines []string) []string {
	var all []string
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		all = append(all, entry(label, line))
	}
	return all
}
