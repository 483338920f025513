package suite

import (
	"math/rand/v2"
	"time"
)

// Cut is how bytes travel: the axis of segmentation. It must make no difference.
type Cut struct {
	Name  string // "" is whole
	pause time.Duration
	cut   func(r *rand.Rand, pieces [][]byte) [][]byte
}

// Cuts are all segmentations. The first is the default.
var Cuts = []Cut{
	{Name: "", cut: whole},
	{Name: "record", cut: asTheyAre},
	{Name: "bytes", cut: bytewise},
	{Name: "header", cut: headerApart},
	{Name: "random", cut: randomly},
}

func (c Cut) pieces(r *rand.Rand, pieces [][]byte) [][]byte {
	if c.cut == nil {
		return whole(r, pieces)
	}
	return c.cut(r, pieces)
}

func whole(_ *rand.Rand, pieces [][]byte) [][]byte {
	var all []byte
	for _, p := range pieces {
		all = append(all, p...)
	}
	return [][]byte{all}
}

func asTheyAre(_ *rand.Rand, pieces [][]byte) [][]byte { return pieces }

// bytewiseLimit is how much goes byte by byte; the rest of a longer request goes
// in one piece, so that it does not take seconds.
const bytewiseLimit = 2048

func bytewise(_ *rand.Rand, pieces [][]byte) [][]byte {
	all := whole(nil, pieces)[0]
	var cut [][]byte
	for i := 0; i < min(len(all), bytewiseLimit); i++ {
		cut = append(cut, all[i:i+1])
	}
	if len(all) > bytewiseLimit {
		cut = append(cut, all[bytewiseLimit:])
	}
	return cut
}

// headerApart sends the first eight bytes of each piece, FastCGI's header, apart
// from the rest.
func headerApart(_ *rand.Rand, pieces [][]byte) [][]byte {
	var cut [][]byte
	for _, p := range pieces {
		n := min(len(p), 8)
		cut = append(cut, p[:n])
		if n < len(p) {
			cut = append(cut, p[n:])
		}
	}
	return cut
}

func randomly(r *rand.Rand, pieces [][]byte) [][]byte {
	all := whole(nil, pieces)[0]
	var cut [][]byte
	for len(all) > 0 {
		n := 1 + r.IntN(min(len(all), 97))
		cut, all = append(cut, all[:n]), all[n:]
	}
	return cut
}
