package main

import (
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/reports/result"
)

func TestAVigilEndsWithTheServer(t *testing.T) {
	good := result.Instant{Sent: 100, Done: 100}
	refused := result.Instant{Sent: 100, Done: 100, Failed: 100, Errors: map[string]int64{"connection refused": 100}}
	hanging := result.Instant{Sent: 100, Done: 100, Failed: 100, Errors: map[string]int64{"timeout with nothing read": 100}}
	silent := result.Instant{Sent: 100}
	wrong := result.Instant{Sent: 100, Done: 100, Failed: 100, Errors: map[string]int64{"wrong status": 100}}
	over := result.Instant{}
	for name, c := range map[string]struct {
		seconds []result.Instant
		end     int // which second ends it; -1 is none
	}{
		"good":                     {[]result.Instant{good, good, good, good, good, good}, -1},
		"refused":                  {[]result.Instant{good, refused, refused, refused, refused}, 3},
		"restarted":                {[]result.Instant{good, refused, refused, good, refused, refused, good}, -1},
		"hanging":                  {[]result.Instant{good, silent, silent, hanging, hanging, hanging, hanging, hanging}, 7},
		"a pause":                  {[]result.Instant{good, silent, silent, hanging, hanging, good}, -1},
		"wrong answers":            {[]result.Instant{wrong, wrong, wrong, wrong, wrong, wrong}, -1},
		"nothing is sent any more": {[]result.Instant{good, over, over, over, over, over}, -1},
	} {
		ended := -1
		second := 0
		v := newVigil(2*time.Second, func() {
			if ended < 0 {
				ended = second
			}
		})
		for i, s := range c.seconds {
			second = i
			s.At = time.Duration(i+1) * time.Second
			v.see(s)
		}
		if ended != c.end || v.sees() != (c.end >= 0) {
			t.Errorf("%s: ended in second %d, want %d", name, ended, c.end)
		}
	}
}
