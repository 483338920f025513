package load

import "time"

// beat is how often stillness looks whether the process still goes on.
const beat = 10 * time.Millisecond

// stillness measures for how long this process got no processor, at most. While
// requests are held up by the server that shows in no lateness.
type stillness struct {
	longest time.Duration
	end     chan struct{}
	over    chan struct{}
}

func watchStillness() *stillness {
	s := &stillness{end: make(chan struct{}), over: make(chan struct{})}
	go s.watch()
	return s
}

func (s *stillness) watch() {
	defer close(s.over)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-s.end:
			return
		case <-ticker.C:
			now := time.Now()
			s.longest = max(s.longest, now.Sub(last)-beat)
			last = now
		}
	}
}

// stop ends it, and is the longest.
func (s *stillness) stop() time.Duration {
	close(s.end)
	<-s.over
	return s.longest
}
