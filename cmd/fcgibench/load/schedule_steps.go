package load

import "time"

// Steps is a rate that goes from one to another in equal steps, each held for a
// while, and stays at the last.
type Steps struct {
	From, To float64       // requests a second, more than 0
	Each     time.Duration // more than 0
	Count    int           // 2 or more
}

// At is the moment at which the steps have brought about k requests.
func (s Steps) At(k int64) time.Duration {
	left := float64(k)
	for i := range s.Count - 1 {
		in := s.rate(i) * s.Each.Seconds()
		if left < in {
			return time.Duration(i)*s.Each + seconds(left/s.rate(i))
		}
		left -= in
	}
	return seconds((time.Duration(s.Count-1) * s.Each).Seconds() + left/s.To)
}

// Rate is the step's.
func (s Steps) Rate(at time.Duration) float64 { return s.rate(min(int(at/s.Each), s.Count-1)) }

func (s Steps) rate(i int) float64 {
	return s.From + (s.To-s.From)*float64(i)/float64(s.Count-1)
}
