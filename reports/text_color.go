package reports

import "fmt"

// colors are SGR codes. No color stands without a word that says the same.
var colors = map[state]int{errored: 35, failed: 31, mended: 31, warned: 33, known: 36, passed: 32}

// paint colors a text as a state.
func (t *Text) paint(s state, text string) string {
	code := colors[s]
	if !t.Color || code == 0 {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, text)
}

// counts are a tally's in one line, those with something in them in color.
func (t *Text) counts(n tally) string {
	return n.in(func(s state, words string) string {
		if n.results[s] == 0 {
			return words
		}
		return t.paint(s, words)
	})
}

// overall is the state of a target as a whole.
func overall(n tally) state {
	for _, s := range wanting {
		if n.results[s] > 0 {
			return s
		}
	}
	if n.results[passed]+n.results[known] == 0 {
		return untested
	}
	return passed
}
