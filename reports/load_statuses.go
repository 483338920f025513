package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// statusWords are classes of statuses, each with its statuses.
func statusWords(statuses map[string]int64) string {
	classes := map[string]int64{}
	for status, n := range statuses {
		classes[statusClass(status)] += n
	}
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		var members []string
		for _, status := range slices.Sorted(maps.Keys(statuses)) {
			if statusClass(status) == class {
				members = append(members, fmt.Sprintf("%s: %d", clean(status), statuses[status]))
			}
		}
		if len(members) == 1 {
			members[0], _, _ = strings.Cut(members[0], ":")
		}
		parts = append(parts, fmt.Sprintf("%s %d (%s)", class, classes[class], strings.Join(members, ", ")))
	}
	return strings.Join(parts, "; ")
}

// statusClass is 2xx of 204.
func statusClass(status string) string {
	if len(status) == 3 && strings.Trim(status, "0123456789") == "" {
		return status[:1] + "xx"
	}
	return "other"
}
