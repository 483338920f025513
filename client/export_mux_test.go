package client

import "io"

// EndShared ends the shared connections as a failed read does, but that the pool
// has not heard of it yet.
func EndShared(t *Transport) {
	for _, p := range t.pools {
		for _, c := range p.all {
			c.mux.mu.Lock()
			c.mux.err = io.EOF
			close(c.mux.dead)
			c.mux.mu.Unlock()
		}
	}
}
