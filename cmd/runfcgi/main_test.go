package main

import (
	"context"
	"strings"
	"testing"
)

func TestAnErrorIsOneLine(t *testing.T) {
	var said strings.Builder
	if code := report(&said, misused("socket=a\nb\r: expected another")); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	if want := "runfcgi: socket=a\\nb\\r: expected another\n"; said.String() != want {
		t.Errorf("%q, want %q", said.String(), want)
	}
}

// TestAStopThatCutsOffSaysWhy: a second signal, or the limit.
func TestAStopThatCutsOffSaysWhy(t *testing.T) {
	for err, want := range map[error]string{
		context.Canceled:         "stopped at once",
		context.DeadlineExceeded: "within 1m0s",
	} {
		if got := cutOff(err); !strings.Contains(got.Error(), want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	if err := cutOff(nil); err != nil {
		t.Error(err)
	}
}
