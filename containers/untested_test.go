package containers

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// recognised is an error where the server's application isn't known for the probe
// application: then most cases are untested, and none of them fails.
func recognised(found result.Target) error {
	for _, r := range found.Results {
		if r.Verdict == result.Untested && r.Message == suite.NeedsProbe {
			return fmt.Errorf("its probe application is not recognised: %s is untested, and others are", r.ID)
		}
	}
	return nil
}

// committedMatrix is what the last make matrix found.
const committedMatrix = "../reports/matrix.json"

// spareUntested are as many as a busy machine may keep from their end in time.
const spareUntested = 3

// tooManyUntested tells that more cases of a server were not put to the test than
// in the committed matrix, which no verdict would show; else it is empty.
func tooManyUntested(found result.Target) string {
	before, recorded := untestedBefore(found)
	if !recorded {
		return ""
	}
	_, now, err := inBrief(found)
	if errors.Is(err, reports.ErrNoResults) {
		return ""
	}
	if err != nil {
		return err.Error()
	}
	if n := now.Counts[string(result.Untested)]; n > before+spareUntested {
		return fmt.Sprintf("%d cases could not be put to the test, and %d when the matrix was made", n, before)
	}
	return ""
}

// untestedBefore is how many cases of that way of running it are untested in the
// committed matrix.
func untestedBefore(found result.Target) (n int, recorded bool) {
	m, err := matrixBefore()
	if err != nil {
		return 0, false // TestTheMatrixHasEveryServer has that fail
	}
	name, now, err := inBrief(found)
	if err != nil {
		return 0, false
	}
	for _, p := range m.Peers {
		for _, t := range p.Targets {
			if p.Name == name && t.Protocol == now.Protocol && t.How == now.How {
				return t.Counts[string(result.Untested)], true
			}
		}
	}
	return 0, false
}

func matrixBefore() (result.Matrix, error) {
	f, err := os.Open(committedMatrix)
	if err != nil {
		return result.Matrix{}, err
	}
	defer f.Close()
	return reports.ReadMatrix(f)
}

// inBrief is the matrix's word for a server's results.
func inBrief(found result.Target) (peer string, _ result.MatrixTarget, _ error) {
	m, err := reports.NewMatrix([]reports.MatrixFile{{Name: found.Peer, Run: result.Run{Version: result.Version, Targets: []result.Target{found}}}})
	if err != nil {
		return "", result.MatrixTarget{}, err
	}
	p := m.Summary().Peers[0]
	return p.Name, p.Targets[0], nil
}

// TestTheMatrixHasEveryServer in all of its ways: what it lacks nobody is told of,
// and TestPeers can't compare with.
func TestTheMatrixHasEveryServer(t *testing.T) {
	m, err := matrixBefore()
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, p := range m.Peers {
		for _, target := range p.Targets {
			there = append(there, p.Name+" "+target.Protocol+" "+target.How)
		}
	}
	all, err := targets(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range all {
		v := target.variant
		how := strings.TrimSuffix(strings.Join([]string{v.Method, v.Network, v.setting()}, ", "), ", ")
		if !slices.Contains(there, target.peer.Name+" "+v.Protocol+" "+how) {
			t.Errorf("%s lacks %s %s: make matrix", committedMatrix, target.peer.Name, v)
		}
	}
}

// signedAs is a server of the committed matrix with so many untested cases.
func signedAs(p result.MatrixPeer, t result.MatrixTarget, untested int) result.Target {
	how := strings.SplitN(t.How, ", ", 3)
	how = append(how, "")
	found := result.Target{Peer: p.Name, Protocol: t.Protocol, Method: how[0], Network: how[1], Setting: how[2]}
	for i := range untested {
		found.Results = append(found.Results, result.Result{ID: fmt.Sprintf("a/%d", i), Verdict: result.Untested})
	}
	// Of one case a variant ran, and another could not.
	found.Results = append(found.Results, result.Result{ID: "b", Verdict: result.Pass}, result.Result{ID: "b@bytes", Verdict: result.Untested})
	return found
}

func TestMoreUntestedThanBeforeAreNoticed(t *testing.T) {
	m, err := matrixBefore()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Peers {
		for _, target := range p.Targets {
			before := target.Counts[string(result.Untested)]
			if got := tooManyUntested(signedAs(p, target, before+spareUntested)); got != "" {
				t.Errorf("%s %s: as many as before, and a few, are too many: %s", p.Name, target.How, got)
			}
			found := signedAs(p, target, before+spareUntested+1)
			if got := tooManyUntested(found); got == "" {
				t.Errorf("%s %s: %d more than before are not noticed", p.Name, target.How, spareUntested+1)
			}
			if again := doubtful(found, nil); len(again) != before+spareUntested+2 {
				t.Errorf("%s %s: %v run once more, want all that are untested", p.Name, target.How, again)
			}
		}
	}
}

func TestAnApplicationThatIsNotRecognisedIsAnError(t *testing.T) {
	found := result.Target{Results: []result.Result{{ID: "a", Verdict: result.Pass}, {ID: "b", Verdict: result.Untested, Message: "for another reason"}}}
	if err := recognised(found); err != nil {
		t.Error(err)
	}
	found.Results = append(found.Results, result.Result{ID: "c", Verdict: result.Untested, Message: suite.NeedsProbe})
	if err := recognised(found); err == nil || !strings.Contains(err.Error(), "c is untested") {
		t.Errorf("want an error that names the case, got %v", err)
	}
}
