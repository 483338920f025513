package specs_test

// kills says which cases each fault must fail, by which check, and no others.
// Each protocol's are in a file of its own.
var kills = map[string]map[string]string{}

// outlives is the check of every case that hurts.
const outlives = "the server serves the next client after it"
