package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// TestAction runs the step of the action for other projects' CI.
func TestAction(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/clone", RequireExplicitExec: true, Setup: inClone})
}

// step is one of a workflow's or of an action's.
type step struct {
	ID, Name, Uses, Run, Shell, If string
	With, Env                      map[string]string
	WorkingDirectory               string `yaml:"working-directory"`
}

// githubFiles are the steps of each file for GitHub that has some.
func githubFiles(t *testing.T) map[string][]step {
	t.Helper()
	all := map[string][]step{}
	err := filepath.WalkDir(filepath.Join(root, ".github"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var file struct {
			Jobs map[string]struct{ Steps []step }
			Runs struct{ Steps []step }
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		steps := file.Runs.Steps
		for _, job := range file.Jobs {
			steps = append(steps, job.Steps...)
		}
		all[filepath.Base(path)] = steps
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWorkflowsHaveStepsThatAShellTakes(t *testing.T) {
	files := githubFiles(t)
	for _, name := range []string{"ci.yml", "matrix.yml", "action.yml"} {
		if len(files[name]) == 0 {
			t.Errorf("%s has no steps", name)
		}
	}
	for name, steps := range files {
		for _, s := range steps {
			if (s.Run == "") == (s.Uses == "") {
				t.Errorf("%s: a step has to run something or to use something: %+v", name, s)
			}
			if s.Uses != "" && !strings.HasPrefix(s.Uses, "./") && !strings.Contains(s.Uses, "@v") {
				t.Errorf("%s: %s has no version", name, s.Uses)
			}
			if out, err := exec.Command("bash", "-n", "-c", s.Run).CombinedOutput(); err != nil {
				t.Errorf("%s: %s\n%s", name, out, s.Run)
			}
		}
	}
}

// TestTheMatrixHasAJobForEachServer runs the step that lists them.
func TestTheMatrixHasAJobForEachServer(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("jq is not installed, which GitHub's machines have")
	}
	var want []string
	peers, err := filepath.Glob(filepath.Join(root, "containers", "*", "peer.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range peers {
		var d struct{ Name, Kind string }
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		if d.Kind == "server" {
			want = append(want, d.Name)
		}
	}
	steps := githubFiles(t)["matrix.yml"]
	list := slices.IndexFunc(steps, func(s step) bool { return s.ID == "list" })
	if list < 0 {
		t.Fatal("matrix.yml has no step list")
	}
	output := filepath.Join(t.TempDir(), "output")
	cmd := exec.Command("bash", "-e", "-c", steps[list].Run)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GITHUB_OUTPUT="+output)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	names, ok := strings.CutPrefix(string(text), "names=")
	if err := yaml.Unmarshal([]byte(names), &got); err != nil || !ok {
		t.Fatalf("it says %s: %v", text, err)
	}
	slices.Sort(want) // files and names are not in one order: libfcgi-single/ comes before libfcgi/
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("servers of containers/ (-) and jobs (+):\n%s", diff)
	}
}
