package reports

import _ "embed"

// Schema is the JSON Schema, draft 2020-12, of what [JSON] writes.
//
//go:embed schema/fcgiprobe-1.json
var Schema []byte
