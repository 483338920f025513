package load

import (
	"sync"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// monitor looks at a round while it runs.
type monitor struct {
	a         *attack
	timeline  []result.Instant
	from      time.Duration // the second's begin
	taken     int64         // requests that were taken until its begin
	sent      int64         // and those that were held up, too
	latency   *Recorder     // scratch
	generator *generatorUsage
	server    *treeUsage
	stillness *stillness
	done      chan struct{}
	over      sync.WaitGroup
}

// lookEvery is how often memory and descriptors are looked at, whose highest is
// wanted: often enough for a round of some seconds, at a thousandth of a core.
const lookEvery = 500 * time.Millisecond

// newMonitor looks for the first time, before the clock of the round starts.
func newMonitor(a *attack) *monitor {
	m := &monitor{
		a:       a,
		latency: NewRecorder(),
		server:  newTreeUsage(a.round.ServerPID),
		done:    make(chan struct{}),
	}
	m.generator = newGeneratorUsage() // at last: it counts what is done from here on
	return m
}

func (m *monitor) begin() {
	m.stillness = watchStillness()
	m.over.Go(m.look)
}

func (m *monitor) look() {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	cpu, last := m.generator.taken.CPU, time.Now()
	for {
		select {
		case <-m.done:
			return
		case <-ticker.C:
			m.generator.look()
			relieve(m.generator.taken.CPU-cpu, time.Since(last))
			cpu, last = m.generator.taken.CPU, time.Now()
			m.server.look()
			if at := time.Since(m.a.began); at >= time.Duration(len(m.timeline)+1)*time.Second {
				m.instant(at)
			}
		}
	}
}

// instant closes a second.
func (m *monitor) instant(at time.Duration) {
	i := m.a.tally.instant(m.latency)
	i.At, i.Connections = at, m.a.round.Transport.Stats().Open
	i.Asked = m.a.round.asked(m.from, at)
	// Who is held up waits in the client's queue, to who looks at it.
	m.taken += i.Sent
	before := m.sent
	m.sent = max(m.sent, m.taken+m.a.waiting(at))
	i.Sent = m.sent - before
	m.from = at
	m.timeline = append(m.timeline, i)
	if m.a.round.Watch != nil {
		m.a.round.Watch(i)
	}
}

// end looks a last time, and closes the second that had begun.
func (m *monitor) end() {
	close(m.done)
	m.over.Wait()
	m.generator.look()
	m.generator.taken.StoodStill = m.stillness.stop()
	m.server.scan()
	m.instant(time.Since(m.a.began))
}
