package load

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

// A round lasts until its last request has run into its limit; what was answered
// was answered in less.
func TestWhatNeverComesDoesNotLowerTheRateOfWhatCame(t *testing.T) {
	const never = 5 * time.Second
	for name, late := range map[string]time.Duration{"in time": 0, "late": 500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &byClock{began: time.Now(), answer: func(at time.Duration) error {
					if at > 900*time.Millisecond {
						time.Sleep(never)
						return context.DeadlineExceeded
					}
					time.Sleep(late)
					return nil
				}}
				r, err := (&Round{Transport: s, Targets: hellos(), Schedule: Constant(100), Duration: time.Second, wait: fakeWait}).Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if r.Duration < never || r.Requests == r.Succeeded {
					t.Fatalf("%v with %d of %d answered: expected some that are never", r.Duration, r.Succeeded, r.Requests)
				}
				want := max(time.Second, 900*time.Millisecond+late)
				if off := r.Answering - want; off < -20*time.Millisecond || off > 20*time.Millisecond {
					t.Errorf("good answers came for %v, want about %v", r.Answering, want)
				}
				rate, known, err := throughput(r)
				if want := float64(r.Succeeded) / r.Answering.Seconds(); err != nil || !known || rate != want {
					t.Errorf("%v a second (%v, %v), want %v", rate, known, err, want)
				}
			})
		})
	}
}

func TestARoundThatDoesNotSayHowLongItWasAnswered(t *testing.T) {
	r := result.Round{Duration: 2 * time.Second, Requests: 10, Succeeded: 10}
	if rate, _, _ := throughput(r); rate != 5 {
		t.Errorf("%v a second, want 5: a run of before has Duration alone", rate)
	}
}
