package containers

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// dotted finds the version in what servers say of themselves: nginx/1.22.1,
// 2.0.21-debian, go1.26.8.
var dotted = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)

// Version asks the program that is running, in its container if it is in one,
// for its version, such as 1.22.1.
func (p *Peer) Version(ctx context.Context) (string, error) {
	output, err := p.process.script(ctx, "version")
	return version(p.Definition, output, err)
}

// Version asks the program that is installed here.
func (d Definition) Version(ctx context.Context) (string, error) {
	script, err := folders.ReadFile(d.Name + "/run")
	if err != nil {
		return "", err
	}
	output, err := exec.CommandContext(ctx, "sh", "-c", string(script), d.Name, "version").CombinedOutput()
	return version(d, output, err)
}

func version(d Definition, output []byte, err error) (string, error) {
	if err != nil {
		return "", fmt.Errorf("version of %s: %w: %s", d.Name, err, strings.TrimSpace(string(output)))
	}
	found := dotted.Find(output)
	if found == nil {
		return "", fmt.Errorf("version of %s: none in %q", d.Name, output)
	}
	return string(found), nil
}
