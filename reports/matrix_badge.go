package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// badge is what shields.io's endpoint badges are made of.
type badge struct {
	SchemaVersion int    `json:"schemaVersion"`
	Label         string `json:"label"`
	Message       string `json:"message"`
	Color         string `json:"color"`
}

// MatrixBadge writes an implementation's badge: its share in each protocol. Its
// colour is that of the lowest share, and red where a failure is new.
func MatrixBadge(w io.Writer, p result.MatrixPeer) error {
	b := badge{1, "fcgikit", "untested", "lightgrey"}
	var parts []string
	lowest, fresh := 100, 0
	for _, m := range p.Protocols {
		if m.Tested == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %d%%", m.Protocol, 100*m.Kept/m.Tested))
		lowest = min(lowest, 100*m.Kept/m.Tested)
		fresh += m.Counts[string(failed)]
	}
	if len(parts) > 0 {
		b.Message, b.Color = strings.Join(parts, ", "), badgeColor(lowest)
	}
	if fresh > 0 {
		b.Color = "red"
	}
	return json.NewEncoder(w).Encode(b)
}

// badgeColor is the usual one of a share in percent.
func badgeColor(share int) string {
	for _, c := range []struct {
		from int
		name string
	}{{100, "brightgreen"}, {90, "green"}, {80, "yellowgreen"}, {60, "yellow"}} {
		if share >= c.from {
			return c.name
		}
	}
	return "orange"
}
