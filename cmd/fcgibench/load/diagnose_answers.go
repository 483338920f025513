package load

import (
	"fmt"
	"strings"

	"github.com/fcgikit/fcgikit/reports/result"
)

// findStatuses is of answers with a status that was not wanted. A run may want
// any, with -expect-status: then they succeeded.
func findStatuses(e *evidence) []result.Diagnosis {
	if e.failed() == 0 {
		return nil
	}
	bad, n := e.statusesOf("5")
	if n > 0 {
		return one(fmt.Sprintf("%d of %d answers say that the server failed (%s)", n, e.allStatuses(), counted(bad)), "see the server's error log")
	}
	switch bad, n = e.statusesOf("4"); {
	case e.succeeded == 0 && n > 0:
		return one(fmt.Sprintf("every answer refuses the request (%s)", counted(bad)), "say what to ask for: -script FILE and -root DIR, or a URL with its path")
	case e.times(WrongStatus) == 0:
		return nil
	case n > 0:
		return one(fmt.Sprintf("%d of %d answers refuse the request (%s)", n, e.allStatuses(), counted(bad)), "see whether all that is asked for is there; or whether the server limits the rate")
	}
	return one(fmt.Sprintf("%d of %d answers had another status than the wanted one (%s)", e.times(WrongStatus), e.allStatuses(), counted(e.statuses)), "-expect-status says which is wanted")
}

// statusesOf are those of a class, and how many answers had them.
func (e *evidence) statusesOf(class string) (map[string]int64, int64) {
	found, sum := map[string]int64{}, int64(0)
	for status, n := range e.statuses {
		if strings.HasPrefix(status, class) && n > 0 {
			found[status] = n
			sum += n
		}
	}
	return found, sum
}

func (e *evidence) allStatuses() (sum int64) {
	for _, n := range e.statuses {
		sum += n
	}
	return sum
}

// findBodies is of answers with another body than was expected, or than the
// first one.
func findBodies(e *evidence) []result.Diagnosis {
	n := e.times(WrongBody)
	if n == 0 {
		return nil
	}
	return one(fmt.Sprintf("%d of %d answers had a wrong body", n, e.allStatuses()), "fcgiprobe get shows an answer; a page that changes by itself has no body to expect")
}
