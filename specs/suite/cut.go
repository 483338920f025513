package suite

import (
	"bytes"
	"runtime"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// Cut is how bytes travel: the axis of segmentation. It must make no difference.
type Cut struct {
	Name string // "" is whole
	cut  func(t *T, pieces [][]byte) [][]byte
}

// Cuts are all segmentations. The first is the default.
var Cuts = []Cut{
	{Name: "", cut: whole},
	{Name: "record", cut: asTheyAre},
	{Name: "bytes", cut: bytewise},
	{Name: "header", cut: headerApart},
	{Name: "random", cut: randomly},
}

// pieces are what is written one after the other.
func (v Variant) pieces(t *T, pieces [][]byte) [][]byte {
	if v.cut.cut == nil {
		return whole(t, pieces)
	}
	return v.cut.cut(t, pieces)
}

// pause waits after a write, so that the peer reads the next one apart: on one
// machine it mostly does after this.
func (v Variant) pause(written int) {
	switch {
	case v.cut.Name == "", written > pausedLimit:
	case v.cut.Name == "bytes":
		// A sleep takes a millisecond at least, which is too long for each byte.
		for start := time.Now(); time.Since(start) < 20*time.Microsecond; {
			runtime.Gosched()
		}
	default:
		time.Sleep(200 * time.Microsecond)
	}
}

// pausedLimit is how many bytes of a connection are sent with pauses: about as
// many as an ordinary request has.
const pausedLimit = 512

func whole(_ *T, pieces [][]byte) [][]byte { return [][]byte{bytes.Join(pieces, nil)} }

func asTheyAre(_ *T, pieces [][]byte) [][]byte { return pieces }

// finely is how much goes in small pieces; the rest of a longer request goes in
// large ones, so that it does not take seconds.
const finely = 2048

func bytewise(_ *T, pieces [][]byte) [][]byte {
	all := bytes.Join(pieces, nil)
	var cut [][]byte
	for i := 0; i < min(len(all), finely); i++ {
		cut = append(cut, all[i:i+1])
	}
	if len(all) > finely {
		cut = append(cut, all[finely:])
	}
	return cut
}

// headerApart sends what comes before the content of each record, packet or
// netstring apart from the rest.
func headerApart(t *T, pieces [][]byte) [][]byte {
	var cut [][]byte
	for _, p := range pieces {
		n := min(len(p), headerLen(t.Target.Protocol, p))
		for _, part := range [][]byte{p[:n], p[n:]} {
			if len(part) > 0 {
				cut = append(cut, part)
			}
		}
	}
	return cut
}

// headerLen is how long the header at the start of b is: of a FastCGI record, an
// AJP packet, an SCGI netstring up to its colon.
func headerLen(p client.Protocol, b []byte) int {
	switch p {
	case client.FastCGI:
		return 8
	case client.AJP:
		return 4
	}
	return bytes.IndexByte(b, ':') + 1
}

func randomly(t *T, pieces [][]byte) [][]byte {
	all := bytes.Join(pieces, nil)
	var cut [][]byte
	for most, rest := 97, all; len(rest) > 0; {
		if len(all)-len(rest) > finely {
			most = 64 << 10
		}
		n := 1 + t.random.IntN(min(len(rest), most))
		cut, rest = append(cut, rest[:n]), rest[n:]
	}
	return cut
}
