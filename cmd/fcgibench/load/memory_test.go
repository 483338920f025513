package load

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// Between the tenth second and the fortieth come 60,000 requests.
func TestMemoryDoesNotGrowWithTheRequests(t *testing.T) {
	heap := map[int]int64{}
	second := 0
	watch := func(result.Instant) {
		if second++; second%10 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			heap[second] = int64(m.HeapAlloc)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := &stalling{service: 2 * time.Millisecond}
		r := Round{Transport: s, Schedule: Constant(2000), Duration: 41 * time.Second, Watch: watch}.mustRun(t, t.Context())
		if r.Requests != 82_000 || len(heap) < 4 {
			t.Fatalf("%d requests, %d looks at the heap", r.Requests, len(heap))
		}
	})
	if grown := heap[40] - heap[10]; grown > 256<<10 {
		t.Errorf("the heap grew by %d bytes in 60,000 requests: %v", grown, heap)
	}
}
