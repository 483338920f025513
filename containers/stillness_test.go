package containers

import (
	"testing"
	"time"
)

// beat is how often stillness looks whether the machine still goes on.
const beat = 5 * time.Millisecond

// stillness begins to watch for the longest time that this process got no
// processor: a machine that others share may stand still for longer than what is
// timed on it. The function that it returns ends that, and tells.
func stillness() (longest func() time.Duration) {
	done, found := make(chan struct{}), make(chan time.Duration)
	go func() {
		worst, last := time.Duration(0), time.Now()
		for {
			select {
			case <-done:
				found <- max(worst, time.Since(last))
				return
			case <-time.After(beat):
			}
			worst = max(worst, time.Since(last))
			last = time.Now()
		}
	}()
	return func() time.Duration { close(done); return <-found }
}

// timed runs what depends on time, and once more, a few times at most, where it
// failed while the machine stood still for as long as matters to it.
func timed(t *testing.T, matters time.Duration, run func() error) {
	t.Helper()
	for range 4 {
		stood := stillness()
		err := run()
		longest := stood()
		if err == nil {
			return
		}
		if longest < matters {
			t.Error(err)
			return
		}
		t.Logf("once more, since the machine stood still for %v: %v", longest, err)
	}
	t.Error("the machine stood still in each of four tries")
}
