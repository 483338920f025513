package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMemoryStaysFlat of a process that sends 2000 requests a second, for as long
// as FCGIKIT_SOAK says: FCGIKIT_SOAK=10m go test -timeout 15m -run MemoryStaysFlat ./cmd/fcgibench
func TestMemoryStaysFlat(t *testing.T) {
	if os.Getenv("FCGIKIT_SOAK") == "" {
		t.Skip("set FCGIKIT_SOAK to a time such as 10m")
	}
	long, err := time.ParseDuration(os.Getenv("FCGIKIT_SOAK"))
	if err != nil || long < 10*time.Second {
		t.Fatalf("FCGIKIT_SOAK %q: want a time of 10s or more", os.Getenv("FCGIKIT_SOAK"))
	}
	dir := t.TempDir()
	file := dir + "/run.json"
	cmd := exec.CommandContext(t.Context(), "fcgibench", "-q", "-rate", "2000", "-duration", long.String(), "-rounds", "1", "-warmup", "0s",
		"-method", "threaded", "-connections", "64", "-workload", "sleep", "-json", file)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen := watched(t, cmd, long)
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != exitInvalid && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v\n%s", err, &out)
	}
	b := benched{run: runIn(t, file, out.String())}
	b.addsUp(t)
	r := b.run.Subjects[0].Rounds[0]
	t.Logf("%d requests, %d succeeded; memory %s; %s", r.Requests, r.Succeeded, megabytes(seen), &out)
	if want := int64(2000 * long.Seconds()); r.Requests < want/2 {
		t.Errorf("%d requests are too few to tell, of %d", r.Requests, want)
	}
	if r.Succeeded != r.Requests {
		t.Errorf("errors %v", r.Errors)
	}
	// The first half has all that a run needs, once; a leak of 100 bytes a request
	// would be 60 MB in five minutes.
	half := len(seen) / 2
	if first, second := highest(seen[:half]), highest(seen[half:]); second > first+first/4 {
		t.Errorf("the memory grew from %d to %d bytes", first, second)
	}
}

// watched looks at a process's memory, resident, until shortly before its end.
func watched(t *testing.T, cmd *exec.Cmd, long time.Duration) (seen []int64) {
	t.Helper()
	every := min(long/20, 5*time.Second)
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(every) {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/statm")
		if fields := strings.Fields(string(text)); err == nil && len(fields) > 1 {
			pages, _ := strconv.ParseInt(fields[1], 10, 64)
			seen = append(seen, pages*int64(os.Getpagesize()))
		}
	}
	if len(seen) < 10 {
		t.Fatalf("it ended after %d looks at its memory", len(seen))
	}
	return seen
}

func highest(all []int64) (most int64) {
	for _, n := range all {
		most = max(most, n)
	}
	return most
}

func megabytes(all []int64) string {
	var words []string
	for _, n := range all {
		words = append(words, strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64))
	}
	return strings.Join(words, " ") + " MiB"
}
