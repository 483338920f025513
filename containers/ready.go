package containers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"
)

const (
	// startLimit is for a JVM on a busy machine of two cores; all others serve
	// within half a second. One that dies is noticed at once.
	startLimit = 2 * time.Minute

	// buildLimit is for Go's net/http, compiled there with an empty cache in
	// more than half a minute.
	buildLimit = 3 * time.Minute

	// pollInterval is short against the fastest start of a server, 20 ms.
	pollInterval = 10 * time.Millisecond
)

// errTaken tells that somebody else has the port that was free.
var errTaken = errors.New("the port is taken")

// ready waits until the peer serves.
func (p *Peer) ready(ctx context.Context) error {
	limit := startLimit
	if p.Definition.Builds {
		limit = buildLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("it doesn't accept on %s: %w", p.address, ctx.Err())
		case <-p.process.done():
			return errors.Join(p.taken(), fmt.Errorf("it ended at its start: %v", p.process.outcome()))
		case <-tick.C:
		}
		if err := p.taken(); err != nil {
			return err
		}
		if p.announced() && p.accepts() {
			return p.private()
		}
	}
}

// taken looks for the system's message in the output: Tomcat runs on without
// the connector that couldn't be bound, nginx tries again for seconds.
func (p *Peer) taken() error {
	if p.network == "tcp" && strings.Contains(strings.ToLower(p.Log()), "address already in use") {
		return errTaken
	}
	return nil
}

// announced tells whether the output has the line that the definition asks for.
func (p *Peer) announced() bool {
	return p.Definition.Ready == "" || regexp.MustCompile(p.Definition.Ready).MatchString(p.Log())
}

// private is an error where the peer, which has this machine's network, listens
// on more of it than the loopback.
func (p *Peer) private() error {
	if open := exposed(p.process.pids()); len(open) > 0 {
		return fmt.Errorf("it listens on %v, where other machines reach it: expected an address of 127.0.0.1", open)
	}
	return nil
}

// accepts connects once the socket is there. A TCP port has to be the peer's
// own: another program's on the same port accepts, too.
func (p *Peer) accepts() bool {
	if p.network == "tcp" && !listens(p.process.pids(), p.address) {
		return false
	}
	c, err := net.DialTimeout(p.network, p.address, time.Second)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
