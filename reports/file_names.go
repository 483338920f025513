package reports

import (
	"fmt"
	"strings"
)

// fileNames are names of files that were given, none twice: not even on a disk
// that takes A for a.
type fileNames map[string]bool

// take makes a file's name, without its ending, of any text.
func (f fileNames) take(text string) string {
	const longest = 100 // a name has 255 bytes at most
	base := strings.TrimLeft(anchor(text), ".-")
	base = base[:min(len(base), longest)]
	if base == "" {
		base = "_"
	}
	name := base
	for n := 2; f[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s_%d", base, n)
	}
	f[strings.ToLower(name)] = true
	return name
}
