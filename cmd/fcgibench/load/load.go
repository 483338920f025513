// Package load is the harness behind fcgibench: it drives vegeta over the
// client's transport, and keeps honest books of what comes back.
//
// A Round is one attack on one server, and gives a result.Round. Its response
// times count from the planned start of each request, so that a server that
// stalls can't hide it by holding the generator up.
package load
