//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package client

// stale can't look at a kept connection here without reading from it; a lost
// one shows when its request fails.
func (p *pool) stale(*conn) bool { return false }
