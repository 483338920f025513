package cli

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"probe", "list", "show", "app", "diff", "get", "detect"}
	for word, want := range map[string]string{
		"lsit": "list", "shwo": "show", "gett": "get", "dif": "diff", "frobnicate": "", "detct": "detect",
	} {
		got := Nearest(word, words)
		if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || got[0] != want) {
			t.Errorf("%s: %v, want %q first", word, got, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"unix:/tmp/app.sock": "unix:/tmp/app.sock", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'",
	} {
		if got := ShellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
