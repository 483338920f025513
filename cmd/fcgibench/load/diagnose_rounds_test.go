package load

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
)

// told are the diagnoses of a round that was run, less their cures.
func (s *byClock) told(t *testing.T, d time.Duration) []string {
	t.Helper()
	s.began = time.Now()
	r, err := (&Round{Transport: s, Targets: hellos(), Schedule: Constant(stallRate), Duration: d, wait: fakeWait}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return whats(r)
}

func whats(r result.Round) (all []string) {
	for _, d := range Diagnose(result.Subject{Name: "s", Protocol: "fcgi"}, []result.Round{r}, result.Plan{Rate: stallRate, KeepAlive: true}) {
		all = append(all, d.What)
	}
	return all
}

// wantOnly is one diagnosis that begins so: some requests end on a second's edge,
// now before it and now after it.
func wantOnly(t *testing.T, got []string, beginning string) {
	t.Helper()
	if len(got) != 1 || !strings.HasPrefix(got[0], beginning) {
		t.Errorf("got\n%q\nwant\n%s...", got, beginning)
	}
}

// byClock answers by the time since it began.
type byClock struct {
	began  time.Time
	answer func(at time.Duration) error
}

func (s *byClock) RoundTrip(*http.Request) (*http.Response, error) {
	if err := s.answer(time.Since(s.began)); err != nil {
		return nil, err
	}
	return answer(200, "hello"), nil
}

func (s *byClock) Stats() client.Stats { return client.Stats{} }

func TestAStallIsToldOfEveryPool(t *testing.T) {
	for _, pool := range []int{8, 64, 0} {
		t.Run(fmt.Sprint(pool), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := stalledRound(t, pool, 0)
				wantOnly(t, whats(r), "the server answered nothing for about 1 s, 4 s into the run; then 39")
			})
		})
	}
}

func TestARoundThatIsWellHasNothingToBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &byClock{answer: func(time.Duration) error { time.Sleep(2 * time.Millisecond); return nil }}
		if got := s.told(t, 5*time.Second); got != nil {
			t.Errorf("%q", got)
		}
	})
}

func TestADeathIsToldOfARound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &byClock{answer: func(at time.Duration) error {
			if at >= 2500*time.Millisecond {
				return syscall.ECONNREFUSED
			}
			time.Sleep(2 * time.Millisecond)
			return nil
		}}
		wantOnly(t, s.told(t, 5*time.Second), "the server died 2.5 s into the run: every request failed from then on (connection refused: ")
	})
}

// TestRequestsThatNobodyReadsAreNoStall: they time out in the midst of answers,
// and the last ones when nothing else comes.
func TestRequestsThatNobodyReadsAreNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		s := &byClock{answer: func(time.Duration) error {
			if n.Add(1)%50 == 0 {
				time.Sleep(time.Second)
				return &client.TimeoutError{Phase: client.FirstByte, Limit: time.Second}
			}
			time.Sleep(2 * time.Millisecond)
			return nil
		}}
		wantOnly(t, s.told(t, 3*time.Second), "120 of 6000 requests reached the time limit of ")
	})
}
