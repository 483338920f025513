package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoundsAreInterleaved(t *testing.T) {
	for _, c := range []struct {
		subjects, rounds int
		want             []int
	}{
		{1, 3, []int{0, 0, 0}},
		{2, 1, []int{0, 1}},
		{2, 4, []int{0, 1, 1, 0, 0, 1, 1, 0}},
		{3, 3, []int{0, 1, 2, 1, 2, 0, 2, 0, 1}},
		{2, 0, nil},
		{0, 2, nil},
	} {
		if diff := cmp.Diff(c.want, Order(c.subjects, c.rounds)); diff != "" {
			t.Errorf("%d subjects, %d rounds (-want +got):\n%s", c.subjects, c.rounds, diff)
		}
	}
}

// TestEverySubjectTakesEveryPlace: as often as any other, once there are as many
// rounds as subjects.
func TestEverySubjectTakesEveryPlace(t *testing.T) {
	for subjects := 1; subjects <= 5; subjects++ {
		times := map[[2]int]int{}
		for i, s := range Order(subjects, 2*subjects) {
			times[[2]int{s, i % subjects}]++
		}
		if len(times) != subjects*subjects {
			t.Errorf("%d subjects take %d places of %d", subjects, len(times), subjects*subjects)
		}
		for place, n := range times {
			if n != 2 {
				t.Errorf("%d subjects: subject %d is in place %d %d times, want 2", subjects, place[0], place[1], n)
			}
		}
	}
}
