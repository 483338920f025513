package load

import (
	"strings"
	"testing"
)

func TestRatesAreASecondOrWhatTheySay(t *testing.T) {
	for text, want := range map[string]float64{
		"2000": 2000, "0": 0, "0.5": 0.5, "120/1m": 2, "120/m": 2, "50/s": 50, "10/100ms": 100, "1/h": 1.0 / 3600,
	} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestBadRatesAreNamed(t *testing.T) {
	for _, text := range []string{"", "fast", "-1", "NaN", "Inf", "10/", "10/0s", "10/-1s", "10/x", "/1s", "1e300", "1e9", "1000000/1ns"} {
		if got, err := ParseRate(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q is %v, error %v", text, got, err)
		}
	}
}
