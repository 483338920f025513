package cli

import (
	"slices"
	"strings"
)

// DidYouMean is a part of an error's line: the words that are nearest to one
// that is none of them.
func DidYouMean(word string, words []string) string {
	near := Nearest(word, words)
	if len(near) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(near, " or ") + "?)"
}

// suggestions is how many words are suggested at most.
const suggestions = 3

// Nearest are the words that contain the word, then those that a few letters
// tell from it.
func Nearest(word string, words []string) []string {
	word = strings.ToLower(word)
	far := max(2, len(word)/3)
	distance := map[string]int{}
	for _, w := range words {
		d := editDistance(word, w)
		if len(word) > 2 && strings.Contains(w, word) {
			d = 0
		}
		if d <= far {
			distance[w] = d
		}
	}
	near := slices.DeleteFunc(slices.Clone(words), func(w string) bool { _, ok := distance[w]; return !ok })
	slices.SortStableFunc(near, func(a, b string) int { return distance[a] - distance[b] })
	return near[:min(len(near), suggestions)]
}

// editDistance is how many letters are to be put in, taken out or changed
// (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
