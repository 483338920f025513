package reports

import (
	"testing"
	"time"
)

func TestFiguresHaveTheDigitsAndUnitsThatSuitThem(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{shortTime(0), "0"},
		{shortTime(850 * time.Microsecond), "850 µs"},
		{shortTime(999600 * time.Nanosecond), "1.00 ms"},
		{shortTime(12345 * time.Microsecond), "12.3 ms"},
		{shortTime(999 * time.Millisecond), "999 ms"},
		{shortTime(999600 * time.Microsecond), "1.00 s"},
		{shortTime(5001 * time.Millisecond), "5.00 s"},
		{shortTime(time.Hour), "3600 s"},
		{inMilliseconds(7 * time.Microsecond), "0.007"},
		{inMilliseconds(1234 * time.Microsecond), "1.23"},
		{inMilliseconds(5003 * time.Millisecond), "5000"},
		{inMilliseconds(3601234 * time.Millisecond), "3600000"},
		{longTime(400 * time.Millisecond), "0.4 s"},
		{longTime(62 * time.Second), "62 s"},
		{longTime(10 * time.Minute), "10 min"},
		{longTime(150 * time.Minute), "2.5 h"},
		{rateWords(0.5), "0.5"},
		{rateWords(47.33), "47.3"},
		{rateWords(1999.7), "2000"},
		{percent(0), "0 %"},
		{percent(1e-6), "under 0.001 %"},
		{percent(0.0006), "0.06 %"},
		{percent(0.1425), "14 %"},
		{percent(0.99955), "over 99.9 %"},
		{percent(0.998), "99.8 %"},
		{percent(1), "100 %"},
		{wireBytes(520), "520 bytes"},
		{wireBytes(5.2e6), "5.20 MB"},
		{memoryBytes(42 << 20), "42.0 MiB"},
		{memoryBytes(1 << 30), "1.00 GiB"},
		{foundRate(3124.7), "3120"},
		{foundRate(47.33), "47.3"},
		{statusWords(map[string]int64{"200": 5, "502": 1, "503": 2, "20": 1}), "2xx 5 (200); 5xx 3 (502: 1, 503: 2); other 1 (20)"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
